"""The signals that a plan speaks of: found, or made, within the viewer's organisation."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from kandelia.base.errors import InvalidInput, NotFound
from kandelia.base.pages import PAGE_ROWS_MAX
from kandelia.base.text import LocalText, Said
from kandelia.kernel.access.contracts import Viewer
from kandelia.kernel.signals import facade as signals
from kandelia.kernel.signals.definitions import SignalView
from kandelia.kernel.signals.logic.checks import check_signal
from kandelia.kernel.things import facade as things
from kandelia.kernel.transfers.logic.converting import Aim
from kandelia.kernel.transfers.logic.plans import KINDS, Plan, Target

COMPARED_MAX = 50_000  # signals of an organisation that names are compared with


def every(viewer: Viewer, machine: str = "") -> Iterator[SignalView]:
    """The organisation's signals, COMPARED_MAX at most; those of a machine where one is named."""
    after, count = "", 0
    while count < COMPARED_MAX:
        page = signals.list_signals(viewer, machine=machine, after=after, limit=PAGE_ROWS_MAX)
        yield from page.items
        count += len(page.items)
        after = page.next
        if not after:
            return


def aims(viewer: Viewer, plan: Plan) -> dict[str, Aim]:
    """Column or name → signal. One that is still to be made has a number of its own below, for a preview only.

    NotFound names a signal that does not exist.
    """
    existing = signals.by_ids(viewer, [target.id for target in plan.targets.values()])
    found: dict[str, Aim] = {}
    for place, (name, target) in enumerate(plan.targets.items()):
        view = existing.get(target.id)
        if view is None and target.signal:
            raise NotFound(
                Said(f"没有测点“{target.signal[:120]}”", f'there is no signal "{target.signal[:120]}"'),
                Said(f"“{name[:60]}”的映射", f'mapping of "{name[:60]}"'),
                Said("请另选一个", "choose another"),
                "not-found",
            )
        if view is None:
            found[name] = Aim(2**32 - 1 - place, KINDS[target.kind])
        else:
            found[name] = Aim(view.number, view.kind, view.low, view.high)
    return found


def names(plan: Plan, found: Mapping[str, Aim]) -> dict[int, str]:
    """Number → id, for those that are to be made too."""
    return {found[name].number: target.id for name, target in plan.targets.items() if name in found}


def make_signals(viewer: Viewer, plan: Plan) -> list[str]:
    """Make the signals that do not exist yet; their ids. InvalidInput names the column that cannot be one."""
    machines: set[str] = set()
    wanted: list[SignalView] = []
    for name, target in plan.targets.items():
        if target.signal:
            continue
        if target.machine not in machines:
            machines.add(things.machine(viewer, target.machine).path)
        try:
            wanted.append(check_signal(_signal(viewer, name, target)))
        except InvalidInput as error:
            raise InvalidInput(
                error.what, Said(f"“{name[:60]}”的映射", f'mapping of "{name[:60]}"'), error.mend, error.code
            ) from error
    known = signals.by_ids(viewer, [view.id for view in wanted])
    return signals.put_signals(viewer, [view for view in wanted if view.id not in known]).created


def _signal(viewer: Viewer, name: str, target: Target) -> SignalView:
    shown = target.name or name
    text = LocalText(shown, "") if any(ord(letter) > 0x2E7F for letter in shown) else LocalText("", shown)
    view = SignalView(0, "", target.key, target.machine, text, KINDS[target.kind], target.unit)
    return replace(view, decimals=0 if target.kind != "float" else 2)
