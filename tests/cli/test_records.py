"""Promise: commands load, list and ask for things, connections and signals; mistakes say how to mend them."""

import json
import time

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.installation import Installation, installation, until

pytestmark = pytest.mark.slow
PLANT = """\
connections:
  - {key: link, site: s1, driver: opcua, enabled: false, settings: {url: "opc.tcp://127.0.0.1:9"}}
sites:
  - key: s1
    name: {zh: 一厂, en: Plant one}
    areas:
      - key: hall
        machines:
          - key: oven
            name: {zh: 回流焊炉, en: Reflow oven}
            connection: link
            signals:
              - {key: temperature, name: {zh: 温度, en: Temperature}, unit: Cel, address: a}
              - {key: count, type: integer, address: b}
"""
SECONDS = 100
BEGAN_S = int(time.time()) - 3_600
ID = "s1.hall.oven.temperature"


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    with installation(tmp_path_factory.mktemp("cli") / "data") as running:
        (running.directory / "plant.yaml").write_text(PLANT, encoding="utf-8")
        running.command("things", "load", str(running.directory / "plant.yaml"))
        yield running


def file_of(house: Installation, name: str, content: str | dict) -> str:
    file = house.directory / name
    if isinstance(content, dict):
        pq.write_table(pa.table(content), file)
    else:
        file.write_text(content, encoding="utf-8")
    return str(file)


def refused(house: Installation, *arguments: str) -> str:
    said = house.command(*arguments, check=False)
    assert "Traceback" not in said
    return said


def samples(signal: object = ID) -> dict:
    times = [(BEGAN_S + n) * 1_000_000_000 for n in range(SECONDS)]
    return {
        "signal": [signal] * SECONDS,
        "time": pa.array(times, pa.timestamp("ns", "UTC")),
        "value": [float(n) for n in range(SECONDS)],
    }


def test_loading_again_changes_nothing_and_the_tree_shows_it(house):
    loaded = json.loads(house.command("things", "load", str(house.directory / "plant.yaml"), "--json"))
    assert (loaded["signals"], loaded["signals_created"], loaded["things_changed"]) == (2, 0, 0)
    assert "oven" in house.command("things", "tree")
    sites = json.loads(house.command("things", "tree", "--json"))
    assert sites[0]["areas"][0]["machines"][0]["path"] == "s1/hall/oven"


def test_a_plant_files_mistakes_are_told_by_line_and_nothing_is_written(house):
    wrong = PLANT.replace("unit: Cel", "unit: Celsius").replace("type: integer", "type: whole").replace("s1", "s2")
    said = refused(house, "things", "load", file_of(house, "wrong.yaml", wrong))
    assert "line 13, column " in said
    assert "line 14, column " in said
    assert "use float, integer" in said
    assert "nothing was written" in said
    assert "s2" not in house.command("things", "tree")


def test_a_site_goes_out_and_in_as_one_file_with_its_templates(house):
    templated = PLANT.replace(
        "            signals:\n", "            templates: [{template: fan, values: {rank: 7}}]\n            signals:\n"
    )
    signal = '{key: rpm, address: "f{rank:02}"}'
    templated += f"templates: [{{key: fan, parameters: [{{name: rank, type: integer}}], signals: [{signal}]}}]\n"
    file = file_of(house, "site.yaml", templated)
    tried = json.loads(house.command("things", "import", file, "--dry-run", "--json"))
    assert (tried["signals_created"], tried["created"][0]) == (1, "template fan")
    assert json.loads(house.command("templates", "list", "--json")) == []
    house.command("things", "import", file)
    out = house.directory / "out.yaml"
    house.command("things", "export", "s1", "--out", str(out))
    assert "templates:" in out.read_text() and house.command("things", "export", "s1") == out.read_text()
    assert json.loads(house.command("things", "import", str(out), "--json"))["templates_changed"] == 0
    (one,) = json.loads(house.command("templates", "list", "--json"))
    assert (one["key"], one["state"], one["version"], one["instances"]) == ("fan", "published", 1, 1)
    assert json.loads(house.command("templates", "show", "fan", "--json"))["instances"][0]["machine"] == "s1/hall/oven"
    assert "1 machines; signals: 0 new" in house.command("templates", "apply", "fan", "--dry-run")
    assert json.loads(house.command("templates", "apply", "fan", "--json"))["created"] == 0
    assert "f07" in [one["address"] for one in json.loads(house.command("signals", "list", "--json"))]


def test_a_plant_file_beyond_the_limit_is_refused_before_it_is_read(house):
    said = refused(house, "things", "load", file_of(house, "large.yaml", "# " + "x" * 80_000_000))
    assert "line 1 of large.yaml: the file is larger than 80 MB; split it" in said


