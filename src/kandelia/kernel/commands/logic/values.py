"""A command's value as text and back. Pure."""

from collections.abc import Iterable

from kandelia.base.errors import InvalidInput
from kandelia.base.samples import Kind
from kandelia.kernel.connections.drivers import Value
from kandelia.kernel.connections.logic.setpoints import as_kind

TRUE, FALSE = ("true", "1", "on", "yes", "是", "开"), ("false", "0", "off", "no", "否", "关")


def said(value: Value | None) -> str:
    """As the record keeps it: the same in every language, and the same number again when read."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value) if isinstance(value, float) and value != int(value) else _plain(value)


def read(given: object, kind: Kind, labels: Iterable[int] = ()) -> Value:
    """A person's text or a program's value in the signal's kind; InvalidInput says what is wanted."""
    value = as_kind(_typed(given.strip(), kind) if isinstance(given, str) and kind is not Kind.TEXT else given, kind)
    codes = sorted(labels)
    if kind is Kind.ENUMERATION and codes and value not in codes:
        mend = f"give one of: {', '.join(map(str, codes))}"
        raise InvalidInput(f"{value} is none of the signal's codes", "value", mend, "no-such-code")
    return value


def _typed(text: str, kind: Kind) -> object:
    if kind is Kind.BOOLEAN:
        return True if text.casefold() in TRUE else False if text.casefold() in FALSE else text
    try:
        return int(text)
    except ValueError:
        pass
    try:
        return float(text)
    except ValueError:
        return text


def _plain(value: Value) -> str:
    if isinstance(value, float):
        return str(int(value)) if abs(value) < 2**53 else repr(value)
    return str(value)
