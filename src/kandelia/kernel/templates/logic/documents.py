"""Signals, parameters and templates as plain documents: what is stored, sent by the API and written in site files.

A document leaves out whatever is as usual, so that it reads well; read again it gives the same.
"""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from kandelia.base.errors import InvalidInput
from kandelia.base.samples import Kind
from kandelia.base.text import LocalText
from kandelia.kernel.signals.definitions import SignalView
from kandelia.kernel.signals.logic.checks import check_signal
from kandelia.kernel.signals.logic.periods import read_period, say_period
from kandelia.kernel.templates.definitions import Parameter, TemplateView
from kandelia.kernel.templates.logic import patterns
from kandelia.kernel.things.logic.paths import check_key, check_name

SIGNALS_MAX = 5_000
PARAMETERS_MAX = 40
KINDS = {kind.name.lower(): kind for kind in Kind if kind is not Kind.MISSING}
OWN = ("machine", "line", "area", "site", "connection")  # parameters that the platform knows of every machine
PLACE = "a/a/a"  # stands for a machine while a template's signal is checked
_CHINESE = re.compile(r"[㐀-鿿]")
OVERRIDABLE = (
    "name", "type", "unit", "decimals", "range", "labels", "period", "connection", "address", "retention", "clash",
    "active", "command",
)  # fmt: skip
SIGNAL = ("key", *OVERRIDABLE)
COMMAND = ("range", "step", "every", "second_person")
PARAMETER = ("name", "label", "type", "default")
TEMPLATE = ("key", "name", "parameters", "signals")


def signal_document(view: SignalView, connection: str = "") -> dict[str, Any]:
    """A signal as a plant file writes it; `connection` is the one that need not be said."""
    usual = SignalView(0, "", "", "", LocalText(), Kind.FLOAT)
    found: dict[str, Any] = {"key": view.key}
    if name := name_document(view.name):
        found["name"] = name
    if view.kind is not Kind.FLOAT:
        found["type"] = view.kind.name.lower()
    found |= {name: getattr(view, name) for name in ("unit", "decimals") if getattr(view, name) != getattr(usual, name)}
    if (view.low, view.high) != (None, None):
        found["range"] = [_number(view.low), _number(view.high)]
    if view.labels:
        found["labels"] = {str(code): name_document(text) or "" for code, text in sorted(view.labels.items())}
    if view.period_ms != usual.period_ms:
        found["period"] = say_period(view.period_ms)
    if view.connection != connection:
        found["connection"] = view.connection
    more = ("address", "retention", "clash", "active")
    found |= {name: getattr(view, name) for name in more if getattr(view, name) != getattr(usual, name)}
    return found | ({"command": _command_document(view)} if view.writable else {})


def _command_document(view: SignalView) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if (view.command_low, view.command_high) != (None, None):
        found["range"] = [_number(view.command_low), _number(view.command_high)]
    if view.step_max is not None:
        found["step"] = _number(view.step_max)
    if view.rate_s:
        found["every"] = say_period(round(view.rate_s * 1_000))
    return found | ({"second_person": True} if view.second_person else {})


def _command(given: Any, where: str) -> dict[str, Any]:
    """What may be commanded; nothing where the document does not say so."""
    if given is None:
        return {}
    found, where = _mapping(given, f"{where}, command", COMMAND), f"{where}, command"
    low, high = _range(found, where)
    step, every = found.get("step"), read_period(found.get("every", 0))
    if every is None or isinstance(step, bool) or not isinstance(step, int | float | None):
        raise _wrong(where, "every" if every is None else "step", "cannot be read", "write every: 5s, step: 0.5")
    return {
        "writable": True,
        "command_low": low,
        "command_high": high,
        "step_max": None if step is None else float(step),
        "rate_s": every / 1_000,
        "second_person": _flag(found, "second_person", where, usual=False),
    }


