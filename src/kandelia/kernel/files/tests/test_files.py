"""Promise: a file is what its name says, lies outside the web root, and is given out only once it was seen."""

import stat
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from kandelia.base.errors import Conflict, InvalidInput, NotAllowed, NotFound, TooMuch
from kandelia.kernel.access.contracts import Role, Viewer
from kandelia.kernel.access.models import AuditEntry, Organisation
from kandelia.kernel.files import facade, scanning, storage
from kandelia.kernel.files.contracts import FileState
from kandelia.kernel.files.logic.kinds import fits, plain_name
from kandelia.kernel.jobs.models import Job

pytestmark = pytest.mark.django_db
WANG = Viewer("firm", "person:1", "Wang", Role.VIEWER)
PDF = b"%PDF-1.7\n" + b"x" * 100
SCANNER = (
    "import sys; bad = b'EICAR' in open(sys.argv[1], 'rb').read(); print(sys.argv[1] + ': Eicar FOUND'); sys.exit(bad)"
)


def house(tmp_path: Path, settings, **files) -> None:
    before = settings.PLATFORM
    settings.PLATFORM = replace(before, directory=tmp_path, files=replace(before.files, **files))


@pytest.fixture(autouse=True)
def firm(tmp_path: Path, settings) -> None:
    house(tmp_path, settings)
    Organisation.objects.create(id="firm")


def add(content: bytes = PDF, name: str = "计划书.pdf"):
    return facade.add(WANG, "question/1", name, [content], organisation="firm")


def test_a_file_comes_back_as_it_was_and_goes_for_good(tmp_path: Path, django_capture_on_commit_callbacks) -> None:
    made = add()
    assert (made.name, made.media_type, made.size) == ("计划书.pdf", "application/pdf", len(PDF))
    view, chunks = facade.open_file("question/1", made.id)
    assert b"".join(chunks) == PDF and view.state is FileState.CLEAN
    (stored,) = [path for path in (tmp_path / "files").rglob("*") if path.is_file()]
    assert stat.S_IMODE(stored.stat().st_mode) == 0o600 and "计划书" not in str(stored)
    with pytest.raises(NotFound):
        facade.open_file("question/2", made.id)
    with django_capture_on_commit_callbacks(execute=True):
        facade.remove(WANG, "question/1", made.id)
    assert not stored.exists() and facade.files_of("question/1") == ()
    assert AuditEntry.objects.order_by("-id")[0].details["sha256"] == made.sha256


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("page.html", b"<script>"),
        ("drawing.svg", b"<svg/>"),
        ("plan.pdf", b"MZ\x90\x00"),
        ("plan.docx", PDF),
        ("notes.txt", b"\x00\x01"),
        ("noname", PDF),
    ],
)
def test_what_is_not_taken_leaves_nothing(name: str, content: bytes, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput):
        add(content, name)
    assert not [path for path in (tmp_path / "files").rglob("*") if path.is_file()]


def test_too_large_or_empty_leaves_nothing(tmp_path: Path, settings) -> None:
    house(tmp_path, settings, size_bytes_max=50)
    with pytest.raises(TooMuch):
        add()
    with pytest.raises(InvalidInput):
        add(b"")
    assert not [path for path in (tmp_path / "files").rglob("*") if path.is_file()]


def test_the_scanner_sees_each_file_first(tmp_path: Path, settings) -> None:
    house(tmp_path, settings, scan=(sys.executable, "-c", SCANNER))
    good, bad = add(), add(PDF + b"EICAR")
    with pytest.raises(Conflict, match="not checked"):
        facade.open_file("question/1", good.id)
    assert Job.objects.filter(kind=scanning.KIND).count() == 2
    for made in (good, bad):
        scanning.scan(None, {"id": made.id})  # type: ignore[arg-type]
    assert b"".join(facade.open_file("question/1", good.id)[1]) == PDF
    with pytest.raises(NotAllowed, match="Eicar FOUND"):
        facade.open_file("question/1", bad.id)


def test_names_lose_what_is_dangerous() -> None:
    assert plain_name("../../etc/passwd\x00.txt", 200) == "passwd.txt"
    assert plain_name("C:\\报告.pdf", 200) == "报告.pdf"
    assert plain_name("长" * 300 + ".pdf", 200).endswith("….pdf") and len(plain_name("长" * 300 + ".pdf", 200)) == 200
    assert fits("txt", "深圳".encode("gb18030")) and fits("csv", "深圳".encode()[:5])


def test_a_lost_file_says_so(tmp_path: Path) -> None:
    made = add()
    for path in storage.folder().rglob("*"):
        if path.is_file():
            path.unlink()
    with pytest.raises(Exception, match="not in the data directory"):
        list(facade.open_file("question/1", made.id)[1])
