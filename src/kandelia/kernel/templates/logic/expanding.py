"""What a template gives on a machine: its signals with all places filled. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from kandelia.base.errors import InvalidInput
from kandelia.base.text import LocalText
from kandelia.kernel.signals.definitions import SignalView
from kandelia.kernel.signals.logic.checks import check_signal
from kandelia.kernel.templates.definitions import InstanceView, TemplateView
from kandelia.kernel.templates.logic import patterns
from kandelia.kernel.templates.logic.documents import check_patterns, check_value, override


@dataclass(frozen=True, slots=True)
class Place:
    """Where an instance stands: what the platform knows of its machine."""

    path: str  # MachineView.path
    line: str = ""


def expand(template: TemplateView, instance: InstanceView, place: Place) -> tuple[SignalView, ...]:
    """The signals, numbers unknown; InvalidInput for a value that lacks or an override that fits nothing."""
    values = values_of(template, instance, place)
    keys = {signal.key for signal in template.signals}
    if unknown := sorted(set(instance.overrides) - keys):
        mend = "remove it from the overrides, or name a signal of the template"
        raise InvalidInput(f'the template has no signal "{unknown[0][:60]}"', place.path, mend, "no-signal")
    own = {signal.key: override(signal, instance.overrides.get(signal.key, {})) for signal in template.signals}
    return tuple(_filled(signal, values, instance, place) for signal in own.values())


def values_of(template: TemplateView, instance: InstanceView, place: Place) -> dict[str, str]:
    """Every parameter's value: the instance's, else the default, else what the platform knows."""
    site, area, machine = place.path.split("/")
    known = {"machine": machine, "line": place.line, "area": area, "site": site, "connection": instance.connection}
    declared = {one.name: one for one in template.parameters}
    if unknown := sorted(set(instance.values) - set(declared)):
        mend = f"its parameters are {', '.join(declared) or 'none'}"
        raise InvalidInput(f'the template has no parameter "{unknown[0][:40]}"', place.path, mend, "no-parameter")
    for name, one in declared.items():
        check_value(one, instance.values.get(name, ""), place.path)
    given = {name: instance.values.get(name) or one.default for name, one in declared.items()}
    return {**known, **{name: value for name, value in given.items() if value or name not in known}}


def _filled(signal: SignalView, values: Mapping[str, str], instance: InstanceView, place: Place) -> SignalView:
    where = f"{place.path}, signal {signal.key}"
    check_patterns(signal, set(values))
    filled = replace(
        signal,
        machine=place.path,
        name=LocalText(patterns.fill(signal.name.zh, values, where), patterns.fill(signal.name.en, values, where)),
        connection=patterns.fill(signal.connection, values, where) if signal.connection else instance.connection,
        address=patterns.fill(signal.address, values, where),
    )
    return check_signal(filled)
