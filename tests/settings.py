"""Django's settings for tests: the platform's own, with the record types that tests bring along."""

import os

os.environ.setdefault("KANDELIA_APPS", "tests.record_types.app:app")

from kandelia.boot.django_settings import *  # noqa: E402, F403
