"""Promise: a plant file is written whole or not at all, and each mistake is told with its line."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from kandelia.kernel.access.contracts import Role, Viewer
from kandelia.kernel.access.facade import system_viewer
from kandelia.kernel.access.models import AuditEntry, Organisation
from kandelia.kernel.connections import facade as connections
from kandelia.kernel.connections import secrets
from kandelia.kernel.connections.models import Outbox
from kandelia.kernel.signals import facade as signals
from kandelia.kernel.signals.logic.plant_file import Known, read
from kandelia.kernel.signals.logic.yaml_nodes import MISTAKES_MAX
from kandelia.kernel.signals.models import Signal, SignalVersion
from kandelia.kernel.templates import facade as templates
from kandelia.kernel.templates.logic.site_text import text_of
from kandelia.kernel.templates.site_export import export_site
from kandelia.kernel.templates.site_files import WrongFile, import_site, load_plant
from kandelia.kernel.things import facade as things

DEMO = Path(__file__).parents[5] / "examples" / "demo-plant" / "plant.yaml"
SMALL = """\
connections:
  - {key: link, site: s1, driver: opcua, settings: {url: "opc.tcp://127.0.0.1:4840", password: hush}}
sites:
  - key: s1
    name: {zh: 一厂, en: Plant one}
    areas:
      - key: hall
        machines:
          - key: oven
            name: 回流焊炉
            state: state
            card: [zone1.temperature]
            connection: link
            signals:
              - {key: zone1.temperature, unit: Cel, range: [20, null], period: 500ms, address: a}
              - {key: state, type: enumeration, labels: {0: 停机, 1: {en: running}}, connection: ""}
