"""Reads Settings from a TOML file and the environment; every mistake names file, line and key, and how to mend it."""

import difflib
import os
import re
import tomllib
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints
from zoneinfo import available_timezones

from kandelia.base.errors import InvalidInput, SettingsError
from kandelia.base.ids import plain_id
from kandelia.boot.settings import FIRST, ROLES, Settings, role_of_group
from kandelia.kernel.access.contracts import Role

PREFIX = "KANDELIA_"
NOT_SETTINGS = ("KANDELIA_SETTINGS", "KANDELIA_DATA", "KANDELIA_SCREENS")
FILE_NAME = "settings.toml"
PORT_MAX = 65_535
TRUE, FALSE = ("1", "true", "yes", "on"), ("0", "false", "no", "off")
KINDS = {str: "a text", int: "a whole number", float: "a number", bool: "true or false", tuple: "a list of texts"}
HINTS = get_type_hints(Settings)
SECTIONS: dict[str, Any] = {name: kind for name, kind in HINTS.items() if is_dataclass(kind)}
TOP_KEYS = tuple(name for name in HINTS if name not in SECTIONS and name != "file")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value stands, for the person who has to mend it."""

    source: str
    key: str

    def error(self, what: str, mend: str) -> SettingsError:
        """A SettingsError at this place."""
        return SettingsError(f"{self.key} {what}", where=self.source, mend=mend, code="settings")


def load_settings(file: str | None = None, environment: Mapping[str, str] | None = None) -> Settings:
    """Settings from `file`, else from settings.toml in the data directory where it exists, and the environment.

    The environment wins: KANDELIA_WEB__PORT=8443 is [web] port, KANDELIA_LANGUAGE=en is language. The data directory
    is KANDELIA_DATA, else the key `directory`, else ./data.
    """
    environment = os.environ if environment is None else environment
    given = environment.get("KANDELIA_DATA", "")
    path = Path(file) if file else Path(given or "data") / FILE_NAME
    values = _from_file(path) if file or path.exists() else {}
    values |= _from_environment(environment)
    kept = _take_directory(values, path)
    directory = Path(given or kept or "data").expanduser().resolve()
    settings = Settings(directory=directory, file=path.resolve() if path.exists() else None)
    for (section, key), (value, place) in values.items():
        _check(section, key, value, place)
        if section:
            changed = replace(getattr(settings, section), **{key: value})
            settings = replace(settings, **{section: changed})
        else:
            settings = replace(settings, **{key: value})
    return settings


Values = dict[tuple[str, str], tuple[Any, Place]]


def _take_directory(values: Values, file: Path) -> str:
    value, _ = values.pop(("", "directory"), ("", None))
    return str(file.parent / value) if value else ""


def _from_file(path: Path) -> Values:
    try:
        text = path.read_text(encoding="utf-8")
        document = tomllib.loads(text)
    except OSError as error:
        reason = error.strerror or str(error)
        raise SettingsError(
            f"the settings file cannot be read ({reason})", where=str(path), mend="give another with --settings"
        ) from None
    except UnicodeDecodeError:
        raise SettingsError("the settings file is not UTF-8 text", where=str(path), mend="save it as UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(
            f"this is not TOML: {error}", where=_spot(path, _line_in(str(error))), mend="texts need quotes"
        ) from None
    return _walk(path, text, document)


def _line_in(message: str) -> int:
    found = re.search(r"line (\d+)", message)
    return int(found.group(1)) if found else 0


def _walk(path: Path, text: str, document: dict[str, Any]) -> Values:
    values: Values = {}
    for name, value in document.items():
        if name in SECTIONS:
            place = Place(_spot(path, _line_of(text, "", name)), name)
            if not isinstance(value, dict):
                raise place.error("is a section, not a value", f"write [{name}] on a line of its own, its keys below")
            for key, inner in value.items():
                place = Place(_spot(path, _line_of(text, name, key)), f"{name}.{key}")
                _put(values, name, key, inner, place)
                _check_lines(path, text, place, inner)
        else:
            _put(values, "", name, value, Place(_spot(path, _line_of(text, "", name)), name))
    return values


def _check_lines(path: Path, text: str, place: Place, inner: Any) -> None:
    """Each line of a table, told by its own number."""
    for line, value in inner.items() if isinstance(inner, dict) else ():
        number = _line_of(text, place.key, line)
        if complaint := _retention({line: value}):
            raise (Place(_spot(path, number), place.key) if number else place).error(*complaint)


def _put(values: Values, section: str, key: str, value: Any, place: Place) -> None:
    kind = _kind_of(section, key, place)
    values[section, key] = (_fit(kind, value, place), place)


def _spot(path: Path, line: int) -> str:
    return f"{path}, line {line}" if line else str(path)


def _line_of(text: str, section: str, key: str) -> int:
    """The line of a key by its section; 0 where it is written in a way that we do not follow (inline tables)."""
    inside = ""
    for number, line in enumerate(text.splitlines(), 1):
        bare = line.strip()
        if header := re.match(r"\[\s*([^\[\]]+?)\s*\]", bare):
            inside = header.group(1).strip("\"' ")
            if inside in (key if not section else "", f"{section}.{key}"):
                return number
        else:
            name = key if inside == section else f"{section}.{key}"
            if inside in (section, "") and re.match(rf"[\"']?{re.escape(name)}[\"']?\s*[=.]", bare):
                return number
    return 0


def _kind_of(section: str, key: str, place: Place) -> Any:
    hints = get_type_hints(SECTIONS[section]) if section else {name: HINTS[name] for name in TOP_KEYS}
    if key in hints:
        return hints[key]
    known = [*hints, *(() if section else SECTIONS)]
    close = difflib.get_close_matches(key, known, n=1)
    elsewhere = [f"[{name}] {key}" for name, kind in SECTIONS.items() if key in (f.name for f in fields(kind))]
    if close:
        mend = f'did you mean "{close[0]}"?'
    elif elsewhere:
        mend = f"it belongs under {elsewhere[0]}"
    else:
        mend = f"known here: {', '.join(known)}"
    raise place.error("is not a setting", mend)


def _fit(kind: Any, value: Any, place: Place) -> Any:
    if kind is Path:
        kind = str
    if get_origin(kind) is tuple:
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return tuple(value)
        raise place.error(f"must be {KINDS[tuple]}", 'write ["one", "two"]')
    if get_origin(kind) is dict:
        return _fit_table(kind, value, place)
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise place.error(f"must be {KINDS[kind]}, not {value!r}", "write " + _example(kind))
    return value


def _fit_table(kind: types.GenericAlias, value: Any, place: Place) -> dict[str, int]:
    if isinstance(value, dict) and all(isinstance(v, int) and not isinstance(v, bool) for v in value.values()):
        return value
    raise place.error("must be a table of whole numbers", f"write [{place.key}] with lines like default = 24")


def _example(kind: type) -> str:
    return {str: 'it in quotes, like "text"', int: "it like 8080", float: "it like 2.5", bool: "true or false"}[kind]


def _from_environment(environment: Mapping[str, str]) -> Values:
    values: Values = {}
    for name, text in environment.items():
        if not name.startswith(PREFIX) or name in NOT_SETTINGS:
            continue
        place = Place("environment", name)
        section, _, key = name.removeprefix(PREFIX).lower().partition("__")
        if not key:
            section, key = "", section
        if section and section not in SECTIONS:
            close = difflib.get_close_matches(section, SECTIONS, n=1) or list(SECTIONS)
            raise place.error("names no section", "sections: " + ", ".join(close))
        kind = _kind_of(section, key, place)
        values[section, key] = (_fit(kind, _parse(kind, text, place), place), place)
    return values


def _parse(kind: Any, text: str, place: Place) -> Any:
    if get_origin(kind) is tuple:
        return [item.strip() for item in text.split(",") if item.strip()]
    if get_origin(kind) is dict:
        pairs = [item.partition("=") for item in text.split(",") if item.strip()]
        return {key.strip(): _number(get_args(kind)[1], value, place) for key, _, value in pairs}
    if kind is bool:
        if text.lower() in (*TRUE, *FALSE):
            return text.lower() in TRUE
        raise place.error(f"must be true or false, not {text!r}", "write true or false")
    return _number(kind, text, place) if kind in (int, float) else text


def _number(kind: Callable[[str], Any], text: str, place: Place) -> Any:
    try:
        return kind(text.strip().replace("_", ""))
    except ValueError:
        raise place.error(f"must be a number, not {text!r}", "write digits") from None


def _check(section: str, key: str, value: Any, place: Place) -> None:
    """What a type alone does not say: ranges and words with a meaning."""
    if key == "port" and not 0 <= value <= PORT_MAX:
        raise place.error(f"must be from 0 to {PORT_MAX}, not {value}", "choose a port above 1023")
    if isinstance(value, int | float) and not isinstance(value, bool) and value < 0:
        raise place.error(f"cannot be below 0, not {value}", "write a larger number")
    if key in _POSITIVE and value == 0:
        raise place.error("cannot be 0", "write a larger number")
    checks = _WORDS.get((section, key))
    if checks is not None and (complaint := checks(value)):
        raise place.error(*complaint)


CLASS_MAX = 255
MONTHS_MAX = 1_200
REPLICAS = (1, 3, 5)
SECURITIES = ("starttls", "tls", "none")
_POSITIVE = (
    "flush_rows",
    "flush_ms",
    "readers",
    "batch_ms",
    "batch_rows",
    "tick_ms",
    "sockets_max",
    "connections_max",
    "hold_s",
    "password_length_min",
    "replicas",
)
Complaint = tuple[str, str] | None


def _zone(value: str) -> Complaint:
    zones = available_timezones()
    close = difflib.get_close_matches(value, zones, n=1)
    return (
        None if value in zones else (f"names no time zone: {value!r}", f"like {close[0] if close else 'Asia/Shanghai'}")
    )


def _language(value: str) -> Complaint:
    return None if value in ("zh", "en") else (f"must be zh or en, not {value!r}", 'write "zh" or "en"')


def _engine(value: str) -> Complaint:
    known = ("chdb", "memory")
    return None if value in known else (f"names no engine: {value!r}", f"known: {', '.join(known)}")


def _organisation(value: str) -> Complaint:
    try:
        plain_id(value, "organisation")
    except InvalidInput as error:
        return error.what, error.mend
    return ("cannot hold a dot: it stands in bus subjects", "use - or _") if "." in value else None


def _roles(value: tuple[str, ...]) -> Complaint:
    unknown = [name for name in value if name not in ROLES]
    return (f"names no role: {unknown[0]!r}", f"known: {', '.join(ROLES)}") if unknown else None


def _node(value: str) -> Complaint:
    fits = not value or re.fullmatch(r"[a-z0-9][a-z0-9-]{0,30}", value)
    return None if fits else (f"cannot be {value!r}", "use small letters, digits and -, 31 at most")


def _replicas(value: int) -> Complaint:
    mend = "write 1 for one server, 3 for a cluster of three"
    return None if value in REPLICAS else (f"cannot be {value}", mend)


def _retention(value: dict[str, int]) -> Complaint:
    for name, months in value.items():
        if not (name.isascii() and name.isdigit() and int(name) <= CLASS_MAX and str(int(name)) == name):
            return f"names no retention class: {name!r}", f'write "0" to "{CLASS_MAX}", as a signal\'s retention does'
        if not 0 <= months <= MONTHS_MAX:
            return f"cannot be {months} months", f"write 1 to {MONTHS_MAX}, or 0 to keep for good"
    return None


def _database(value: str) -> Complaint:
    good = not value or value.startswith(("postgresql://", "postgres://"))
    return None if good else (f"is no address: {value!r}", "leave it empty for SQLite, or write postgresql://…")


def _security(value: str) -> Complaint:
    return None if value in SECURITIES else (f"{value!r} is none we know", f"write one of {', '.join(SECURITIES)}")


def _sender(value: str) -> Complaint:
    mend = "write it like kandelia@example.cn"
    return None if not value or re.fullmatch(r"[^@\s]+@[^@\s]+", value) else (f"{value!r} is no e-mail address", mend)


def _web_address(value: str) -> Complaint:
    fits = not value or re.fullmatch(r"https?://[^\s/]+/?", value)
    return None if fits else (f"{value!r} is no web address", "write it like https://kandelia.example.cn")


def _issuer(value: str) -> Complaint:
    """Over TLS, but for a provider on this machine."""
    fits = not value or re.fullmatch(r"https://[^\s?#]+|http://(127\.0\.0\.1|localhost|\[::1\])[^\s?#]*", value)
    return None if fits else (f"{value!r} is no issuer", "write it like https://id.example.cn/realms/plant")


def _group_roles(value: tuple[str, ...]) -> Complaint:
    bad = [line for line in value if role_of_group(line) is None]
    return (f"holds {bad[0]!r}", f'write "group = role", role one of {", ".join(Role)}') if bad else None


def _first(value: str) -> Complaint:
    return None if value in FIRST else (f"cannot be {value!r}", f"write one of {', '.join(FIRST)}")


_WORDS: dict[tuple[str, str], Callable[[Any], Complaint]] = {
    ("", "time_zone"): _zone,
    ("", "language"): _language,
    ("", "organisation"): _organisation,
    ("", "roles"): _roles,
    ("", "node"): _node,
    ("bus", "replicas"): _replicas,
    ("history", "engine"): _engine,
    ("history", "retention_months"): _retention,
    ("records", "database"): _database,
    ("mail", "security"): _security,
    ("mail", "sender"): _sender,
    ("mail", "address"): _web_address,
    ("oidc", "issuer"): _issuer,
    ("oidc", "address"): _web_address,
    ("oidc", "first"): _first,
    ("oidc", "roles"): _group_roles,
}
