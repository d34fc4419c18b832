"""Handlers and services by name; rooms and apps register theirs when Django's apps get ready."""

from dataclasses import dataclass

from kandelia.base.errors import Conflict, NotFound
from kandelia.kernel.jobs.contracts import Handler, Service

ATTEMPTS_MAX = 5


@dataclass(frozen=True, slots=True)
class Registered:
    """A handler and how often it is tried."""

    handler: Handler
    attempts_max: int


@dataclass(frozen=True, slots=True)
class Schedule:
    """A job of the platform itself that repeats, made when the jobs role starts."""

    kind: str
    when: str


handlers: dict[str, Registered] = {}
services: dict[str, Service] = {}
schedules: dict[str, Schedule] = {}


def register_handler(kind: str, handler: Handler, *, attempts_max: int = ATTEMPTS_MAX) -> None:
    """`handler` does the jobs of this kind; Conflict when another one does."""
    if kind in handlers and handlers[kind].handler is not handler:
        raise Conflict(f'two handlers for jobs "{kind}"', "jobs", "give one of them another name", "exists")
    handlers[kind] = Registered(handler, attempts_max)


def register_service(name: str, service: Service) -> None:
    """`service` runs as long as the jobs role, restarted with back-off when it fails."""
    if name in services and services[name] is not service:
        raise Conflict(f'two services "{name}"', "jobs", "give one of them another name", "exists")
    services[name] = service


def register_schedule(name: str, kind: str, when: str) -> None:
    """The platform does a job of `kind` each "every 1h" or "daily 03:30"."""
    schedules[name] = Schedule(kind, when)


def handler_of(kind: str) -> Registered:
    """NotFound for a kind that nobody does."""
    if kind not in handlers:
        raise NotFound(f'no handler for jobs "{kind[:80]}"', "jobs", "install the app that does them", "no-handler")
    return handlers[kind]