@pytest.mark.parametrize("command", [("things", "load"), ("signals", "load")])
def test_a_missing_file_is_named(house, command):
    assert "'nothing.file' does not exist" in refused(house, *command, "nothing.file")


def test_samples_are_loaded_and_asked_for(house):
    said = house.command("signals", "load", file_of(house, "good.parquet", samples()), "--json")
    assert json.loads(said) == {"rows": SECONDS}
    window = ("--from", str(BEGAN_S * 1000), "--to", str((BEGAN_S + SECONDS) * 1000))
    lines = until("samples are stored", lambda: rows_of(house, ID, *window), 40)
    assert len(lines) == SECONDS
    trend = json.loads(house.command("signals", "query", ID, *window, "--points", "10", "--format", "json"))
    assert (trend["id"], sum(trend["count"]), max(trend["max"])) == (ID, SECONDS, SECONDS - 1)
    out = house.directory / "out.parquet"
    house.command("signals", "query", ID, *window, "--every", "1m", "--format", "parquet", "--out", str(out))
    assert sum(pq.read_table(out)["count"].to_pylist()) == SECONDS


def rows_of(house: Installation, *question: str) -> list[str]:
    lines = house.command("signals", "query", *question).splitlines()[1:]
    return lines if len(lines) >= SECONDS else []


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (samples("s1.hall.oven.none"), "s1.hall.oven.none"),
        (samples(4_000_000), "4000000"),
        ({"signal": [ID], "value": [1.0]}, 'the column "time" is missing'),
        ({"signal": [ID], "time": ["yesterday"], "value": [1.0]}, "time"),
        ("signal,time,value\n", "it has no rows of values"),
    ],
)
def test_a_wrong_file_of_samples_says_what_is_wrong(house, content, said):
    answer = refused(house, "signals", "load", file_of(house, "wrong.parquet", content))
    assert said in answer
    assert "stored" not in answer


@pytest.mark.parametrize(
    ("question", "said"),
    [
        (("s1.hall.oven.none", "--from", "0", "--to", "1"), 'there is no signal "s1.hall.oven.none"'),
        (("999999", "--from", "0", "--to", "1"), "there is no signal 999999"),
        ((ID, "--from", "yesterday", "--to", "1"), "--from"),
        ((ID, "--from", "0", "--to", "1", "--points", "5", "--every", "1m"), "use one of them"),
        ((ID, "--from", "0", "--to", "1", "--format", "parquet"), "name a file"),
        ((ID, "--from", "0", "--to", "1", "--every", "soon"), "--every"),
    ],
)
def test_a_wrong_question_says_how_to_ask(house, question, said):
    assert said in refused(house, "signals", "query", *question)


def test_signals_are_listed_and_found(house):
    listed = [one["key"] for one in json.loads(house.command("signals", "list", "--json"))]
    assert listed[:2] == ["temperature", "count"]
    assert ID in house.command("signals", "list", "温度")
    assert ID not in house.command("signals", "list", "pressure")
    assert f"1 of {len(listed)}; ask for more" in house.command("signals", "list", "--limit", "1", check=False)


def test_connections_are_listed_with_revisions(house):
    assert "link" in house.command("connections", "list")
    found = json.loads(house.command("connections", "list", "--json"))
    assert found[0]["connection"]["key"] == "link"
    assert found[0]["connection"]["settings"]["url"] == "opc.tcp://127.0.0.1:9"


def test_browsing_what_is_not_there_says_so(house):
    assert 'there is no connection "none"' in refused(house, "connections", "browse", "none")
    assert "settings.url: this setting is not known; use " in refused(house, "connections", "browse", "link")


def test_an_unknown_organisation_is_named(house):
    assert 'there is no organisation "nobody"' in refused(house, "signals", "list", "--org", "nobody")


def test_an_organisation_with_a_dot_is_refused(house):
    said = refused(house, "org", "add", "a.b")
    assert "leave out dots" in said


MAP = """\
key,name,unit,device,register,format
voltage,Voltage,V,1,40001,float32
current,Current,A,1,40003,float32
"""


def test_a_register_map_becomes_signals(house: Installation) -> None:
    gateway = PLANT.replace("driver: opcua", "driver: modbus").replace("key: link", "key: gateway")
    house.command("things", "load", file_of(house, "gateway.yaml", gateway.partition("sites:")[0]))
    arguments = ("connections", "map", "gateway", file_of(house, "meter.csv", MAP), "--machine", "s1/hall/oven")
    assert "unit=1;register=40001;type=float32" in house.command(*arguments, "--check")
    assert "voltage" not in house.command("signals", "list")
    assert "2 signals: 2 new" in house.command(*arguments)
    assert "0 new, 0 changed" in house.command(*arguments)
    said = refused(house, *arguments[:3], file_of(house, "wrong.csv", MAP.replace("40003", "9")), *arguments[4:])
    assert "wrong.csv, line 3" in said and "nothing was written" in said
