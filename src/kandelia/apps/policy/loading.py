"""Brings a policy file into the library, once however often it is called; what differs is changed with history."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction

from kandelia.apps.policy.contracts import ClauseText, DocumentText, ItemText, Loaded
from kandelia.sdk.record_types import Record, RecordType, store, type_of, writing
from kandelia.sdk.views import Viewer

STATE = "published"


class Loader:
    """One loading, by one viewer; counts what it makes and changes."""

    def __init__(self, viewer: Viewer) -> None:
        self.viewer = viewer
        self.made = 0
        self.changed = 0

    def load(self, document: DocumentText) -> Loaded:
        """The document with all that stands in it, in one transaction."""
        with transaction.atomic():
            values = {
                name: text or None if name.endswith(("_on", "_from", "_to")) else text
                for name, text in document.values.items()
            }
            head = self.put("policy-document", [({"key": document.key}, values)])
            clauses = self.put("policy-clause", [_clause(head[0], one) for one in document.clauses])
            pairs = [(entry, item) for entry, one in zip(clauses, document.clauses, strict=True) for item in one.items]
            items = self.put("policy-item", [_item(entry, item) for entry, item in pairs])
            rows = [
                ({"item_id": entry, "name": one.name, "valid_from": one.since}, _parameter(one))
                for entry, (_, item) in zip(items, pairs, strict=True)
                for one in item.parameters
            ]
            self.put("policy-parameter", rows)
        return Loaded(self.made, self.changed)

    def put(self, name: str, rows: Sequence[tuple[Mapping[str, Any], Mapping[str, Any]]]) -> list[int]:
        """Rows of a type by what identifies them: missing ones made, others changed; their ids in the order given."""
        declared = type_of(name)
        there = _there(declared, [known for known, _ in rows])
        places: list[int | Record] = []
        fresh: list[Record] = []
        for known, values in rows:
            found = there.get(_key(declared.model, known))
            if found is None:
                fresh.append(declared.model(**known, **_typed(declared.model, values, known)))
                places.append(fresh[-1])
            else:
                typed = _typed(declared.model, values, known)
                self.changed += bool(writing.save_fields(self.viewer, declared, found, typed))
                places.append(found.entry_id)
        if fresh:
            writing.create_many(self.viewer, declared, fresh, state=STATE)
            self.made += len(fresh)
        return [place if isinstance(place, int) else place.entry_id for place in places]


def _there(declared: RecordType, known: Sequence[Mapping[str, Any]]) -> dict[tuple[Any, ...], Any]:
    """The rows that are there already, by what identifies them; one query."""
    names = list(known[0]) if known else []
    keys = {_key(declared.model, one) for one in known}
    rows = store.rows_of(declared).filter(**{f"{names[0]}__in": {key[0] for key in keys}}) if names else ()
    return {tuple(getattr(row, name) for name in names): row for row in rows}


def _key(model: Any, known: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(model._meta.get_field(name.removesuffix("_id")).to_python(value) for name, value in known.items())


def _typed(model: Any, values: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in values.items() if name not in known}
    return {
        name: model._meta.get_field(name).to_python(value) if isinstance(value, str) else value
        for name, value in kept.items()
    }


def _clause(document: int, one: ClauseText) -> tuple[dict[str, Any], dict[str, Any]]:
    values = {
        "place": one.place,
        "heading": one.heading,
        "quote": one.quote,
        "gloss_zh": one.gloss.zh,
        "gloss_en": one.gloss.en,
        "not_given": one.not_given,
    }
    return {"document_id": document, "label": one.label}, values


def _item(clause: int, one: ItemText) -> tuple[dict[str, Any], dict[str, Any]]:
    values = {
        "clause_id": clause,
        "title": one.title.zh,
        "title_en": one.title.en,
        "kind": one.kind,
        "subjects": one.subjects,
        "gives": one.gives.zh,
        "gives_en": one.gives.en,
        "conditions": one.conditions,
        "line": one.line,
        "valid_from": one.since,
        "valid_to": one.until,
    }
    return {"key": one.key}, values


def _parameter(one: Any) -> dict[str, Any]:
    return {
        "operator": one.operator,
        "value": one.value,
        "most": one.most,
        "unit": one.unit,
        "valid_to": one.until,
        "clause": one.clause,
        "wording": one.wording,
    }
