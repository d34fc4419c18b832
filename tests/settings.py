"""Django's settings for tests: the platform's own, with the record types that tests bring along.

What tests start for themselves reads no such setting.
"""

import os

os.environ["KANDELIA_APPS"] = "tests.record_types.app:app"

from kandelia.boot.django_settings import *  # noqa: E402, F403

del os.environ["KANDELIA_APPS"]
