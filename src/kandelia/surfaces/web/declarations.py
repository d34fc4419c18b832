"""What an app declares so that the surfaces can draw it. Apps reach this through sdk.apps."""

from dataclasses import dataclass, field

from kandelia.base.text import LocalText
from kandelia.kernel.access.contracts import Right

GROUPS: dict[str, LocalText] = {
    "plant": LocalText("工厂", "Plant"),
    "identify": LocalText("标识", "Identify"),
    "make": LocalText("制造", "Make"),
    "protect": LocalText("安全", "Protect"),
    "govern": LocalText("治理", "Govern"),
    "system": LocalText("系统", "System"),
}


@dataclass(frozen=True, slots=True)
class NavigationEntry:
    """An entry of the left rail: `group` is a key of GROUPS, `url_name` a Django URL name, `icon` a lucide name.

    Within a group entries stand by `order`, those of one order by the names of their apps.
    """

    group: str
    label: LocalText
    url_name: str
    icon: str
    right: Right = Right.SEE
    order: int = 0


@dataclass(frozen=True, slots=True)
class App:
    """A subject room.

    `urls` is a module with `urlpatterns` mounted at the root; `api` a module with a django-ninja `router` mounted
    under /api/v1; `models` True where the room is a Django app with tables, templates or locale.
    `search` is a dotted function (viewer, text, limit) -> tuple[SearchHit, ...] for the one search box.
    """

    name: str
    title: LocalText
    systems: tuple[str, ...] = ()  # S.. ids it answers to
    navigation: tuple[NavigationEntry, ...] = ()
    urls: str = ""
    api: str = ""
    django_app: bool = True
    search: str = ""
    commands: tuple[str, ...] = field(default_factory=tuple)  # dotted click commands added to `kandelia`
    commands_need_records: bool = True  # False: they run without an installation, Django is not started for them


@dataclass(frozen=True, slots=True)
class SearchHit:
    """One answer of the search box."""

    title: str
    kind: LocalText
    url: str
    detail: str = ""
