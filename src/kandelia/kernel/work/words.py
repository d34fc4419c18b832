"""What people are told of records, in both languages."""

from typing import Any

from kandelia.base.text import LocalText
from kandelia.kernel.notices.kinds import Kind
from kandelia.kernel.records.declaration import RecordType
from kandelia.kernel.records.models import Entry
from kandelia.kernel.records.views import label_of

WAITING, ASSIGNED, MOVED, DUE, OVERDUE = "waiting", "assigned", "moved", "due", "overdue"
MENTION = "mention"
FOR = LocalText("（代{}）", " (for {})")


def about(declared: RecordType, entry: Entry, *, as_owner: bool = False, for_name: str = "") -> dict[str, Any]:
    """The words of a record: what it is, its state (as its owner is told where asked), for whom a deputy is told."""
    state, code = label_of(declared, entry, as_owner), f" {entry.code}" if entry.code else ""
    what = [f"{declared.label.say('zh')}{code}「{entry.title}」", f"{declared.label.say('en')}{code} “{entry.title}”"]
    stands = [FOR.zh.format(for_name), FOR.en.format(for_name)] if for_name else ""
    return {"what": what, "state": both(state), "for": stands}


def both(text: LocalText) -> list[str]:
    """A text as a word of a notice."""
    return [text.say("zh"), text.say("en")]


def _kind(name: str, label: tuple[str, str], zh: str, en: str) -> Kind:
    return Kind(name, LocalText(*label), LocalText(zh, en))


KINDS = (
    _kind(WAITING, ("待我办理", "Waits for me"), "{what}待您办理：{state}{for}", "{what} waits for you: {state}{for}"),
    _kind(ASSIGNED, ("分派给我", "Assigned to me"), "{by}将{what}分派给您", "{by} has assigned {what} to you"),
    _kind(MOVED, ("我的事项有进展", "My record has moved"), "{what}现为：{state}", "{what} is now: {state}"),
    _kind(
        DUE,
        ("期限将至", "Due soon"),
        "{what}须在 {day} 前办结（{limit}）{for}",
        "{what} is due on {day} ({limit}){for}",
    ),
    _kind(
        OVERDUE,
        ("已逾期", "Overdue"),
        "{what}已逾期，期限为 {day}（{limit}）{for}",
        "{what} was due on {day} ({limit}){for}",
    ),
    _kind(MENTION, ("提到我", "Mentions me"), "{by}在{what}的评论中提到您", "{by} mentions you at {what}"),
)
