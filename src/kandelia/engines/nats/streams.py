"""JetStream's own words: stream and consumer configurations, answers and errors (JSON over request and reply)."""

import json
from typing import Any

from nats.aio.msg import Msg

from kandelia.base.clock import NS_PER_S
from kandelia.base.errors import Conflict, InvalidInput, KandeliaError, NotFound, TooMuch, Unavailable
from kandelia.engines.nats.link import NO_HEADERS, Link, status_of
from kandelia.ports.bus import Message, StreamSpec

API = "$JS.API"
API_S = 5.0
STREAM_NOT_FOUND = 10059
CONSUMER_NOT_FOUND = 10014
MESSAGE_NOT_FOUND = 10037
STORE_FAILED = 10077  # 503 "maximum bytes exceeded", or the disk's own error
# 10023 and 10047: no resources, no storage left; 10028: the account's own limit
NO_ROOM = (10023, 10028, 10047)
ALREADY_THERE = (10058, 10065, 10148)


async def call(link: Link, what: str, body: dict[str, Any] | None = None, timeout_s: float = API_S) -> dict[str, Any]:
    """One call of the JetStream API; its errors as the platform's."""
    answer = await link.ask(f"{API}.{what}", json.dumps(body).encode() if body else b"", None, timeout_s)
    if status_of(answer) == "503":
        raise Unavailable("the bus keeps no streams now", where=what, mend="see its log", code="no-jetstream")
    found: dict[str, Any] = json.loads(answer.data)
    if "error" in found:
        raise error_of(found["error"], what)
    return found


def error_of(error: dict[str, Any], where: str) -> KandeliaError:
    """The platform's error for an error object of JetStream."""
    number, said = int(error.get("err_code", 0)), str(error.get("description", ""))
    if number in (STREAM_NOT_FOUND, CONSUMER_NOT_FOUND, MESSAGE_NOT_FOUND):
        return NotFound(said, where=where, code="not-found")
    if number in NO_ROOM or (number == STORE_FAILED and "exceeded" in said):
        return TooMuch(f"the stream is full ({said})", where=where, mend="wait until it is drained", code="stream-full")
    if number in ALREADY_THERE:
        return Conflict(said, where=where)
    if int(error.get("code", 0)) == 400:
        return InvalidInput(f"the bus refuses: {said}", where=where)
    return Unavailable(f"the bus cannot: {said} ({number})", where=where, mend="see its log", code="bus-failed")


def stream_config(spec: StreamSpec, replicas: int = 1) -> dict[str, Any]:
    """What JetStream is asked for, so that a stream is as `spec` says; always on disk, of `replicas` servers."""
    return {
        "name": spec.name,
        "subjects": list(spec.subjects),
        "retention": "workqueue" if spec.keep == "work" else "limits",
        "storage": "file",
        "num_replicas": replicas,
        "max_bytes": spec.bytes_max or -1,
        "max_age": int(spec.age_max_s * NS_PER_S),
        "max_consumers": -1,
        "max_msgs": -1,
        "discard": "new" if spec.when_full == "refuse" else "old",
        "duplicate_window": int(_window_s(spec) * NS_PER_S),
        "allow_direct": True,
    }


def bucket_config(bucket: str, replicas: int = 1) -> dict[str, Any]:
    """A key-value bucket in the layout other NATS clients know: one message a key."""
    return {
        "name": f"KV_{bucket}",
        "subjects": [f"$KV.{bucket}.>"],
        "retention": "limits",
        "storage": "file",
        "num_replicas": replicas,
        "max_msgs_per_subject": 1,
        "max_bytes": -1,
        "max_consumers": -1,
        "max_msgs": -1,
        "discard": "new",
        "duplicate_window": 120 * NS_PER_S,
        "allow_rollup_hdrs": True,
        "deny_delete": True,
        "allow_direct": True,
    }


def _window_s(spec: StreamSpec) -> float:
    return min(spec.repeat_window_s, spec.age_max_s) if spec.age_max_s else spec.repeat_window_s


async def ensure(link: Link, wanted: dict[str, Any]) -> None:
    """Create the stream or bring it to `wanted`, leaving what we do not speak of."""
    name = wanted["name"]
    try:
        present = (await call(link, f"STREAM.INFO.{name}"))["config"]
    except NotFound:
        try:
            await call(link, f"STREAM.CREATE.{name}", wanted)
            return
        except Conflict:  # another process was quicker
            present = (await call(link, f"STREAM.INFO.{name}"))["config"]
    merged = {**present, **wanted}
    if merged != present:
        await call(link, f"STREAM.UPDATE.{name}", merged)


def stored_message(raw: Msg) -> Message:
    """A message of a stream, its place read from the acknowledgement subject.

    `$JS.ACK.<stream>.<consumer>.<deliveries>.<sequence>.<consumer sequence>.<ns>.<pending>`, with a domain and an
    account after ACK in the longer form (nats-server ADR-15).
    """
    words = raw.reply.split(".")
    at = 2 if len(words) == 9 else 4
    return Message(
        raw.subject,
        raw.data,
        raw.headers or NO_HEADERS,
        raw.reply,
        words[at],
        int(words[at + 3]),
        int(words[at + 5]),
        int(words[at + 2]),
    )


def pending_after(raw: Msg) -> int:
    """How many messages the consumer still has after this one."""
    words = raw.reply.split(".")
    return int(words[8 if len(words) == 9 else 10])
