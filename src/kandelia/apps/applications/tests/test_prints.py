"""Promise: a noticed application prints its notice, a decided one its decision, in both languages."""

from datetime import timedelta

import pypdfium2
import pytest
from django.utils import timezone

from kandelia.apps.applications.tests import cast as stage
from kandelia.base.errors import Conflict
from kandelia.sdk.record_types import Entry, acting, facade, timers
from kandelia.sdk.records import papers

pytestmark = pytest.mark.django_db


def text_of(pdf: bytes) -> str:
    text = "".join(page.get_textpage().get_text_bounded() for page in pypdfium2.PdfDocument(pdf))
    return "".join(text.split())


def test_notice_and_decision() -> None:
    cast = stage.assemble()
    id = stage.noticed(cast, stage.call(cast))
    notice = text_of(papers.pdf(cast.acceptance, "application", id, "notice")[1])
    assert "拟资助项目公示" in notice and "¥800,000.00" in notice
    with pytest.raises(Conflict):
        papers.pdf(cast.acceptance, "application", id, "decision")
    Entry.objects.get(id=id).timers.filter(name="notice").update(due_at=timezone.now() - timedelta(minutes=1))
    timers.fire_due(timezone.now(), acting.fire)
    given = {"decided": "750000", "decision_number": "示工信〔2026〕1号"}
    facade.act(cast.leader, "application", id, "decide", given=given)
    made = papers.pdf(cast.leader, "application", id, "decision")[1]
    decision = text_of(made)
    assert "资助决定书" in decision and "¥750,000.00" in decision and "示工信〔2026〕1号" in decision
    english = text_of(papers.pdf(cast.firm0, "application", id, "decision", "en")[1])
    assert "Decisionofaward" in english and "750,000.00" in english
