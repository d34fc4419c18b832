"""Django's settings, made from the platform's own (the only Django settings module there is)."""

import os
from importlib.metadata import entry_points
from pathlib import Path

from kandelia.boot.load import load_settings
from kandelia.engines.files.secrets import FileSecrets

PLATFORM = load_settings(os.environ.get("KANDELIA_SETTINGS"))
_secrets = FileSecrets(PLATFORM.secrets_directory)

SECRET_KEY = _secrets.ensure("django", 50).decode()
DEBUG = False
ALLOWED_HOSTS = ["*"]  # the Host header is never trusted: no absolute address is built from it
USE_TZ = True
TIME_ZONE = PLATFORM.time_zone
LANGUAGE_CODE = "zh-hans" if PLATFORM.language == "zh" else "en"
LANGUAGES = [("zh-hans", "中文"), ("en", "English")]
USE_I18N = True
AUTH_USER_MODEL = "access.Person"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
ROOT_URLCONF = "kandelia.boot.urls"
ASGI_APPLICATION = "kandelia.boot.asgi.application"

APP_ROOMS = [f"kandelia.apps.{point.name}" for point in entry_points(group="kandelia.apps")]
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "kandelia.kernel.access",
    "kandelia.kernel.events",
    "kandelia.kernel.jobs",
    "kandelia.kernel.things",
    "kandelia.kernel.connections",
    "kandelia.kernel.signals",
    "kandelia.surfaces.web",
    "kandelia.surfaces.api",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(PLATFORM.records_file),
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
        },
    }
}
STATIC_URL = "/static/"
STATIC_ROOT = str(Path(PLATFORM.run_directory) / "static")
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
