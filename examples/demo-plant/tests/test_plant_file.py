"""Promise: the committed plant file is what the declaration says, and it is consistent in itself."""

import re
from pathlib import Path

import yaml

from kandelia_demo_plant.plant_file import plant_file
from kandelia_demo_plant.simulation import layout

COMMITTED = Path(__file__).parents[1] / "plant.yaml"
KEY = re.compile(r"[a-z0-9](?:[a-z0-9_-]{0,58}[a-z0-9])?")


def test_the_committed_copy_is_current() -> None:
    assert COMMITTED.read_text() == plant_file(), "run: python -m kandelia_demo_plant plant-file > plant.yaml"


def machines(document: dict) -> list[tuple[str, dict]]:
    found = []
    for site in document["sites"]:
        for area in site["areas"]:
            for holder in [*area.get("lines", []), area]:
                found += [(f"{site['key']}.{area['key']}.{m['key']}", m) for m in holder["machines"]]
    return found


def test_ids_addresses_and_keys() -> None:
    document = yaml.safe_load(plant_file("opc.tcp://127.0.0.1:5000/"))
    assert document["connections"][0]["settings"] == {"endpoint": "opc.tcp://127.0.0.1:5000/"}
    assert document["connections"][1]["settings"] == {"host": "127.0.0.1", "port": 1502}
    ids, metered = [], []
    for path, machine in machines(document):
        assert KEY.fullmatch(machine["key"])
        keys = [signal["key"] for signal in machine["signals"]]
        assert set(machine["card"]) <= set(keys) and machine.get("state", keys[0]) in keys
        for signal in machine["signals"]:
            assert KEY.fullmatch(signal["key"])
            if machine["connection"] == "sample-modbus":
                metered.append(signal["address"])
            else:
                assert signal["address"] == f"ns=2;s={path}.{signal['key']}"
            assert all(isinstance(code, int) for code in signal.get("labels", {}))
            ids.append(f"{path}.{signal['key']}")
    assert len(metered) == len(set(metered)) > 30 and len(ids) - len(metered) > 300
    assert sorted(ids) == sorted(column.id for column in layout().columns)
