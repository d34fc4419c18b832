"""Promise: patterns, expansions and differences are exact whatever the texts: applied once, nothing is left to do."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kandelia.base.errors import InvalidInput
from kandelia.base.samples import Kind
from kandelia.base.text import LocalText
from kandelia.kernel.signals.definitions import SignalView
from kandelia.kernel.templates.definitions import InstanceView, Parameter, Proposal, TemplateView
from kandelia.kernel.templates.logic import documents, patterns
from kandelia.kernel.templates.logic.differing import difference, views
from kandelia.kernel.templates.logic.expanding import Place, expand
from kandelia.kernel.templates.logic.proposing import proposals, replaced, template_of

TEXTS = st.text(max_size=60)
KEYS = st.from_regex(r"[a-z][a-z0-9_]{0,8}[a-z0-9]", fullmatch=True)
WORDS = st.text(alphabet="abcXYZ019_温{}.;=", min_size=0, max_size=12)


@st.composite
def pattern_signals(draw: st.DrawFn) -> tuple[SignalView, ...]:
    found = {}
    for key in draw(st.lists(KEYS, unique=True, max_size=6)):
        address = patterns.escape(draw(WORDS)) + draw(st.sampled_from(["{machine}", "{unit_no+3}", ""]))
        name = LocalText(patterns.escape(draw(WORDS)), draw(st.sampled_from(["", "Of {machine}"])))
        kind, low = draw(st.sampled_from([Kind.FLOAT, Kind.TEXT])), draw(st.sampled_from([None, -1.5]))
        connection, period_ms = draw(st.sampled_from(["", "{connection}", "other"])), draw(st.integers(1, 10_000))
        plain = SignalView(0, "", key, "", name, kind, period_ms=period_ms, address=address)
        found[key] = replace(plain, connection=connection, low=low)
    return tuple(found.values())


def template(signals: tuple[SignalView, ...]) -> TemplateView:
    return TemplateView("oven", LocalText("炉"), (Parameter("unit_no", kind="integer", default="7"),), signals)


ON = InstanceView("oven", "sz/smt/oven-1", "plc")
HERE = Place("sz/smt/oven-1", "l1")


@given(TEXTS)
def test_an_escaped_text_fills_to_itself(text: str) -> None:
    assert patterns.fill(patterns.escape(text), {}, "x") == text
    assert not patterns.names_in(patterns.escape(text))


@given(TEXTS)
def test_any_text_is_filled_or_refused(text: str) -> None:
    try:
        patterns.fill(text, {"machine": "m1"}, "x")
    except InvalidInput as error:
        assert error.what and error.mend


def test_numbers_are_counted_and_padded() -> None:
    values = {"base": "100", "n": "7"}
    assert patterns.fill("h:{base+12}/{n:03}/{n-1}/{{x}}", values, "x") == "h:112/007/6/{x}"
    for wrong in ("{base", "base}", "{Base}", "{base+}", "{}", "{base:3}"):
        with pytest.raises(InvalidInput):
            patterns.fill(wrong, values, "x")
    with pytest.raises(InvalidInput, match='is "abc"'):
        patterns.fill("{n+1}", {"n": "abc"}, "x")


@given(pattern_signals())
def test_a_document_read_again_is_the_same(signals: tuple[SignalView, ...]) -> None:
    view = template(signals)
    assert documents.template_of(documents.template_document(view)) == view


@given(pattern_signals(), st.data())
def test_once_applied_nothing_is_left_to_do(signals: tuple[SignalView, ...], data: st.DataObject) -> None:
    wanted = expand(template(signals), ON, HERE)
    some = data.draw(st.lists(st.sampled_from(wanted), unique_by=lambda view: view.id)) if wanted else []
    there = {view.id: replace(view, number=n, decimals=4) for n, view in enumerate(some, 1)}
    first = difference(wanted, there)
    assert {one.after.id for one in first.changed} == set(there)
    assert all({field.name for field in one.fields} == {"decimals"} for one in first.changed)
    after = {view.id: replace(view, number=n) for n, view in enumerate([*there.values(), *first.added], 1)}
    after |= {one.after.id: one.after for one in first.changed}
    assert not difference(wanted, after, after).any


@given(pattern_signals(), pattern_signals())
def test_what_a_template_has_no_longer_is_retired_and_nothing_else(
    before: tuple[SignalView, ...], after: tuple[SignalView, ...]
) -> None:
    old = {view.id: replace(view, number=n) for n, view in enumerate(expand(template(before), ON, HERE), 1)}
    found = difference(expand(template(after), ON, HERE), old, old)
    assert {view.key for view in found.retired} == {one.key for one in before} - {one.key for one in after}
    written = {view.id: view for view in views(found)}
    assert all(not written[view.id].active for view in found.retired)
    assert len(written) == len(found.added) + len(found.changed) + len(found.retired)


@given(pattern_signals(), st.integers(1, 10_000))
def test_an_override_holds_whatever_the_template_says(signals: tuple[SignalView, ...], period_ms: int) -> None:
    if not signals:
        return
    here = replace(ON, overrides={signals[0].key: {"period": f"{period_ms}ms"}})
    plain, own = (expand(template(signals), one, HERE) for one in (ON, here))
    assert own[0] == replace(plain[0], period_ms=period_ms) and own[1:] == plain[1:]


def test_what_fits_nothing_is_refused() -> None:
    view = template((SignalView(0, "", "temp", "", LocalText(), Kind.FLOAT, address="{machine}.T"),))
    wrong = [
        replace(ON, overrides={"none": {"period": "1s"}}),
        replace(ON, overrides={"temp": {"colour": "red"}}),
        replace(ON, values={"nothing": "1"}),
        replace(ON, values={"unit_no": "seven"}),
    ]
    for instance in wrong:
        with pytest.raises(InvalidInput):
            expand(view, instance, HERE)
    lacking = replace(view, parameters=(Parameter("device"),), signals=(replace(view.signals[0], address="{device}"),))
    with pytest.raises(InvalidInput, match='"device" has no value'):
        expand(lacking, ON, HERE)
    with pytest.raises(InvalidInput, match='no parameter "who"'):
        documents.check_template(replace(view, signals=(replace(view.signals[0], address="{who}"),)))


def signal(key: str, address: str) -> SignalView:
    return SignalView(3, f"sz.smt.oven-1.{key}", key, "sz/smt/oven-1", LocalText(key), Kind.FLOAT, address=address)


def test_the_machine_in_its_addresses_is_proposed() -> None:
    found = proposals([signal("a", "ns=2;s=oven-1.Temp"), signal("b", "ns=2;s=oven-1.Speed")], "sz/smt/oven-1", "l1")
    assert found == (Proposal("oven-1", "machine", 2, own=False),)


def test_else_what_most_addresses_share_is_proposed_and_made_a_parameter() -> None:
    signals = [signal("a", "ns=2;s=Press_04.T{1}"), signal("b", "ns=2;s=Press_04.Speed"), signal("c", "ns=2;s=Hall.T")]
    found = proposals(signals, "sz/smt/oven-1")
    assert found == (Proposal("Press_04", "device", 2),)
    view, usual = template_of("press", LocalText(), signals, found)
    assert usual == "" and view.parameters == (Parameter("device"),)
    assert [one.address for one in view.signals] == ["ns=2;s={device}.T{{1}}", "ns=2;s={device}.Speed", "ns=2;s=Hall.T"]
    filled = expand(view, InstanceView("press", "sz/smt/oven-1", values={"device": "Press_04"}), HERE)
    assert [one.address for one in filled] == [one.address for one in signals]


@given(TEXTS, st.text(alphabet="abc12_", min_size=1, max_size=5))
def test_replaced_parts_fill_to_the_address_again(address: str, text: str) -> None:
    pattern = replaced(address, [Proposal(text, "device", 1)])
    assert patterns.fill(pattern, {"device": text}, "x") == address
