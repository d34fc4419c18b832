"""One installation with its source and its writer for all cases of a module."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.plant import Plant, running_plant


@pytest.fixture(scope="module")
def plant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plant]:
    directory: Path = tmp_path_factory.mktemp("plant") / "data"
    with running_plant(directory) as plant:
        yield plant
