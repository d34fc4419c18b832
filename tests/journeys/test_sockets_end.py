"""Promise: in a running installation a live socket ends when its token is revoked or its person is disabled."""

import contextlib
import json
import re

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tests.installation import Installation, installation

pytestmark = pytest.mark.slow
CLOSED_S = 60.0
NAME, GIVEN, OWN = "li.wei", "given by the office 7", "of one's own choosing 9"


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    with installation(tmp_path_factory.mktemp("sockets") / "data") as running:
        yield running


def made_token(house: Installation, name: str) -> str:
    return str(json.loads(house.command("token", "create", name, "--role", "viewer", "--json"))["token"])


@pytest.fixture
def stack():
    with contextlib.ExitStack() as opened:
        yield opened


def open_socket(
    stack: contextlib.ExitStack, house: Installation, client: httpx.Client, **headers: str
) -> ClientConnection:
    answer = client.post("/api/v1/live/ticket", headers=headers)
    assert answer.status_code == 200, answer.text
    address = f"ws://127.0.0.1:{house.port}/live?ticket={answer.json()['ticket']}"
    socket = stack.enter_context(connect(address, open_timeout=20))
    assert lives(socket)
    return socket


def lives(socket: ClientConnection) -> bool:
    socket.send('{"ping":1}')
    while "pong" not in str(socket.recv(20)):
        pass
    return True


def closes(socket: ClientConnection) -> bool:
    try:
        while True:
            socket.recv(CLOSED_S)
    except ConnectionClosed:
        return True
    except TimeoutError:
        return False


def test_a_revoked_tokens_socket_ends_and_another_goes_on(house, stack):
    clients = [house.client(made_token(house, name)) for name in ("ends", "stays")]
    ending, staying = (open_socket(stack, house, client) for client in clients)
    house.command("token", "revoke", "ends")
    assert closes(ending)
    assert [client.get("/api/v1/me").status_code for client in clients] == [401, 200]
    assert lives(staying)


def test_a_disabled_persons_socket_ends(house, stack):
    house.command("user", "add", NAME, "--role", "viewer", "--password-stdin", stdin=GIVEN)
    with house.client() as browser:
        fill_in(browser, "/sign-in", name=NAME, password=GIVEN)
        page = fill_in(browser, "/me/password", old=GIVEN, new=OWN, again=OWN)
        socket = open_socket(stack, house, browser, **{"X-CSRFToken": secret_of(page)})
        house.command("user", "disable", NAME)
        assert closes(socket)
        assert browser.get("/api/v1/me").status_code == 401


def fill_in(browser: httpx.Client, path: str, **fields: str) -> httpx.Response:
    secret = secret_of(browser.get(path, follow_redirects=True))
    answer = browser.post(path, data={**fields, "csrfmiddlewaretoken": secret})
    assert answer.status_code == 302, answer.text[-2_000:]
    return browser.get("/me")


def secret_of(page: httpx.Response) -> str:
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
    return found[1] if found else ""
