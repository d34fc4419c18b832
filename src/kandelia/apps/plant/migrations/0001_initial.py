import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [("access", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="Sheet",
            fields=[
                ("id", models.CharField(max_length=26, primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[("dashboard", "dashboard"), ("comparison", "comparison")], max_length=20
                    ),
                ),
                ("owner", models.CharField(blank=True, max_length=80)),
                ("site", models.CharField(blank=True, max_length=120)),
                ("name_zh", models.CharField(blank=True, max_length=120)),
                ("name_en", models.CharField(blank=True, max_length=120)),
                ("body", models.JSONField()),
                ("revision", models.PositiveIntegerField(default=1)),
                ("changed_by", models.CharField(max_length=80)),
                ("changed_at", models.DateTimeField()),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="access.organisation"
                    ),
                ),
            ],
            options={
                "ordering": ["name_zh", "name_en", "id"],
                "indexes": [models.Index(fields=["organisation", "kind", "owner"], name="sheet_by_owner")],
            },
        ),
    ]
