"""One organisation never sees, counts, searches, subscribes to, browses or exports another's, by any door."""

import asyncio
import json
import re
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect

from kandelia.base.errors import KandeliaError, NotAllowed
from kandelia.boot.connecting import open_settings_bus
from kandelia.boot.settings import Settings
from kandelia.kernel.signals.contracts import Ask, Question
from kandelia.kernel.signals.plane.asking import ask
from tests.installation import Installation, installation, until
from tests.peers.opcua_server import OpcUaPeer, opcua_peer
from tests.peers.ports import free_port

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]
MARK = "zzsecretzz"  # in every name and value of the other organisation; no answer to us may hold it
VALUE = 7_412_589.0
WINDOW = "start=1000000000000&end=4000000000000"
REFUSED = (401, 403, 404)
PASSWORD = "a long password for the test"


@dataclass
class Two:
    """An installation with "main", which asks, and "other", whose things nobody in main may learn of."""

    here: Installation
    peer: OpcUaPeer
    main: httpx.Client
    other: httpx.Client
    ours: dict[str, int]
    theirs: dict[str, int]

    @property
    def number(self) -> int:
        """A signal of the other organisation that has history."""
        return self.theirs[f"{MARK}.hall.oven.{MARK}-heat"]


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Two]:
    place = tmp_path_factory.mktemp("isolation")
    with opcua_peer(free_port(), signals=2, period_ms=500) as peer, installation(place / "data") as here:
        here.command("org", "add", "other", "--en", MARK)
        main, other = (here.client(here.token(organisation=name)) for name in ("main", "other"))
        ours = load(here, place, "main", "plain", peer, main)
        theirs = load(here, place, "other", MARK, peer, other)
        found = Two(here, peer, main, other, ours, theirs)
        write_and_wait(found)
        yield found
        main.close()
        other.close()


def load(
    here: Installation, place: Path, organisation: str, word: str, peer: OpcUaPeer, client: httpx.Client
) -> dict[str, int]:
    file = place / f"{organisation}.yaml"
    file.write_text(f"""
connections: [{{key: {word}-line, site: {word}, driver: opcua, settings: {{endpoint: '{peer.endpoint}'}}}}]
sites:
- key: {word}
  name: {{en: {word}}}
  areas:
  - key: hall
    name: {{en: {word}}}
    machines:
    - key: oven
      name: {{en: {word} oven}}
      signals:
      - {{key: {word}-heat, name: {{en: {word} heat}}}}
      - {{key: {word}-live, connection: {word}-line, address: '{peer.address(0)}', period: 500ms}}
""")
    here.command("things", "load", str(file), "--org", organisation)
    return {one["id"]: one["number"] for one in client.get("/api/v1/signals").json()["items"]}


def write_and_wait(two: Two) -> None:
    now_ms = int(time.time() * 1_000)
    for client, id_, value in (
        (two.other, f"{MARK}.hall.oven.{MARK}-heat", VALUE),
        (two.main, "plain.hall.oven.plain-heat", 1.0),
    ):
        body = {"samples": [{"signal": id_, "times": [now_ms, now_ms + 1], "values": [value, value]}]}
        assert client.post("/api/v1/samples", json=body).status_code == 202
    for client, numbers in ((two.other, two.theirs), (two.main, two.ours)):
        wanted = ",".join(map(str, numbers.values()))
        path = f"/api/v1/history/last?signals={wanted}"
        until("history has both", lambda c=client, p=path: len(c.get(p).json()["signals"]) == 2, 60)


def clean(answer: httpx.Response) -> None:
    """Nothing of theirs stands in it, whatever its status."""
    assert answer.status_code < 500, answer.text[:300]
    assert MARK.encode() not in answer.content and str(int(VALUE)).encode() not in answer.content


def test_the_other_organisation_has_what_we_may_not_see(two: Two) -> None:
    """Else every test below would pass for nothing."""
    answer = two.other.get(f"/api/v1/signals/{two.number}/raw?{WINDOW}")
    assert answer.json()["value"] == [VALUE, VALUE]
    assert MARK in two.other.get("/api/v1/things").text
    assert set(two.ours.values()).isdisjoint(two.theirs.values())


