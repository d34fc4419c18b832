"""Names of files of imports and exports: made of ids of ours alone, so that no name leads anywhere else. Pure."""

import re
from pathlib import Path

from kandelia.base.errors import NotFound

_ID = re.compile(r"[0-9A-Za-z]{10,40}")
_ORGANISATION = re.compile(r"[a-z0-9](?:[a-z0-9_.-]{0,58}[a-z0-9])?")


def placed(directory: Path, organisation: str, id: str, end: str) -> Path:
    """directory/organisation/id.end; NotFound for what is no id of ours."""
    if not _ID.fullmatch(id) or not _ORGANISATION.fullmatch(organisation) or ".." in organisation:
        raise NotFound("there is no such file", "file", "see the list", "not-found")
    return directory / organisation / f"{id}.{end}"


def export_path(directory: Path, organisation: str, id: str, format: str) -> Path:
    """Where an export lies below the data directory."""
    if format not in ("csv", "parquet"):
        raise NotFound("there is no such file", "file", "see the list", "not-found")
    return placed(directory / "exports", organisation, id, format)
