"""Which server certificates are believed, and the certificate this edge shows. OPC 10000-4, 6.1 (certificates).

Files, in the driver's own directory:
  own/certificate.der, own/key.pem   ours (the key readable by the platform's user alone)
  trusted/*.der                      servers a person has accepted
  pinned/<host>-<port>.der           accepted at first use, where a connection says trust: first-use
  rejected/<fingerprint>.der         shown by a server and not (yet) accepted
"""

import hashlib
import os
import re
import socket
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from asyncua.crypto.cert_gen import (
    dump_private_key_as_pem,
    generate_private_key,
    generate_self_signed_app_certificate,
)
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from kandelia.sdk.drivers import Unavailable

OWN_DAYS = 3_650
RENEW_BEFORE = timedelta(days=30)
REJECTED_MAX = 200


def application_uri() -> str:
    """Who we say we are; stands in our certificate too."""
    return f"urn:kandelia:edge:{socket.gethostname()}"


@dataclass(frozen=True)
class TrustStore:
    """The files of one edge. Methods block; call them from a thread."""

    directory: Path

    def own(self) -> tuple[Path, Path]:
        """(certificate, key), made at first need and again shortly before they run out."""
        certificate, key = self.directory / "own" / "certificate.der", self.directory / "own" / "key.pem"
        if not (certificate.exists() and key.exists() and _lasts(certificate)):
            _make(certificate, key)
        return certificate, key

    def check(self, der: bytes, host: str, port: int, *, first_use: bool) -> None:
        """Unavailable (code "certificate-untrusted") unless the certificate is believed; the person is told how."""
        certificate = x509.load_der_x509_certificate(der)
        now = datetime.now(UTC)
        if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
            raise _untrusted(
                f"the server's certificate is valid from {certificate.not_valid_before_utc:%Y-%m-%d} "
                f"to {certificate.not_valid_after_utc:%Y-%m-%d} only",
                "renew it at the server, or set the clocks right",
            )
        print_ = hashlib.sha256(der).hexdigest()
        if any(file.read_bytes() == der for file in sorted((self.directory / "trusted").glob("*.der"))):
            return
        pinned = self.directory / "pinned" / f"{re.sub(r'[^A-Za-z0-9.]', '_', host)}-{port}.der"
        if first_use and not pinned.exists():
            _write(pinned, der)
            return
        if first_use and pinned.read_bytes() == der:
            return
        kept = self._reject(der, print_)
        changed = f", and another was accepted before ({pinned})" if first_use else ""
        raise _untrusted(
            f"the server's certificate is not trusted: {certificate.subject.rfc4514_string()[:120]}, "
            f"SHA-256 {print_}{changed}",
            f"compare the fingerprint at the server; if it is the same, move {kept} to {self.directory / 'trusted'}"
            + (f" and remove {pinned}" if changed else ""),
        )

    def _reject(self, der: bytes, print_: str) -> Path:
        rejected = self.directory / "rejected"
        file = rejected / f"{print_[:32]}.der"
        if not file.exists() and (not rejected.exists() or len(list(rejected.iterdir())) < REJECTED_MAX):
            _write(file, der)
        return file


def _untrusted(what: str, mend: str) -> Unavailable:
    return Unavailable(what, mend=mend, code="certificate-untrusted")


def _lasts(certificate: Path) -> bool:
    kept = x509.load_der_x509_certificate(certificate.read_bytes())
    names = kept.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    ours = application_uri() in names.get_values_for_type(x509.UniformResourceIdentifier)
    return ours and kept.not_valid_after_utc - RENEW_BEFORE > datetime.now(UTC)


def _make(certificate: Path, key: Path) -> None:
    private = generate_private_key()
    names = [x509.UniformResourceIdentifier(application_uri()), x509.DNSName(socket.gethostname())]
    made = generate_self_signed_app_certificate(
        private, "Kandelia edge", {}, names, [ExtendedKeyUsageOID.CLIENT_AUTH], OWN_DAYS
    )
    _write(key, dump_private_key_as_pem(private))
    _write(certificate, made.public_bytes(Encoding.DER))


def _write(file: Path, data: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = file.with_name(f"{file.name}.{os.getpid()}.new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())
    fresh.replace(file)
