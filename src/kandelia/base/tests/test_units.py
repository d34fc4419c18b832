"""Promise: every UCUM code that industry writes is taken and shown as people write it; errors are never shown."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kandelia.base.errors import InvalidInput
from kandelia.base.units import METRIC, PLAIN, check_unit, shown_unit

SHOWN = {
    "": "", "1": "", "Cel": "°C", "bar": "bar", "Pa": "Pa", "kPa": "kPa", "kW.h": "kWh", "A": "A", "mA": "mA",
    "V": "V", "kV.A": "kVA", "m3/h": "m³/h", "mm/s": "mm/s", "[iU]": "IU", "%": "%", "{rev}/min": "rev/min",
    "/min": "1/min", "10*3/uL": "10³/µL", "m/s2": "m/s²", "kg.m-3": "kg·m⁻³", "kJ/(kg.K)": "kJ/(kg·K)", "um": "µm",
    "N.m": "N·m", "[degF]": "°F", "[psi]": "psi", "{pcs}": "pcs", "GiBy": "GiB", "Ohm": "Ω", "deg": "°",
    "m3{norm}/h": "m³ norm/h", "dB[SPL]": "dB(SPL)", "L/min": "L/min", "1/h": "1/h", "[ppm]": "ppm",
}  # fmt: skip
WRONG = {
    "°C": "Cel", "kWh": "kW.h", "rpm": "{rev}/min", "Barr": "bar", "psi": "[psi]", "m3//h": "", "(m": "", "m)": "",
    "m 3": "", "7.": "", "{a}{b}": "", ".": "", "/": "", "m" * 41: "", "(" * 20 + "m" + ")" * 20: "", "{": "", "[]": "",
}  # fmt: skip


@pytest.mark.parametrize(("code", "shown"), SHOWN.items())
def test_shown_as_people_write(code, shown):
    assert (check_unit(code), shown_unit(code)) == (code, shown)


@pytest.mark.parametrize(("code", "nearest"), WRONG.items())
def test_wrong_codes_name_the_nearest(code, nearest):
    with pytest.raises(InvalidInput) as caught:
        check_unit(code)
    assert f'"{nearest}"' in caught.value.mend if nearest else caught.value.mend
    assert shown_unit(code) == code


@given(st.text(max_size=45))
def test_no_text_crashes(text):
    shown_unit(text)
    with contextlib.suppress(InvalidInput):
        assert check_unit(text) == text


simple = st.builds(
    lambda prefix, atom, power: f"{prefix}{atom}{power}",
    st.sampled_from(["", "k", "m", "u"]),
    st.sampled_from(["m", "s", "W", "Pa", "bar", "Cel", "g"]),
    st.sampled_from(["", "2", "-1"]),
)


@given(simple, simple, st.sampled_from("./"))
def test_products_and_quotients_of_units_are_units(left, right, operator):
    assert check_unit(f"{left}{operator}{right}")
    assert check_unit(f"({left}){operator}({right})")


@pytest.mark.parametrize("atom", [*METRIC, *PLAIN])
def test_every_atom_stands_alone(atom):
    assert check_unit(atom) and shown_unit(atom)
