"""How long refusals block, and which of them are written to the audit. Pure."""

from dataclasses import dataclass, replace
from ipaddress import IPv6Address, ip_address

FREE_FAILURES_NAME = 5  # a person may mistype
FREE_FAILURES_ADDRESS = 20  # many people may sit behind one address
BLOCK_S_FIRST = 5.0
BLOCK_S_MAX = 900.0
FORGET_S = 86_400.0  # after a day of quiet the count begins anew
IPV6_NETWORK_BITS = 64  # what one household or hall is given


@dataclass(frozen=True, slots=True)
class Attempts:
    """What is known of one key; times in seconds since 1970."""

    failures: int = 0
    first_s: float = 0.0
    last_s: float = 0.0
    blocked_until_s: float = 0.0

    def wait_s(self, now_s: float) -> float:
        """Seconds until the next try is heard, 0 when it is heard now."""
        return max(0.0, self.blocked_until_s - now_s)


def failed(before: Attempts, now_s: float, free: int) -> Attempts:
    """One more failure: after `free` of them each doubles the block, up to BLOCK_S_MAX."""
    if before.failures == 0 or now_s - before.last_s > FORGET_S:
        before = Attempts(first_s=now_s)
    failures = before.failures + 1
    beyond = failures - free
    block_s = min(BLOCK_S_MAX, BLOCK_S_FIRST * 2.0 ** min(beyond, 30)) if beyond >= 0 else 0.0
    return replace(before, failures=failures, last_s=now_s, blocked_until_s=now_s + block_s if block_s else 0.0)


def worth_a_row(failures: int) -> bool:
    """True for the 1st, 2nd, 4th, 8th … refusal: a flood of n leaves log2(n) rows, each with the sum so far."""
    return failures & (failures - 1) == 0


def address_key(address: str) -> str:
    """The network that counts as one address; IPv6 by /64 (RFC 4291, 2.5.4), text that is none as itself."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address[:64]
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    shift = parsed.max_prefixlen - IPV6_NETWORK_BITS
    return f"{IPv6Address(int(parsed) >> shift << shift)}/{IPV6_NETWORK_BITS}"
