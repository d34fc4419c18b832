"""A Modbus TCP device made of pymodbus (BSD, Python), in a process of its own: PORT is its argument.

holding n holds n × 3, input n holds 65535 − n, coil n is on where n divides by 3, discrete n where n is odd, 0 … 99.
Its first line is "ready" once it serves.
"""

import asyncio
import sys

from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

SIZE = 100


def table(values: list[int] | list[bool], datatype: DataType) -> list[SimData]:
    """One table that begins at 0."""
    return [SimData(0, values=values, datatype=datatype)]


async def main() -> None:
    coils = table([n % 3 == 0 for n in range(SIZE)], DataType.BITS)
    discrete = table([n % 2 == 1 for n in range(SIZE)], DataType.BITS)
    holding = table([n * 3 for n in range(SIZE)], DataType.REGISTERS)
    inputs = table([65_535 - n for n in range(SIZE)], DataType.REGISTERS)
    unit = SimDevice(1, simdata=(coils, discrete, holding, inputs))
    server = ModbusTcpServer(unit, address=("127.0.0.1", int(sys.argv[1])))
    await server.serve_forever(background=True)
    print("ready", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