def test_lists_counts_and_searches(two: Two) -> None:
    page = two.main.get("/api/v1/signals").json()
    assert page["total"] == len(page["items"]) == 2
    for path in (
        f"/signals?search={MARK}",
        f"/signals?machine={MARK}/hall/oven",
        f"/signals?connection={MARK}-line",
        f"/signals?after={MARK}.hall.oven.{MARK}-heat",
    ):
        answer = two.main.get(f"/api/v1{path}")
        assert answer.status_code in (200, 400, *REFUSED), answer.text[:300]
        if answer.status_code == 200:
            assert all(one["id"].startswith("plain.") for one in answer.json()["items"])
            assert "after=" in path or not answer.json()["total"]
    for path in ("/things", "/connections", "/events", "/jobs", "/tokens", "/me", "/system/status"):
        clean(two.main.get(f"/api/v1{path}"))


@pytest.mark.parametrize(
    "path",
    [
        "/signals/{n}",
        f"/signals/{MARK}.hall.oven.{MARK}-heat",
        f"/signals/{{n}}/raw?{WINDOW}",
        f"/signals/{{n}}/raw?{WINDOW}&format=csv",
        f"/signals/{{n}}/raw?{WINDOW}&format=parquet",
        f"/history/trend?signals={{n}}&{WINDOW}&points=10",
        "/history/last?signals={n}",
        "/history/last?signals={ours},{n}",
        f"/history/export?signals={{n}}&{WINDOW}",
        f"/history/export?signals={{ours}},{{n}}&{WINDOW}&every=1m",
        f"/connections/{MARK}-line",
        f"/connections/{MARK}-line/browse?address=",
    ],
)
def test_what_is_theirs_is_not_there_for_us(two: Two, path: str) -> None:
    ours = next(iter(two.ours.values()))
    answer = two.main.get("/api/v1" + path.format(n=two.number, ours=ours))
    assert answer.status_code in REFUSED, answer.text[:300]
    asked_for = MARK in path
    assert str(int(VALUE)).encode() not in answer.content
    assert asked_for or MARK not in answer.text
    missing = two.main.get("/api/v1" + path.format(n=999_999, ours=ours).replace(MARK, "nothing-such"))
    assert missing.status_code == answer.status_code, "the answer tells that there is one"


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", "/signals/{n}", {"name": {"en": "taken"}}),
        ("DELETE", "/signals/{n}", None),
        ("DELETE", f"/things/{MARK}/hall/oven", None),
        ("DELETE", f"/connections/{MARK}-line", None),
        ("POST", "/samples", {"samples": [{"signal": "{n}", "times": [1], "values": [1]}]}),
        ("POST", "/samples", {"samples": [{"signal": f"{MARK}.hall.oven.{MARK}-heat", "times": [1], "values": [1]}]}),
    ],
)
def test_what_is_theirs_cannot_be_changed_by_us(two: Two, method: str, path: str, body: Any) -> None:
    text = json.dumps(body).replace('"{n}"', str(two.number))
    answer = two.main.request(method, "/api/v1" + path.format(n=two.number), content=text if body else None)
    assert answer.status_code in (400, *REFUSED), answer.text[:300]
    kept = two.other.get(f"/api/v1/signals/{two.number}").json()
    assert kept["name"]["en"] == f"{MARK} heat"
    assert two.other.get(f"/api/v1/signals/{two.number}/raw?{WINDOW}").json()["value"] == [VALUE, VALUE]


def test_pages(two: Two) -> None:
    with closing(signed_in(two.here)) as person:
        for path in ("/", "/signals", f"/signals?search={MARK[:3]}", f"/search?q={MARK[:3]}", "/system", "/me/tokens"):
            clean(person.get(path))
        for path in (f"/machines/{MARK}/hall/oven", f"/signals/{two.number}"):
            answer = person.get(path)
            assert answer.status_code in REFUSED and str(int(VALUE)) not in answer.text
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', person.get("/me/tokens").text)
        assert token
        moved = person.post("/me/organisation", data={"organisation": "other", "csrfmiddlewaretoken": token[1]})
        assert moved.status_code in (400, 302, 303, *REFUSED)
        clean(person.get("/"))


