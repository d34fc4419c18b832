"""The audit table refuses changes from its first row on."""

from django.db import migrations

from kandelia.kernel.access.append_only import guard, release


class Migration(migrations.Migration):
    dependencies = [("access", "0001_initial")]
    operations = [
        migrations.RunPython(
            lambda apps, editor: guard(editor.connection), lambda apps, editor: release(editor.connection)
        )
    ]
