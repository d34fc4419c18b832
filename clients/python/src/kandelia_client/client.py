"""Questions and writes over HTTP."""

import io
import ssl
import uuid
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

import httpx
import pyarrow as pa
import pyarrow.parquet as pq

from kandelia_client import live
from kandelia_client.errors import Unavailable, check

Time = datetime | int | str  # with a zone; whole ms since 1970; ISO 8601
Value = float | int | bool | str | None
WAIT_S = 60.0
PAGE_ROWS = 1_000
TREND = ("min", "max", "avg", "first", "last")


@dataclass(frozen=True, slots=True)
class Signal:
    """What a number stands for; `told` is all that the API says."""

    number: int
    id: str
    unit: str
    told: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Newest:
    """The newest sample: time in ms since 1970, quality as the upper 16 bits of an OPC UA status code (0 is good)."""

    time: int
    value: Value
    quality: int


@dataclass(frozen=True, slots=True)
class Event:
    """A fact that happened (CloudEvents 1.0); `told` is all of it."""

    id: str
    type: str
    told: Mapping[str, Any]


class Client:
    """One installation, as far as a token may go.

    `verify` is True, False, or a context that trusts the installation's own authority
    (`ssl.create_default_context(cafile="authority.pem")`). Safe to use from several threads.
    """

    def __init__(self, url: str, token: str, *, verify: ssl.SSLContext | bool = True, wait_s: float = WAIT_S) -> None:
        self.url = url.rstrip("/")
        self.verify = verify
        headers = {"Authorization": f"Bearer {token}"}
        self._http = httpx.Client(base_url=f"{self.url}/api/v1", headers=headers, verify=verify, timeout=wait_s)
        self.signals = Signals(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let the connections go."""
        self._http.close()

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        """Any request below /api/v1; ApiError where it is refused, Unavailable where nobody answers."""
        try:
            return check(self._http.request(method, path, **more))
        except httpx.TransportError as error:
            raise Unavailable(503, f"no answer from {self.url}: {error}", self.url, "try again") from error

    def pages(self, path: str, **parameters: Any) -> Iterator[dict[str, Any]]:
        """Every item of a list that comes in pages."""
        while True:
            page = self.ask("GET", path, params=parameters).json()
            yield from page["items"]
            if not page.get("next"):
                return
            parameters["after"] = page["next"]

    def write(self, method: str, path: str, body: Any, *, key: str = "") -> Any:
        """A write under an idempotency key, a fresh one where none is given: a repeat under the same is done once."""
        answered = self.ask(method, path, json=body, headers={"Idempotency-Key": key or uuid.uuid4().hex})
        return answered.json() if answered.content else None

    def events(self, **parameters: Any) -> Iterator[Event]:
        """Facts, page by page."""
        for one in self.pages("/events", **parameters):
            yield Event(str(one.get("id", "")), str(one.get("type", "")), one)

    def command(self, signal: int, value: Value, reason: str, *, key: str = "", **more: Any) -> dict[str, Any]:
        """Order a set point: the command's record, which tells what came of it (`commands/{id}`)."""
        body = {"signal": signal, "value": value, "reason": reason, **more}
        made: dict[str, Any] = self.write("POST", "/commands", body, key=key)
        return made

    def ticket(self) -> str:
        """What opens the live socket for half a minute."""
        return str(self.ask("POST", "/live/ticket").json()["ticket"])

    def subscribe(self, ids: Iterable[str | int], *, backfill: bool = True) -> AsyncIterator[live.Change]:
        """Changes of signals as they come, first the newest of each. Opens again after a cut; with `backfill` the
        samples of the gap come first, as far as history has them."""
        return live.changes(self, self.signals.numbers(ids), backfill=backfill)


class Signals:
    """Signals by id ("site.line.machine.key") or by number."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._known: dict[str | int, Signal] = {}

    def list(self, search: str = "", *, machine: str = "", connection: str = "") -> Iterator[Signal]:
        """All that fit, page by page."""
        wanted = {"search": search, "machine": machine, "connection": connection, "limit": PAGE_ROWS}
        for told in self._client.pages("/signals", **{name: value for name, value in wanted.items() if value}):
            yield self._keep(told)

    def get(self, which: str | int) -> Signal:
        """One signal; NotFound where there is none."""
        if which not in self._known:
            self._keep(self._client.ask("GET", f"/signals/{which}").json())
        return self._known[which]

    def numbers(self, ids: Iterable[str | int]) -> dict[int, str]:
        """Id by number, in the order asked for."""
        found = [self.get(which) for which in ids]
        return {one.number: one.id for one in found}

    def query(
        self, ids: Sequence[str | int], start: Time, end: Time, *, points: int | None = None, every: str = ""
    ) -> pa.Table:
        """Samples of [start, end) as an Arrow table, `.to_pandas()` makes a frame of it.

        Without `points` and `every`: every sample, columns signal, time, value, quality and those of other kinds.
        `points`: at most as many buckets a signal, columns signal, id, time, min, max, avg, first, last, count, bad.
        `every` ("10s", "1m"): buckets of this length.
        """
        wanted = self.numbers(ids)
        asked = {"signals": ",".join(map(str, wanted)), "start": _time(start), "end": _time(end)}
        if points is not None:
            told = self._client.ask("GET", "/history/trend", params={**asked, "points": points}).json()
            return _trend_table(told["signals"], wanted)
        more = {"format": "parquet"} | ({"every": every} if every else {})
        answered = self._client.ask("GET", "/history/export", params={**asked, **more})
        return pq.read_table(io.BytesIO(answered.content))

    def last(self, ids: Sequence[str | int]) -> dict[str, Newest]:
        """The newest sample by id; absent where there is none yet."""
        wanted = self.numbers(ids)
        told = self._client.ask("GET", "/history/last", params={"signals": ",".join(map(str, wanted))}).json()
        return {
            wanted[int(number)]: Newest(one["t"], one["value"], one["quality"])
            for number, one in told["signals"].items()
        }

    def write(self, samples: Mapping[str | int, Iterable[tuple[Time, Value]]], *, key: str = "") -> int:
        """Store samples of one's own signals; answers how many once they are on disk. The same samples under the same
        key within two minutes are stored once."""
        columns = []
        for which, rows in samples.items():
            pairs = [(_time(at), value) for at, value in rows]
            columns.append({"signal": which, "times": [at for at, _ in pairs], "values": [value for _, value in pairs]})
        told = self._client.write("POST", "/samples", {"samples": columns}, key=key)
        return int(told["rows"])

    def _keep(self, told: dict[str, Any]) -> Signal:
        made = Signal(int(told["number"]), str(told["id"]), str(told.get("unit", "")), told)
        self._known[made.number] = self._known[made.id] = made
        return made


def _time(at: Time) -> str | int:
    if not isinstance(at, datetime):
        return at
    if at.tzinfo is None:
        raise ValueError(f"{at} has no zone; give it one, like datetime.now(UTC)")
    return at.isoformat()


def _trend_table(told: Mapping[str, Mapping[str, list[Any]]], wanted: Mapping[int, str]) -> pa.Table:
    parts = []
    for number, columns in told.items():
        rows = len(columns["t"])
        made: dict[str, pa.Array] = {
            "signal": pa.array([int(number)] * rows, pa.uint32()),
            "id": pa.array([wanted[int(number)]] * rows, pa.string()),
            "time": pa.array([int(at) for at in columns["t"]], pa.timestamp("ms", "UTC")),
        }
        made |= {name: pa.array(columns[name], pa.float64()) for name in TREND}
        made |= {name: pa.array(columns[name], pa.uint64()) for name in ("count", "bad")}
        parts.append(pa.table(made))
    return pa.concat_tables(parts)
