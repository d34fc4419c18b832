"""Promise: a connection's secret is kept apart from every other, none that is named is lost, none outlives its use."""

from dataclasses import replace

import pytest
from django.db import transaction

from kandelia.base.errors import InvalidInput
from kandelia.base.text import LocalText
from kandelia.kernel.access.facade import system_viewer
from kandelia.kernel.access.models import Organisation
from kandelia.kernel.connections import facade, orphans, secrets
from kandelia.kernel.connections.contracts import ConnectionView
from kandelia.kernel.connections.logic.settings import SECRET_SETTINGS, connection_prefix, secret_name, take_secrets
from kandelia.kernel.connections.models import Connection
from kandelia.kernel.things import facade as things

pytestmark = pytest.mark.django_db(transaction=True)
NAME = LocalText("炉", "Oven")
LINK = ConnectionView("link", "s1", NAME, "opcua", {"password": "first"})
VIEWER = system_viewer("north")


class Keeper(dict[str, bytes]):
    """Secrets in memory."""

    put = dict.__setitem__

    def remove(self, name: str) -> None:
        self.pop(name, None)


@pytest.fixture
def kept(monkeypatch, transactional_db):
    """Reads what is kept now, as a list of secrets."""
    monkeypatch.setattr(secrets, "_keeper", [keeper := Keeper()])
    Organisation.objects.create(id="north")
    things.put_site(VIEWER, "s1", NAME)
    return lambda: sorted(secret.decode() for secret in keeper.values())


def test_a_secret_lives_as_long_as_its_connection_names_it(kept) -> None:
    first = facade.put_connection(VIEWER, LINK).settings
    facade.put_connection(VIEWER, replace(LINK, settings=first, name=LocalText("甲", "A")))
    assert kept() == ["first"]
    second = facade.put_connection(VIEWER, replace(LINK, settings={"password": "second"})).settings
    assert second != first and kept() == ["second"]
    facade.remove_connection(VIEWER, "link")
    assert kept() == []


def test_a_change_that_fails_leaves_all_as_it_was(kept) -> None:
    facade.put_connection(VIEWER, LINK)
    wrong = replace(LINK, key="other", site="nowhere")
    with pytest.raises(Exception, match="nowhere"):
        facade.put_connections(VIEWER, [replace(LINK, settings={"password": "second"}), wrong])
    assert kept() == ["first"]
    with pytest.raises(ZeroDivisionError), orphans.undone_on_failure("north"), transaction.atomic():
        facade.put_connection(VIEWER, replace(LINK, settings={"password": "third"}))
        assert kept() == ["first", "third"]
        raise ZeroDivisionError
    assert kept() == ["first"]


def test_a_failure_after_the_commit_loses_nothing(kept) -> None:
    with pytest.raises(ZeroDivisionError), orphans.undone_on_failure("north"):
        facade.put_connection(VIEWER, LINK)
        raise ZeroDivisionError
    assert kept() == ["first"]


def test_what_another_connection_names_stays(kept) -> None:
    settings = facade.put_connection(VIEWER, LINK).settings
    facade.put_connection(VIEWER, replace(LINK, key="older", settings={}))
    Connection.objects.filter(key="older").update(settings=settings)
    facade.remove_connection(VIEWER, "link")
    assert kept() == ["first"]


def test_only_its_own_secrets_can_be_named(kept) -> None:
    settings = facade.put_connection(VIEWER, LINK).settings
    with pytest.raises(InvalidInput, match="this connection"):
        facade.put_connection(VIEWER, replace(LINK, key="lin", settings=settings))


def test_long_keys_share_no_name() -> None:
    keys = ["k" * 59 + "a", "k" * 59 + "b"]
    prefixes = {connection_prefix("o" * 40, key) for key in keys}
    assert len(prefixes) == 2
    cut = prefixes.pop().removesuffix(".").rpartition(".")[2]
    assert connection_prefix("o" * 40, cut) not in {connection_prefix("o" * 40, key) for key in keys}
    names = {secret_name("o" * 40, key, "a.long.path.to.the.password") for key in keys * 2}
    assert len(names) == 4 and max(map(len, names)) <= 119


@pytest.mark.parametrize("key", sorted(SECRET_SETTINGS | {"Password", "API_KEY"}))
def test_every_usual_word_for_a_secret_is_taken_out(key: str) -> None:
    found: dict[str, bytes] = {}
    taken = take_secrets({"deep": [{key: "hush", "x": 1}]}, "north", "link", found.__setitem__)
    assert list(found.values()) == [b"hush"] and "hush" not in str(taken)