def signal_of(document: Any, connection: str = "", *, where: str = "signal") -> SignalView:
    """A signal of a template; InvalidInput names the field."""
    given = _mapping(document, where, SIGNAL)
    key = _text(given, "key", where)
    where = f"signal {key[:60]}"
    low, high = _range(given, where)
    period = read_period(given.get("period", 1_000))
    if period is None:
        raise _wrong(where, "period", "cannot be read", "write 500ms, 1s, 5min, 1h or a number of milliseconds")
    view = SignalView(
        number=0,
        id="",
        key=key,
        machine=PLACE,
        name=name_of(given.get("name"), where),
        kind=_choice(given, "type", KINDS, where),
        unit=_text(given, "unit", where),
        decimals=_whole(given, "decimals", 2, where),
        low=low,
        high=high,
        labels=_labels(given.get("labels"), where),
        period_ms=period,
        connection=_text(given, "connection", where) if "connection" in given else connection,
        address=_text(given, "address", where),
        retention=_whole(given, "retention", 0, where),
        clash=_choice(given, "clash", {"keep": "keep", "replace": "replace"}, where),
        active=_flag(given, "active", where),
        **_command(given.get("command"), where),
    )
    return replace(check_signal(view), id="", machine="")


def override(view: SignalView, fields: Mapping[str, Any]) -> SignalView:
    """A template's signal with single fields replaced."""
    if unknown := sorted(set(fields) - set(OVERRIDABLE)):
        mend = f"there are: {', '.join(OVERRIDABLE)}"
        raise InvalidInput(f'no field "{unknown[0][:40]}" to override', f"signal {view.key}", mend, "no-field")
    return signal_of({**signal_document(view), **fields}) if fields else view


def parameter_document(one: Parameter) -> dict[str, Any]:
    """A parameter; only its name where all else is as usual."""
    found: dict[str, Any] = {"name": one.name}
    if label := name_document(one.label):
        found["label"] = label
    if one.kind != "text":
        found["type"] = one.kind
    return found | ({"default": one.default} if one.default else {})


def parameter_of(document: Any, where: str = "parameter") -> Parameter:
    """A parameter; InvalidInput says what is wrong."""
    given = _mapping(document, where, PARAMETER)
    name = _text(given, "name", where)
    if not patterns.NAME.fullmatch(name):
        raise _wrong(where, "name", f'cannot be "{name[:40]}"', "use small letters, digits and _")
    kind = _choice(given, "type", {"text": "text", "integer": "integer"}, where)
    default = given.get("default", "")
    return check_value(Parameter(name, name_of(given.get("label"), where), kind, str(default)), str(default), where)


def check_value(one: Parameter, value: str, where: str) -> Parameter:
    """The parameter if it can take the value."""
    if one.kind == "integer" and value and not (value.lstrip("-").isascii() and value.lstrip("-").isdigit()):
        raise InvalidInput(f'"{value[:40]}" is no whole number', f"{where}, {one.name}", "give one", "no-number")
    return one


def content(view: TemplateView) -> dict[str, Any]:
    """What a version of a template holds."""
    return {
        "parameters": [parameter_document(one) for one in view.parameters],
        "signals": [signal_document(one) for one in view.signals],
    }


def template_document(view: TemplateView) -> dict[str, Any]:
    """A whole template."""
    name = name_document(view.name)
    return {"key": view.key, **({"name": name} if name else {}), **{k: v for k, v in content(view).items() if v}}


def template_of(document: Any) -> TemplateView:
    """A whole template, checked."""
    given = _mapping(document, "template", TEMPLATE)
    key = check_key(_text(given, "key", "template"), "template key")
    parameters = tuple(parameter_of(one) for one in _list(given, "parameters", PARAMETERS_MAX))
    signals = tuple(signal_of(one) for one in _list(given, "signals", SIGNALS_MAX))
    return check_template(TemplateView(key, name_of(given.get("name"), "template"), parameters, signals))


def check_template(view: TemplateView) -> TemplateView:
    """The template, if its keys and parameters differ and its patterns use only parameters there are."""
    for what, found in (
        ("parameter", [one.name for one in view.parameters]),
        ("signal", [one.key for one in view.signals]),
    ):
        if repeated := [name for name, count in Counter(found).items() if count > 1]:
            raise InvalidInput(f'{what} "{repeated[0]}" repeats', f"template {view.key}", "rename one", "exists")
    known = {*OWN, *(one.name for one in view.parameters)}
    for signal in view.signals:
        check_patterns(signal, known)
    return view


