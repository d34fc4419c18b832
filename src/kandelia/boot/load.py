"""Reads Settings from a TOML file and the environment."""

import os
from pathlib import Path

from kandelia.boot.settings import Settings


def load_settings(file: str | None = None) -> Settings:
    """Settings from `file`; the data directory comes from KANDELIA_DATA, else ./data."""
    return Settings(
        directory=Path(os.environ.get("KANDELIA_DATA", "data")).resolve(), file=Path(file) if file else None
    )
