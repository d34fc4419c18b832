"""Promise: blocks grow and end, a flood leaves few rows, the chain shows any change, tokens have one shape."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kandelia.kernel.access.logic import token_text
from kandelia.kernel.access.logic.attempts import (
    ADDRESS_POLICY,
    BLOCK_S_FIRST,
    NAME_POLICY,
    Attempts,
    Policy,
    address_key,
    failed,
    worth_a_row,
)
from kandelia.kernel.access.logic.chain import START, Row, link

AT = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)
ROW = Row(AT, "main", "person:1", "sign-in", "li", {"b": 1, "a": "电"}, "127.0.0.1")


def after(count: int, policy: Policy = NAME_POLICY) -> Attempts:
    attempts = Attempts()
    for _ in range(count):
        attempts = failed(attempts, 1_000.0, policy)
    return attempts


def test_a_few_mistakes_are_free_then_blocks_double() -> None:
    assert after(4).wait_s(1_000.0) == 0
    assert after(5).wait_s(1_000.0) == BLOCK_S_FIRST
    assert after(6).wait_s(1_000.0) == 2 * BLOCK_S_FIRST
    assert after(500).wait_s(1_000.0) == NAME_POLICY.block_s_max
    assert after(500, ADDRESS_POLICY).wait_s(1_000.0) == ADDRESS_POLICY.block_s_max
    assert after(5).wait_s(1_000.0 + BLOCK_S_FIRST) == 0


def test_a_quiet_day_forgets() -> None:
    assert failed(after(50), 1_000.0 + NAME_POLICY.forget_s + 1, NAME_POLICY).failures == 1


def test_a_flood_leaves_few_rows() -> None:
    assert sum(worth_a_row(n) for n in range(1, 1_000_001)) == 20


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("", ""),
    ],
)
def test_one_household_is_one_address(address: str, key: str) -> None:
    assert address_key(address) == key


@pytest.mark.parametrize(
    "change",
    [
        {"at": AT + timedelta(microseconds=1)},
        {"organisation": "other"},
        {"subject": "person:2"},
        {"action": "sign-out"},
        {"target": "wang"},
        {"details": {"a": "电", "b": 2}},
        {"address": ""},
    ],
)
def test_any_change_changes_the_hash(change: dict[str, object]) -> None:
    assert link(START, replace(ROW, **change)) != link(START, ROW)


def test_the_hash_covers_the_row_before_and_no_accident_of_form() -> None:
    assert link("1" * 64, ROW) != link(START, ROW)
    elsewhere = AT.astimezone(timezone(timedelta(hours=8)))
    assert link(START, replace(ROW, at=elsewhere, details={"a": "电", "b": 1})) == link(START, ROW)


def test_tokens_are_recognised_in_their_header() -> None:
    secret = token_text.make()
    assert token_text.of_header(f"Bearer {secret}") == token_text.of_header(f"bearer  {secret}") == secret
    assert token_text.digest(secret) != token_text.digest(token_text.make())


@given(st.text())
def test_other_headers_are_none(header: str) -> None:
    assert token_text.of_header(header) is None
