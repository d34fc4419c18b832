"""Promise: a device's table becomes signals of one machine, every mistake is told with its line, none is half done."""

import pytest

from kandelia.base.errors import InvalidInput
from kandelia.base.samples import Kind
from kandelia.drivers.modbus.driver import driver
from kandelia.kernel.signals.logic.register_map import map_signals, read_rows

CSV = """\
key,name,name_zh,kind,unit,period,device,register,format,order,scale
voltage,Voltage L1,L1 电压,,V,,3,40001,FLOAT32,CDAB,
energy,Energy,电能,integer,W.h,10s,3,40003,uint64,,

state,,,enumeration,,500ms,3,30001,,,
"""


def test_rows_become_signals() -> None:
    mapped = map_signals(read_rows(CSV, "meter.csv"), "s1/hall/meter", "gateway", driver.address_of)
    assert not mapped.mistakes
    voltage, energy, state = mapped.signals
    assert (voltage.machine, voltage.key, voltage.kind, voltage.unit) == ("s1/hall/meter", "voltage", Kind.FLOAT, "V")
    assert voltage.address == "unit=3;register=40001;type=float32;order=CDAB" and voltage.connection == "gateway"
    assert (voltage.name.zh, voltage.name.en) == ("L1 电压", "Voltage L1")
    assert (energy.kind, energy.period_ms) == (Kind.INTEGER, 10_000)
    assert (state.kind, state.period_ms, state.name.en) == (Kind.ENUMERATION, 500, "state")


def test_yaml_says_the_same() -> None:
    text = (
        "- {key: voltage, device: 3, register: 40001, format: float32}\n- {key: on, register: 00005, kind: boolean}\n"
    )
    mapped = map_signals(read_rows(text, "meter.yaml"), "s1/hall/meter", "gateway", driver.address_of)
    assert [one.address for one in mapped.signals] == ["unit=3;register=40001;type=float32", "register=00005"]


def test_every_mistake_is_told_with_its_line() -> None:
    text = "key,kind,register\nvoltage,,40001\nVoltage L2,,40003\nvoltage,,40005\npower,real,40007\nq,,9\nr,,\n"
    mapped = map_signals(read_rows(text, "meter.csv"), "s1/hall/meter", "gateway", driver.address_of)
    lines = [mistake.partition(":")[0] for mistake in mapped.mistakes]
    assert lines == [f"meter.csv, line {n}" for n in (3, 4, 5, 6, 7)]
    assert "stands in meter.csv, line 2 too" in mapped.mistakes[1]


@pytest.mark.parametrize(
    ("text", "name"), [("", "a.csv"), ("key\n", "a.csv"), ("{", "a.yaml"), ("a: 1", "a.yml"), ("- 1", "a.yaml")]
)
def test_what_is_no_table_is_refused(text: str, name: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_rows(text, name)
    assert caught.value.where.startswith(name) and caught.value.mend
