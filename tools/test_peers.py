"""Brings in the servers of other makers that tests and benchmarks talk to; does nothing when nothing changed."""

import hashlib
import sys
from pathlib import Path

from tools.build_frontend import npm_ci

PEERS = Path(__file__).parents[1] / "tests" / "peers" / "node"
MARK = PEERS / "node_modules" / ".made-from"
NPM_WAIT_S = 600


def fingerprint() -> str:
    """Changes with the lock file."""
    return hashlib.sha256((PEERS / "package-lock.json").read_bytes()).hexdigest()


def main() -> int:
    """npm ci by lock file, without scripts; tests that need a peer skip with a reason where that is not possible."""
    wanted = fingerprint()
    if MARK.exists() and MARK.read_text() == wanted:
        return 0
    print("Bringing in the test peers (once) …", flush=True)
    done = npm_ci(PEERS, NPM_WAIT_S)
    if done.returncode:
        print(f"not installed: test peers; tests that need them skip ({done.stderr[-500:]})")
        return 0
    MARK.write_text(wanted)
    return 0


if __name__ == "__main__":
    sys.exit(main())
