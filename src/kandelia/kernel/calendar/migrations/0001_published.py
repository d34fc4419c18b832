from django.db import migrations

from kandelia.kernel.calendar.days import SOURCE, published


def load(apps, schema_editor):
    """The days published so far; what later releases of the source add is taken over by a job."""
    day = apps.get_model("records", "CalendarDay")
    kept = set(day.objects.values_list("day", flat=True))
    rows = [
        day(day=at, working=working, name=name, source=SOURCE)
        for at, (working, name) in published().items()
        if at not in kept
    ]
    day.objects.bulk_create(rows, batch_size=500)


class Migration(migrations.Migration):
    initial = True
    dependencies = [("records", "0001_initial")]
    operations = [migrations.RunPython(load, migrations.RunPython.noop)]
