"""What a server says of itself before anybody signs in: OPC 10000-4, 5.5.4 (GetEndpoints)."""

import asyncio
import contextlib
from collections.abc import Sequence
from urllib.parse import urlsplit

from asyncua import Client, ua

from kandelia.drivers.opcua.config import POLICIES, PORT, read_config
from kandelia.drivers.opcua.link import NEVER_S, bound_messages
from kandelia.drivers.opcua.reasons import opening_error
from kandelia.sdk.drivers import Found

FIND_S = 6.0
_MODES = {
    ua.MessageSecurityMode.None_: "none",
    ua.MessageSecurityMode.Sign: "sign",
    ua.MessageSecurityMode.SignAndEncrypt: "sign-and-encrypt",
}


async def find_endpoints(host: str) -> Sequence[Found]:
    """One for each policy and mode that we can speak, the safest first. Unavailable when nothing answers.

    The address is the one that was asked, with the server's path: servers name hosts that only they know.
    """
    url = host if "://" in host else f"opc.tcp://{host if ':' in host else f'{host}:{PORT}'}"
    config = read_config({"endpoint": url})
    client = Client(url, timeout=FIND_S, watchdog_intervall=NEVER_S)
    bound_messages(client)
    try:
        async with asyncio.timeout(FIND_S):
            endpoints = await client.connect_and_get_server_endpoints()
    except Exception as error:
        raise opening_error(error, config) from error
    finally:
        with contextlib.suppress(Exception):
            client.uaclient.disconnect_socket()
    found = [one for one in (_found(endpoint, url) for endpoint in endpoints) if one is not None]
    return sorted(found, key=lambda one: one.settings["policy"] == "none")


def _found(endpoint: ua.EndpointDescription, asked: str) -> Found | None:
    names = {f"http://opcfoundation.org/UA/SecurityPolicy#{_short(cls)}": key for key, cls in POLICIES.items()}
    policy, mode = names.get(endpoint.SecurityPolicyUri or ""), _MODES.get(endpoint.SecurityMode)
    if policy is None or mode is None or not (endpoint.EndpointUrl or "").startswith("opc.tcp://"):
        return None
    address = f"opc.tcp://{urlsplit(asked).netloc}{urlsplit(endpoint.EndpointUrl).path}"
    settings = {"endpoint": address, "policy": policy, **({"mode": mode} if policy != "none" else {})}
    name = (endpoint.Server.ApplicationName.Text or "") if endpoint.Server.ApplicationName else ""
    users = sorted({token.TokenType.name.rstrip("_").lower() for token in endpoint.UserIdentityTokens or []})
    return Found(name or address, settings, ", ".join([policy, *([mode] if policy != "none" else []), *users]))


def _short(policy_class: str) -> str:
    """The policy's own name in its URI."""
    special = {
        "SecurityPolicyAes128Sha256RsaOaep": "Aes128_Sha256_RsaOaep",
        "SecurityPolicyAes256Sha256RsaPss": "Aes256_Sha256_RsaPss",
        "": "None",
    }
    return special.get(policy_class, policy_class.removeprefix("SecurityPolicy"))
