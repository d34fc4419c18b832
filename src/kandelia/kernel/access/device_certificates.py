"""Client certificates of devices: issued by an authority of the installation's own, known by their fingerprint.

Django-free: the listener reads the authority's certificate, the records side signs.
"""

import contextlib
import os
import re
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from kandelia.base.errors import InvalidInput, Unavailable

AUTHORITY_FILE = "device-authority.pem"  # key and certificate; in the directory of secrets
AUTHORITY_DAYS = 36_500  # devices outlive those who installed them; an identity is ended, not its authority
CERTIFICATE_DAYS = 3_650
BACKDATE = timedelta(hours=1)  # for devices whose clock is behind
PEM = serialization.Encoding.PEM
FINGERPRINT = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class DeviceCertificate:
    """What a device is given, all PEM; the key is kept nowhere else."""

    certificate: str
    key: str
    fingerprint: str
    until: datetime


def authority(directory: Path) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    """The authority in `directory`, made where it is missing; of two who make it at once one wins. Unavailable where it
    cannot be read."""
    file = directory / AUTHORITY_FILE
    if not file.exists():
        _make(file)
    try:
        data = file.read_bytes()
        key = serialization.load_pem_private_key(data, None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)  # noqa: S101 — made so below
        return x509.load_pem_x509_certificate(data), key
    except (OSError, ValueError) as error:
        mend = "restore it, or remove it and give all devices new certificates"
        raise Unavailable("the authority of devices cannot be read", str(file), mend, "device-authority") from error


def authority_pem(directory: Path) -> str:
    """The authority's certificate, for whoever checks devices."""
    return authority(directory)[0].public_bytes(PEM).decode()


def issue(directory: Path, organisation: str, name: str, days: int = CERTIFICATE_DAYS) -> DeviceCertificate:
    """A fresh key and certificate for client authentication alone (RFC 5280, 4.2.1.12)."""
    above, above_key = authority(directory)
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation),
            x509.NameAttribute(NameOID.COMMON_NAME, name[:64]),
        ]
    )
    until = min(datetime.now(UTC).replace(microsecond=0) + timedelta(days=days), above.not_valid_after_utc)
    made = (
        x509.CertificateBuilder()
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - BACKDATE)
        .not_valid_after(until)
        .subject_name(subject)
        .issuer_name(above.subject)
        .public_key(key.public_key())
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=True)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(above_key.public_key()), critical=False)
        .sign(above_key, hashes.SHA256())
    )
    return DeviceCertificate(
        made.public_bytes(PEM).decode(), _key_text(key), made.fingerprint(hashes.SHA256()).hex(), until
    )


def fingerprint_of(text: str) -> tuple[str, datetime | None]:
    """The SHA-256 fingerprint that somebody gave, as hexadecimal (with or without colons) or as a PEM certificate, and
    when that certificate ends. InvalidInput for anything else."""
    if "BEGIN CERTIFICATE" in text:
        with contextlib.suppress(ValueError):
            given = x509.load_pem_x509_certificate(text.strip().encode())
            return given.fingerprint(hashes.SHA256()).hex(), given.not_valid_after_utc
    plain = text.strip().lower().replace(":", "").replace(" ", "")
    if not FINGERPRINT.fullmatch(plain):
        mend = "give the SHA-256 fingerprint (64 hexadecimal digits) or the certificate as PEM"
        raise InvalidInput("this is no certificate", "fingerprint", mend, "fingerprint")
    return plain, None


def _make(file: Path) -> None:
    """Whole or not at all: written aside, then linked to its name, which fails where another was quicker."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    key = ec.generate_private_key(ec.SECP256R1())
    mark = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    title = f"Kandelia authority of devices {mark.digest.hex()[:12]}"  # two of one name would be taken for one another
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, title)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATE)
        .not_valid_after(now + timedelta(days=AUTHORITY_DAYS))
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.KeyUsage(False, False, False, False, False, True, True, False, False), critical=True)
        .add_extension(mark, critical=False)
        .sign(key, hashes.SHA256())
    )
    with tempfile.NamedTemporaryFile(dir=file.parent, prefix=".authority-") as aside:  # mode 0600
        aside.write(_key_text(key).encode() + made.public_bytes(PEM))
        aside.flush()
        os.fsync(aside.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(aside.name, file)


def _key_text(key: ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()).decode()
