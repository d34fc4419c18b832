"""HTTPS of the one address: an own certificate authority and server certificate, or those that are given."""

import ipaddress
import os
import socket
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from kandelia.base.errors import SettingsError
from kandelia.boot.settings import Settings

AUTHORITY_DAYS = 3_650
SERVER_DAYS = 397  # the most that browsers take (CA/Browser Forum ballot SC22)
RENEW_DAYS = 30
BACKDATE = timedelta(hours=1)  # for readers whose clock is behind
BOTH_ENDS = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]  # servers of a cluster call each other
ANY = ("0.0.0.0", "::")  # noqa: S104 — compared, not bound


@dataclass(frozen=True, slots=True)
class Https:
    """Files to serve with; `authority` is what browsers must trust, empty with a given certificate."""

    certificate: Path
    key: Path
    authority: Path | None = None


def is_loopback(host: str) -> bool:
    """True for an address that only this machine reaches."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def https_for(settings: Settings) -> Https | None:
    """What to serve with, made or renewed where needed; None for plain HTTP on loopback. SettingsError otherwise."""
    web = settings.web
    if bool(web.certificate) != bool(web.key):
        missing = "key" if web.certificate else "certificate"
        raise SettingsError(f"[web] {missing} is missing", where=_place(settings), mend="give certificate and key")
    if web.certificate:
        base = settings.file.parent if settings.file else Path.cwd()
        return check_given(base / web.certificate, base / web.key)
    if is_loopback(web.host):
        return None
    return ensure_own(settings.secrets_directory / "tls", names_of(settings))


def _place(settings: Settings) -> str:
    return str(settings.file or "settings")


def check_given(certificate: Path, key: Path) -> Https:
    """The given files; SettingsError when one cannot be read, they do not belong together or time is over."""
    for file in (certificate, key):
        if not os.access(file, os.R_OK):
            raise SettingsError("this file cannot be read", where=str(file), mend="mend its path, owner or mode")
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, password=_refuse_password)
        served = x509.load_pem_x509_certificate(certificate.read_bytes())
    except (ssl.SSLError, ValueError) as error:
        raise SettingsError(
            f"certificate and key cannot be used together ({error})",
            where=f"{certificate}, {key}",
            mend="give the PEM certificate chain and its own key, without a pass phrase",
        ) from None
    if served.not_valid_after_utc < datetime.now(UTC):
        raise SettingsError(
            f"the certificate ended at {served.not_valid_after_utc:%F %R} UTC", where=str(certificate), mend="renew it"
        )
    return Https(certificate.resolve(), key.resolve())


def _refuse_password() -> str:
    raise ValueError("the key has a pass phrase")


def names_of(settings: Settings) -> tuple[str, ...]:
    """What people may type: the host (for "all addresses" this machine's names and addresses), names, loopback."""
    host = settings.web.host
    found = [*settings.web.names, "localhost", "127.0.0.1", "::1", socket.gethostname()]
    found += _own_addresses() if host in ANY else [host]
    return tuple(dict.fromkeys(found))


def _own_addresses() -> list[str]:
    try:
        return sorted({str(info[4][0]) for info in socket.getaddrinfo(socket.gethostname(), None)})
    except OSError:
        return []


def ensure_own(directory: Path, names: tuple[str, ...]) -> Https:
    """A server certificate for `names` from our own authority; kept until it nears its end or the names change."""
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    files = Https(directory / "server.pem", directory / "server.key", directory / "authority.pem")
    authority, authority_key, fresh = _authority(directory)
    if fresh or not _still_good(files, names):
        _issue(names, authority, authority_key, files)
    return files


def issue(authority_directory: Path, out: Path, names: tuple[str, ...]) -> Https:
    """A certificate and key for another server of this installation, `out`.pem and .key, with authority.pem beside.

    The authority is made in `authority_directory` where there is none yet.
    """
    authority_directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    authority, authority_key, _ = _authority(authority_directory)
    out.parent.mkdir(parents=True, exist_ok=True)
    files = Https(out.with_suffix(".pem"), out.with_suffix(".key"), out.with_name("authority.pem"))
    _issue(names, authority, authority_key, files)
    _write(out.with_name("authority.pem"), authority.public_bytes(serialization.Encoding.PEM), 0o644)
    return files


def _issue(
    names: tuple[str, ...], authority: x509.Certificate, authority_key: ec.EllipticCurvePrivateKey, files: Https
) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = _sign_server(key, names, authority, authority_key)
    pem = serialization.Encoding.PEM
    _write(files.key, _key_bytes(key), 0o600)
    _write(files.certificate, certificate.public_bytes(pem) + authority.public_bytes(pem), 0o644)


def _still_good(files: Https, names: tuple[str, ...]) -> bool:
    try:
        kept = x509.load_pem_x509_certificate(files.certificate.read_bytes())
        held = kept.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (OSError, ValueError, x509.ExtensionNotFound):
        return False
    ends = kept.not_valid_after_utc - datetime.now(UTC)
    return files.key.exists() and ends > timedelta(days=RENEW_DAYS) and set(_alternatives(names)) <= set(held)


def _authority(directory: Path) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey, bool]:
    certificate_file, key_file = directory / "authority.pem", directory / "authority.key"
    try:
        certificate = x509.load_pem_x509_certificate(certificate_file.read_bytes())
        key = serialization.load_pem_private_key(key_file.read_bytes(), None)
        lasting = certificate.not_valid_after_utc > datetime.now(UTC) + timedelta(days=SERVER_DAYS)
        if lasting and isinstance(key, ec.EllipticCurvePrivateKey):
            return certificate, key, False
    except (OSError, ValueError):
        pass
    made_key = ec.generate_private_key(ec.SECP256R1())
    made = _sign_authority(made_key)
    _write(key_file, _key_bytes(made_key), 0o600)
    _write(certificate_file, made.public_bytes(serialization.Encoding.PEM), 0o644)
    return made, made_key, True


def _builder(days: int) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATE)
        .not_valid_after(now + timedelta(days=days))
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _sign_authority(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    name = _name(f"Kandelia authority of {socket.gethostname()}"[:64])
    usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
    return (
        _builder(AUTHORITY_DAYS)
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )


def _sign_server(
    key: ec.EllipticCurvePrivateKey,
    names: tuple[str, ...],
    authority: x509.Certificate,
    authority_key: ec.EllipticCurvePrivateKey,
) -> x509.Certificate:
    issuer_key = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key())
    usage = x509.KeyUsage(True, False, False, False, False, False, False, False, False)
    return (
        _builder(SERVER_DAYS)
        .subject_name(_name(names[0][:64]))
        .issuer_name(authority.subject)
        .public_key(key.public_key())
        .add_extension(x509.SubjectAlternativeName(_alternatives(names)), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.ExtendedKeyUsage(BOTH_ENDS), critical=False)
        .add_extension(issuer_key, critical=False)
        .sign(authority_key, hashes.SHA256())
    )


def _alternatives(names: tuple[str, ...]) -> list[x509.GeneralName]:
    return [_alternative(name) for name in names]


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name.partition("%")[0]))
    except ValueError:
        return x509.DNSName(name)


def _key_bytes(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _write(file: Path, data: bytes, mode: int) -> None:
    fresh = file.with_suffix(".new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "wb") as out:
        out.write(data)
    fresh.replace(file)
