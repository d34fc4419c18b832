"""One installation with its source and its writer for all cases of the folder."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.faults.plant import Plant, running_plant


class Shared:
    """The running plant; one that a failed case has left dead is put away and another started."""

    def __init__(self, directory: Path) -> None:
        self.directory, self.starts = directory, 0
        self._stack = ExitStack()
        self._plant: Plant | None = None

    def get(self) -> Plant:
        if self._plant is None or not self._plant.whole:
            self.close()
            self.starts += 1
            self._plant = self._stack.enter_context(running_plant(self.directory / f"data{self.starts}"))
        return self._plant

    def close(self) -> None:
        self._plant = None
        self._stack.close()


@pytest.fixture(scope="session")
def shared_plant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shared]:
    shared = Shared(tmp_path_factory.mktemp("plant"))
    yield shared
    shared.close()


@pytest.fixture
def plant(shared_plant: Shared) -> Plant:
    return shared_plant.get()