def check_patterns(signal: SignalView, known: set[str]) -> None:
    """InvalidInput where a pattern of a signal is none, or uses an unknown parameter."""
    where = f"signal {signal.key}"
    for pattern in (signal.address, signal.connection, signal.name.zh, signal.name.en):
        patterns.check(pattern, where)
        if unknown := sorted(patterns.names_in(pattern) - known):
            mend = f"declare it; known are {', '.join(sorted(known))}"
            raise InvalidInput(f'there is no parameter "{unknown[0]}"', where, mend, "no-parameter")


def name_document(name: LocalText) -> Any:
    """A name: a mapping, None where there is none."""
    return {language: text for language, text in (("zh", name.zh), ("en", name.en)) if text} or None


def name_of(given: Any, where: str) -> LocalText:
    """A name of a document."""
    if given is None or given == "":
        return LocalText()
    if isinstance(given, str):
        given = {"zh" if _CHINESE.search(given) else "en": given}
    found = _mapping(given, f"{where}, name", ("zh", "en"))
    return check_name(LocalText(_text(found, "zh", where), _text(found, "en", where)), where)


def _number(value: float | None) -> float | int | None:
    return int(value) if value is not None and value.is_integer() and abs(value) < 2**53 else value


def _labels(given: Any, where: str) -> dict[int, LocalText]:
    found: dict[int, LocalText] = {}
    for code, text in _mapping(given or {}, f"{where}, labels").items():
        if not str(code).lstrip("-").isdigit():
            raise _wrong(where, "labels", f'have the code "{str(code)[:20]}"', "use whole numbers")
        found[int(code)] = name_of(text, where)
    return found


def _range(given: Mapping[str, Any], where: str) -> tuple[float | None, float | None]:
    ends = given.get("range") or [None, None]
    usable = isinstance(ends, list | tuple) and len(ends) == 2
    if not usable or any(isinstance(end, bool) or not isinstance(end, int | float | None) for end in ends):
        raise _wrong(where, "range", "is not two numbers", "write [low, high]; null for an open end")
    low, high = (None if end is None else float(end) for end in ends)
    return low, high


def _mapping(given: Any, where: str, keys: tuple[str, ...] = ()) -> Mapping[str, Any]:
    if not isinstance(given, Mapping):
        raise InvalidInput("this is not a mapping", where, f"it may have {', '.join(keys)}", "bad-value")
    if unknown := sorted(str(key) for key in given if keys and key not in keys):
        raise InvalidInput(f'there is no "{unknown[0][:40]}"', where, f"it may have {', '.join(keys)}", "no-field")
    return given


def _list(given: Mapping[str, Any], name: str, most: int) -> list[Any]:
    found = given.get(name) or []
    if not isinstance(found, list | tuple):
        raise _wrong("template", name, "are not a list", "give a list")
    if len(found) > most:
        raise _wrong("template", name, f"are {len(found)}", f"give {most} at most")
    return list(found)


def _text(given: Mapping[str, Any], name: str, where: str) -> str:
    value = given.get(name, "")
    if isinstance(value, dict | list | tuple | bool):
        raise _wrong(where, name, "is not a text", "write one value")
    return "" if value is None else str(value)


def _whole(given: Mapping[str, Any], name: str, usual: int, where: str) -> int:
    value = given.get(name, usual)
    if isinstance(value, bool) or not isinstance(value, int):
        raise _wrong(where, name, "is not a whole number", "give one")
    return value


def _flag(given: Mapping[str, Any], name: str, where: str, *, usual: bool = True) -> bool:
    value = given.get(name, usual)
    if not isinstance(value, bool):
        raise _wrong(where, name, "is neither true nor false", "give one of them")
    return value


def _choice(given: Mapping[str, Any], name: str, choices: Mapping[str, Any], where: str) -> Any:
    value = given.get(name) or next(iter(choices))
    if value not in choices:
        raise _wrong(where, name, f'is "{str(value)[:40]}"', f"use {', '.join(choices)}")
    return choices[value]


def _wrong(where: str, name: str, what: str, mend: str) -> InvalidInput:
    return InvalidInput(f"{name} {what}", f"{where}, {name}", mend, "bad-value")
