"""An app room with record types: each file in its `records` folder is one type, found by itself."""

import importlib
import pkgutil
from types import ModuleType
from typing import Any

from django.apps import AppConfig
from django.utils.module_loading import module_has_submodule

from kandelia.kernel.records.declaration import RecordType

FOLDER = "records"


class RecordRoom(AppConfig):
    """Base of a room's AppConfig: imports the models in `records/*.py` and registers their declarations."""

    default = False  # Django takes the subclass of a module that imports both

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        cls.default = True

    def import_models(self) -> None:
        """Django's own, and the files of the folder."""
        super().import_models()
        self.record_modules = _modules(self.module) if self.module is not None else []

    def ready(self) -> None:
        """The kernel knows the types from now on."""
        from . import registry  # models load only once the apps are ready

        for module in self.record_modules:
            registry.register(*(one for one in vars(module).values() if isinstance(one, RecordType)))


def _modules(room: ModuleType) -> list[ModuleType]:
    if not module_has_submodule(room, FOLDER):
        return []
    folder = importlib.import_module(f"{room.__name__}.{FOLDER}")
    names = sorted(found.name for found in pkgutil.iter_modules(folder.__path__) if found.name != "tests")
    return [importlib.import_module(f"{folder.__name__}.{name}") for name in names]
