"""Promise: figures are exact, documents say what the record says, and files follow the record's rights."""

from decimal import Decimal
from pathlib import Path

import pypdfium2
import pytest

from kandelia.base.errors import Conflict, InvalidInput, NotAllowed, NotFound
from kandelia.kernel.files import typesetting
from kandelia.kernel.papers import facade as papers
from kandelia.kernel.papers.tests.places import DESK, FIRM, OTHER, READER, laboratory, make_places
from kandelia.kernel.records import facade
from kandelia.kernel.records.contracts import Query

pytestmark = pytest.mark.django_db
needs_font = pytest.mark.skipif(not typesetting.ready(), reason="the Chinese font comes with make front")


@pytest.fixture(autouse=True)
def places(tmp_path: Path, settings) -> None:
    make_places()
    settings.PLATFORM = type(settings.PLATFORM)(directory=tmp_path, files=settings.PLATFORM.files)


def text_of(made: bytes) -> str:
    return "\n".join(page.get_textpage().get_text_bounded() for page in pypdfium2.PdfDocument(made))


def test_sums_are_exact_and_groups_in_their_order() -> None:
    for n in range(30):
        laboratory(f"L-{n}", kind="food" if n % 3 else "metal", equipment="0.10", opened=f"2026-{n % 2 + 1:02}-28")
    laboratory("L-x", viewer=OTHER_FIRM, equipment="99999999999.99", staff=7)
    facade.act(FIRM_APPLICANT, "laboratory", facade.page(FIRM, "laboratory", Query()).items[0].id, "submit")
    by_kind = papers.statistics(FIRM, "laboratory", Query(), ("kind",))
    assert [(one.labels, one.count, one.sums["equipment"]) for one in by_kind] == [
        (("金属",), 10, Decimal("1.00")),
        (("食品",), 20, Decimal("2.00")),
    ]
    both = papers.statistics(DESK, "laboratory", Query(), ("organisation", "state"), "en")
    assert [(one.group, one.count, one.sums["equipment"], one.sums["staff"]) for one in both] == [
        (("firm", "draft"), 29, Decimal("2.90"), 0),
        (("firm", "submitted"), 1, Decimal("0.10"), 0),
        (("other", "draft"), 1, Decimal("99999999999.99"), 7),
    ]
    months = papers.statistics(FIRM, "laboratory", Query(filters={"kind": ("metal",)}), ("opened.month",))
    assert [(one.group, one.count) for one in months] == [(("2026-01",), 5), (("2026-02",), 5)]
    shown = papers.bounds("opened.month", "2026-02")
    assert shown == {"opened.from": ("2026-02-01",), "opened.to": ("2026-02-28",)}
    assert facade.page(FIRM, "laboratory", Query(filters={"kind": ("metal",), **shown})).total == 5
    assert papers.statistics(READER, "laboratory", Query(text="没有"), ("kind",)) == ()


OTHER_FIRM = OTHER
FIRM_APPLICANT = type(FIRM)("firm", "person:7", "Sun", FIRM.role, duties=frozenset({"applicant"}))


def test_nothing_masked_can_be_counted_by() -> None:
    names = {one.name for one in papers.groupings(READER, "laboratory")}
    assert {
        "state",
        "organisation",
        "kind",
        "parent",
        "opened.month",
        "created.year",
    } <= names and "account" not in names
    for by in (("account",), ("kind", "state", "parent"), ("number",)):
        with pytest.raises(InvalidInput):
            papers.statistics(READER, "laboratory", Query(), by)


@needs_font
def test_every_type_has_a_form_and_a_type_its_own_documents() -> None:
    view = laboratory("L-1", account="6222020200112233", equipment="1250000.10", note="#strong[不是模板] *无*")
    name, made = papers.pdf(FIRM, "laboratory", view.id)
    text = text_of(made)
    assert name == f"laboratory-{view.id}-form.pdf"
    for wanted in (
        "实验室登记表",
        "第 L-1 实验室",
        "¥1,250,000.10",
        "6222020200112233",
        "#strong[不是模板] *无*",
        "Wang",
    ):
        assert wanted in text
    assert "************2233" in text_of(papers.pdf(READER, "laboratory", view.id)[1])
    with pytest.raises(Conflict):
        papers.pdf(DESK, "laboratory", view.id, "acceptance")
    facade.act(FIRM_APPLICANT, "laboratory", view.id, "submit")
    assert [one.name for one in papers.prints_of(DESK, "laboratory", view.id)] == ["form", "acceptance"]
    notice = text_of(papers.pdf(DESK, "laboratory", view.id, "acceptance")[1])
    assert "受理通知书" in notice and "登记号 L-1" in notice.replace("\r\n", "") and "示范局" in notice
    assert "Notice of acceptance" in text_of(papers.pdf(DESK, "laboratory", view.id, "acceptance", "en")[1])
    with pytest.raises(NotFound):
        papers.pdf(OTHER, "laboratory", view.id)


def test_files_follow_the_record(django_capture_on_commit_callbacks) -> None:
    view = laboratory("L-1")
    here = ("laboratory", view.id)
    made = papers.add_file(FIRM, *here, "营业执照.pdf", [b"%PDF-1.7 x"], "licence")
    assert [one.name for one in papers.files_of(READER, *here)] == ["营业执照.pdf"]
    assert b"".join(papers.open_file(DESK, *here, made.id)[1]) == b"%PDF-1.7 x"
    for call in (papers.files_of, lambda *where: papers.open_file(*where, made.id), papers.may_add):
        with pytest.raises(NotFound):
            call(OTHER, *here)
    with pytest.raises(NotAllowed):
        papers.add_file(READER, *here, "x.pdf", [b"%PDF-1"])
    facade.act(FIRM_APPLICANT, *here, "submit")
    assert not papers.may_add(FIRM, *here) and papers.may_add(DESK, *here)
    with pytest.raises(NotAllowed):
        papers.remove_file(FIRM, *here, made.id)
    with pytest.raises(NotAllowed, match="somebody else"):
        papers.remove_file(DESK, *here, made.id)
    own = papers.add_file(DESK, *here, "意见.txt", ["同意".encode()])
    papers.remove_file(DESK, *here, own.id)
    assert len(papers.files_of(FIRM, *here)) == 1


def test_what_the_public_reads_has_no_files_for_it(django_capture_on_commit_callbacks, tmp_path: Path) -> None:
    view = laboratory("L-1")
    made = papers.add_file(FIRM, "laboratory", view.id, "a.txt", [b"a"])
    facade.act(FIRM_APPLICANT, "laboratory", view.id, "submit")
    facade.act(DESK, "laboratory", view.id, "approve")
    assert facade.get(None, "laboratory", view.id).public
    for stranger in (None, OTHER):
        assert papers.files_of(stranger, "laboratory", view.id) == ()
        with pytest.raises(NotFound):
            papers.open_file(stranger, "laboratory", view.id, made.id)


def test_files_go_with_their_record(django_capture_on_commit_callbacks, tmp_path: Path) -> None:
    view = laboratory("L-1")
    papers.add_file(FIRM, "laboratory", view.id, "a.txt", [b"a"])
    with django_capture_on_commit_callbacks(execute=True):
        facade.remove(FIRM, "laboratory", view.id)
    assert not [path for path in (tmp_path / "files").rglob("*") if path.is_file()]
