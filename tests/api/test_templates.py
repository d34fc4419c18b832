"""Promise: the API shows, changes, compares and applies templates, and refuses whoever may only see."""

from kandelia.kernel.access.contracts import Role

from .conftest import Program

BODY = {
    "name": {"en": "Fan"},
    "parameters": [{"name": "no", "type": "integer"}],
    "signals": [{"key": "rpm", "address": "f{no:02}", "period": "5s"}],
}


def test_a_template_by_the_api(plants):
    engineer, viewer = Program("north", Role.ENGINEER), Program("north", Role.VIEWER)
    stranger = Program("south", Role.ENGINEER)
    machine = "s1/hall/oven"
    made = engineer("PUT", "/templates/fan", BODY).json()
    assert (made["state"], made["version"], made["content"]["signals"]) == ("draft", 0, BODY["signals"])
    assert engineer("POST", "/templates/fan/publish").json()["version"] == 1
    uses = {"items": [{"machine": machine, "values": {"no": "7"}}]}
    assert engineer("PUT", "/templates/fan/machines", uses).json() == {"changed": 1}
    (found,) = engineer("GET", "/templates/fan/differences").json()["items"]
    assert found["added"] == [{"id": "s1.hall.oven.rpm", "address": "f07"}]
    assert engineer("POST", "/templates/fan/apply", {"machines": [machine]}).json()["created"] == 1
    assert engineer("GET", "/templates/fan/machines").json()["items"][0]["version"] == 1
    wrong = engineer("PUT", "/templates/fan", {**BODY, "signals": [{"key": "rpm", "address": "{who}"}]})
    assert wrong.status_code == 400 and "who" in wrong.json()["detail"]
    assert stranger("GET", "/templates/fan").status_code == 404
    assert viewer("GET", "/templates").json()["items"][0]["key"] == "fan"
    assert viewer("POST", "/templates/fan/publish").status_code == 403
