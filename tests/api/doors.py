"""Who may enter by which door: the table that is driven in test_doors and written to docs/reference."""

import os
import re
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kandelia.kernel.access.contracts import RIGHTS, Right, Role

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "permissions-doors.md"
SAMPLES = {"int": "1", "str": "x", "path": "s1/hall/oven", "slug": "x", "uuid": "00000000-0000-0000-0000-000000000000"}
EVERYWHERE = (Role.ADMINISTRATOR, Role.ENGINEER, Role.OPERATOR, Role.VIEWER)
NARROWED = (Role.ENGINEER, Role.VIEWER)  # at one line, as members
# Operations of the API that answer whoever holds their right at some places, cut to those.
CUT = {
    "GET /things",
    "PUT /things/{path}",
    "DELETE /things/{path}",
    "POST /live/ticket",
    "GET /connections",
    "GET /connections/{key}",
    "PUT /connections/{key}",
    "DELETE /connections/{key}",
    "GET /connections/{key}/browse",
    "POST /connection-attempts",
    "POST /connection-searches",
    "GET /signals",
    "POST /signals",
    "GET /signals/{which}",
    "PUT /signals/{which}",
    "PATCH /signals/{which}",
    "DELETE /signals/{which}",
    "GET /signals/{which}/raw",
    "GET /signals/{which}/versions",
    "GET /history/trend",
    "GET /history/rows",
    "GET /history/last",
    "GET /history/export",
    "POST /samples",
}
# What a partner may ask of signals that are shared with its organisation.
SHARED = {
    "GET /signals/{which}",
    "GET /signals/{which}/raw",
    "GET /signals/{which}/versions",
    "GET /history/trend",
    "GET /history/rows",
    "GET /history/last",
    "GET /history/export",
    "POST /live/ticket",
}
HEAD = """# Who may enter by which door

Written by `python -m tests.api.doors`; a test drives every cell and says when the page is old. Deny is the default: a
door that is not cut to places is closed to whoever holds its right only at some. "at its places" means that what lies
elsewhere is answered as if it were not there. `member` is a person or token without any grant. Another organisation
enters none of these doors for our things; a partner enters those marked "shared" for what is shared with it.
"""
COLUMNS = ("administrator", "engineer", "operator", "viewer", "engineer at places", "viewer at places", "member")


@dataclass(frozen=True)
class Screen:
    """A page with the right that it asks for."""

    name: str
    address: str
    route: str
    right: Right
    somewhere: bool


def screens() -> Iterator[Screen]:
    """Every page that declares a right."""
    from django.urls import URLPattern, URLResolver, get_resolver

    def walk(patterns: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
        for pattern in patterns:
            if isinstance(pattern, URLResolver):
                yield from walk(pattern.url_patterns, prefix + str(pattern.pattern))
            elif isinstance(pattern, URLPattern):
                yield prefix + str(pattern.pattern), pattern

    for route, pattern in walk(get_resolver().url_patterns):
        right = _attribute(pattern.callback, "right")
        if right is not None:
            address = "/" + re.sub(r"<(?:(\w+):)?\w+>", lambda m: SAMPLES.get(m.group(1) or "str", "x"), route)
            somewhere = bool(_attribute(pattern.callback, "somewhere"))
            yield Screen(pattern.name or route, address, f"/{route}", right, somewhere)


def _attribute(view: Any, name: str) -> Any:
    while view is not None:
        if hasattr(view, name):
            return getattr(view, name)
        view = getattr(view, "__wrapped__", None)
    return None


def cells(right: Right | None, cut: bool) -> list[str]:
    """The columns of a door: None is a door for whoever is signed in."""
    if right is None:
        return ["yes"] * len(COLUMNS)
    whole = ["yes" if right in RIGHTS[role] else "–" for role in EVERYWHERE]
    part = ["at its places" if cut and right in RIGHTS[role] else "–" for role in NARROWED]
    return [*whole, *part, "–"]


def page(operations: dict[str, tuple[Any, Any, str]]) -> str:
    """The whole page; `operations` is the table of the API's operations in test_rights."""
    rights = {"see": Right.SEE, "operate": Right.OPERATE, "configure": Right.CONFIGURE, "administer": Right.ADMINISTER}
    head = [f"| {' | '.join(('door', *COLUMNS, 'partner'))} |", "|---" * (len(COLUMNS) + 2) + "|"]
    lines = [HEAD, "## API", "", *head]
    for operation, (_, _, right) in sorted(operations.items(), key=lambda one: one[0].split()[::-1]):
        row = ["–"] * 7 if right == "nobody" else cells(rights.get(right), operation in CUT)
        lines.append(f"| `{operation}` | {' | '.join(row)} | {'shared' if operation in SHARED else '–'} |")
    lines += ["", "Doors marked – in every column are for people at a screen, or for the first organisation alone.", ""]
    lines += ["## Pages", "", *head]
    for one in sorted(screens(), key=lambda one: one.route):
        shared = "shared" if one.name in ("plant-shared", "plant-shared-machine", "plant-signal") else "–"
        lines.append(f"| `{one.route}` | {' | '.join(cells(one.right, one.somewhere))} | {shared} |")
    lines += ["", "## Sockets, files and devices", "", SOCKETS]
    return "\n".join(lines)


SOCKETS = """| door | who enters |
|---|---|
| live socket | whoever has a ticket (`POST /live/ticket`); it names what it opens and when it ends |
| export as files | as the question itself; a partner only where the share says so |
| MQTT listener | device identities alone, by their own topics; no person, token or partner |
| history and edge by the bus | the platform's own roles; history checks the organisation of every signal again |
"""


def main() -> None:
    """Write the page."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    os.environ.setdefault("KANDELIA_DATA", tempfile.mkdtemp())
    import django

    django.setup()
    from tests.api.test_rights import OPERATIONS

    PAGE.write_text(page(OPERATIONS), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
