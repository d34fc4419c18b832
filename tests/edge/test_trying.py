"""Promise: settings that nobody saved are really tried by the edge; nothing of it is kept, a refusal has its words."""

import asyncio
from pathlib import Path
from typing import Any

import msgspec
import pytest

from kandelia.base.errors import InvalidInput, KandeliaError, Unavailable
from kandelia.base.samples import Kind
from kandelia.kernel.connections.asking import refused
from kandelia.kernel.connections.contracts import EDGE_FIND, EDGE_TRY, Attempt, Search, Tried
from kandelia.kernel.connections.drivers import Found
from tests.edge.rig import Rig, memory_rig
from tests.peers.modbus_server import modbus_peer
from tests.peers.opcua_server import OpcUaPeer, opcua_peer
from tests.peers.ports import free_port


async def asked(rig: Rig, subject: str, question: object, kind: Any) -> Any:
    for _ in range(50):  # until the edge listens
        try:
            answer = await rig.bus.request(subject, msgspec.json.encode(question), timeout_s=20)
            break
        except KandeliaError:
            await asyncio.sleep(0.1)
    if answer.headers.get("K-Answer") == "refusal":
        raise refused(answer.data)
    return msgspec.json.decode(answer.data, type=kind)


async def test_a_modbus_device_is_found_tried_and_read(tmp_path: Path) -> None:
    with modbus_peer(free_port(), units=(1, 3)) as peer:
        async with memory_rig(tmp_path) as rig:
            rig.start()
            found = await asked(rig, EDGE_FIND, Search("main", "p", "modbus", f"127.0.0.1:{peer.port}"), list[Found])
            assert [one.settings["unit"] for one in found] == [1, 3]
            settings = dict(found[1].settings)
            wanted = {"holding=10": int(Kind.FLOAT), "coil=3": int(Kind.BOOLEAN), "holding=500": int(Kind.FLOAT)}
            attempt = Attempt("main", "p", "modbus", settings, browse="unit=3;holding", read=wanted)
            tried = await asked(rig, EDGE_TRY, attempt, Tried)
            assert tried.opened_ms > 0 and tried.nodes[0].address == "unit=3;holding=0"
            assert (tried.readings["holding=10"].value, tried.readings["coil=3"].value) == (30.0, True)
            assert "nothing at this address" in tried.readings["holding=500"].why
            with pytest.raises(InvalidInput) as wrong:
                await asked(rig, EDGE_TRY, Attempt("main", "p", "modbus", {"host": ""}), Tried)
            assert wrong.value.where == "settings.host" and wrong.value.mend
            with pytest.raises(Unavailable):
                away = {"host": "127.0.0.1", "port": free_port()}
                await asked(rig, EDGE_TRY, Attempt("main", "p", "modbus", away), Tried)
            assert not rig.edge.running and await rig.rows() == []


@pytest.mark.slow
async def test_an_opc_ua_server_is_found_tried_and_read(tmp_path: Path) -> None:
    with opcua_peer(free_port(), signals=3, password="right") as peer:
        async with memory_rig(tmp_path) as rig:
            rig.start()
            found = await asked(rig, EDGE_FIND, Search("main", "p", "opcua", f"127.0.0.1:{peer.port}"), list[Found])
            assert found[0].settings["policy"] == "none" and found[0].name == "Test peer"
            login = {"user": "operator", "password": {"secret": "pw"}}
            settings = {**found[0].settings, **login}
            read = {OpcUaPeer.address(1): int(Kind.FLOAT)}
            attempt = Attempt("main", "p", "opcua", settings, {"pw": "right"}, browse="", read=read)
            tried = await asked(rig, EDGE_TRY, attempt, Tried)
            assert {node.name for node in tried.nodes} >= {"Signals"}
            assert isinstance(tried.readings[OpcUaPeer.address(1)].value, float)
            with pytest.raises(KandeliaError) as wrong:
                await asked(rig, EDGE_TRY, Attempt("main", "p", "opcua", settings, {"pw": "wrong"}), Tried)
            assert "user and password" in wrong.value.what


async def test_a_driver_that_cannot_look_says_so(tmp_path: Path) -> None:
    async with memory_rig(tmp_path) as rig:
        rig.start()
        with pytest.raises(InvalidInput) as wrong:
            await asked(rig, EDGE_FIND, Search("main", "p", "mqtt", "127.0.0.1"), list[Found])
        assert "by hand" in wrong.value.mend
