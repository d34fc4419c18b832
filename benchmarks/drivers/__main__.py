"""What collecting costs, against each protocol's bare client library: `python -m benchmarks.drivers`."""

import asyncio

from benchmarks.drivers import opcua

if __name__ == "__main__":
    asyncio.run(opcua.main())
