"""Promise: a set point that an operator changed holds until the program loads another one, also over a restart."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from kandelia_demo_plant import keeping, setpoints
from kandelia_demo_plant.faults import Effects
from kandelia_demo_plant.simulation import advance, begin, layout

ZONE = "sample.smt.smt1-oven.zone-5-setpoint"


def test_it_holds_until_the_program_wants_another() -> None:
    program = np.full((6, 36), 100.0)
    program[4:, 4] = 120.0
    changed = setpoints.change({}, program[0], ZONE, 130.0)
    held, on = setpoints.apply(changed, program[:3])
    assert held[:, 4].tolist() == [130.0] * 3 and on == changed and held[0, 3] == 100.0
    held, on = setpoints.apply(changed, program)
    assert held[:, 4].tolist() == [130.0] * 4 + [120.0] * 2 and on == {}


@pytest.mark.parametrize(("id", "value"), [(ZONE, 321.0), (ZONE, float("nan")), ("sample.smt.smt1-oven.power", 50.0)])
def test_what_the_controller_does_not_take(id: str, value: float) -> None:
    with pytest.raises(ValueError, match="takes"):
        setpoints.change({}, np.zeros(36), id, value)


def test_the_zone_follows_and_a_restart_goes_on(tmp_path: Path) -> None:
    state = begin(7, 1_790_000_000)
    column = {column.id: column.index for column in layout().columns}
    aim = float(state.program[4]) + 30
    state = replace(state, changed=setpoints.change(state.changed, state.program, ZONE, aim))
    keeping.save(tmp_path, keeping.Kept(state))
    kept = keeping.load(tmp_path)
    assert kept is not None and kept.state.changed == state.changed
    _, frame = advance(kept.state, 300, Effects())
    assert frame.values[0, column[ZONE]] == aim
    measured = frame.values[:, column[ZONE.replace("setpoint", "temperature")]]
    assert measured[-1] > measured[0] + 10
