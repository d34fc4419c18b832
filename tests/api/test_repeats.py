"""Promise: every write of the API with an Idempotency-Key is done once; a repeat gets the same answer."""

import json

from django.test import Client

from kandelia.kernel.access.contracts import Role
from kandelia.kernel.access.facade import list_devices, system_viewer
from kandelia.surfaces.api.models import KeptAnswer
from kandelia.surfaces.api.repeating import OWN_WAY

from .conftest import Program
from .test_rights import OPERATIONS

OTHERWISE = {f"POST {path.removeprefix('/api/v1')}" for path in OWN_WAY}  # see test_api
WRITES = [name for name in OPERATIONS if not name.startswith("GET ") and name not in OTHERWISE]


def call(program: Program, operation: str, plants, key: str, body=None):
    path, known, _ = OPERATIONS[operation]
    path = f"/api/v1{path.replace('{n}', str(plants['north']['temperature']))}"
    told = {"headers": {"Idempotency-Key": key}, "content_type": "application/json"}
    return program.client.generic(operation.split()[0], path, body if body is not None else _json(known), **told)


def _json(body) -> bytes:
    return json.dumps(body).encode() if body is not None else b""


def test_every_repeated_write_is_answered_as_before(plants) -> None:
    program, wrong, kept = Program("north", Role.ADMINISTRATOR), [], 0
    for operation in WRITES:
        first, again = (call(program, operation, plants, operation) for _ in range(2))
        done = first.status_code < 400
        kept += done
        same = again.status_code == first.status_code and (not done or again.content == first.content)
        replayed = again.headers.get("Idempotency-Replayed") == "true"
        other = call(program, operation, plants, operation, b'{"other": 1}') if done else None
        refused = other is None or other.status_code == 409
        if not same or replayed != done or not refused or KeptAnswer.objects.count() != kept:
            wrong.append((operation, first.status_code, again.status_code, replayed, KeptAnswer.objects.count(), kept))
    assert not wrong
    assert kept >= 8


def test_a_secret_is_answered_again_but_not_kept_in_plain_text(plants) -> None:
    program = Program("north", Role.ADMINISTRATOR)
    made, again = (call(program, "POST /devices", plants, "k") for _ in range(2))
    assert made.json()["secret"] == again.json()["secret"]
    assert made.json()["secret"].encode() not in bytes(KeptAnswer.objects.get().body)
    assert len(list_devices(system_viewer("north"))) == 1


def test_the_keys_of_two_programs_do_not_meet(plants) -> None:
    for organisation in ("north", "south"):
        assert call(Program(organisation, Role.ADMINISTRATOR), "POST /devices", plants, "k").status_code == 201
    assert Client().post("/api/v1/devices", headers={"Idempotency-Key": "k"}).status_code in (401, 403)
