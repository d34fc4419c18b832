"""Promise: every record type there is keeps the house's rules: it is named in two languages, its lists and pages open
within the queries written down, its API has its schema. A type inherits these tests by being registered."""

import tomllib
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, models
from django.test import Client
from django.test.utils import CaptureQueriesContext
from jsonschema import Draft202012Validator

from kandelia.base.text import LocalText
from kandelia.kernel.access.contracts import Role, Viewer
from kandelia.kernel.access.models import Person
from kandelia.kernel.files import typesetting
from kandelia.kernel.lives.logic.checking import mistakes, picture
from kandelia.kernel.papers import facade as papers
from kandelia.kernel.records import facade
from kandelia.kernel.records.contracts import Query
from kandelia.kernel.records.declaration import RecordType
from kandelia.kernel.records.models import Record
from kandelia.kernel.records.registry import duties, role_names, types
from kandelia.surfaces.api.record_schemas import names, schemas_of
from tests.records.rows import BUREAU, FIRM, make_places, row

TYPES = types()
QUERIES = Path(__file__).parent / "queries.toml"
ROWS = 12
every_type = pytest.mark.parametrize("declared", TYPES, ids=lambda one: one.name)


def everybody(organisation: str) -> Viewer:
    """Somebody who holds every duty there is."""
    who = Person.objects.get(sign_in="who")
    return Viewer(organisation, f"person:{who.pk}", "Who", Role.ADMINISTRATOR, "en", frozenset(duties()))


def desk(declared: RecordType) -> Viewer:
    """Whose list shows a firm's records of a type that are there: the bureau's, else (drafts) the firm's own."""
    viewers = (everybody(BUREAU), everybody(FIRM))
    return next(viewer for viewer in viewers if facade.page(viewer, declared.name, Query(limit=1)).items)


@pytest.fixture
def as_viewer(monkeypatch: pytest.MonkeyPatch) -> Any:
    """`as_viewer(viewer)`: a client whose requests are this viewer's."""

    def client(viewer: Viewer) -> Client:
        for place in ("web.screens", "web.middleware", "web.context", "web.answers", "api.answering"):
            monkeypatch.setattr(f"kandelia.surfaces.{place}.viewer_of_request", lambda _r: viewer, raising=False)
        return Client(headers={"Accept-Language": viewer.language})

    return client


@pytest.fixture
def places(db: None) -> None:
    make_places()


def texts_of(declared: RecordType) -> dict[str, LocalText]:
    """Everything that people read of a type, by where it stands."""
    found = {"label": declared.label, "plural": declared.plural}
    for group in declared.groups:
        found[f"group {group.label.en}"] = group.label
        for field in group.fields:
            found[f"field {field.name}"] = field.label
            found |= {f"choice {field.name} {value}": label for value, label in field.choices}
    for life in (declared.life, *declared.earlier):
        for part in (*life.states, *life.transitions, *life.deadlines):
            found[f"{type(part).__name__} {part.name}"] = part.label
    return found | {f"print {one.name}": one.label for one in declared.prints}


@every_type
def test_everything_is_named_in_both_languages(declared: RecordType) -> None:
    lacking = [where for where, text in texts_of(declared).items() if not (text.zh.strip() and text.en.strip())]
    assert not lacking


@every_type
def test_the_declaration_holds(declared: RecordType) -> None:
    for life in (declared.life, *declared.earlier):
        assert mistakes(life, role_names()) == []
        assert picture(life).startswith("stateDiagram-v2")
    assert declared.title and declared.columns and declared.groups
    indexed = {tuple(index.fields) for index in declared.model._meta.indexes}
    for name in declared.sorts:
        column = declared.model._meta.get_field(name)
        assert not column.null, f"{name} may be null: a page could not seek beyond it"
        assert (name, "entry") in indexed or column.unique, f"no index of {name} with entry"
    for name in declared.amounts:
        column = declared.model._meta.get_field(name)
        assert isinstance(column, models.DecimalField | models.IntegerField), f"{name} cannot be added up exactly"


