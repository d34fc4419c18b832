"""Promise: the command answers as its help says, needs no installation, and its errors say how to mend them."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from kandelia.apps.measures.facade import table


def kandelia(tmp_path: Path, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "kandelia.boot.command", "measures", *arguments]
    return subprocess.run(command, cwd=tmp_path, input=stdin, capture_output=True, text=True, check=False)


@pytest.fixture
def asked(tmp_path: Path) -> Path:
    file = tmp_path / "m5.json"
    file.write_text('{"service_fee": 3000000.00, "earlier_awards": ["500000", "1200000"]}')
    return file


def test_compute_answers_programs_and_people(tmp_path: Path, asked: Path) -> None:
    arguments = ("compute", "M5", "--input", asked.name, "--as-of", "2019-05-01")
    done = kandelia(tmp_path, *arguments, "--json")
    told = json.loads(done.stdout)
    assert (told["upper_bound"], told["binding"]) == ("300000", "cap_per_year")
    keys = {"trace", "conditions", "unspecified", "assumptions", "engine", "parameters"}
    assert keys <= set(told)
    assert done.stdout == kandelia(tmp_path, *arguments, "--json").stdout
    assert "at most ¥300,000, bound by cap_per_year" in kandelia(tmp_path, *arguments).stdout
    assert list(tmp_path.iterdir()) == [asked]


def test_list_schema_and_table(tmp_path: Path) -> None:
    assert len(json.loads(kandelia(tmp_path, "list", "--json").stdout)["lines"]) == 20
    assert json.loads(kandelia(tmp_path, "schema", "M14a", "--json").stdout)["required"]
    assert kandelia(tmp_path, "list", "--markdown").stdout == table()


def test_errors_are_one_line_with_a_mend(tmp_path: Path, asked: Path) -> None:
    (tmp_path / "broken.json").write_text('{"a": }')
    for arguments, told in (
        (("compute", "M55", "--input", asked.name, "--as-of", "2019-05-01"), "the lines are M1a"),
        (("compute", "M5", "--input", asked.name, "--as-of", "May"), "--as-of"),
        (("compute", "M5", "--input", "broken.json", "--as-of", "2019-05-01"), "line 1, column 7"),
    ):
        done = kandelia(tmp_path, *arguments)
        assert done.returncode == 1
        assert told in done.stderr
        assert len(done.stderr.splitlines()) == 1


def test_compare_tells_the_difference_by_line(tmp_path: Path) -> None:
    change = "{line: M5, parameter: cap, value: 600000, clause: draft}"
    (tmp_path / "draft.yaml").write_text(f"changes:\n  - {change}\n")
    case = {"line": "M5", "input": {"service_fee": 3000000, "earlier_awards": 0}, "as_of": "2019-05-01"}
    done = kandelia(
        tmp_path, "compare", "--draft", "draft.yaml", "--cases", "-", "--json", stdin=f"{json.dumps(case)}\n" * 3
    )
    told = json.loads(done.stdout)["lines"]
    assert told == [
        {"line": "M5", "cases": 3, "changed": 3, "before": "1500000", "after": "1800000", "difference": "300000"}
    ]
