"""Promise: organisations, people and tokens can be managed by command alone, and mistakes say how to mend them."""

import importlib
import json

import pytest
from click.testing import CliRunner
from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher

from kandelia.base.errors import Conflict, InvalidInput, NotFound
from kandelia.kernel.access.models import AuditEntry, Person, Token
from kandelia.kernel.calendar import facade as calendar

MAIN = settings.PLATFORM.organisation
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch) -> None:
    monkeypatch.setattr(Argon2PasswordHasher, "time_cost", 1)
    monkeypatch.setattr(Argon2PasswordHasher, "memory_cost", 64)


def run(line: str, stdin: str = "") -> str:
    name, *rest = line.split()
    group = importlib.import_module(f"kandelia.surfaces.cli.{name}").group
    result = CliRunner().invoke(group, rest, input=stdin, catch_exceptions=True)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.stdout


@pytest.fixture
def main() -> None:
    run(f"org add {MAIN} --en Main")


def test_tokens(main) -> None:
    made = json.loads(run("token create report --role operator --expires 90d --json"))
    assert made["token"].startswith("kdl_") and made["role"] == "operator"
    assert Token.objects.get().expires_at is not None
    assert "report" in run("token list")
    assert json.loads(run("token list --json"))[0]["name"] == "report"
    with pytest.raises(Conflict):
        run("token create report")
    run("token revoke report")
    with pytest.raises(NotFound):
        run("token revoke report")
    with pytest.raises(InvalidInput):
        run("token create late --expires someday")
    plain = run("token create plain")
    assert plain.strip().startswith("kdl_")


def test_people(main) -> None:
    password = json.loads(run("user add wang --role engineer --json"))["password"]
    assert Person.objects.get(sign_in="wang").check_password(password)
    run("user reset wang --password-stdin", stdin="seven mangroves at dusk\n")
    assert Person.objects.get(sign_in="wang").check_password("seven mangroves at dusk")
    run("user disable wang")
    assert json.loads(run("user list --json"))[0]["active"] is False
    run("user enable wang")
    assert "engineer" in run("user list")
    with pytest.raises(NotFound):
        run("user disable nobody")
    with pytest.raises(InvalidInput):
        run("user add li --password-stdin")


def test_organisations_are_apart(main) -> None:
    run("org add acme --zh 一厂 --parent " + MAIN)
    assert {one["id"] for one in json.loads(run("org list --json"))} == {MAIN, "acme"}
    run("token create report --org acme")
    assert json.loads(run("token list --json")) == []
    with pytest.raises(NotFound):
        run("token list --org nowhere")


def test_the_audit_is_verified(main) -> None:
    run("token create report")
    assert "whole" in run("audit verify")
    assert "token.create" in run("audit list")
    AuditEntry.objects.update(target="changed")
    assert "whole" not in run("audit verify")


def test_duties(main) -> None:
    run("user add wang --duty acceptance")
    assert run("user duties wang") == "wang: acceptance\n"
    assert json.loads(run("user duties wang --set expert,auditor --json"))["duties"] == ["auditor", "expert"]
    assert run("user duties wang --set ,") == "wang: none\n"
    with pytest.raises(NotFound):
        run("user duties nobody --set expert")


def test_working_days(main) -> None:
    calendar.load()  # a test that empties tables takes along what the migration brought
    assert "2026-10-10" in run("calendar show 2026") and "248 working days" in run("calendar show 2026")
    assert len(json.loads(run("calendar show 2025 --json"))) == 365
    assert run("calendar load 2026") == "0 days are new or changed\n"
