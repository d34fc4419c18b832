"""The topics of one organisation: who hears what, and the last retained message of each. Nothing crosses to another."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from kandelia.base.mqtt.packets import Property, Publish
from kandelia.base.mqtt.topics import FilterTree, takes
from kandelia.surfaces.mqtt.limits import RETAINED_BYTES_MAX, RETAINED_MAX, SESSIONS_MAX
from kandelia.surfaces.mqtt.sessions import AS_PUBLISHED, NO_LOCAL, Session

FORWARDED = (Property.MESSAGE_EXPIRY, 1, 3, 8, 9, 38)  # properties that go on to who hears (MQTT 5.0, 3.3.2.3)


@dataclass(eq=False)
class Space:
    """One organisation's."""

    organisation: str
    sessions: dict[tuple[str, str], Session] = field(default_factory=dict)
    retained: dict[str, Publish] = field(default_factory=dict)
    retained_left_out: int = 0
    changed: bool = False  # the retained messages, since they were last kept
    messages: int = 0
    _filters: FilterTree[tuple[Session, str]] = field(default_factory=FilterTree)
    _retained_bytes: int = 0

    def session(self, key: tuple[str, str]) -> Session:
        """A fresh session, in the place of one that has been longest away where there are too many."""
        if len(self.sessions) >= SESSIONS_MAX:
            away = [one for one in self.sessions.values() if one.outlet is None]
            if away:
                self.forget(min(away, key=lambda one: one.left_at_s))
        made = self.sessions[key] = Session(key)
        return made

    def forget(self, session: Session) -> None:
        """Nothing is kept of it any more."""
        for wanted in list(session.subscriptions):
            self.unsubscribe(session, wanted)
        if self.sessions.get(session.key) is session:
            del self.sessions[session.key]

    def subscribe(self, session: Session, wanted: str, options: int) -> bool:
        """From now on; True where the subscription is new."""
        fresh = wanted not in session.subscriptions
        session.subscriptions[wanted] = options
        self._filters.add(wanted, (session, wanted))
        return fresh

    def unsubscribe(self, session: Session, wanted: str) -> bool:
        """No longer; False where there was none."""
        self._filters.remove(wanted, (session, wanted))
        return session.subscriptions.pop(wanted, None) is not None

    def publish(self, message: Publish, sender: Session | None = None) -> int:
        """To everyone who hears this topic, once each with the highest QoS of its filters; to how many."""
        self.messages += 1
        if message.retain:
            self._keep(message)
        hearing: dict[Session, int] = {}
        for session, wanted in self._filters.find(message.topic):
            options = session.subscriptions[wanted]
            if not (options & NO_LOCAL and session is sender):
                hearing[session] = max(hearing.get(session, -1), options & 3 | options & AS_PUBLISHED)
        properties = {key: value for key, value in message.properties.items() if key in FORWARDED}
        plain: dict[tuple[int, bool], Publish] = {}
        for session, options in hearing.items():
            key = (min(message.qos, options & 3), message.retain and bool(options & AS_PUBLISHED))
            if key not in plain:
                plain[key] = Publish(message.topic, message.payload, *key, properties=properties)
            session.deliver(plain[key])
        return len(hearing)

    def recall(self, wanted: str) -> Iterator[Publish]:
        """The retained messages that a filter takes."""
        if "+" not in wanted and "#" not in wanted:
            if found := self.retained.get(wanted):
                yield found
            return
        yield from [message for topic, message in self.retained.items() if takes(wanted, topic)]

    def _keep(self, message: Publish) -> None:
        """The last retained message of its topic; an empty one removes it (3.3.1.3)."""
        before = self.retained.get(message.topic)
        size = len(message.payload) - (len(before.payload) if before else 0)
        if not message.payload:
            if self.retained.pop(message.topic, None) is not None:
                self._retained_bytes += size
                self.changed = True
            return
        if (before is None and len(self.retained) >= RETAINED_MAX) or self._retained_bytes + size > RETAINED_BYTES_MAX:
            self.retained_left_out += 1
            return
        self._retained_bytes += size
        self.retained[message.topic] = Publish(
            message.topic, message.payload, message.qos, True, properties=message.properties
        )
        self.changed = True
