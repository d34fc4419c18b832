"""Promise: every endpoint denies by default; each role may what it holds; nobody reaches another organisation's."""

import pytest
from django.test import Client

from kandelia.kernel.access.contracts import Role
from kandelia.surfaces.web import registry

from .conftest import Program

SIGNAL = {"machine": "s1/hall/oven", "key": "temperature"}
LINK = {"site": "s1", "driver": "opcua"}
SIGNED, SEE, OPERATE, CONFIGURE, NOBODY = "signed in", "see", "operate", "configure", "nobody"
ADMINISTER = "administer"
GRANT = {"sign_in": "nobody", "role": "viewer", "place": "s1"}
WINDOW = "start=0&end=1000"
# Every operation of openapi.json: a path that works, a body, and the right it needs.
OPERATIONS = {
    "GET /me": ("/me", None, SIGNED),
    "GET /tokens": ("/tokens", None, SIGNED),
    "POST /tokens": ("/tokens", {"name": "another", "role": "viewer"}, NOBODY),  # tokens make no tokens; people do
    "DELETE /tokens/{id}": ("/tokens/none", None, SIGNED),
    "GET /devices": ("/devices", None, CONFIGURE),
    "POST /devices": ("/devices", {"name": "press"}, CONFIGURE),
    "DELETE /devices/{id}": ("/devices/none", None, CONFIGURE),
    "POST /live/ticket": ("/live/ticket", None, SEE),
    "GET /things": ("/things", None, SEE),
    "PUT /things/{path}": ("/things/s1", {}, CONFIGURE),
    "DELETE /things/{path}": ("/things/s9", None, CONFIGURE),
    "GET /connections": ("/connections", None, SEE),
    "GET /connections/{key}": ("/connections/link", None, SEE),
    "PUT /connections/{key}": ("/connections/link", LINK, CONFIGURE),
    "DELETE /connections/{key}": ("/connections/link", None, CONFIGURE),
    "GET /connections/{key}/browse": ("/connections/none/browse", None, CONFIGURE),
    "POST /connection-attempts": ("/connection-attempts", {"site": "s1", "driver": "modbus"}, CONFIGURE),
    "POST /connection-searches": ("/connection-searches", {"site": "s1", "driver": "modbus", "host": "a"}, CONFIGURE),
    "GET /signals": ("/signals", None, SEE),
    "POST /signals": ("/signals", SIGNAL, CONFIGURE),
    "GET /signals/{which}": ("/signals/{n}", None, SEE),
    "PUT /signals/{which}": ("/signals/{n}", SIGNAL, CONFIGURE),
    "PATCH /signals/{which}": ("/signals/{n}", {}, CONFIGURE),
    "DELETE /signals/{which}": ("/signals/s1.none", None, CONFIGURE),
    "GET /signals/{which}/raw": (f"/signals/{{n}}/raw?{WINDOW}", None, SEE),
    "GET /signals/{which}/versions": ("/signals/{n}/versions", None, SEE),
    "GET /history/trend": (f"/history/trend?signals={{n}}&{WINDOW}", None, SEE),
    "GET /history/rows": (f"/history/rows?signals={{n}}&{WINDOW}", None, SEE),
    "GET /history/last": ("/history/last?signals={n}", None, SEE),
    "GET /history/export": (f"/history/export?signals={{n}}&{WINDOW}", None, SEE),
    "POST /samples": ("/samples", {"samples": []}, CONFIGURE),
    "GET /commands": ("/commands", None, SEE),
    "POST /commands": ("/commands", {"signal": "s1.hall.oven.temperature", "value": 1, "reason": "x"}, OPERATE),
    "GET /commands/{id}": ("/commands/0", None, SEE),
    "POST /commands/{id}/approve": ("/commands/0/approve", {}, OPERATE),
    "POST /commands/{id}/decline": ("/commands/0/decline", {}, OPERATE),
    "POST /commands/{id}/withdraw": ("/commands/0/withdraw", {}, OPERATE),
    "GET /grants": ("/grants", None, ADMINISTER),
    "POST /grants": ("/grants", GRANT, ADMINISTER),
    "DELETE /grants/{id}": ("/grants/0", None, ADMINISTER),
    "GET /shares": ("/shares", None, ADMINISTER),
    "POST /shares": ("/shares", {"partner": "none", "place": "s1"}, ADMINISTER),
    "POST /shares/{id}/steps/{step}": ("/shares/0/steps/end", None, ADMINISTER),
    "GET /shares/{id}/looks": ("/shares/0/looks", None, ADMINISTER),
    "GET /shared": ("/shared", None, SEE),
    "GET /shared/{organisation}/signals": ("/shared/none/signals", None, SEE),
    "GET /templates": ("/templates", None, SEE),
    "GET /templates/{key}": ("/templates/none", None, SEE),
    "PUT /templates/{key}": ("/templates/fan", {"name": {"en": "Fan"}}, CONFIGURE),
    "POST /templates/{key}/publish": ("/templates/none/publish", None, CONFIGURE),
    "GET /templates/{key}/machines": ("/templates/none/machines", None, SEE),
    "PUT /templates/{key}/machines": ("/templates/none/machines", {"items": []}, CONFIGURE),
    "GET /templates/{key}/differences": ("/templates/none/differences", None, SEE),
    "POST /templates/{key}/apply": ("/templates/none/apply", {}, CONFIGURE),
    "GET /events": ("/events", None, SEE),
    "GET /jobs": ("/jobs", None, SEE),
    "GET /jobs/{id}": ("/jobs/none", None, SEE),
    "POST /jobs/{id}/cancel": ("/jobs/none/cancel", None, SIGNED),  # one may end one's own, and is told of no other
    "GET /quarantine": ("/quarantine", None, CONFIGURE),
    "GET /quarantine/{number}": ("/quarantine/1", None, CONFIGURE),
    "POST /measures-eligibility": ("/measures-eligibility?as_of=2019-05-01", {}, SIGNED),
    "GET /imports/{id}": ("/imports/none", None, SIGNED),
    "POST /imports/{id}/write": ("/imports/none/write", None, SIGNED),  # who may write is asked of the file's type
    "GET /inbox": ("/inbox", None, SIGNED),
    "GET /delegations": ("/delegations", None, SIGNED),
    "POST /delegations": ("/delegations", {}, SIGNED),  # one's own duties; a token has none
    "DELETE /delegations/{id}": ("/delegations/1", None, SIGNED),
    "GET /notices": ("/notices", None, NOBODY),  # people alone are told things
    "POST /notices/read": ("/notices/read", None, SIGNED),
    "GET /calendar/{year}": ("/calendar/2026", None, SIGNED),
    "PUT /calendar/days/{day}": ("/calendar/days/2026-11-27", {"working": True}, NOBODY),  # the first organisation's
}
ROLES_WITH = {
    SIGNED: set(Role),
    SEE: set(Role) - {Role.MEMBER},
    OPERATE: {Role.OPERATOR, Role.ENGINEER, Role.ADMINISTRATOR},
    CONFIGURE: {Role.ENGINEER, Role.ADMINISTRATOR},
    ADMINISTER: {Role.ADMINISTRATOR},
    NOBODY: set(),
}


