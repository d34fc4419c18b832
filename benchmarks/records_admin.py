"""The peer of benchmarks.records: the same rows in a plain model under plain Django admin, in a process of its own."""

import json
import sys
from pathlib import Path
from typing import Any

import django
from django.conf import settings

CHUNK, STEPS = 2_000, 200
APPS = ("auth", "contenttypes", "sessions", "messages", "admin")
MIDDLEWARE = (
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
)
PROCESSORS = (
    "django.template.context_processors.request",
    "django.contrib.auth.context_processors.auth",
    "django.contrib.messages.context_processors.messages",
)


def configure(directory: Path) -> None:
    """Django as `startproject` leaves it, on SQLite with a write-ahead log as ours has."""
    settings.configure(
        SECRET_KEY="peer",
        ROOT_URLCONF=__name__,
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        ALLOWED_HOSTS=["*"],
        STATIC_URL="/static/",
        INSTALLED_APPS=[f"django.contrib.{name}" for name in APPS],
        MIDDLEWARE=list(MIDDLEWARE),
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "APP_DIRS": True,
                "OPTIONS": {"context_processors": list(PROCESSORS)},
            }
        ],
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.sqlite3",
                "NAME": str(directory / "peer.sqlite3"),
                "OPTIONS": {"init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"},
            }
        },
    )
    django.setup()


def model_of() -> Any:
    """The plain model, with an index where ours has one."""
    from django.db import models

    class Lab(models.Model):
        number = models.CharField(max_length=20, unique=True)
        name = models.CharField(max_length=200, db_index=True)
        kind = models.CharField(max_length=20, choices=[("food", "food"), ("metal", "metal")])
        equipment = models.DecimalField(max_digits=14, decimal_places=2, db_index=True)
        note = models.TextField(blank=True)
        state = models.CharField(max_length=20, default="draft", choices=[("draft", "draft"), ("sent", "sent")])

        class Meta:
            app_label = "auth"

        def __str__(self) -> str:
            return self.name

    return Lab


urlpatterns: list[Any] = []


def main() -> None:
    """Print the figures as JSON."""
    count, directory = int(sys.argv[1]), Path(sys.argv[2])
    configure(directory)
    from django.contrib import admin
    from django.contrib.auth.models import User
    from django.core.management import call_command
    from django.db import connection
    from django.test import Client
    from django.urls import path

    from benchmarks.records import Rate, median_ms, values

    lab = model_of()
    options = {
        "list_display": ("number", "name", "kind", "equipment", "state"),
        "list_filter": ("kind", "state"),
        "search_fields": ("number", "name", "note"),
        "list_per_page": 50,
    }
    admin.site.register(lab, type("LabAdmin", (admin.ModelAdmin,), options))
    urlpatterns.append(path("admin/", admin.site.urls))
    call_command("migrate", verbosity=0)
    with connection.schema_editor() as editor:
        editor.create_model(lab)
    rate = Rate()
    for start in range(0, count, CHUNK):
        lab.objects.bulk_create(lab(**values(n)) for n in range(start, min(start + CHUNK, count)))
    found: dict[str, Any] = {"bulk rows/s": rate.of(count)}
    connection.cursor().execute("ANALYZE")
    client = Client()
    client.force_login(User.objects.create_superuser("root", "", "x"))
    here = "/admin/auth/lab/"
    asked = {
        "list, newest first": "",
        "list, by a field": "?o=2",
        "list, by an amount, turned": "?o=-4",
        "list, filtered by a choice": "?kind__exact=food&o=2",
        "list, filtered by state": "?state__exact=draft",
        "search, a word in every row": "?q=实验室",
        "search, one row": "?q=L-0123456",
        "search, two words": "?q=精密 L-0000042",
        "search, nothing fits": "?q=不存在",
    }
    for name, query in asked.items():
        found[name] = median_ms(lambda query=query: ask(client, here + query))
    found["API, 10,000 rows in, by name"] = median_ms(lambda: ask(client, f"{here}?o=2&p={min(200, count // 50)}"))
    rate = Rate()
    for row in lab.objects.all()[:STEPS]:
        form = {"number": row.number, "name": row.name, "kind": row.kind, "equipment": row.equipment, "state": "sent"}
        client.post(f"{here}{row.pk}/change/", form)
    found["steps/s"] = rate.of(STEPS)
    print(json.dumps(found))


def ask(client: Any, address: str) -> None:
    """A page that must open."""
    answer = client.get(address)
    assert answer.status_code == 200, (address, answer.status_code)


if __name__ == "__main__":
    main()
