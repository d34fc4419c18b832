"""An OpenID Connect provider of another maker (oidc-provider) in its own process, for tests."""

import contextlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.build_frontend import npm

HERE = Path(__file__).parent / "node"
STOP_S = 10


def node() -> str:
    """The program; a test skips where it or its modules are not there."""
    if not (HERE / "node_modules" / "oidc-provider").is_dir():
        pytest.skip("oidc-provider is not installed (make peers)")
    program = Path(npm()[0])
    return str(program if program.name == "node" else program.with_name("node"))


@contextlib.contextmanager
def oidc_peer(port: int, client_id: str, client_secret: str, back: str, after: str) -> Iterator[str]:
    """Its issuer, once it answers."""
    command = [node(), "oidc.mjs", str(port), client_id, client_secret, back, after]
    process = subprocess.Popen(command, cwd=HERE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        assert process.stdout is not None
        assert any(line == b"ready\n" for line in process.stdout), "the provider did not start"
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(STOP_S)
