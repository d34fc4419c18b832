"""Where records are kept, in Django's words: SQLite in the data directory, or PostgreSQL by its address."""

from importlib.util import find_spec
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from kandelia.base.errors import SettingsError
from kandelia.boot.settings import Settings

BUSY_S = 20
CACHE_KB = 16_000
MMAP_BYTES = 134_217_728
JOURNAL_BYTES_MAX = 67_108_864
SQLITE_WORDS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",  # a commit that was answered survives a power cut
    "PRAGMA foreign_keys=ON",
    f"PRAGMA cache_size=-{CACHE_KB}",
    f"PRAGMA mmap_size={MMAP_BYTES}",
    f"PRAGMA journal_size_limit={JOURNAL_BYTES_MAX}",
    "PRAGMA temp_store=MEMORY",
)


def database(settings: Settings) -> dict[str, Any]:
    """An entry of Django's DATABASES."""
    return _postgresql(settings.records.database) if settings.records.database else _sqlite(settings)


def _sqlite(settings: Settings) -> dict[str, Any]:
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(settings.records_file),
        "OPTIONS": {
            # Deferred transactions upgrade from read to write, and fail at once when another has written meanwhile.
            "transaction_mode": "IMMEDIATE",
            "timeout": BUSY_S,
            "init_command": "; ".join(SQLITE_WORDS) + ";",
        },
    }


def _postgresql(address: str) -> dict[str, Any]:
    if not (find_spec("psycopg") or find_spec("psycopg2")):
        raise SettingsError(
            "PostgreSQL needs its driver", "records.database", "pip install 'psycopg[binary]'", "no-driver"
        )
    parts = urlsplit(address)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
        "OPTIONS": dict(parse_qsl(parts.query)),
    }
