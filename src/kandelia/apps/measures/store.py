"""Where the parameter sets are kept: YAML files beside this room."""

from functools import cache
from pathlib import Path

from kandelia.apps.measures.logic.declarations import Measures
from kandelia.apps.measures.logic.reading import read_measures
from kandelia.apps.measures.logic.who import Rules, read_rules

DATA = Path(__file__).parent / "data"


ELIGIBILITY = "eligibility.yaml"


def texts_of(folder: Path) -> dict[str, str]:
    """The YAML files of a parameter set, by their path within it."""
    return {
        path.relative_to(folder).as_posix(): path.read_text("utf-8")
        for path in sorted(folder.rglob("*.yaml"))
        if path.name != ELIGIBILITY
    }


@cache
def current() -> Measures:
    """The set in use, read once a process."""
    return read_measures(texts_of(DATA))


@cache
def rules() -> Rules:
    """Who each line is for, read once a process."""
    texts = {line.id: line.who for line in current().lines.values()}
    return read_rules((DATA / ELIGIBILITY).read_text("utf-8"), texts)