def signed_in(here: Installation) -> httpx.Client:
    person = here.client()
    person.follow_redirects = True
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', person.get("/sign-in").text)
    assert token
    form = {"name": "administrator", "password": here.password, "csrfmiddlewaretoken": token[1]}
    assert person.post("/sign-in", data=form).status_code == 200
    assert person.get("/api/v1/me").json()["organisation"] == "main"
    return person


def test_questions_straight_on_the_bus(two: Two) -> None:
    """History checks again, also right after a question that failed, and after one that was theirs."""
    kinds = (Ask.RAW, Ask.AGGREGATE, Ask.LAST, Ask.AS_OF)
    end_ns = 4_000_000_000 * 10**9

    async def asked(organisation: str, kind: Ask, *numbers: int) -> int:
        bus = await open_settings_bus(Settings(two.here.directory), "test")
        try:
            bucket_ns = 10**18
            question = Question(kind, organisation, numbers, 10**18, end_ns, bucket_ns=bucket_ns)
            return sum([batch.num_rows async for batch in ask(bus, question)])
        finally:
            await bus.close()

    ours = two.ours["plain.hall.oven.plain-heat"]
    for kind in kinds:
        for organisation, numbers in (
            ("main", (two.number,)),
            ("main", (ours, two.number)),
            ("nobody", (two.number,)),
            ("", (two.number,)),
        ):
            with pytest.raises(NotAllowed):
                asyncio.run(asked(organisation, kind, *numbers))
        with pytest.raises(KandeliaError):
            asyncio.run(asked("main", kind, 999_999))
        assert asyncio.run(asked("main", kind, ours)) > 0
        assert asyncio.run(asked("other", kind, two.number)) > 0


def test_the_live_socket(two: Two) -> None:
    """Their numbers are refused, their values and connection states never come; a forged ticket opens nothing."""

    async def listen(client: httpx.Client, numbers: list[int], seconds: float) -> list[str]:
        ticket = client.post("/api/v1/live/ticket").json()["ticket"]
        heard = []
        async with connect(f"ws://127.0.0.1:{two.here.port}/live?ticket={ticket}") as socket:
            await socket.send(json.dumps({"subscribe": numbers, "connections": True}))
            try:
                async with asyncio.timeout(seconds):
                    while True:
                        heard.append(str(await socket.recv()))
            except TimeoutError:
                return heard

    live = two.theirs[f"{MARK}.hall.oven.{MARK}-live"]
    theirs = asyncio.run(listen(two.other, [live], 4))
    assert any(f"[{live}," in message for message in theirs) and any(MARK in message for message in theirs)
    ours = two.ours["plain.hall.oven.plain-live"]
    heard = asyncio.run(listen(two.main, [ours, live, two.number], 6))
    messages = [json.loads(message) for message in heard]
    refused = {number for message in messages for number in message.get("refused", [])}
    told = {row[0] for message in messages for row in message.get("snapshot", []) + message.get("values", [])}
    assert refused >= {live, two.number} and told == {ours}
    assert MARK not in "".join(heard)

    async def forged() -> None:
        async with connect(f"ws://127.0.0.1:{two.here.port}/live?ticket=b3RoZXI.forged"):
            pass

    with pytest.raises(Exception, match=r"40[13]"):
        asyncio.run(forged())


def test_the_command(two: Two) -> None:
    """The command acts within the organisation it is told."""
    listed = two.here.command("signals", "list", "--org", "main")
    assert "plain" in listed and MARK not in listed
    said = two.here.command(
        "signals", "query", str(two.number), "--from", "1000000000000", "--to", "4000000000000", check=False
    )
    assert str(int(VALUE)) not in said and "no signal" in said
    assert MARK not in two.here.command("connections", "list", "--org", "main")
    assert MARK not in two.here.command("things", "tree", "--org", "main")
    assert MARK not in two.here.command("token", "list", "--org", "main")
