"""The service that brings derived signals and limits to the data plane."""

from collections.abc import Iterable
from typing import Any

import msgspec

from kandelia.base.errors import KandeliaError
from kandelia.base.samples import Kind
from kandelia.kernel.connections.contracts import OUTBOX_CHANGED
from kandelia.kernel.events import bridge
from kandelia.kernel.jobs.contracts import ServiceContext
from kandelia.kernel.rules.contracts import RULES_BUCKET, DerivedEntry, RulesDocument, encode_rules
from kandelia.kernel.rules.logic.limits import LimitEntry, LimitKind
from kandelia.kernel.rules.logic.tree import Node
from kandelia.kernel.rules.models import Derivation, Limit
from kandelia.kernel.signals import store
from kandelia.kernel.things.models import Site
from kandelia.ports.bus import Bus

POLL_S = 5.0
NS_PER_S = 1_000_000_000
AWAY, REFUSED = "rules-bus-away", "rules-refused"


def publish_rules(context: ServiceContext) -> None:
    """Until the role stops: whatever differs from what the bus holds is put there."""
    leave = bridge.listen(OUTBOX_CHANGED, context.wake)
    try:
        while not context.stopping:
            try:
                publish_once(context)
                context.troubles.mended(AWAY)
            except KandeliaError as error:
                context.troubles.trouble(AWAY, f"rules do not reach the data plane: {error.what}", error.mend)
            context.wait(POLL_S)
    finally:
        leave()


def publish_once(context: ServiceContext) -> int:
    """One pass; how many documents were written."""
    refused: list[str] = []
    wanted = {one.organisation: encode_rules(one) for one in documents(refused)}

    async def write(bus: Bus) -> int:
        bucket, count = await bus.key_value(RULES_BUCKET), 0
        for key in set(await bucket.keys()) | set(wanted):
            held = await bucket.get(key)
            if key not in wanted:
                await bucket.delete(key)
            elif held is None or held.data != wanted[key]:
                await bucket.put(key, wanted[key])
                count += 1
        return count

    count = bridge.bus_call(write, 30)
    if refused:
        what = f"these derived signals wait, for an input has changed its type: {', '.join(refused[:10])}"
        context.troubles.trouble(REFUSED, what, "open and save them again")
    else:
        context.troubles.mended(REFUSED)
    return count


def documents(refused: list[str]) -> Iterable[RulesDocument]:
    """Of every organisation that has any; `refused` takes the derived signals whose inputs no longer fit."""
    derived = Derivation.objects.filter(entry__state="active").select_related("entry").order_by("pk")
    limits = Limit.objects.filter(entry__state="active", number__isnull=False).select_related("entry").order_by("pk")
    by_organisation: dict[str, tuple[list[Any], list[Any]]] = {}
    for row in derived:
        by_organisation.setdefault(row.entry.organisation_id, ([], []))[0].append(row)
    for row in limits:
        by_organisation.setdefault(row.entry.organisation_id, ([], []))[1].append(row)
    for organisation, (rows, limited) in by_organisation.items():
        inputs = {int(number) for row in rows for number in row.compiled.get("inputs", {})}
        kinds = {number: view.kind for number, view in store.by_numbers(organisation, inputs).items()}
        entries = [entry_of(row, kinds) for row in rows]
        refused += [row.signal for row, entry in zip(rows, entries, strict=True) if entry is None]
        site = Site.objects.filter(organisation_id=organisation).values_list("key", flat=True).first() or "-"
        kept = tuple(entry for entry in entries if entry)
        yield RulesDocument(organisation, site, kept, tuple(limit_of(row) for row in limited))


def entry_of(row: Derivation, kinds: dict[int, Kind]) -> DerivedEntry | None:
    """None where it is not finished, or an input has another type than it was checked with."""
    wanted = {int(number): Kind(kind) for number, kind in row.compiled.get("inputs", {}).items()}
    if row.number is None or any(kinds.get(number) is not kind for number, kind in wanted.items()):
        return None
    return DerivedEntry(
        row.number,
        Kind(row.compiled["kind"]),
        msgspec.convert(row.compiled["root"], Node),
        tuple(sorted(wanted.items())),
        row.compiled["window_ns"],
        row.hold_s * NS_PER_S,
        row.lateness_s * NS_PER_S,
    )


def limit_of(row: Limit) -> LimitEntry:
    """As the data plane needs it."""
    return LimitEntry(
        id=row.entry_id,
        number=row.number or 0,
        signal=row.signal,
        kind=LimitKind(row.kind),
        level=row.level,
        dead_band=row.dead_band,
        on_delay_ns=int(row.on_delay_s * NS_PER_S),
        off_delay_ns=int(row.off_delay_s * NS_PER_S),
        severity=row.severity,
        name_zh=row.name_zh,
        name_en=row.name_en,
    )
