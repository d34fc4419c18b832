"""Promise: addresses, settings and rows of register maps are understood as written, or refused with reason and mend."""

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from kandelia.drivers.modbus.addresses import WIDTHS, Address, Defaults, Table, check_kind, parse
from kandelia.drivers.modbus.config import read_config
from kandelia.drivers.modbus.maps import address_of
from kandelia.sdk.drivers import InvalidInput, Kind

ROOM = Path(__file__).parents[1]


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("holding=9", Address(1, Table.HOLDING, 9, "uint16")),
        ("register=40010", Address(1, Table.HOLDING, 9, "uint16")),
        ("register=400010", Address(1, Table.HOLDING, 9, "uint16")),
        ("register=30001;type=int32", Address(1, Table.INPUT, 0, "int32")),
        ("register=00001", Address(1, Table.COIL, 0, "bool")),
        ("register=165536", Address(1, Table.DISCRETE, 65_535, "bool")),
        ("Unit=3; Holding=0x10; Type=FLOAT32; Order=cdab", Address(3, Table.HOLDING, 16, "float32", "CDAB")),
        ("input=4;type=float64;order=GHEFCDAB", Address(1, Table.INPUT, 4, "float64", "CDAB")),
        ("holding=4;type=int16;order=BA", Address(1, Table.HOLDING, 4, "int16", "BADC")),
        ("holding=4;bit=15", Address(1, Table.HOLDING, 4, "bool", bit=15)),
        ("holding=4;type=string;length=15", Address(1, Table.HOLDING, 4, "string", length=15)),
    ],
)
def test_what_is_written_is_meant(text: str, meant: Address) -> None:
    assert parse(text) == meant
    assert parse(str(meant)) == meant


def test_settings_speak_where_the_address_is_silent() -> None:
    defaults = Defaults(unit=7, order="DCBA")
    assert parse("holding=1;type=int32", defaults).order == "DCBA"
    assert parse("holding=1;type=int16", defaults).order == "BADC", "of one register only the bytes can be exchanged"
    assert parse("unit=2;holding=1;type=int32;order=ABCD", defaults) == Address(2, Table.HOLDING, 1, "int32")


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "names no table"),
        ("40010", "key=value"),
        ("holding=9;holding=8", "twice"),
        ("holding=9;coil=8", "together"),
        ("holdng=9", "not known"),
        ("holding=65536", "out of range"),
        ("holding=-1", "out of range"),
        ("holding=65535;type=float32", "beyond the last"),
        ("register=9", "no register number"),
        ("register=40000", "no register number"),
        ("register=20001", "no register number"),
        ("unit=256;holding=1", "out of range"),
        ("holding=1;type=float", "not known"),
        ("coil=1;type=int16", "one bit"),
        ("coil=1;bit=2", "one bit of a register"),
        ("holding=1;type=bool", "which bit"),
        ("holding=1;bit=16", "out of range"),
        ("holding=1;type=string", "how many bytes"),
        ("holding=1;length=4", "own length"),
        ("holding=1;order=CDAB", "does not fit"),
        ("holding=1;type=int32;order=ABCDEFGH", "does not fit"),
        ("holding=1;scale=0", "out of range"),
        ("holding=1;scale=nan", "no number"),
        ("holding=1;bit=1;scale=2", "cannot be scaled"),
        ("holding=" + "9" * 300, "longer than"),
    ],
)
def test_a_wrong_address_says_why_and_the_mend(text: str, word: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse(text)
    assert word in caught.value.what and caught.value.mend and caught.value.code == "invalid-address"


@given(st.text(alphabet="holdingcoregstunypa=;0123456789.x-ABCDf", max_size=60))
def test_anything_else_is_refused_in_words(text: str) -> None:
    try:
        address = parse(text)
    except InvalidInput as error:
        assert error.mend
    else:
        assert parse(str(address)) == address


def test_kinds_that_do_not_fit_are_named() -> None:
    for kind in WIDTHS:
        more = {"string": ";length=4", "bool": ";bit=0"}.get(kind, "")
        address = parse(f"holding=0;type={kind}{more}")
        assert bool(check_kind(address, Kind.TEXT)) is (kind != "string")
        assert bool(check_kind(address, Kind.FLOAT)) is (kind == "string")
        assert bool(check_kind(address, Kind.INTEGER)) is (kind == "string" or kind.startswith("float"))
    assert check_kind(parse("holding=0;scale=0.1"), Kind.INTEGER)


def test_the_sample_is_valid() -> None:
    sample = yaml.safe_load((ROOM / "sample.yaml").read_text())
    assert read_config(sample["connections"][0]["settings"]).host


def test_rows_of_register_maps() -> None:
    row = {"device": "3", "register": "40010", "format": "FLOAT32", "order": "CDAB", "scale": "0.1"}
    assert parse(address_of(row)) == parse("unit=3;holding=9;type=float32;order=CDAB;scale=0.1")
    assert address_of({"table": "Coil", "number": "4"}) == "coil=4"
    assert address_of({"address": " input=4 "}) == "input=4"
    for wrong in ({}, {"table": "holding"}, {"table": "holdings", "number": "1"}, {"register": "9"}, {"address": "x"}):
        with pytest.raises(InvalidInput):
            address_of(wrong)
