"""Promise: the plant is a function of seed, time and faults, and behaves as a plant would."""

import numpy as np
import pytest

from kandelia_demo_plant.declaration import Kind, State
from kandelia_demo_plant.faults import (
    BEARING_WEAR,
    LEAK,
    LINE_STOP,
    SENSOR_FAILED,
    SENSOR_FROZEN,
    ZONE_DRIFT,
    Effects,
    Fault,
    UnknownFault,
    make_fault,
)
from kandelia_demo_plant.simulation import (
    BAD_SENSOR_FAILURE,
    Frame,
    PlantState,
    advance,
    all_machines,
    begin,
    catch_up,
    layout,
    run,
)

TUESDAY_10 = 1_772_503_200  # 2026-03-03T10:00:00+08:00, the early shift


@pytest.fixture(scope="module")
def morning() -> PlantState:
    return begin(1, TUESDAY_10)


def series(frame: Frame, signal_id: str) -> np.ndarray:
    column = next(c for c in layout().columns if c.id == signal_id)
    return (frame.values if column.signal.kind is Kind.FLOAT else frame.codes)[:, column.index]


def hours(state: PlantState, count: int, effects: Effects = Effects()) -> tuple[PlantState, Frame]:  # noqa: B008
    frames = []
    for _ in range(count):
        state, frame = advance(state, 3_600, effects)
        frames.append(frame)
    joined = Frame(
        np.concatenate([f.times for f in frames]),
        np.concatenate([f.values for f in frames]),
        np.concatenate([f.codes for f in frames]),
        frames[-1].qualities,
    )
    return state, joined


def test_size_and_kinds() -> None:
    columns = layout().columns
    assert len(columns) >= 300
    assert {c.signal.kind for c in columns} == set(Kind) - {Kind.MISSING}
    assert len({c.id for c in columns}) == len(columns)
    assert all(c.signal.name.zh and c.signal.name.en for c in columns)


def test_every_machine_shows_signals_that_it_has() -> None:
    for machine in all_machines():
        keys = {signal.key for signal in machine.signals}
        assert set(machine.card) <= keys
        assert len(machine.card) <= 3
        assert machine.state in keys | {""}


def test_same_seed_same_plant_however_time_is_cut(morning: PlantState) -> None:
    _, whole = advance(morning, 90, Effects())
    state, parts = morning, []
    for seconds in [1] * 30 + [7, 3, 50]:
        state, part = advance(state, seconds, Effects())
        parts.append(part)
    assert np.array_equal(whole.values, np.concatenate([p.values for p in parts]))
    assert np.array_equal(whole.codes, np.concatenate([p.codes for p in parts]))


def test_a_step_changes_nothing_it_was_given(morning: PlantState) -> None:
    before = {name: total.copy() for name, total in morning.totals.items()}
    first = advance(morning, 60, Effects())[1]
    again = advance(morning, 60, Effects())[1]
    assert all(np.array_equal(before[name], morning.totals[name]) for name in before)
    assert np.array_equal(first.values, again.values)


def test_another_seed_another_plant() -> None:
    first = advance(begin(1, TUESDAY_10), 60, Effects())[1]
    second = advance(begin(2, TUESDAY_10), 60, Effects())[1]
    assert not np.array_equal(first.values, second.values)


def test_every_signal_has_a_value_and_no_code_without_a_label(morning: PlantState) -> None:
    _, frame = hours(morning, 2)
    assert np.isfinite(frame.values).all()
    for column in layout().columns:
        data = series(frame, column.id)
        if column.signal.labels:
            assert set(np.unique(data)) <= set(column.signal.labels)
        if column.signal.kind is not Kind.FLOAT:
            assert (data >= 0).all(), column.id


def test_values_stay_near_their_ranges(morning: PlantState) -> None:
    _, frame = hours(morning, 3)
    for column in layout().floats:
        low, high = column.signal.low, column.signal.high
        assert low is not None and high is not None
        slack = 0.05 * (high - low)
        data = series(frame, column.id)
        assert low - slack <= data.min() and data.max() <= high + slack, (column.id, data.min(), data.max())


def test_counters_never_fall(morning: PlantState) -> None:
    _, frame = hours(morning, 2)
    counters = [c for c in layout().codes if c.signal.kind is Kind.INTEGER and c.signal.high is None]
    assert len(counters) > 30
    for column in counters:
        assert (np.diff(series(frame, column.id)) >= 0).all(), column.id


def test_the_main_meter_counts_beyond_the_floats_exactly(morning: PlantState) -> None:
    _, frame = hours(morning, 1)
    energy = series(frame, "sample.energy.meter-main.energy")
    power = series(frame, "sample.energy.meter-main.active-power")
    assert energy[0] > 2**53
    grown_kwh = (int(energy[-1]) - int(energy[0])) / 1e9
    assert grown_kwh == pytest.approx(power[1:].sum() / 3_600, rel=0.01)


def test_demand_is_the_mean_of_its_quarter_hour(morning: PlantState) -> None:
    _, frame = hours(morning, 1)
    name = "sample.energy.meter-cooling"
    quarter = slice(900, 1_800)  # the fixture begins on the hour
    demand, power = series(frame, f"{name}.demand")[quarter], series(frame, f"{name}.active-power")[quarter]
    assert demand[-1] == pytest.approx(power.mean(), rel=0.01)
    assert demand[0] == pytest.approx(power[0], rel=0.05)


