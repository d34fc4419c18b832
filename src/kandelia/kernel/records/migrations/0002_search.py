"""The index of words, in the database's own way."""

from typing import Any, ClassVar

from django.db import migrations

from kandelia.kernel.records import search


def build(apps: Any, schema_editor: Any) -> None:
    """Make it."""
    search.build(schema_editor.connection)


def take_back(apps: Any, schema_editor: Any) -> None:
    """Drop it."""
    search.build(schema_editor.connection, back=True)


class Migration(migrations.Migration):
    """After the tables."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("records", "0001_initial")]
    operations: ClassVar[list[Any]] = [migrations.RunPython(build, take_back)]
