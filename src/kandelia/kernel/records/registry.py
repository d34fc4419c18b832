"""The record types there are: rooms register theirs when Django's apps get ready, each is checked then."""

from django.core.exceptions import FieldDoesNotExist

from kandelia.base.errors import Conflict, NotFound
from kandelia.kernel.access.contracts import Role
from kandelia.kernel.lives.archetypes import DUTIES
from kandelia.kernel.lives.declaration import ANYONE, CLOCK, OWNER, SYSTEM, Duty
from kandelia.kernel.lives.logic.checking import mistakes
from kandelia.kernel.records.declaration import RecordType
from kandelia.kernel.records.models import Record, Reference

_types: dict[str, RecordType] = {}
_duties: dict[str, Duty] = {duty.name: duty for duty in DUTIES}


def register(*declared: RecordType) -> None:
    """Make types known; Conflict names what is wrong with a declaration."""
    for one in declared:
        if one.name in _types and _types[one.name] is not one:
            raise Conflict(f'two record types "{one.name}"', "records", "give one of them another name", "exists")
        for duty in one.duties:
            _duties[duty.name] = duty
        _refuse(one, [*_wrong_fields(one), *_wrong_lives(one)])
        _types[one.name] = one


def check_references() -> None:
    """Once all are registered: every Reference names a type there is; Conflict otherwise."""
    for one in _types.values():
        for field in one.model._meta.concrete_fields:
            if isinstance(field, Reference) and field.refers_to not in _types:
                _refuse(one, [f'field "{field.name}" refers to the unknown type "{field.refers_to}"'])


def types() -> tuple[RecordType, ...]:
    """All, by name."""
    return tuple(_types[name] for name in sorted(_types))


def type_of(name: str) -> RecordType:
    """By name; NotFound for one there is not."""
    if name not in _types:
        raise NotFound(f'there is no record type "{name[:60]}"', "type", f"there are: {', '.join(sorted(_types))}")
    return _types[name]


def duties() -> dict[str, Duty]:
    """The duties of all types by name."""
    return dict(_duties)


def role_names() -> set[str]:
    """Every name that may stand for who does something."""
    return {*(role.value for role in Role), *_duties, OWNER, ANYONE, CLOCK, SYSTEM}


def _refuse(one: RecordType, wrong: list[str]) -> None:
    if wrong:
        raise Conflict("; ".join(wrong), f'record type "{one.name}"', "mend its declaration", "bad-declaration")


def _wrong_lives(one: RecordType) -> list[str]:
    lives = (one.life, *one.earlier)
    if len({life.version for life in lives}) != len(lives):
        return ["two of its lives have the same version"]
    fields = {field.name for field in one.fields}
    asked = {name for life in lives for step in life.transitions for name in step.asks}
    return [
        *(text for life in lives for text in mistakes(life, role_names())),
        *(f'a transition asks for the unknown field "{name}"' for name in sorted(asked - fields)),
    ]


def _wrong_fields(one: RecordType) -> list[str]:
    wrong = [] if issubclass(one.model, Record) else ["its model is no Record"]
    names = [field.name for field in one.fields]
    for name in names:
        try:
            one.model._meta.get_field(name)
        except FieldDoesNotExist:
            wrong.append(f'the model has no field "{name}"')
    wrong += [f'field "{name}" is declared twice' for name in sorted({n for n in names if names.count(n) > 1})]
    for what in ("title", "columns", "sorts", "filters", "amounts"):
        wrong += [f'{what} names the undeclared field "{n}"' for n in getattr(one, what) if n not in names]
    return wrong
