"""What went wrong at the other end, in a person's words."""

import asyncio
import socket

from asyncua import ua
from asyncua.ua.uaerrors import (
    BadCertificateUntrusted,
    BadIdentityTokenInvalid,
    BadIdentityTokenRejected,
    BadSecurityChecksFailed,
    BadUserAccessDenied,
)

from kandelia.drivers.opcua.config import OpcUaConfig
from kandelia.sdk.drivers import InvalidInput, NotAllowed, Unavailable

_LOGIN = (BadIdentityTokenInvalid, BadIdentityTokenRejected, BadUserAccessDenied)
_CERTIFICATE = (BadCertificateUntrusted, BadSecurityChecksFailed)


def status_reason(code: int) -> str:
    """A status code's name and meaning."""
    status = ua.StatusCode(code)
    return f"{status.name}: {status.doc}".strip(": ")


def opening_error(error: BaseException, config: OpcUaConfig, own_certificate: str = "") -> Exception:
    """The error to raise when a session could not be opened."""
    where = config.endpoint
    if isinstance(error, _LOGIN):
        return NotAllowed(
            "the server refuses this user and password" if config.user else "the server wants a user and a password",
            where=where,
            mend="set user and password of the connection",
            code="login-refused",
        )
    if isinstance(error, _CERTIFICATE):
        mend = f"accept the certificate {own_certificate} at the server" if own_certificate else "see the server's log"
        return Unavailable("the server does not trust us", where=where, mend=mend, code="not-trusted")
    if isinstance(error, ua.UaStatusCodeError):
        return Unavailable(status_reason(error.code), where=where, mend="see the server's log", code="server-refuses")
    if isinstance(error, socket.gaierror):
        return Unavailable(f'the host "{config.host}" is not known', where=where, mend="check the address")
    if isinstance(error, ConnectionRefusedError):
        return Unavailable("nothing listens there", where=where, mend="start the server, check the port")
    if isinstance(error, TimeoutError | asyncio.TimeoutError):
        return Unavailable(
            f"no answer within {config.timeout_s:g} s", where=where, mend="check the network and the server"
        )
    if isinstance(error, ua.UaError) and "matching endpoint" in str(error):
        return InvalidInput(
            f"the server does not offer policy {config.policy}, mode {config.mode}",
            where="settings.policy",
            mend="choose what the server offers",
            code="no-endpoint",
        )
    return Unavailable(f"{type(error).__name__}: {error}"[:300], where=where, mend="check the network and the server")


def losing_reason(error: BaseException) -> str:
    """Why a link that stood is gone."""
    if isinstance(error, ua.UaStatusCodeError):
        return f"the server ended the subscription ({status_reason(error.code)})"
    if isinstance(error, TimeoutError | asyncio.TimeoutError):
        return "the server no longer answers"
    if isinstance(error, ConnectionError | OSError):
        return "the server or the network cut the connection"
    return f"{type(error).__name__}: {error}"[:300]
