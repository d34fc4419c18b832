"""Each file is given to the installation's scanner before anybody may download it.

The command of the setting [files] scan (such as ["clamdscan", "--no-summary", "--fdpass"]) gets the file's path as its
last word: exit code 0 lets the file through, 1 refuses it with the first line it says, anything else is tried again.
"""

import subprocess
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.utils import timezone

from kandelia.base.errors import Unavailable
from kandelia.kernel.access.audit import append
from kandelia.kernel.files import storage
from kandelia.kernel.files.contracts import FileState
from kandelia.kernel.files.models import StoredFile
from kandelia.kernel.jobs.contracts import JobContext

KIND = "files.scan"
SCAN_S_MAX = 300
CLEAN, INFECTED = 0, 1
NOTE_LENGTH_MAX = 200


def command() -> tuple[str, ...]:
    """The scanner's words, none where the installation has no scanner."""
    return tuple(settings.PLATFORM.files.scan)


def scan(context: JobContext, payload: Mapping[str, Any]) -> dict[str, Any]:
    """The job: one file. Unavailable when the scanner does not answer, so that it is tried again."""
    row = StoredFile.objects.filter(id=payload["id"]).first()
    if row is None or row.state != FileState.WAITING:
        return {"state": "gone" if row is None else row.state}
    code, said = _ask(str(storage.path_of(row.stored_as))) if command() else (CLEAN, "")
    if code not in (CLEAN, INFECTED):
        raise Unavailable(f"the scanner ended with {code}: {said}", "files.scan", "mend the scanner", "scanner")
    row.state = FileState.CLEAN if code == CLEAN else FileState.REFUSED
    row.note, row.scanned_at = ("" if code == CLEAN else said or "refused"), timezone.now()
    row.save(update_fields=["state", "note", "scanned_at"])
    if code == INFECTED:
        append("system", "file.refuse", row.subject, {"id": row.id, "why": row.note}, organisation=row.organisation_id)
    return {"state": row.state}


def _ask(path: str) -> tuple[int, str]:
    try:
        done = subprocess.run([*command(), path], capture_output=True, timeout=SCAN_S_MAX, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return -1, str(error)[:NOTE_LENGTH_MAX]
    lines = (done.stdout or done.stderr).decode(errors="replace").replace(path, "").strip(" :\n").splitlines()
    return done.returncode, lines[0].strip()[:NOTE_LENGTH_MAX] if lines else ""
