"""Promise: every type × who × action is allowed exactly where the declaration says, by the API as by the kernel.

The table is worked out here anew from the declaration's words, and then each cell is tried through the API.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client

from kandelia.kernel.access.contracts import Right, Role, Viewer
from kandelia.kernel.lives.declaration import ANYONE, CLOCK, OWNER
from kandelia.kernel.records.declaration import RecordType
from kandelia.kernel.records.registry import duties, types
from tests.records.rows import BUREAU, FIRM, OTHER, make_places, row

pytestmark = pytest.mark.django_db
TYPES = types()
STATES_TRIED = 2  # of each type: its first, and one further on
every_type = pytest.mark.parametrize("declared", TYPES, ids=lambda one: one.name)


@dataclass(frozen=True)
class Who:
    """Somebody with one role, and perhaps one duty, in one place."""

    place: str
    role: Role
    duty: str = ""

    @property
    def viewer(self) -> Viewer:
        held = frozenset({self.duty} if self.duty else ())
        return Viewer(self.place, "person:9", "Who", self.role, "en", held)


def everybody(declared: RecordType) -> Iterator[Who]:
    """Each role alone, each duty that the declaration names (and one it does not) with the least role, in the firm and
    the bureau; of another firm the strongest, and whoever else may be thought to pass."""
    named = {name for step in declared.life.transitions for name in step.roles}
    named |= {*declared.create_by, *declared.read_by, *(n for one in declared.life.states for n in one.editable_by)}
    strange = sorted(set(duties()) - named)[:1]
    for place in (FIRM, BUREAU):
        yield from (Who(place, role) for role in Role)
        yield from (Who(place, Role.VIEWER, duty) for duty in (*sorted(named & set(duties())), *strange))
    yield from (
        Who(OTHER, Role.ADMINISTRATOR),
        *(Who(OTHER, Role.VIEWER, duty) for duty in sorted(named & set(duties()))),
    )


def counts(declared: RecordType, who: Who, names: tuple[str, ...]) -> bool:
    """Whether one of these names is this person's, for a record that FIRM owns."""
    handler = BUREAU if declared.handler == "root" else FIRM
    on = {side for side, place in (("owner", FIRM), ("handler", handler)) if who.place == place}
    if not on:
        return False
    held = {who.role.value} | (({ANYONE, OWNER} if "owner" in on else {ANYONE}) if sees_all(who) else set())
    if who.duty and (duties()[who.duty].side == "any" or duties()[who.duty].side in on):
        held.add(who.duty)
    return bool(held & set(names))


def sees_all(who: Who) -> bool:
    """Whether somebody sees the whole organisation; a mere member sees what stands at places given to them."""
    return who.viewer.may(Right.SEE)


def may_read(declared: RecordType, who: Who) -> bool:
    if not declared.read_by and declared.placed and not sees_all(who):
        return who.place == FIRM  # and then `narrow` cuts to the places
    return counts(declared, who, declared.read_by or (ANYONE,))


@pytest.fixture
def as_who(monkeypatch: pytest.MonkeyPatch) -> Any:
    def client(who: Who) -> Client:
        viewer = who.viewer
        for place in ("web.screens", "web.middleware", "web.context", "web.answers", "api.answering"):
            monkeypatch.setattr(f"kandelia.surfaces.{place}.viewer_of_request", lambda _r: viewer, raising=False)
        return Client()

    return client


@every_type
def test_who_reads_changes_and_steps(declared: RecordType, as_who: Any) -> None:
    make_places()
    states = [state for state in declared.life.states if not state.public]
    tried = 0
    for state in states[:STATES_TRIED]:
        made = row(declared, tried + 1, state=state.name, public=False)
        here = f"/api/v1/records/{declared.name}/{made.entry_id}"
        for who in everybody(declared):
            client = as_who(who)
            seen = client.get(here).status_code == 200
            if declared.narrow is None or not may_read(declared, who):
                assert seen is may_read(declared, who), (state.name, who, "read")
            if not seen:
                refuse_all(client, here, declared, state.name)
                continue
            edited = client.patch(here, json.dumps({"values": {}}), content_type="application/json").status_code
            assert (edited != 403) is counts(declared, who, state.editable_by), (state.name, who, "change", edited)
            try_steps(client, here, declared, who, state.name)
            tried += 1
    assert tried or declared.narrow is not None  # where it keeps records to persons, its own room has the table


def refuse_all(client: Client, here: str, declared: RecordType, state: str) -> None:
    """Who does not see a record finds nothing to do with it either."""
    assert client.patch(here, "{}", content_type="application/json").status_code == 404
    for step in declared.life.steps_from(state)[:1]:
        assert client.post(f"{here}/steps/{step.name}", "{}", content_type="application/json").status_code == 404
    for part in ("steps", "changes", "files", "print"):
        assert client.get(f"{here}/{part}").status_code == 404


def try_steps(client: Client, here: str, declared: RecordType, who: Who, state: str) -> None:
    """A step that is not one's own is refused by right; one's own is at most held up by something else.

    A revision that never was holds each step up before anything is done.
    """
    body = json.dumps({"revision": 999_999, "reason": "x"})
    offered = {one["name"] for one in client.get(f"{here}/actions").json()["items"]}
    for step in declared.life.steps_from(state):
        mine = counts(declared, who, step.roles) and step.roles != (CLOCK,)
        assert (step.name in offered) is mine, (state, who, step.name, "offered")
        assert client.post(f"{here}/steps/{step.name}", body, content_type="application/json").status_code == 409
        if not mine and step.roles != (CLOCK,):
            refused = client.post(f"{here}/steps/{step.name}", '{"reason": "x"}', content_type="application/json")
            assert refused.status_code == 403, (state, who, step.name)


@every_type
def test_who_makes_one(declared: RecordType, as_who: Any) -> None:
    make_places()
    for who in everybody(declared):
        on = {"owner"} | ({"handler"} if declared.handler == "owner" or who.place == BUREAU else set())
        held = {who.role.value} | ({ANYONE, OWNER} if sees_all(who) else set())
        if who.duty and (duties()[who.duty].side == "any" or duties()[who.duty].side in on):
            held.add(who.duty)
        may = bool(held & set(declared.create_by))
        answered = as_who(who).post(
            f"/api/v1/records/{declared.name}", '{"values": {"no-such-field": 1}}', content_type="application/json"
        )
        assert answered.status_code == (400 if may else 403), (who, answered.content)
