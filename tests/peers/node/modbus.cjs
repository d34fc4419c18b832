// A Modbus TCP device by another maker: npm's modbus-serial or jsmodbus. node modbus.cjs MAKER PORT
// holding n holds n × 3 below 100 and what was written to it, input n holds 65535 − n, coil n is on where n divides by
// 3; unit 9 never answers (modbus-serial only). Its first line is "ready" once it serves.
const [maker, port] = [process.argv[2], Number(process.argv[3])];
const holding = Array.from({ length: 100 }, (_, n) => n * 3);
const coils = Array.from({ length: 100 }, (_, n) => n % 3 === 0);
const host = "127.0.0.1";

function modbusSerial() {
  const { ServerTCP } = require("modbus-serial");
  const never = new Promise(() => {});
  const have = (table, n) => {
    if (n >= table.length) throw Object.assign(new Error("nothing there"), { modbusErrorCode: 2 });
    return table[n];
  };
  const of = (unit, value) => (unit === 9 ? never : value());
  const vector = {
    getHoldingRegister: (n, unit) => of(unit, () => have(holding, n)),
    getInputRegister: (n, unit) => of(unit, () => 65535 - n),
    getCoil: (n, unit) => of(unit, () => have(coils, n)),
    getDiscreteInput: (n, unit) => of(unit, () => n % 2 === 1),
    setRegister: (n, value) => { have(holding, n); holding[n] = value; },
    setCoil: (n, on) => { have(coils, n); coils[n] = on; },
  };
  new ServerTCP(vector, { host, port, unitID: 255 }).on("initialized", () => console.log("ready"));
}

function jsmodbus() {
  const { server } = require("jsmodbus");
  const net = require("net").createServer();
  const memory = { holding: Buffer.alloc(200), input: Buffer.alloc(200), coils: Buffer.alloc(13), discrete: Buffer.alloc(13) };
  holding.forEach((value, n) => memory.holding.writeUInt16BE(value, 2 * n));
  for (let n = 0; n < 100; n++) {
    memory.input.writeUInt16BE(65535 - n, 2 * n);
    memory.coils[n >> 3] |= Number(coils[n]) << (n & 7);
    memory.discrete[n >> 3] |= (n & 1) << (n & 7);
  }
  new server.TCP(net, memory);
  net.listen(port, host, () => console.log("ready"));
}

({ "modbus-serial": modbusSerial, jsmodbus })[maker]();
