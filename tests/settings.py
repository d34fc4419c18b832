"""Django's settings for tests: the platform's own, with the record types that tests bring along.

What tests start for themselves reads no such setting. TESTS_APPS names further apps to be tried ("module:name").
"""

import os

os.environ["KANDELIA_APPS"] = ",".join(filter(None, ("tests.record_types.app:app", os.environ.get("TESTS_APPS"))))

from kandelia.boot.django_settings import *  # noqa: F403

del os.environ["KANDELIA_APPS"]
os.environ["DJANGO_SETTINGS_MODULE"] = "kandelia.boot.django_settings"  # for processes that tests start
