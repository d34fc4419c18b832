"""Promise: beyond loopback the address is served by HTTPS that a client can verify, or not at all."""

import ssl
import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from kandelia.base.errors import SettingsError
from kandelia.boot import certificates
from kandelia.boot.certificates import Https, ensure_own, https_for, names_of
from kandelia.boot.load import load_settings
from kandelia.boot.settings import Settings


def settings_of(directory: Path, **web: object) -> Settings:
    settings = load_settings(None, {"KANDELIA_DATA": str(directory)})
    return replace(settings, web=replace(settings.web, **web))


def shakes_hands(https: Https, name: str) -> bool:
    """A client that trusts only our authority speaks to a server with our files, both in memory."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(https.certificate, https.key)
    client = ssl.create_default_context(cafile=https.authority)
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    serving = server.wrap_bio(to_server, to_client, server_side=True)
    asking = client.wrap_bio(to_client, to_server, server_hostname=name)
    for _ in range(10):
        for side in (asking, serving):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
            except ssl.SSLCertVerificationError:
                return False
    return asking.version() is not None


def test_loopback_stays_plain(tmp_path: Path) -> None:
    for host in ("127.0.0.1", "::1", "localhost"):
        assert https_for(settings_of(tmp_path, host=host)) is None


def test_beyond_loopback_an_own_authority_serves(tmp_path: Path) -> None:
    https = https_for(settings_of(tmp_path, host="0.0.0.0", names=("plant.example",)))
    assert https is not None
    assert shakes_hands(https, "plant.example")
    assert shakes_hands(https, "localhost")
    assert not shakes_hands(https, "other.example")
    assert https.key.stat().st_mode & 0o077 == 0
    assert (https.key.parent / "authority.key").stat().st_mode & 0o077 == 0


def test_a_certificate_is_kept_renewed_and_widened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = ensure_own(tmp_path, ("a.example",)).certificate.read_bytes()
    authority = (tmp_path / "authority.pem").read_bytes()
    assert ensure_own(tmp_path, ("a.example",)).certificate.read_bytes() == first
    assert ensure_own(tmp_path, ("a.example", "b.example")).certificate.read_bytes() != first
    monkeypatch.setattr(certificates, "SERVER_DAYS", 10)
    old = ensure_own(tmp_path, ("c.example",)).certificate.read_bytes()
    monkeypatch.setattr(certificates, "SERVER_DAYS", 397)
    fresh = ensure_own(tmp_path, ("c.example",)).certificate.read_bytes()
    assert fresh != old
    assert x509.load_pem_x509_certificate(fresh).not_valid_after_utc > datetime.now(UTC) + timedelta(days=300)
    assert (tmp_path / "authority.pem").read_bytes() == authority, "browsers trust it once"


def test_a_damaged_certificate_is_made_anew(tmp_path: Path) -> None:
    https = ensure_own(tmp_path, ("a.example",))
    https.certificate.write_text("torn")
    assert shakes_hands(ensure_own(tmp_path, ("a.example",)), "a.example")


def test_a_given_certificate_is_used_or_refused(tmp_path: Path) -> None:
    given = ensure_own(tmp_path / "given", ("a.example",))
    other = ensure_own(tmp_path / "other", ("a.example",))
    good = settings_of(tmp_path, certificate=str(given.certificate), key=str(given.key))
    assert https_for(good) == Https(given.certificate.resolve(), given.key.resolve())
    with pytest.raises(SettingsError, match="key is missing"):
        https_for(settings_of(tmp_path, certificate=str(given.certificate)))
    with pytest.raises(SettingsError, match="cannot be read"):
        https_for(settings_of(tmp_path, certificate=str(tmp_path / "none.pem"), key=str(given.key)))
    with pytest.raises(SettingsError, match="cannot be used together"):
        https_for(settings_of(tmp_path, certificate=str(given.certificate), key=str(other.key)))


def test_a_key_with_a_pass_phrase_is_refused(tmp_path: Path) -> None:
    given = ensure_own(tmp_path / "given", ("a.example",))
    locked = tmp_path / "locked.key"
    command = ["openssl", "ec", "-in", str(given.key), "-aes128", "-passout", "pass:secret", "-out", str(locked)]
    subprocess.run(command, check=True, capture_output=True)
    with pytest.raises(SettingsError, match="pass phrase"):
        https_for(settings_of(tmp_path, certificate=str(given.certificate), key=str(locked)))


def test_names_hold_the_host(tmp_path: Path) -> None:
    assert "192.0.2.7" in names_of(settings_of(tmp_path, host="192.0.2.7"))
