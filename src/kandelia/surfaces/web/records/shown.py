"""Values of records as a reader sees them: text, links, money in the reader's way, states as shape, word and colour."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from kandelia.kernel.lives.declaration import State
from kandelia.kernel.records.contracts import Kind, RecordView, Ref
from kandelia.kernel.records.declaration import Field, RecordType
from kandelia.kernel.records.facade import type_of
from kandelia.kernel.records.fields import kind_of, said
from kandelia.kernel.records.views import masked

NUMERIC = (Kind.INTEGER, Kind.NUMBER, Kind.MONEY)
THIN_SPACE = "\u2009"
MINUS = "\u2212"
WAN = 10_000  # 万
LOOKS = {"good": "●", "attention": "▲", "bad": "⊘", "muted": "○"}
KINDS = {"start": "◌", "open": "●", "end": "○"}
PERSON = "person"
TOLD_LENGTH_MAX = 300  # characters of a value in the history


@dataclass(frozen=True, slots=True)
class Shown:
    """A value as drawn; `at` instead of text for instants, `beside` says it again in the reader's way."""

    text: str = ""
    url: str = ""
    beside: str = ""
    numeric: bool = False
    at: datetime | None = None
    mark: "Mark | None" = None


@dataclass(frozen=True, slots=True)
class Mark:
    """A state."""

    shape: str
    word: str
    look: str


def record_url(type: str, id: int) -> str:
    """The page of a record."""
    return reverse("record", args=[type, id])


def portal_url(type: str, id: int) -> str:
    """The public page of a record."""
    return reverse("portal-record", args=[type, id])


def shown(declared: RecordType, field: Field, value: Any, language: str, *, public: bool = False) -> Shown:
    """A field's value, personal ones starred; to the `public` no record is named that is not published itself."""
    kind = kind_of(declared, field)
    if value is None or value == "":
        return Shown(numeric=kind in NUMERIC)
    if field.personal:
        return Shown(masked(value, field.personal))
    if isinstance(value, Ref):
        return _named(value, public)
    if isinstance(value, datetime):
        return Shown(at=value)
    if kind in NUMERIC:
        return _number(field, kind, value, language)
    return Shown(said(declared, field.name, value, language))


def _named(ref: Ref, public: bool) -> Shown:
    if ref.type == PERSON:
        return Shown("" if public else ref.title)
    if not public:
        return Shown(ref.title, record_url(ref.type, ref.id))
    published = any(state.name == ref.state and state.public for state in type_of(ref.type).life.states)
    return Shown(ref.title, portal_url(ref.type, ref.id)) if published else Shown()


def _number(field: Field, kind: Kind, value: Any, language: str) -> Shown:
    if kind is Kind.MONEY:
        return Shown(money(value), beside=in_wan(value, language), numeric=True)
    text = f"{value:,}".replace("-", MINUS)
    return Shown(f"{text}{THIN_SPACE}{field.unit}" if field.unit else text, numeric=True)


def money(value: Decimal) -> str:
    """Yuan, grouped; the fen only where there are any."""
    digits = 0 if value == value.to_integral_value() else 2
    return f"{MINUS if value < 0 else ''}¥{abs(value):,.{digits}f}"


def in_wan(value: Decimal, language: str) -> str:
    """Large amounts in 万元 for Chinese readers, empty for others and for small ones."""
    if not language.startswith("zh") or abs(value) < WAN:
        return ""
    return f"{(value / WAN).normalize():,f}{THIN_SPACE}万元".replace("-", MINUS)


def mark(declared: RecordType, view: RecordView, language: str) -> Mark:
    """The state of a record."""
    try:
        state: State | None = declared.life_of(view.process).state(view.state)
    except KeyError:
        state = None
    return Mark(shape_of(state), view.state_label.say(language), state.look if state else "")


def shape_of(state: State | None) -> str:
    """The shape that stands for a state beside its colour."""
    if state is None:
        return KINDS["open"]
    return LOOKS.get(state.look) or KINDS[state.kind]


def in_words(declared: RecordType, name: str, value: str, language: str) -> str:
    """A value of the history, kept as text, in the reader's words."""
    if value == "":
        return _("nothing")
    field = declared.field(name)
    if field.personal:
        return masked(value, field.personal)
    for choice, label in field.choices:
        if choice == value:
            return label.say(language)
    if value in ("True", "False"):
        return _("yes") if value == "True" else _("no")
    return value if len(value) <= TOLD_LENGTH_MAX else f"{value[:TOLD_LENGTH_MAX]}…"


def labels_of(declared: RecordType, language: str) -> Mapping[str, str]:
    """The label of each field in the reader's language."""
    return {field.name: field.label.say(language) for field in declared.fields}
