"""What a driver asks a person for: its `form.toml` as settings to fill in, and what was filled in as settings."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from kandelia.base.errors import InvalidInput
from kandelia.base.text import LocalText

KINDS = ("text", "number", "choice", "flag", "secret")
FREE = "free"  # the kind of the one field of a driver without a form: all settings as YAML


@dataclass(frozen=True, slots=True)
class Setting:
    """One field. `more` stands among those that are seldom needed."""

    key: str
    kind: str
    label: LocalText
    help: LocalText = field(default_factory=lambda: LocalText("", ""))
    default: Any = ""
    required: bool = False
    more: bool = False
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Form:
    """`find` is an example of where to look, empty for a driver that finds nothing by itself."""

    driver: str
    protocol: str
    find: str = ""
    settings: tuple[Setting, ...] = ()


def read_form(driver: str, told: Mapping[str, Any]) -> Form:
    """The form; InvalidInput names what is wrong in `form.toml`."""
    settings = tuple(_setting(driver, one) for one in told.get("setting", ()))
    return Form(driver, str(told.get("protocol", driver)), str(told.get("find", "")), settings)


def _setting(driver: str, one: Mapping[str, Any]) -> Setting:
    key, kind = str(one.get("key", "")), str(one.get("kind", "text"))
    if not key or kind not in KINDS:
        mend = f"give key and kind ({', '.join(KINDS)})"
        raise InvalidInput(f'setting "{key}" of kind "{kind}"', f"form.toml of {driver}", mend, "form")
    return Setting(
        key=key,
        kind=kind,
        label=LocalText(str(one.get("zh", "")), str(one.get("en", key))),
        help=LocalText(str(one.get("help_zh", "")), str(one.get("help_en", ""))),
        default=one.get("default", ""),
        required=bool(one.get("required", False)),
        more=bool(one.get("more", False)),
        choices=tuple(map(str, one.get("choices", ()))),
    )


def filled(form: Form, given: Mapping[str, str]) -> dict[str, Any]:
    """Settings from what was typed; what says the default is left out. InvalidInput names the field."""
    settings: dict[str, Any] = {}
    if form.settings and form.settings[0].kind == FREE:
        return _free(given.get(FREE, ""))
    for setting in form.settings:
        word = given.get(setting.key, "").strip()
        if not word and setting.kind != "flag":
            if setting.required:
                raise InvalidInput("this is needed", f"settings.{setting.key}", "fill it in", "missing")
            continue
        value = _value(setting, word)
        if value != setting.default:
            settings[setting.key] = value
    return settings


def _free(text: str) -> dict[str, Any]:
    try:
        told = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise InvalidInput(f"this is no YAML ({error})"[:300], f"settings.{FREE}", "write key: value lines") from error
    if not isinstance(told, Mapping):
        raise InvalidInput("these are no settings", f"settings.{FREE}", "write key: value lines")
    return {str(key): value for key, value in told.items()}


def _value(setting: Setting, word: str) -> Any:
    if setting.kind == "flag":
        return word in ("on", "true", "1")
    if setting.kind != "number":
        return word
    try:
        number = float(word)
    except ValueError:
        raise InvalidInput(f'"{word[:40]}" is no number', f"settings.{setting.key}", "give a number") from None
    return int(number) if number.is_integer() else number
