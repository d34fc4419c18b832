"""Promise: a device enters by its client certificate over TLS, ours or one whose fingerprint is known, and nobody else
by theirs (mosquitto's clients as the peers)."""

import asyncio
import shutil
import subprocess
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from kandelia.base.errors import InvalidInput
from kandelia.boot.certificates import ensure_own
from kandelia.kernel.access.device_certificates import authority, authority_pem, fingerprint_of, issue
from kandelia.kernel.access.logic.token_text import digest
from kandelia.surfaces.mqtt.listener import Listener
from kandelia.surfaces.mqtt.tests.stand import EVERYTHING, Stand, grant
from kandelia.surfaces.mqtt.tls import server_context

WAIT_S = 30
pytestmark = pytest.mark.skipif(shutil.which("mosquitto_pub") is None, reason="no mosquitto_pub (mosquitto-clients)")


@asynccontextmanager
async def stand(directory: Path):
    own = ensure_own(directory / "tls", ("127.0.0.1",))
    foreign = directory / "foreign"
    listener = Listener(directory, digest)
    trusted = authority_pem(directory) + authority_pem(foreign)
    port = await listener.open("127.0.0.1", 0, server_context(own.certificate, own.key, trusted))
    try:
        yield Stand(listener, port)
    finally:
        await listener.close()


def certificate(directory: Path, authority_of: Path, name: str) -> tuple[list[str], str]:
    """mosquitto's options for a fresh certificate, and its fingerprint."""
    made = issue(authority_of, "main", name)
    cert, key = directory / f"{name}.crt", directory / f"{name}.key"
    cert.write_text(made.certificate)
    key.write_text(made.key)
    return ["--cert", str(cert), "--key", str(key)], made.fingerprint


def publish(made: Stand, directory: Path, *more: str) -> "subprocess.CompletedProcess[str]":
    command = ["mosquitto_pub", "-h", "127.0.0.1", "-p", str(made.port), "-V", "5", "-q", "1", "-m", "x"]
    command += ["--cafile", str(directory / "tls" / "authority.pem"), *more]
    return subprocess.run(command, capture_output=True, text=True, timeout=WAIT_S)


async def test_a_certificate_is_the_identity(tmp_path: Path) -> None:
    ours, print_ours = certificate(tmp_path, tmp_path, "press 1")
    theirs, print_theirs = certificate(tmp_path, tmp_path / "foreign", "gateway")
    unknown, _ = certificate(tmp_path, tmp_path, "unknown")
    forged, _ = certificate(tmp_path, tmp_path / "evil", "press-1")
    async with stand(tmp_path) as made:
        press = grant("press 1", fingerprint=print_ours, digest="none-1")
        made.know(press, grant("gateway", fingerprint=print_theirs, digest="none-2"), grant("all", publish=EVERYTHING))

        def work() -> None:
            assert publish(made, tmp_path, "-t", "press 1/a", *ours).returncode == 0
            assert publish(made, tmp_path, "-t", "gateway/a", *theirs).returncode == 0
            assert publish(made, tmp_path, "-t", "a", "-u", "all", "-P", "secret-all").returncode == 0
            assert publish(made, tmp_path, "-t", "press 1/a", "-u", "press 1", *ours).returncode == 0
            assert publish(made, tmp_path, "-t", "a", "-u", "all", *ours).returncode
            assert publish(made, tmp_path, "-t", "a", *unknown).returncode
            assert publish(made, tmp_path, "-t", "press 1/a", *forged).returncode
            assert publish(made, tmp_path, "-t", "press 1/a", "-u", "press 1", "-P", "wrong", *ours).returncode
            assert publish(made, tmp_path, "-t", "press 1/a").returncode

        await asyncio.to_thread(work)
        assert made.listener.spaces["main"].messages == 4
        seen = made.listener.seen()
        assert seen[press.key].address == "127.0.0.1" and not seen[press.key].connected
        made.listener.identities.put(press.key, None)
        assert (await asyncio.to_thread(publish, made, tmp_path, "-t", "press 1/a", *ours)).returncode


def test_two_who_make_the_authority_at_once_have_one(tmp_path: Path) -> None:
    first = authority(tmp_path)[0]
    assert authority(tmp_path)[0] == first
    assert (tmp_path / "device-authority.pem").stat().st_mode & 0o777 == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["device-authority.pem"]


def test_a_fingerprint_is_read_as_people_have_it(tmp_path: Path) -> None:
    made = issue(tmp_path, "main", "x")
    pairs = ":".join(made.fingerprint[at : at + 2] for at in range(0, 64, 2)).upper()
    assert fingerprint_of(pairs) == (made.fingerprint, None)
    assert fingerprint_of(made.certificate) == (made.fingerprint, made.until)
    with pytest.raises(InvalidInput, match="no certificate"):
        fingerprint_of("zz")
