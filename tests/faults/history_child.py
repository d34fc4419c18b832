"""A process that appends numbered batches to a history until it is killed, and says which were acknowledged.

`python -m tests.faults.history_child DIRECTORY FIRST`: batch n has ROWS rows at second n.
"""

import sys
from pathlib import Path

import numpy as np
import pyarrow as pa

from kandelia.base.samples import make_batch
from kandelia.engines.chdb.history import ChdbHistory
from tests.contracts.history_rows import SECOND, T0, stored

ROWS = 50


def main() -> None:
    history = ChdbHistory(Path(sys.argv[1]))
    number = int(sys.argv[2])
    print("open", flush=True)
    while True:
        history.append(rows(number))
        print(number, flush=True)
        number += 1


def rows(number: int) -> pa.Table:
    """Batch n."""
    times = np.full(ROWS, T0 + number * SECOND)
    return stored(make_batch(np.arange(ROWS), times, kind=2, integer=number))


if __name__ == "__main__":
    main()
