"""Promise: a service that falls stops listening, and each tells its own trouble and takes only that one back."""

import pytest

from kandelia.base.errors import Unavailable
from kandelia.kernel.signals import publishing


class Context:
    """A service's context for so many rounds that keeps what it was told."""

    def __init__(self, rounds: int = 1) -> None:
        self.rounds, self.now, self.troubles = rounds, set(), self

    @property
    def stopping(self) -> bool:
        return self.rounds <= 0

    def wait(self, seconds: float) -> bool:
        self.rounds -= 1
        return self.stopping

    def wake(self) -> None: ...

    def gauge(self, name, read) -> None: ...

    def trouble(self, code: str, what: str, mend: str) -> None:
        self.now.add(code)

    def mended(self, code: str) -> None:
        self.now.discard(code)


@pytest.fixture
def left(monkeypatch) -> list[bool]:
    found: list[bool] = []
    monkeypatch.setattr(publishing.bridge, "listen", lambda subject, heard: lambda: found.append(True))
    monkeypatch.setattr(publishing.outbox, "mark_everything", lambda: None)
    monkeypatch.setattr(publishing.outbox, "reconcile", lambda bucket: None)
    monkeypatch.setattr(publishing.outbox, "due", list)
    return found


def raising(error: Exception):
    def fail(*_: object) -> int:
        raise error

    return fail


def test_a_service_that_falls_stops_listening(left, monkeypatch) -> None:
    monkeypatch.setattr(publishing.outbox, "publish", raising(ZeroDivisionError()))
    monkeypatch.setattr(publishing.events, "send_recorded", raising(ZeroDivisionError()))
    for service in (publishing.publish_outbox, publishing.tell_events):
        with pytest.raises(ZeroDivisionError):
            service(Context())
    assert left == [True, True]


def test_each_tells_its_own_trouble(left, monkeypatch) -> None:
    away = raising(Unavailable("away"))
    monkeypatch.setattr(publishing.outbox, "publish", away)
    monkeypatch.setattr(publishing.events, "send_recorded", away)
    context = Context()
    publishing.publish_outbox(context)
    context.rounds = 1
    publishing.tell_events(context)
    assert context.now == {publishing.TROUBLE, publishing.EVENTS_TROUBLE}
    monkeypatch.setattr(publishing.events, "send_recorded", lambda: 0)
    context.rounds = 1
    publishing.tell_events(context)
    assert context.now == {publishing.TROUBLE}
