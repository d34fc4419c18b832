"""Promise: settings, addresses and types are understood as written, or refused with key, reason and mend."""

import tomllib
from pathlib import Path

import pytest
import yaml
from asyncua import ua

from kandelia.drivers.opcua.addresses import resolve, write
from kandelia.drivers.opcua.config import read_config
from kandelia.drivers.opcua.datatypes import DataTypes, kind_of, mismatch
from kandelia.sdk.drivers import InvalidInput, Kind

NAMESPACES = ["http://opcfoundation.org/UA/", "urn:server", "urn:line;one%"]
ROOM = Path(__file__).parents[1]


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        ({}, "endpoint"),
        ({"endpoint": "http://host:1"}, "endpoint"),
        ({"endpoint": "opc.tcp://"}, "endpoint"),
        ({"endpoint": "opc.tcp://host:port"}, "endpoint"),
        ({"endpoint": "opc.tcp://me:word@host"}, "endpoint"),
        ({"endpoint": "opc.tcp://host", "polcy": "none"}, "polcy"),
        ({"endpoint": "opc.tcp://host", "policy": "Basic256"}, "policy"),
        ({"endpoint": "opc.tcp://host", "mode": 3}, "mode"),
        ({"endpoint": "opc.tcp://host", "trust": "all"}, "trust"),
        ({"endpoint": "opc.tcp://host", "publishing_ms": 1}, "publishing_ms"),
        ({"endpoint": "opc.tcp://host", "alive_s": "2"}, "alive_s"),
        ({"endpoint": "opc.tcp://host", "timeout_s": True}, "timeout_s"),
        ({"endpoint": "opc.tcp://host", "password": "plain", "user": "me"}, "password"),
        ({"endpoint": "opc.tcp://host", "password": {"secret": "name"}}, "user"),
        ({"endpoint": "opc.tcp://host", "password": {"secret": "name"}, "user": "me"}, "plain_password"),
        ({"endpoint": "opc.tcp://host", "plain_password": "yes"}, "plain_password"),
    ],
)
def test_wrong_settings_name_their_key(settings, key) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_config(settings)
    assert caught.value.where == f"settings.{key}" and caught.value.mend


def test_the_sample_is_valid() -> None:
    sample = yaml.safe_load((ROOM / "sample.yaml").read_text())
    config = read_config(sample["connections"][0]["settings"])
    assert config.host and config.port


def test_the_grade_names_tests_that_exist() -> None:
    graded = tomllib.loads((ROOM / "quality.toml").read_text())
    for tier in (graded["bronze"], graded["silver"]):
        for rule, proof in tier.items():
            name, _, test = proof.partition("::")
            file = ROOM.parents[3] / name[1:] if name.startswith("/") else ROOM / name
            assert (file.exists() and f"def {test}(" in file.read_text()) or not test, f"{rule}: {proof}"


@pytest.mark.parametrize(
    ("address", "index", "identifier"),
    [
        ("i=2258", 0, 2258),
        ("ns=2;s=Line1.Temp", 2, "Line1.Temp"),
        ("ns=2;s=with;semicolon=inside", 2, "with;semicolon=inside"),
        ("nsu=urn:line%3Bone%25;s=Temp", 2, "Temp"),
        ("nsu=urn:server;i=7", 1, 7),
    ],
)
def test_addresses_find_their_node(address, index, identifier) -> None:
    node = resolve(address, NAMESPACES)
    assert (node.NamespaceIndex, node.Identifier) == (index, identifier)
    assert resolve(write(node, NAMESPACES), NAMESPACES) == node


@pytest.mark.parametrize("address", ["", "Line1.Temp", "ns=x;s=a", "nsu=urn:nowhere;s=a", "ns=2;g=no-guid", "i=abc"])
def test_what_is_no_address_is_refused(address) -> None:
    with pytest.raises(InvalidInput):
        resolve(address, NAMESPACES)


async def test_types_are_known_by_their_ancestors() -> None:
    own, asked = ua.NodeId(3002, 2), []

    async def parent(node: ua.NodeId) -> ua.NodeId | None:
        asked.append(node)
        return ua.NodeId(ua.ObjectIds.Enumeration, 0) if node == own else None

    types = DataTypes(parent)
    assert kind_of(await types.base(own), -1) is Kind.ENUMERATION
    assert kind_of(await types.base(own), -1) is Kind.ENUMERATION and len(asked) == 1
    assert await types.base(ua.NodeId(9, 5)) == 24


def test_what_a_signal_cannot_hold_says_why() -> None:
    assert mismatch(11, -1, Kind.FLOAT) == "" and mismatch(11, -2, Kind.INTEGER) == ""
    assert "array of Double" in mismatch(11, 1, Kind.FLOAT)
    assert "String" in mismatch(12, -1, Kind.FLOAT) and mismatch(12, -1, Kind.TEXT) == ""
    assert "Structure" in mismatch(22, -1, Kind.TEXT)
