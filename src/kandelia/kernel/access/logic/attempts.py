"""How long refusals block, and which of them are written to the audit. Pure."""

from dataclasses import dataclass, replace
from ipaddress import IPv6Address, ip_address

BLOCK_S_FIRST = 5.0
FORGET_S = 86_400.0  # after a day of quiet a count begins anew
IPV6_NETWORK_BITS = 64  # what one household or hall is given


@dataclass(frozen=True, slots=True)
class Policy:
    """How many failures are free, how far the block grows, and after how much quiet the count begins anew."""

    free: int
    block_s_max: float
    forget_s: float = FORGET_S


NAME_POLICY = Policy(free=5, block_s_max=300.0)  # longer would let a stranger keep a person out for good
ADDRESS_POLICY = Policy(free=30, block_s_max=60.0, forget_s=900.0)  # a whole hall may sit behind one address
COUNT_ONLY = Policy(free=0, block_s_max=0.0)


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


def failed(before: Attempts, now_s: float, policy: Policy) -> Attempts:
    """One more failure: after the free ones each doubles the block, up to the policy's longest."""
    if before.failures == 0 or now_s - before.last_s > policy.forget_s:
        before = Attempts(first_s=now_s)
    failures = before.failures + 1
    beyond = failures - policy.free
    block_s = min(policy.block_s_max, BLOCK_S_FIRST * 2.0 ** min(beyond, 30)) if beyond >= 0 else 0.0
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
