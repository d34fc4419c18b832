"""The running plant: simulation → OPC UA, Modbus and MQTT once a second, commands, state kept."""

import asyncio
import contextlib
import gc
import logging
import signal
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from asyncua import ua
from asyncua.common.callback import CallbackType

from kandelia_demo_plant import control, keeping, setpoints
from kandelia_demo_plant.address_space import data_value, instant, node_id, nodes
from kandelia_demo_plant.declaration import NAMESPACE, Kind
from kandelia_demo_plant.faults import NETWORK_CUT, NETWORK_SILENT, Effects, Fault, make_fault
from kandelia_demo_plant.layout import Column
from kandelia_demo_plant.modbus_door import ModbusDoor
from kandelia_demo_plant.mqtt_door import MqttDoor
from kandelia_demo_plant.network import PlantServer
from kandelia_demo_plant.simulation import GOOD, Frame, PlantState, advance, all_machines, begin, catch_up, layout
from kandelia_demo_plant.wording import words

SAVE_PERIOD_S = 10
ROWS_SENT_MAX = 5  # after a pause, older seconds are simulated but not sent
CLOCK_BACK_S = 5
STOP_S_MAX = 2.0
SWITCH_INTERVAL_MARGIN_S = 0.02


class Running:
    """A plant that is served."""

    def __init__(self, directory: Path, host: str, port: int, modbus_port: int, seed: int) -> None:
        self.directory = directory
        self.server = PlantServer(host, port)
        self.door = ModbusDoor(host, modbus_port)
        self.mqtt = MqttDoor(directory)
        self.stopping = asyncio.Event()
        self._saving, self._switching = asyncio.Lock(), asyncio.Lock()
        kept = keeping.load(directory)
        now = int(time.time())
        self.faults: tuple[Fault, ...] = kept.faults if kept else ()
        self.state: PlantState = catch_up(kept.state, now, self.effects) if kept else begin(seed, now)
        if kept is None:
            keeping.save(directory, keeping.Kept(self.state), keeping.BEGAN_FILE)
        self._nodes = {column.id: node_id(column.id) for column in layout().columns}
        self._sent: dict[str, tuple[Any, int]] = {}
        self._settable: set[ua.NodeId] = set()

    @property
    def effects(self) -> Effects:
        """What the faults that are on do."""
        return Effects(self.faults)

    async def open(self) -> None:
        """Build the address space and listen; OSError when the port is taken."""
        gc.disable()  # seven thousand nodes that all live on: collecting between them doubles the start
        await self.server.init()
        index = await self.server.register_namespace(NAMESPACE)
        results = await self.server.iserver.isession.add_nodes(nodes(all_machines(), index))
        for result in results:
            result.StatusCode.check()
        self._nodes = {column.id: node_id(column.id, index) for column in layout().columns}
        self._settable = {self._nodes[id] for id in setpoints.SETTABLE}
        await self._step(int(time.time()))
        self.server.iserver.callback_service.addListener(CallbackType.PreWrite, self._written)
        await self.server.start()
        await self.door.start()
        gc.enable()
        gc.freeze()
        await self._switch_network()

    async def run(self) -> None:
        """One step a second until told to stop."""
        async with await control.listen(self.directory, self._command):
            while not self.stopping.is_set():
                now = time.time()
                with contextlib.suppress(asyncio.TimeoutError):
                    await asyncio.wait_for(self.stopping.wait(), 1.0 - now % 1.0 + SWITCH_INTERVAL_MARGIN_S)
                if not self.stopping.is_set():
                    await self._step(int(time.time()))

    async def close(self) -> None:
        """Keep the state and stop; never longer than STOP_S_MAX."""
        await self._save()
        (self.directory / control.SOCKET_FILE).unlink(missing_ok=True)
        await self.door.stop()
        await asyncio.to_thread(self.mqtt.stop)
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self.server.stop(), STOP_S_MAX)

    def _written(self, event: Any, _dispatcher: Any) -> None:
        """A peer writes set points: all of a request or none; BadOutOfRange is what the controller answers."""
        changed = self.state.changed
        for write in event.request_params.NodesToWrite:
            id, value = str(write.NodeId.Identifier), write.Value.Value
            settable = write.NodeId in self._settable and write.AttributeId == ua.AttributeIds.Value
            if not settable or value is None or value.VariantType is not ua.VariantType.Double:
                continue  # the address space refuses what it does not take
            try:
                changed = setpoints.change(changed, self.state.program, id, value.Value)
            except (ValueError, TypeError) as error:
                raise ua.uaerrors.BadOutOfRange from error
        self.state = replace(self.state, changed=changed)

    async def _step(self, now: int) -> None:
        """Simulate up to and including the second `now` and send it."""
        if now < self.state.time - CLOCK_BACK_S:
            self.state = replace(self.state, time=now)  # the clock was set back; counters do not fall
        if now - self.state.time >= ROWS_SENT_MAX:
            self.state = catch_up(self.state, now, self.effects)
        while self.state.time <= now:
            self.state, frame = advance(self.state, now + 1 - self.state.time, self.effects)
            for row in range(len(frame.times)):
                await self._send(frame, row)
        if now % SAVE_PERIOD_S == 0:
            await self._save()

    async def _send(self, frame: Frame, row: int) -> None:
        at = instant(int(frame.times[row]))
        second = int(frame.times[row])
        floats, codes = frame.values[row].tolist(), frame.codes[row].tolist()
        for column in layout().columns:
            value = (floats if column.signal.kind is Kind.FLOAT else codes)[column.index]
            quality = frame.qualities.get(column.id, GOOD)
            self.door.show(column.id, value, quality)
            self.mqtt.show(column, _outside(column, value), quality)
            if self._is_due(column, value, quality, second):
                reading = data_value(column.signal, _outside(column, value), quality, at)
                await self.server.write_attribute_value(self._nodes[column.id], reading, ua.AttributeIds.Value)
        self.mqtt.tell(second)

    def _is_due(self, column: Column, value: Any, quality: int, second: int) -> bool:
        known = self._sent.get(column.id)
        if known == (value, quality) and column.signal.on_change:
            return False
        if known is not None and known[1] == quality and second % column.signal.period_s:
            return False
        self._sent[column.id] = (value, quality)
        return True

    async def _command(self, request: dict[str, Any]) -> Any:
        """`list`, `on` or `off`; ValueError says what is wrong."""
        command, name = request.get("command"), str(request.get("name", ""))
        if command == "on":
            signals = {m.key: [s.key for s in m.signals] for m in all_machines()}
            fault = make_fault(
                name, str(request.get("machine", "")), str(request.get("signal", "")), self.state.time, signals
            )
            same = [
                f for f in self.faults if (f.name, f.machine, f.signal) == (fault.name, fault.machine, fault.signal)
            ]
            self.faults = self.faults if same else (*self.faults, fault)
        elif command == "off":
            self._switch_off(name, str(request.get("machine", "")))
        elif command != "list":
            raise ValueError(f'"{command}" is not a command; there are list, on, off')
        if command != "list":
            await self._switch_network()
            await self._save()
        return [asdict(fault) for fault in self.faults]

    def _switch_off(self, name: str, machine: str) -> None:
        gone = [f for f in self.faults if f.name == name and machine in ("", f.machine)]
        if not gone:
            raise ValueError(f'"{name}" is not on' + (f' at "{machine}"' if machine else ""))
        self.faults = tuple(fault for fault in self.faults if fault not in gone)

    async def _switch_network(self) -> None:
        async with self._switching:
            silent, cut = self.effects.has(NETWORK_SILENT), self.effects.has(NETWORK_CUT)
            for door in (self.server.listener, self.door):
                await door.set_silent(silent)
                await door.set_cut(cut)
            await self.mqtt.set_off(cut or silent)

    async def _save(self) -> None:
        async with self._saving:  # in a thread: waiting for the disk must not hold up the peers
            await asyncio.to_thread(keeping.save, self.directory, keeping.Kept(self.state, self.faults))


def _outside(column: Column, value: Any) -> Any:
    if column.signal.kind is Kind.TEXT:
        return words(column, value)
    return bool(value) if column.signal.kind is Kind.BOOLEAN else value


async def serve(directory: Path, host: str, port: int, modbus_port: int, seed: int) -> None:
    """Serve until SIGTERM or SIGINT. SIGHUP changes nothing."""
    logging.getLogger("asyncua").setLevel(logging.CRITICAL)
    running = Running(directory, host, port, modbus_port, seed)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, running.stopping.set)
    loop.add_signal_handler(signal.SIGHUP, lambda: None)
    await running.open()
    endpoint = f"opc.tcp://{host}:{running.server.listener.port}/"
    print(f"ready {endpoint} {len(layout().columns)} signals, Modbus at {host}:{running.door.port}", flush=True)
    try:
        await running.run()
    finally:
        await running.close()