def test_no_operation_is_forgotten(plants):
    described = Program("north", Role.VIEWER).get("/openapi.json")["paths"]
    found = {
        f"{method.upper()} {path.removeprefix('/api/v1')}"
        for path, methods in described.items()
        for method in methods
        if path.split("/")[3] not in {"records", *(app.name for app in registry.registered())}  # tested on their own
    }
    assert found == set(OPERATIONS)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_nobody_gets_in_without_signing_in(plants, operation):
    method, path = operation.split()
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic x"}):
        answered = Client(headers=headers).generic(method, f"/api/v1{path.replace('{n}', '1')}")
        assert answered.status_code in (401, 403), answered.content  # 403: a session's request without its CSRF token
        assert answered["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("role", list(Role))
def test_each_role_may_what_it_holds(plane, plants, role):
    program, wrong = Program("north", role), []
    for operation, known in OPERATIONS.items():
        path, body, right = known
        answered = program(operation.split()[0], path.replace("{n}", str(plants["north"]["temperature"])), body)
        denied, broken = answered.status_code == 403, answered.status_code >= 500 and answered.status_code != 503
        if broken or denied != (role not in ROLES_WITH[right]):
            wrong.append((operation, answered.status_code, answered.content[:300]))
    assert not wrong


def test_nobody_reaches_another_organisations(published):
    program, foreign = Program("south", Role.ADMINISTRATOR), published["north"]["temperature"]
    for operation, known in OPERATIONS.items():
        if "{n}" not in known[0]:
            continue
        path, body, _ = known
        answered = program(operation.split()[0], path.replace("{n}", str(foreign)), body)
        assert answered.status_code == 404, (operation, answered.status_code, answered.content[:300])
    written = {"samples": [{"signal": foreign, "times": [1], "values": [1]}]}
    assert program("POST", "/samples", written).status_code == 400
    own = {one["number"] for one in program.get("/signals?limit=1000")["items"]}
    assert own == set(published["south"].values())
    mixed = f"/history/last?signals={foreign},{min(own)}"
    assert program.get(mixed, 404)["detail"] == f"there is no signal {foreign}"
    assert program.get(f"/history/last?signals={min(own)}") == {"signals": {}}