def test_energy_follows_load(morning: PlantState) -> None:
    power = "sample.energy.meter-smt1.active-power"
    _, working = hours(morning, 1)
    _, sunday = hours(begin(1, TUESDAY_10 + 5 * 86_400), 1)
    assert series(working, power).mean() > 1.5 * series(sunday, power).mean()
    assert (series(sunday, "sample.smt.smt1-line.state") == State.STOPPED).all()


def test_air_pressure_stays_in_its_band_while_compressors_switch(morning: PlantState) -> None:
    _, frame = hours(morning, 3)
    pressure = series(frame, "sample.utilities.air-receiver.pressure")
    assert pressure.min() > 6.4 and pressure.max() < 7.9
    loaded = sum(series(frame, f"sample.utilities.compressor-{i}.loaded") for i in (1, 2, 3))
    assert 4 <= np.count_nonzero(np.diff(loaded)) <= 1_000


def test_ovens_hold_their_set_points(morning: PlantState) -> None:
    _, frame = hours(morning, 1)
    for zone in range(1, 11):
        name = f"sample.smt.smt1-oven.zone-{zone}"
        change = np.abs(np.diff(series(frame, f"{name}-setpoint"))).max()
        error = np.abs(series(frame, f"{name}-temperature") - series(frame, f"{name}-setpoint"))
        assert np.median(error) < 2 + change, (name, np.median(error))


def test_a_worn_bearing_shows_in_vibration_and_temperature(morning: PlantState) -> None:
    worn = Effects((Fault(BEARING_WEAR, TUESDAY_10, "compressor-1"),))
    _, sound = hours(morning, 1)
    _, faulty = hours(morning, 1, worn)
    for key, more in (("vibration", 3.0), ("bearing-temperature", 5.0)):
        rise = series(faulty, f"sample.utilities.compressor-1.{key}") - series(
            sound, f"sample.utilities.compressor-1.{key}"
        )
        other = series(faulty, f"sample.utilities.compressor-2.{key}") - series(
            sound, f"sample.utilities.compressor-2.{key}"
        )
        assert rise.max() > more
        assert np.abs(other).max() == 0


def test_a_weak_heater_lets_its_zone_sag_at_full_output(morning: PlantState) -> None:
    _, frame = hours(morning, 1, Effects((Fault(ZONE_DRIFT, TUESDAY_10, "smt1-oven"),)))
    name = "sample.smt.smt1-oven.zone-5"
    late = slice(2_400, None)
    assert (series(frame, f"{name}-setpoint") - series(frame, f"{name}-temperature"))[late].mean() > 5
    assert series(frame, f"{name}-output")[late].mean() > 95


def test_a_leak_costs_energy_and_pressure(morning: PlantState) -> None:
    _, sound = hours(morning, 2)
    _, leaking = hours(morning, 2, Effects((Fault(LEAK, TUESDAY_10, "air-receiver"),)))
    flow, power = "sample.utilities.air-receiver.flow", "sample.energy.meter-compressed-air.active-power"
    assert series(leaking, flow)[1_800:].mean() > series(sound, flow)[1_800:].mean() + 3
    assert series(leaking, power)[1_800:].mean() > series(sound, power)[1_800:].mean() + 5


def test_a_stopped_line_starves_its_neighbours(morning: PlantState) -> None:
    _, frame = hours(morning, 1, Effects((Fault(LINE_STOP, TUESDAY_10, "smt1"),)))
    state = {key: series(frame, f"sample.smt.smt1-{key}.state")[300:] for key in ("printer", "placer-1", "aoi")}
    assert (state["placer-1"] == State.FAULT).any()
    assert not any((data == State.RUNNING).any() for data in state.values())
    assert (series(frame, "sample.smt.smt2-placer-1.state") == State.RUNNING).any()


def test_a_frozen_sensor_keeps_its_value_and_a_failed_one_says_so(morning: PlantState) -> None:
    frozen = Fault(SENSOR_FROZEN, TUESDAY_10, "smt1-oven", "zone-3-temperature")
    failed = Fault(SENSOR_FAILED, TUESDAY_10, "smt1-oven", "zone-7-temperature")
    state, first = advance(morning, 60, Effects((frozen, failed)))
    _, second = advance(state, 60, Effects((frozen, failed)))
    held = [series(frame, "sample.smt.smt1-oven.zone-3-temperature") for frame in (first, second)]
    assert len(set(np.concatenate(held))) == 1
    assert second.qualities == {"sample.smt.smt1-oven.zone-7-temperature": BAD_SENSOR_FAILURE}


def test_catching_up_goes_on_from_where_it_was(morning: PlantState) -> None:
    short = catch_up(morning, TUESDAY_10 + 600, Effects())
    assert np.array_equal(short.temperature, run(morning, 600, Effects()).temperature)
    long = catch_up(morning, TUESDAY_10 + 9 * 86_400, Effects())
    assert long.time == TUESDAY_10 + 9 * 86_400
    assert all((long.totals[name] >= morning.totals[name]).all() for name in morning.totals if name != "turning")


@pytest.mark.parametrize(
    ("name", "machine", "signal", "told"),
    [
        ("flood", "", "", "is not a fault"),
        (BEARING_WEAR, "chiller", "", "cannot have"),
        (SENSOR_FROZEN, "nowhere", "", "is not a machine"),
        (SENSOR_FROZEN, "chiller", "nothing", "has no signal"),
    ],
)
def test_wrong_faults_are_told(name: str, machine: str, signal: str, told: str) -> None:
    with pytest.raises(UnknownFault, match=told):
        make_fault(name, machine, signal, 0, {"chiller": ["cop"]})
