"""Why a broker cannot be reached or refuses, in a person's words."""

import ssl

from kandelia.base.errors import InvalidInput, KandeliaError, NotAllowed, Unavailable
from kandelia.base.mqtt.packets import VERSION_5
from kandelia.sdk.mqtt.broker import Broker

OLD_CODES = {  # CONNACK return codes of 3.1.1 (3.2.2.3) as reason codes of 5 (3.2.2.2)
    1: 0x84,
    2: 0x85,
    3: 0x88,
    4: 0x86,
    5: 0x87,
}
WORDS = {
    0x00: "no reason given",
    0x80: "unspecified error",
    0x81: "malformed packet",
    0x82: "protocol error",
    0x83: "implementation specific error",
    0x84: "unsupported protocol version",
    0x85: "client id not valid",
    0x86: "bad user name or password",
    0x87: "not authorised",
    0x88: "server unavailable",
    0x89: "server busy",
    0x8A: "banned",
    0x8B: "server shutting down",
    0x8C: "bad authentication method",
    0x8D: "keep alive time-out",
    0x8E: "another client has taken over this client id",
    0x8F: "topic filter invalid",
    0x90: "topic name invalid",
    0x95: "packet too large",
    0x96: "message rate too high",
    0x97: "quota exceeded",
    0x98: "administrative action",
    0x9C: "use another server",
    0x9D: "server moved",
    0x9F: "connection rate exceeded",
}
LOGIN_CODES = (0x86, 0x87, 0x8A, 0x8C)
SETTING_CODES = (0x84, 0x85)


def reason_words(code: int) -> str:
    """A reason code (2.4) in words."""
    return WORDS.get(code, f"code 0x{code:02X}")


def refusal(code: int, broker: Broker) -> KandeliaError:
    """What a CONNACK other than 0 means: NotAllowed or InvalidInput where only another setting helps."""
    code = code if broker.version == VERSION_5 else OLD_CODES.get(code, 0x80)
    words = f"the broker refuses: {reason_words(code)}"
    if code in LOGIN_CODES:
        mend = "set user and password as the broker knows them"
        return NotAllowed(words, where=broker.address, mend=mend, code="login-refused")
    if code in SETTING_CODES:
        return InvalidInput(words, where=broker.address, mend="change version or client_id", code="invalid-setting")
    return Unavailable(words, where=broker.address, mend="see the broker's log", code="broker-refuses")


def connecting_error(error: OSError | TimeoutError, broker: Broker) -> KandeliaError:
    """What stood in the way of a link."""
    if isinstance(error, ssl.SSLCertVerificationError):
        mend = "paste the authority that signed the broker's certificate into the setting authority"
        what = f"the broker's certificate is not believed: {error.verify_message}"
        return Unavailable(what, where=broker.address, mend=mend, code="certificate-untrusted")
    if isinstance(error, ssl.SSLError):
        mend = "does this port speak TLS? mqtt:// is for one that does not"
        return Unavailable(f"no TLS with the broker ({error.reason})", where=broker.address, mend=mend, code="no-tls")
    if isinstance(error, TimeoutError):
        what = f"no answer within {broker.timeout_s:g} s"
    else:
        what = f"the broker cannot be reached ({error.strerror or error})"
    return Unavailable(
        what, where=broker.address, mend="check the address, the network and that it runs", code="unreachable"
    )
