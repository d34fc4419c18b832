"""Where files of imports and exports lie: in the data directory, a folder an organisation, under ids of ours."""

from pathlib import Path

from django.conf import settings

from kandelia.kernel.transfers.logic.naming import export_path, placed

PRIVATE = 0o700


def import_file(organisation: str, id: str) -> Path:
    """The file that was sent."""
    return _in_imports(organisation, id, "data")


def report_file(organisation: str, id: str) -> Path:
    """What was wrong in it, as CSV."""
    return _in_imports(organisation, id, "wrong.csv")


def export_file(organisation: str, id: str, format: str) -> Path:
    """Where the history role writes."""
    return export_path(settings.PLATFORM.directory, organisation, id, format)


def _in_imports(organisation: str, id: str, end: str) -> Path:
    path = placed(settings.PLATFORM.directory / "imports", organisation, id, end)
    path.parent.mkdir(parents=True, exist_ok=True, mode=PRIVATE)
    return path
