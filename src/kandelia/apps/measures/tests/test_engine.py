"""Promise: results say what they rest on, hashes follow the numbers, mistakes say what, where and how to mend it."""

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import jsonschema
import pytest

from kandelia.apps.measures.logic.asking import parse_json, read_case
from kandelia.apps.measures.logic.drafts import Case, by_line, differences, read_draft
from kandelia.apps.measures.logic.engine import compute
from kandelia.apps.measures.logic.listing import documents, gives
from kandelia.apps.measures.logic.money import parse_money, spoken_money
from kandelia.apps.measures.logic.reading import WrongParameters, read_measures
from kandelia.apps.measures.logic.schema import schema
from kandelia.apps.measures.store import DATA, current, texts_of
from kandelia.apps.measures.tests.reading_cases import cases
from kandelia.base.errors import InvalidInput, NotFound

DAY = date(2019, 6, 30)
M10 = {"actual_total_input": "2000000"}


def ask(line: str, given: Any, day: date = DAY) -> dict[str, Any]:
    return json.loads(compute(current(), line, given, day).canonical())


def test_a_result_names_clause_parameter_engine_and_open_points() -> None:
    told = ask("M10", M10)
    step = next(one for one in told["trace"] if one["bound"] == told["binding"])
    assert step["clause"] == "M10"
    assert step["parameter"] == {
        "name": "rate",
        "value": "0.30",
        "unit": "share",
        "valid_from": "2018-07-01",
        "valid_to": "2020-12-31",
        "clause": "M10",
        "wording": "按不超过…的30%",
    }
    assert step["inputs"] == [{"name": "actual_total_input", "value": "2000000", "evidence": "claimed"}]
    assert told["engine"] == {"name": "kandelia-measures", "version": "1.0"}
    assert [one["name"] for one in told["parameters"]["values"]] == ["rate", "cap"]
    assert {"A1", "A3", "A4", "A8", "A13", "A18", "A19"} <= {one["id"] for one in told["unspecified"]}
    assert all(one["default"] for one in told["assumptions"])


def test_the_exact_rate_of_m18_2b_is_no_ceiling() -> None:
    told = ask("M18.2b", {"sale_date": "2018-08-01", "receipts": [{"date": "2018-08-02", "amount": 10}]})
    assert "A1" not in {one["id"] for one in told["unspecified"]}
    assert "exactly 30 %" in next(one["text"]["en"] for one in told["trace"] if one["bound"] == "rate")


def test_out_of_force_is_said_and_is_never_nothing() -> None:
    told = ask("M10", M10, date(2021, 1, 1))
    assert (told["upper_bound"], told["binding"], told["state"], told["trace"]) == (None, None, "not_in_force", [])
    assert told["conditions"][0]["answer"] == "missed"
    assert "2021-01-01" in told["conditions"][0]["because"]["en"]


def test_hashes_follow_the_numbers_and_nothing_else() -> None:
    line = current().lines["M10"]
    cap = line.parameters["cap"]
    changed = replace(cap, values=(replace(cap.values[0], value=Decimal(3_000_001)),))
    moved = replace(line, parameters={**line.parameters, "cap": changed})
    other = replace(current(), lines={**current().lines, "M10": moved})
    one, two = ask("M10", M10)["parameters"], json.loads(compute(other, "M10", M10, DAY).canonical())["parameters"]
    assert one["sha256"] != two["sha256"]
    assert one["set_sha256"] != two["set_sha256"]
    assert (
        ask("M7", {"actual_input": 1})["parameters"]["sha256"]
        == json.loads(compute(other, "M7", {"actual_input": 1}, DAY).canonical())["parameters"]["sha256"]
    )
    again = read_measures(texts_of(DATA))
    assert compute(again, "M10", M10, DAY).canonical() == compute(current(), "M10", M10, DAY).canonical()


