"""Brings the records to this version: `python -m kandelia.boot.migrate`, run by the supervisor before web and jobs."""

import os
import sys
from importlib import import_module

import django
from django.core.management import call_command
from django.db import transaction

from kandelia.base.errors import KandeliaError
from kandelia.boot import migrated
from kandelia.boot.directories import make_directories
from kandelia.boot.load import load_settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kandelia.boot.django_settings")


def main() -> int:
    """0 when the records are ready."""
    try:
        settings = load_settings(os.environ.get("KANDELIA_SETTINGS"))
        make_directories(settings)
        django.setup()
        call_command("migrate", interactive=False, verbosity=0)
        first_start = import_module("kandelia.boot.first_start")  # models can be imported only now
        with transaction.atomic():
            first_start.make_first(settings)
        migrated.remember(settings)
    except KandeliaError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
