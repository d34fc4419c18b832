"""What a token looks like: "kdl_" and 43 URL-safe characters (256 random bits). Pure."""

import hashlib
import re
import secrets

TOKEN_MARK = "kdl_"  # noqa: S105  lets secret scanners find a leaked one
TOKEN_BYTES = 32
PREFIX_LENGTH = 12
SHAPE = re.compile(r"kdl_[A-Za-z0-9_-]{43}")


def make() -> str:
    """A fresh secret."""
    return TOKEN_MARK + secrets.token_urlsafe(TOKEN_BYTES)


def digest(secret: str) -> str:
    """What is kept of it. A plain hash is enough: nobody guesses 256 random bits."""
    return hashlib.sha256(secret.encode()).hexdigest()


def of_header(header: str) -> str | None:
    """The secret in an Authorization header (RFC 6750, 2.1), None where there is none of our shape."""
    scheme, _, secret = header.partition(" ")
    secret = secret.strip()
    return secret if scheme.lower() == "bearer" and SHAPE.fullmatch(secret) else None