@pytest.mark.parametrize(
    ("given", "where"),
    [
        ({"actual_total_input": 0.5}, "actual_total_input"),
        ({"actual_total_input": "-1"}, "actual_total_input"),
        ({"actual_total_input": "1.001"}, "actual_total_input"),
        ({"actual_total_input": "NaN"}, "actual_total_input"),
        ({"actual_total_input": "1e20"}, "actual_total_input"),
        ({"actual_total_input": True}, "actual_total_input"),
        ({"actual_total_input": {"amount": "1", "evidence": "sworn"}}, "actual_total_input"),
        ({"actual_total_input": {"amount": "x"}}, "actual_total_input.amount"),
        ({"effect": "yes"}, "effect"),
        ({"also_funded": ["M99"]}, "also_funded"),
        ({"also_funded": [1]}, "also_funded"),
        ({"assumptions": {"A16": "whole"}}, "assumptions.A16"),
        ({"assumptions": {"A4": "perhaps"}}, "assumptions.A4"),
        ({"assumptions": []}, "assumptions"),
        ({"total": 1}, "total"),
        ([], "M10"),
    ],
)
def test_a_wrong_input_is_told_with_its_place_and_a_mend(given: Any, where: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        compute(current(), "M10", given, DAY)
    assert raised.value.where == where
    assert raised.value.mend


@pytest.mark.parametrize(
    "given",
    [
        {"receipts": [{"date": "2019-1-1", "amount": "1"}]},
        {"receipts": [{"date": "2019-01-01"}]},
        {"receipts": "2019-01-01 1"},
        {"receipts": [{"date": "2019-01-01", "amount": "1"}] * 1001},
        {"sale_date": "20190101"},
        {"sale_date": "9999-12-31", "receipts": []},
    ],
)
def test_wrong_receipts_and_days_are_told(given: Any) -> None:
    with pytest.raises(InvalidInput):
        compute(current(), "M18.2b", given, DAY)


def test_an_unknown_line_names_those_there_are() -> None:
    with pytest.raises(NotFound, match="the lines are"):
        compute(current(), "M9", {}, DAY)


def test_money_is_exact() -> None:
    assert parse_money("30,000,000.01", "x") == Decimal("30000000.01")
    assert parse_json('{"a": 0.07, "b": 16777217}', "x") == {"a": Decimal("0.07"), "b": 16777217}
    assert ask("M10", {"actual_total_input": parse_json("999999999999.99", "x")})["upper_bound"] == "3000000"
    assert (spoken_money(Decimal(1_250_000), "zh"), spoken_money(Decimal("1250000.5"), "en")) == (
        "125万元",
        "¥1,250,000.50",
    )


@pytest.mark.parametrize("text", ["{", '{"a": NaN}', '{"a": 1, "a": 2}', "[" * 100_000])
def test_what_is_not_json_is_told(text: str) -> None:
    with pytest.raises(InvalidInput):
        parse_json(text, "input.json")


@pytest.mark.parametrize("line", list(current().lines))
def test_the_schema_takes_what_the_cases_send_and_no_more(line: str) -> None:
    made = schema(current(), current().lines[line])
    jsonschema.Draft202012Validator.check_schema(made)
    validator = jsonschema.Draft202012Validator(made)
    sent = [case for case in cases() if case.line == line]
    for case in sent:
        missing = {one.name for one in compute(current(), line, case.given, case.as_of).missing}
        lacking = {one.validator for one in validator.iter_errors(case.given)}
        assert lacking <= ({"required"} if missing else set()), case
    assert not validator.is_valid({**sent[0].given, "x": 1})


def test_the_list_has_every_line_commitment_and_open_point() -> None:
    told = documents(current())
    assert (len(told["lines"]), len(told["commitments"]), len(told["ambiguities"])) == (20, 11, 21)
    assert all(one["gives"]["zh"] and one["gives"]["en"] and one["validity"]["clause"] for one in told["lines"])
    assert gives(current().lines["M5"]).zh == "不超过所收取服务费的 30 %；每个实施方案最高 50万元；每家每年最高 200万元"


DRAFT = """\
changes:
  - {line: M10, parameter: cap, value: 500000, from: 2019-01-01, to: 2019-12-31, clause: draft}
  - {line: M10, parameter: rate, value: 0.40, from: 2021-01-01, to: 2022-12-31, clause: draft}
  - {line: M10, parameter: cap, value: 700000, from: 2021-01-01, to: 2022-12-31, clause: draft}
"""


def test_a_draft_tells_what_it_would_change_by_line() -> None:
    draft = read_draft(current(), DRAFT, "draft.yaml")
    asked = [
        Case("before", "M10", M10, date(2018, 12, 31)),
        Case("within", "M10", M10, DAY),
        Case("after", "M10", M10, date(2020, 1, 1)),
        Case("successor", "M10", M10, date(2022, 1, 1)),
        Case("other", "M7", {"actual_input": "100"}, DAY),
    ]
    found = differences(current(), draft, asked)
    assert [(one.before.upper_bound, one.after.upper_bound) for one in found] == [
        ("600000", "600000"),
        ("600000", "500000"),
        ("600000", "600000"),
        ("", "700000"),
        ("30", "30"),
    ]
    sums = {one.line: (one.cases, one.changed, one.before, one.after) for one in by_line(found)}
    assert sums == {"M10": (4, 2, 1_800_000, 2_400_000), "M7": (1, 0, 30, 30)}
    assert [one.validity.clause for one in draft.lines["M10"].parameters["cap"].values] == [
        "M10",
        "draft",
        "M10",
        "draft",
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("changes:\n  - {line: M99, parameter: cap, value: 1, clause: x}", "line 2"),
        ("changes:\n  - {line: M10, parameter: lid, value: 1, clause: x}", "rate, cap"),
        ("changes:\n  - {line: M10, parameter: cap, value: many, clause: x}", "write a number"),
        ("changes:\n  - {line: M10, parameter: cap, value: 1}", 'lacks "clause"'),
        ("change: []", 'write "changes"'),
        ("", "empty"),
    ],
)
def test_a_wrong_draft_is_told_with_its_line(text: str, told: str) -> None:
    with pytest.raises(WrongParameters) as raised:
        read_draft(current(), text, "draft.yaml")
    assert told in str(raised.value)