"""


class Keeper(dict):
    def put(self, name, secret):
        self[name] = secret

    def remove(self, name):
        self.pop(name, None)


@pytest.fixture
def viewer(db) -> Viewer:
    Organisation.objects.create(id="north")
    return system_viewer("north")


@pytest.fixture(autouse=True)
def keeper(monkeypatch):
    kept = Keeper()
    monkeypatch.setattr(secrets, "_keeper", [kept])
    return kept


def mistakes(text: str) -> tuple[str, ...]:
    return read(text, "site.yaml", Known())[1]


def test_small_plant(viewer, keeper):
    loaded = load_plant(viewer, SMALL, "site.yaml")
    assert (loaded.signals_created, loaded.connections_created, loaded.things_created) == (2, 1, 3)
    oven = things.machine(viewer, "s1/hall/oven")
    assert oven.name.zh == "回流焊炉" and oven.card_signals == ("zone1.temperature",)
    first, second = signals.of_machine(viewer, "s1/hall/oven")
    assert (first.id, first.low, first.high, first.period_ms) == ("s1.hall.oven.zone1.temperature", 20.0, None, 500)
    assert second.labels[0].zh == "停机" and second.connection == ""
    settings = connections.connection(viewer, "link").settings
    (name,) = keeper
    assert settings["password"] == {"secret": name} and name.startswith("connection.north.link.password.")
    assert keeper == {name: b"hush"}


def test_loading_again_changes_nothing(viewer, keeper):
    load_plant(viewer, SMALL, "site.yaml")
    stored = list(Signal.objects.values()), list(Outbox.objects.values("key", "revision"))
    audited = AuditEntry.objects.count()
    secretless = SMALL.replace("password: hush", f"password: {{secret: {next(iter(keeper))}}}")
    assert not load_plant(viewer, secretless, "site.yaml").any
    assert stored == (list(Signal.objects.values()), list(Outbox.objects.values("key", "revision")))
    assert AuditEntry.objects.count() == audited


def test_a_changed_unit_begins_a_version_and_keeps_the_number(viewer):
    load_plant(viewer, SMALL, "site.yaml")
    before = signals.by_ids(viewer, ["s1.hall.oven.zone1.temperature"])
    load_plant(viewer, SMALL.replace("Cel", "K"), "site.yaml")
    after = signals.by_ids(viewer, ["s1.hall.oven.zone1.temperature"])
    assert [view.number for view in before.values()] == [view.number for view in after.values()]
    number = next(iter(after.values())).number
    assert list(SignalVersion.objects.filter(signal_id=number).values_list("unit", flat=True)) == ["Cel", "K"]


def test_the_demo_plant_loads(viewer):
    loaded = load_plant(viewer, DEMO.read_text(), "plant.yaml")
    assert loaded.signals >= 300
    assert not load_plant(viewer, DEMO.read_text(), "plant.yaml").any


def test_a_viewer_may_not_load(viewer):
    with pytest.raises(Exception, match="may not configure"):
        load_plant(Viewer("north", "person:1", "x", Role.OPERATOR), SMALL, "site.yaml")


def test_nothing_is_written_when_something_is_wrong(viewer):
    with pytest.raises(WrongFile) as caught:
        load_plant(viewer, SMALL.replace("unit: Cel", "unit: °C").replace("range: [20", "range: [x"), "site.yaml")
    assert len(caught.value.mistakes) == 2
    assert not Signal.objects.exists() and not things.tree(viewer) and not Outbox.objects.exists()


REPEATED = SMALL.replace("key: state,", "key: zone1.temperature,").replace("state: state", "state: ''")
WRONG = [
    (REPEATED, 'line 16 of site.yaml: signal "zone1.temperature" repeats; rename one of them'),
    (SMALL.replace("unit: Cel", "unti: Cel"), 'line 15 of site.yaml: a signal has no "unti"; write "unit"'),
    (SMALL.replace("unit: Cel", "unit: °C"), 'line 15 of site.yaml: unit "°C": "°C" is no unit; write "Cel"'),
    (SMALL.replace("connection: link", "connection: lnk"), 'line 13 of site.yaml: there is no connection "lnk"'),
    (SMALL.replace("site: s1", "site: s2"), 'line 2 of site.yaml: there is no site "s2"'),
    (SMALL.replace("key: hall", "key: The Hall"), 'line 7 of site.yaml: "The Hall" cannot be a key'),
    (SMALL.replace("500ms", "soon"), "line 15 of site.yaml: period cannot be read"),
    (SMALL.replace("enumeration", "enum"), 'line 16 of site.yaml: type "enum" is not known'),
    (SMALL.replace("[20, null]", "[20, 10]"), "line 15 of site.yaml: range begins at 20 and ends at 10"),
    (SMALL.replace("state: state", "state: nothing"), 'line 11 of site.yaml: state names "nothing"'),
    (SMALL + "  bad: [", "line 17 of site.yaml: this is not YAML"),
    ("", "line 1 of site.yaml: the file is empty"),
    ("- 1", "line 1 of site.yaml: the file is not a mapping"),
    ("sites: {}", "line 1 of site.yaml: the list of sites is not a list"),
    ("a: *b", "line 1 of site.yaml: this is not YAML"),
]


@pytest.mark.parametrize(("text", "said"), WRONG, ids=[said[:60] for _, said in WRONG])
def test_a_mistake_names_its_line(text, said):
    found = [re.sub(r", column \d+", "", mistake) for mistake in mistakes(text)]
    assert any(mistake.startswith(said) for mistake in found), found


def test_every_mistake_at_once_up_to_a_bound():
    many = SMALL + "".join(f"              - {{key: x{n}, unit: wrong}}\n" for n in range(200))
    assert len(mistakes(many)) == MISTAKES_MAX


@pytest.mark.parametrize("seed", range(150))
def test_damaged_files_give_mistakes_and_no_crash(seed):
    import random

    chance = random.Random(seed)
    letters = list(SMALL)
    for _ in range(chance.randint(1, 12)):
        letters[chance.randrange(len(letters))] = chance.choice("{}[]:-&*!|>\"'# \n\taé0\x00,?")
    read("".join(letters), "site.yaml", Known())


SITE = """\
sites:
  - key: s1
    name: {zh: 一厂, en: Plant one}
    areas:
      - key: hall
        machines:
          - key: oven
            name: {zh: 回流焊炉}
            card: [temp]
            templates:
              - {template: oven, connection: link, values: {device: "OVEN: 1"}, overrides: {temp: {period: 5s}}}
            signals:
              - {key: door, type: boolean, address: "ns=2;s=Door {1}"}
          - key: oven2
            templates:
              - {template: oven, connection: link, values: {device: Oven_2}}
connections:
  - {key: link, site: s1, driver: opcua, settings: {url: "opc.tcp://127.0.0.1:4840"}}
templates:
  - key: oven
    name: {zh: 炉}
    parameters:
      - {name: device}
    signals:
      - {key: temp, unit: Cel, range: [20, 300.5], address: "ns=2;s={device}.Temp"}
      - {key: state, type: enumeration, labels: {0: {zh: 停机}, 1: {en: running}}, address: "ns=2;s={device}.State"}
