"""How the listener proves itself, and whose certificates devices may show."""

import ssl
from pathlib import Path


def server_context(certificate: Path, key: Path, authorities: str) -> ssl.SSLContext:
    """TLS 1.2 at least. A client may show a certificate of one of the `authorities` (PEM), which is then checked:
    signature, dates and purpose. Who shows none says a password."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(certificate, key)
    context.load_verify_locations(cadata=authorities)
    context.verify_mode = ssl.CERT_OPTIONAL
    return context
