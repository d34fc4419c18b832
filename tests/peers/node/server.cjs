// An OPC UA server of another maker: Signal.0 … take the value k at start + k × period, all of them at each step.
//
//   node server.cjs --port N --directory DIR [--signals N] [--period-ms N]
//
// Prints "ready" when it serves; ends on SIGTERM. A late step keeps its own time, so that none is left out.
const { parseArgs } = require("node:util");
const { OPCUACertificateManager } = require("node-opcua-certificate-manager");
const { nodesets } = require("node-opcua-nodesets");
const { OPCUAServer } = require("node-opcua-server");
const { StatusCodes } = require("node-opcua-status-code");
const { DataType } = require("node-opcua-variant");

const NAMESPACE = "urn:kandelia:test:node";
const CATCH_UP = 4; // what is late is caught up so many times faster
const LIMIT = 100_000;
const { values: given } = parseArgs({
  options: {
    port: { type: "string" },
    directory: { type: "string" },
    signals: { type: "string", default: "10" },
    "period-ms": { type: "string", default: "100" },
  },
});
const signals = Number(given.signals);
const periodMs = Number(given["period-ms"]);

function serverOn(port, directory) {
  return new OPCUAServer({
    port,
    hostname: "127.0.0.1",
    nodeset_filename: [nodesets.standard],
    serverCertificateManager: new OPCUACertificateManager({ rootFolder: directory }),
    buildInfo: { productName: "Test peer" },
    serverCapabilities: {
      maxMonitoredItems: LIMIT,
      maxMonitoredItemsPerSubscription: LIMIT,
      operationLimits: { maxMonitoredItemsPerCall: 2_000, maxNodesPerRead: 2_000, maxNodesPerBrowse: 2_000 },
    },
  });
}

function addSignals(server) {
  const space = server.engine.addressSpace;
  const own = space.registerNamespace(NAMESPACE);
  const folder = own.addFolder(space.rootFolder.objects, { browseName: "Signals", nodeId: "s=Signals" });
  return Array.from({ length: signals }, (_, place) =>
    own.addVariable({
      componentOf: folder,
      browseName: `Signal ${place}`,
      nodeId: `s=Signal.${place}`,
      dataType: "Double",
      value: { dataType: DataType.Double, value: 0 },
    }),
  );
}

function run(variables) {
  const startMs = Math.floor(Date.now() / 1_000) * 1_000;
  const began = performance.now();
  let number = 0;
  const step = () => {
    number += 1;
    const at = new Date(startMs + number * periodMs);
    for (const variable of variables) {
      variable.setValueFromSource({ dataType: DataType.Double, value: number }, StatusCodes.Good, at);
    }
    const dueMs = began + number * periodMs - performance.now();
    setTimeout(step, Math.max(periodMs / CATCH_UP, dueMs));
  };
  step();
}

async function main() {
  const server = serverOn(Number(given.port), given.directory);
  await server.initialize();
  const variables = addSignals(server);
  await server.start();
  process.on("SIGTERM", () => process.exit(0));
  console.log("ready");
  run(variables);
}

main();
