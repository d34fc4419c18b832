"""What may be commanded of a signal: nothing, until somebody says so."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("signals", "0002_entry"),
    ]

    operations = [
        migrations.AddField(
            model_name="signal",
            name="command_high",
            field=models.FloatField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="signal",
            name="command_low",
            field=models.FloatField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="signal",
            name="rate_s",
            field=models.FloatField(default=0.0),
        ),
        migrations.AddField(
            model_name="signal",
            name="second_person",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="signal",
            name="step_max",
            field=models.FloatField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="signal",
            name="writable",
            field=models.BooleanField(default=False),
        ),
    ]
