"""A live OPC UA session and the few services that are asked of it, each with the connection's time limit."""

import asyncio
import contextlib
import logging
from collections.abc import Mapping, Sequence
from typing import Any

from asyncua import Client, ua
from asyncua.crypto import security_policies
from asyncua.crypto.uacrypto import CertProperties
from asyncua.ua.ua_binary import struct_from_binary

from kandelia.drivers.opcua.config import POLICIES, OpcUaConfig
from kandelia.drivers.opcua.reasons import opening_error
from kandelia.drivers.opcua.trust import TrustStore, application_uri
from kandelia.sdk.drivers import InvalidInput, KandeliaError

SESSION_MS = 60_000  # a server forgets us this long after we died, not after an hour
NEVER_S = 1e9  # the library's own watch stays asleep: ours also sees a frozen server in a stated time
POLITE_S = 2.0
READ_SLICE = 500
MESSAGE_BYTES_MAX = 32_000_000  # of one answer; a publication of 100,000 changes has 3 MB
CHUNKS_MAX = 2_000  # that one answer comes in
log = logging.getLogger("kandelia.opcua")


class Link:
    """One client of the library, opened once and never reopened: after a loss the frame asks for a fresh one."""

    def __init__(self, client: Client, config: OpcUaConfig) -> None:
        self.client = client
        self.config = config
        self.namespaces: list[str] = []

    async def call(self, request: Any, answer: type[Any], timeout_s: float | None = None) -> Any:
        """Ask a service; its Parameters (or the response where it has none). Raises the service's error."""
        data = await self.send(request, self.config.timeout_s if timeout_s is None else timeout_s)
        response = struct_from_binary(answer, data)
        response.ResponseHeader.ServiceResult.check()
        return response

    async def send(self, request: Any, timeout_s: float) -> Any:
        """Send a request and give the raw answer; `timeout_s` 0 waits as long as the connection lives."""
        protocol = self.client.uaclient.protocol
        if protocol is None:
            raise ConnectionError("the connection is closed")
        return await protocol.send_request(request, timeout_s)

    async def read(self, wanted: Sequence[tuple[ua.NodeId, ua.AttributeIds]], slice_size: int) -> list[ua.DataValue]:
        """Attributes in slices, in order."""
        values: list[ua.DataValue] = []
        for start in range(0, len(wanted), slice_size):
            request = ua.ReadRequest()
            request.Parameters.TimestampsToReturn = ua.TimestampsToReturn.Neither
            for node, attribute in wanted[start : start + slice_size]:
                request.Parameters.NodesToRead.append(ua.ReadValueId(NodeId=node, AttributeId=attribute))
            values += (await self.call(request, ua.ReadResponse)).Results
        return values

    async def read_value(self, identifier: int) -> Any:
        """The value of a standard node (ns 0); None where the server has none."""
        (value,) = await self.read([(ua.NodeId(identifier, 0), ua.AttributeIds.Value)], 1)
        return value.Value.Value if value.StatusCode.is_good() and value.Value is not None else None

    async def close(self, *, polite: bool) -> None:
        """Leave; politely means telling the server, for at most POLITE_S."""
        protocol = self.client.uaclient.protocol
        if not polite and protocol is not None and protocol.transport is not None:
            protocol.transport.abort()
            await asyncio.sleep(0)  # the loss reaches the library
        with contextlib.suppress(Exception):
            async with asyncio.timeout(POLITE_S):
                await self.client.disconnect()
        self.client.uaclient.disconnect_socket()


def bound_messages(client: Client) -> None:
    """End the connection to a server whose answer grows beyond MESSAGE_BYTES_MAX or CHUNKS_MAX.

    The library asks the server for no limit and takes the server's word for it, so it would gather any length.
    """
    make = client.uaclient._make_protocol

    def made() -> Any:
        protocol = make()
        hear = protocol.data_received

        def heard(data: bytes) -> None:
            hear(data)
            coming = protocol._connection
            gathered = len(protocol.receive_buffer or b"") + coming._incoming_size
            if gathered > MESSAGE_BYTES_MAX or len(coming._incoming_parts) > CHUNKS_MAX:
                log.error("%s sends a message without end", client.server_url.netloc)
                protocol.receive_buffer = None
                coming._drop_incoming_parts()
                if protocol.transport is not None:
                    protocol.transport.abort()

        protocol.data_received = heard
        return protocol

    client.uaclient._make_protocol = made


async def open_link(config: OpcUaConfig, secrets: Mapping[str, str], trust: TrustStore) -> Link:
    """Connect, log in, learn the namespaces. Raises the errors that `Driver.open` names."""
    client = Client(config.endpoint, timeout=config.timeout_s, watchdog_intervall=NEVER_S)
    client.name = client.description = "Kandelia edge"
    client.application_uri = application_uri()
    client.product_uri = "urn:kandelia:opcua"
    client.session_timeout = SESSION_MS
    bound_messages(client)
    if config.user:
        client.set_user(config.user)
        client.set_password(_password(config, secrets))
    link, own = Link(client, config), ""
    try:
        if config.policy != "none":
            own = await _secure(client, config, trust)
        await client.connect()
        link.namespaces = list(await link.read_value(ua.ObjectIds.Server_NamespaceArray) or [])
    except KandeliaError:
        await link.close(polite=False)
        raise
    except asyncio.CancelledError:
        await link.close(polite=False)
        raise
    except Exception as error:
        await link.close(polite=False)
        raise opening_error(error, config, own) from error
    return link


def _password(config: OpcUaConfig, secrets: Mapping[str, str]) -> str:
    if not config.password:
        return ""
    try:
        return secrets[config.password]
    except KeyError:
        raise InvalidInput(
            f'there is no secret "{config.password}"',
            where="settings.password",
            mend="set the password of the connection again",
            code="no-secret",
        ) from None


async def _secure(client: Client, config: OpcUaConfig, trust: TrustStore) -> str:
    """Check the server's certificate, then set ours; the path of our own certificate."""
    policy = getattr(security_policies, POLICIES[config.policy])
    mode = ua.MessageSecurityMode.Sign if config.mode == "sign" else ua.MessageSecurityMode.SignAndEncrypt
    endpoints = await client.connect_and_get_server_endpoints()
    offered = Client.find_endpoint(endpoints, mode, policy.URI).ServerCertificate or b""
    server = offered[: 4 + int.from_bytes(offered[2:4], "big")]  # the first of a chain
    first_use = config.trust == "first-use"
    await asyncio.to_thread(trust.check, server, config.host, config.port, first_use=first_use)
    certificate, key = await asyncio.to_thread(trust.own)
    await client.set_security(policy, certificate, key, server_certificate=CertProperties(server, "der"), mode=mode)
    return str(certificate)
