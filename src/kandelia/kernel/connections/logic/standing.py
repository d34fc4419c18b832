"""Where a connection stands, kept while it changes and told as a ConnectionState."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from kandelia.base.clock import Clock
from kandelia.base.errors import KandeliaError
from kandelia.kernel.connections.contracts import ConnectionDocument, State

ITEMS_REFUSED_TOLD_MAX = 100
REASON_CHARACTERS_MAX = 200


@dataclass
class Standing:
    """State with its reason; `changed` is set by every change and taken by whoever publishes."""

    clock: Clock
    state: State = State.CONNECTING
    since_ns: int = 0
    error: str = ""
    mend: str = ""
    revision_running: int = 0
    reconnects: int = 0
    errors: int = 0
    items_refused: dict[str, str] = field(default_factory=dict)
    refused_count: int = 0
    changed: bool = True

    def enter(self, state: State, error: str = "", mend: str = "") -> None:
        """Change state; repeating one keeps its start."""
        if state is not self.state or not self.since_ns:
            self.state, self.since_ns, self.changed = state, self.clock.now_ns(), True
        error, mend = sayable(error), sayable(mend)
        self.changed |= error != self.error
        self.error, self.mend = error, mend

    def fail(self, state: State, error: BaseException) -> None:
        """Something went wrong; `error` in a person's words where it has them."""
        self.errors += 1
        what, mend = explain(error)
        self.enter(state, what, mend)

    def refuse(self, document: ConnectionDocument, refused: Mapping[int, str]) -> None:
        """The driver could not have these signals."""
        ids = {signal.number: signal.id for signal in document.signals}
        told = list(refused.items())[:ITEMS_REFUSED_TOLD_MAX]
        self.items_refused = {ids.get(n, str(n)): sayable(reason)[:REASON_CHARACTERS_MAX] for n, reason in told}
        self.refused_count = len(refused)
        self.changed = True


def sayable(text: str) -> str:
    """The text with what is no Unicode replaced: a device may put any bytes into its words, but JSON takes no such."""
    return text.encode(errors="replace").decode()


def explain(error: BaseException) -> tuple[str, str]:
    """(what, mend) of any error."""
    if isinstance(error, KandeliaError):
        head = f"{error.where}: {error.what}" if error.where else error.what
        return head, error.mend
    return f"{type(error).__name__}: {error}"[:500], "see the log of the edge role"
