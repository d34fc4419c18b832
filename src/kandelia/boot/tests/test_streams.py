"""Promise: the streams of an installation fit the disk, and what is measured is refused rather than dropped."""

from pathlib import Path

from kandelia.boot.load import load_settings
from kandelia.boot.streams import ensure_missing_streams, ensure_streams, stream_specs
from kandelia.engines.nats.bus import NatsBus
from kandelia.kernel.connections.contracts import edge_subject


def test_small_disks_make_small_streams(tmp_path: Path) -> None:
    settings = load_settings(None, {"KANDELIA_DATA": str(tmp_path)})
    assert stream_specs(settings)[0].bytes_max == settings.bus.edge_bytes_max
    small = stream_specs(settings, 1_000_000_000)
    assert sum(spec.bytes_max for spec in small) < 1_000_000_000
    sizes = {spec.name: spec.bytes_max for spec in small}
    assert round(sizes["EDGE"] / sizes["EVENTS"], 3) == 8
    assert {spec.name: spec.when_full for spec in small}["EDGE"] == "refuse"


async def test_streams_are_made_and_left_as_they_are(tmp_path: Path, bus: NatsBus) -> None:
    settings = load_settings(None, {"KANDELIA_DATA": str(tmp_path)})
    await ensure_streams(bus, settings, 300_000_000)
    stored = await bus.store(edge_subject("main", "site", "press"), b"x")
    assert stored.stream == "EDGE"
    await ensure_missing_streams(bus, settings)
    await ensure_streams(bus, settings, 300_000_000)
    assert (await bus.stream_state("EDGE")).messages == 1