"""


def test_a_site_goes_out_and_in_and_out_again_byte_for_byte(viewer):
    done = import_site(viewer, SITE, "site.yaml")
    assert (done.loaded.signals_created, done.loaded.templates_created, done.loaded.instances_created) == (5, 1, 2)
    temp, *_ = signals.of_machine(viewer, "s1/hall/oven")
    assert (temp.address, temp.period_ms, temp.connection) == ("ns=2;s=OVEN: 1.Temp", 5_000, "link")
    first = export_site(viewer, "s1")
    assert not import_site(viewer, first, "site.yaml").loaded.any
    assert export_site(viewer, "s1") == first
    Organisation.objects.create(id="south")
    other = system_viewer("south")
    import_site(other, first, "site.yaml")
    assert export_site(other, "s1") == first
    assert not import_site(other, first, "site.yaml").loaded.any


def test_what_differs_from_its_template_and_what_waits_is_kept_in_the_file(viewer):
    import_site(viewer, SITE, "site.yaml")
    temp = signals.of_machine(viewer, "s1/hall/oven2")[0]
    signals.put_signal(viewer, replace(temp, decimals=5))
    oven = templates.template(viewer, "oven")
    templates.put_template(viewer, replace(oven, signals=oven.signals[:1]))
    templates.publish(viewer, "oven")
    templates.apply(viewer, "oven", ["s1/hall/oven"])
    first = export_site(viewer, "s1")
    assert "applied: false" in first and "decimals: 5" in first and "active: false" in first
    assert not import_site(viewer, first, "site.yaml").loaded.any
    Organisation.objects.create(id="south")
    import_site(system_viewer("south"), first, "site.yaml")
    assert export_site(system_viewer("south"), "s1") == first


def test_a_dry_run_says_what_would_change_and_changes_nothing(viewer, keeper):
    secret = SITE.replace('4840"}', '4840", password: hush}')
    done = import_site(viewer, secret, "site.yaml", dry_run=True)
    assert done.loaded.signals_created == 5 and "connection link" in done.created and "template oven" in done.created
    assert not things.tree(viewer) and not Signal.objects.exists() and not keeper and not Outbox.objects.exists()
    import_site(viewer, SITE, "site.yaml")
    other = SITE.replace("300.5", "301").replace("  - {key: state, t", "  - {key: mode, t")
    changed = import_site(viewer, other, "site.yaml", dry_run=True)
    shown = {one.after.id: [(it.name, it.before, it.after) for it in one.fields] for one in changed.signals.changed}
    assert shown["s1.hall.oven.temp"] == [("range", "20 … 300.5", "20 … 301")]
    assert {view.id for view in changed.signals.retired} == {"s1.hall.oven.state", "s1.hall.oven2.state"}


MISTAKEN = [
    ("values: {device: Oven_2}", "values: {}", 'line 16, column 17 of site.yaml: parameter "device" has no value'),
    ("values: {device: Oven_2}", "values: {who: x}", "line 16, column 17 of site.yaml: the template has no parameter"),
    ("{device}.State", "{devic}.State", 'line 26, column 9 of site.yaml: there is no parameter "devic"'),
    ("{temp: {period: 5s}}", "{none: {period: 5s}}", "line 11, column 17 of site.yaml: the template has no signal"),
    ("{temp: {period: 5s}}", "{temp: {perod: 5s}}", 'line 11, column 17 of site.yaml: no field "perod"'),
    ("oven, connection: link, values: {device: Oven_2}", "x", "line 16, column 28 of site.yaml: there is no template"),
    ("unit: Cel", "unit: °C", 'line 25, column 9 of site.yaml: unit "°C": "°C" is no'),
    ("- {name: device}", "- {name: Device}", "line 23, column 9 of site.yaml: name cannot be"),
]


@pytest.mark.parametrize(("before", "after", "said"), MISTAKEN, ids=[said[:60] for _, _, said in MISTAKEN])
def test_a_mistake_with_templates_names_line_and_column_and_nothing_is_written(viewer, before, after, said):
    with pytest.raises(WrongFile) as caught:
        import_site(viewer, SITE.replace(before, after), "site.yaml")
    assert any(mistake.startswith(said) for mistake in caught.value.mistakes), caught.value.mistakes
    assert not things.tree(viewer) and not Signal.objects.exists()


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda part: st.lists(part) | st.dictionaries(st.text(), part),
        max_leaves=8,
    )
)
def test_whatever_is_written_is_read_again(value):
    for key in ("settings", "values"):
        assert yaml.safe_load(text_of({key: value})) == {key: value}