@pytest.mark.parametrize(
    ("file", "before", "after", "told"),
    [
        ("lines/M10.yaml", "value: 3000000", "value: 3 m", 'line 17 of lines/M10.yaml: "3 m" is not a number'),
        ("lines/M10.yaml", "clause: M10, wording: 最高", "wording: 最高", 'lacks "clause"'),
        ("lines/M10.yaml", "unit: CNY", "unit: share", "is counted in share"),
        ("lines/M10.yaml", "- rate:", "- formula:", 'a bound has no "formula"'),
        ("lines/M10.yaml", "parameter: rate,", "parameter: share,", 'there is no parameter "share"'),
        ("lines/M10.yaml", "of: [actual_total_input]", "of: [effect]", '"effect" is no amount'),
        ("lines/M10.yaml", "yes: effect", "yes: affect", 'asks for "affect"'),
        ("lines/M10.yaml", "      - cap: {parameter: cap, per: project}\n", "", "is used by no bound"),
        ("lines/M11.yaml", "whole: [total_investment]", "all: [total_investment]", "are not its options"),
        ("lines/M11.yaml", "on: A16", "on: A99", '"A99" is no assumption'),
        ("lines/M10.yaml", "line: M10", "line: M11", 'the line "M11" is there already'),
        ("lines/M10.yaml", "chapter: 五 应用", "chapter: 五", 'there is no chapter "五"'),
        ("document.yaml", "to: 2020-12-31", "to: 2017-12-31", "before the first"),
        ("document.yaml", "from: 2018-07-01", "from: 2018-7-1", "is not the first day"),
        ("ambiguities.yaml", "default: cap_basis_unspecified", "default: x", "none of the options"),
        ("ambiguities.yaml", "lines: [M5]", "lines: [M55]", 'there is no line "M55"'),
        ("overlaps.yaml", "[M3, M4]", "[M3, M44]", 'there is no line "M44"'),
        ("overlaps.yaml", "overlaps:", "overlaps: [", "this is not YAML"),
    ],
)
def test_a_wrong_parameter_file_is_told_with_its_line(file: str, before: str, after: str, told: str) -> None:
    texts = texts_of(DATA)
    assert before in texts[file]
    with pytest.raises(WrongParameters) as raised:
        read_measures({**texts, file: texts[file].replace(before, after, 1)})
    assert any(told in one for one in raised.value.mistakes), raised.value.mistakes


def test_two_values_on_one_day_are_refused() -> None:
    texts = texts_of(DATA)
    two = (
        "cap: {unit: CNY, values: [{value: 1, clause: M10, to: 2019-12-31}, {value: 2, clause: M10, from: 2019-12-31}]}"
    )
    file = "lines/M10.yaml"
    text = texts[file].replace("cap: {unit: CNY, value: 3000000, clause: M10, wording: 最高}", two)
    with pytest.raises(WrongParameters, match="two values of"):
        read_measures({**texts, file: text})


def test_a_missing_file_is_told() -> None:
    texts = texts_of(DATA)
    with pytest.raises(WrongParameters, match=r"overlaps\.yaml: the file is missing"):
        read_measures({name: text for name, text in texts.items() if name != "overlaps.yaml"})


def test_a_case_line_is_checked() -> None:
    case = read_case({"line": "M5", "input": {}, "as_of": "2019-05-01"}, "line 1")
    assert (case.line, case.as_of) == ("M5", date(2019, 5, 1))
    for wrong in ([], {"line": "M5"}, {"line": 5, "input": {}, "as_of": "2019-05-01"}):
        with pytest.raises(InvalidInput):
            read_case(wrong, "line 1")
