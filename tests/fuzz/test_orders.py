"""Promise: what stands on the bus as an order is one that an edge may act on, or is refused; values survive as text."""

import contextlib
import math
import re

import msgspec
from hypothesis import example, given
from hypothesis import strategies as st

from kandelia.base.errors import InvalidInput
from kandelia.base.samples import Kind
from kandelia.kernel.commands.logic.values import read, said
from kandelia.kernel.connections.contracts import WriteRule
from kandelia.kernel.connections.logic.setpoints import as_kind, check_rule, check_step, same
from kandelia.kernel.connections.orders import VALIDITY_S_MAX, Fate, Order, Word, decode_order, decode_word
from tests.fuzz.test_decoders import damaged

NS = 1_000_000_000
GOOD = Order("0" * 26, "main", "plant", "line1", 1, 240.5, 1 * NS, 61 * NS, 0.05)
WORD = Word("0" * 26, "main", Fate.CONFIRMED, 1, read_back=1.0)
VALUES = st.one_of(st.floats(), st.integers(), st.booleans(), st.text(max_size=300))


@given(st.one_of(st.binary(max_size=400), damaged(msgspec.json.encode(GOOD))))
@example(b"[" * 4_000)
@example(msgspec.json.encode(GOOD).replace(b'"' + b"0" * 26, b'"../../../etc/passwd'))
@example(msgspec.json.encode(GOOD).replace(b"240.5", b"1e999"))
@example(msgspec.json.encode(GOOD).replace(b"240.5", b"9" * 400))
def test_orders(data: bytes) -> None:
    with contextlib.suppress(InvalidInput):
        order = decode_order(data)
        assert re.fullmatch("[0-9a-z]{26}", order.id)
        assert order.issued_ns < order.expires_ns <= order.issued_ns + VALIDITY_S_MAX * NS
        assert not isinstance(order.value, float) or math.isfinite(order.value)


@given(st.one_of(st.binary(max_size=400), damaged(msgspec.json.encode(WORD))))
def test_words_about_orders(data: bytes) -> None:
    with contextlib.suppress(InvalidInput):
        assert decode_word(data).fate in Fate


@given(VALUES, st.sampled_from(list(Kind)))
def test_a_value_is_the_same_again_after_its_text(value: object, kind: Kind) -> None:
    with contextlib.suppress(InvalidInput):
        taken = as_kind(value, kind)
        assert same(taken, read(said(taken), kind)) and type(read(said(taken), kind)) is type(taken)


@example(0.0, float("nan"), 0.0, 0.0, 1.0)  # found: no step from what is no number can be judged
@given(st.floats(), st.floats(), st.floats(-1e6, 1e6), st.floats(-1e6, 1e6), st.floats(0.001, 1e6))
def test_nothing_beyond_the_rule_passes(value: float, present: float, low: float, high: float, step: float) -> None:
    rule = WriteRule(low, high, step)
    with contextlib.suppress(InvalidInput):
        wanted = as_kind(value, Kind.FLOAT)
        check_step(check_rule(rule, wanted), wanted, present)
        assert low <= wanted <= high and abs(wanted - present) <= step * 1.001
