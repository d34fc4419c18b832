"""What we ask of a keeper of secrets: named byte strings that only the platform's own user can read."""

from typing import Protocol


class Secrets(Protocol):
    """Named secrets of one installation. Engine: local files of mode 0600."""

    def get(self, name: str) -> bytes | None:
        """The secret, or None."""
        ...

    def put(self, name: str, secret: bytes) -> None:
        """Keep it, replacing what was there, at once or not at all."""
        ...

    def remove(self, name: str) -> None:
        """Forget it; nothing happens where there is none."""
        ...

    def ensure(self, name: str, length: int = 32) -> bytes:
        """The secret, made at random (URL-safe text) where it is missing."""
        ...
