"""What Django asks when it looks for an authentication backend: our own rules, no others."""

from typing import Any

from django.contrib.auth.backends import BaseBackend
from django.http import HttpRequest

from kandelia.kernel.access.models import Person
from kandelia.kernel.access.sessions import authenticate


class Backend(BaseBackend):
    """AUTHENTICATION_BACKENDS."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **_: Any
    ) -> Person | None:
        """By name and password. The rate limit is in `facade.sign_in`, the way screens go."""
        return authenticate(username or "", password or "")

    def get_user(self, user_id: int) -> Person | None:
        """The active person of this id."""
        return Person.objects.filter(id=user_id, active=True).first()