@every_type
def test_the_schema_says_what_the_declaration_says(declared: RecordType) -> None:
    made = schemas_of(declared)
    for schema in made.values():
        Draft202012Validator.check_schema(schema)
    shown, values, _ = (made[name] for name in names(declared))
    assert set(shown["properties"]["values"]["properties"]) == {field.name for field in declared.fields}
    assert set(values["properties"]) == {field.name for field in declared.fields if field.editable}
    for field in declared.fields:
        title = shown["properties"]["values"]["properties"][field.name]["title"]
        assert field.label.zh in title and field.label.en in title


@every_type
def test_its_list_page_and_api_open_within_bounded_queries(declared: RecordType, places: None, as_viewer: Any) -> None:
    first = row(declared, 0)
    client = as_viewer(desk(declared))
    addresses = {
        "list": f"/records/{declared.name}",
        "api": f"/api/v1/records/{declared.name}",
        "page": f"/records/{declared.name}/{first.entry_id}",
    }
    few = {name: queries(client, address) for name, address in addresses.items()}
    for n in range(1, ROWS):
        row(declared, n)
    many = {name: queries(client, address) for name, address in addresses.items()}
    grown = {name: (few[name], many[name]) for name in ("list", "api") if many[name] > few[name] + 1}
    assert not grown, "more rows ask more queries"
    allowed = tomllib.loads(QUERIES.read_text())
    written = allowed.get(declared.name, allowed["of-other-rooms"])
    over = {name: (count, written[name]) for name, count in many.items() if count > written[name]}
    assert not over, f"more queries than {QUERIES.name} allows (found, allowed)"


def queries(client: Client, address: str) -> int:
    """How many queries an address asks."""
    with CaptureQueriesContext(connection) as asked:
        answer = client.get(address)
    assert answer.status_code == 200, (address, answer.content[-2_000:])
    return len(asked)


@every_type
def test_every_sort_turns_onward_and_back(declared: RecordType, places: None) -> None:
    for n in range(7):
        row(declared, n)
    viewer = desk(declared)
    for sort in ("created", "title", "state", "changed", *declared.sorts):
        for turned in (sort, f"-{sort}"):
            first = facade.page(viewer, declared.name, Query(sort=turned, limit=3))
            second = facade.page(viewer, declared.name, Query(sort=turned, limit=3, after=first.next))
            back = facade.page(viewer, declared.name, Query(sort=turned, limit=3, before=second.previous))
            assert len(first.items) == len(second.items) == 3, turned
            assert [one.id for one in back.items] == [one.id for one in first.items], turned


@every_type
def test_it_is_counted_exported_and_printed(declared: RecordType, places: None) -> None:
    made, viewer = row(declared, 0), desk(declared)
    for grouping in papers.groupings(viewer, declared.name):
        counted = papers.statistics(viewer, declared.name, Query(), (grouping.name,))
        assert sum(one.count for one in counted) >= 1, grouping.name
    head, rows = papers.table(viewer, declared.name, Query())
    assert all(len(cells) == len(head) for cells in rows)
    if typesetting.ready():
        assert papers.pdf(viewer, declared.name, made.entry_id)[1].startswith(b"%PDF-")


def test_no_record_is_without_a_type() -> None:
    known = {declared.model for declared in TYPES}
    records = {model for model in apps.get_models() if issubclass(model, Record)}
    assert records == known, "declare a RecordType beside each of these, or make it no Record"


def test_every_type_has_its_standard_tests() -> None:
    """The walk above is over TYPES: whoever is registered is in it; the figures of each of ours are written down."""
    assert {declared.name for declared in types()} == {declared.name for declared in TYPES}
    ours = {one.name for one in TYPES if one.model.__module__.startswith(("kandelia.", "tests."))}
    written = set(tomllib.loads(QUERIES.read_text())) - {"of-other-rooms"}
    assert ours == written, f"write or remove their queries in {QUERIES.name}: {sorted(ours ^ written)}"
