"""Django's settings, made from the platform's own (the only Django settings module there is)."""

import hashlib
import ipaddress
import os
from pathlib import Path

import kandelia
from kandelia.boot.database import database
from kandelia.boot.discovery import django_rooms, static_folders
from kandelia.boot.load import load_settings
from kandelia.boot.settings import role_of_group
from kandelia.engines.files.secrets import FileSecrets
from kandelia.surfaces.web.static_files import version_of

PLATFORM = load_settings(os.environ.get("KANDELIA_SETTINGS"))
ROOT = Path(kandelia.__file__).parent


def _beyond_loopback(host: str) -> bool:
    try:
        return not ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host != "localhost"


SECRET_KEY = FileSecrets(PLATFORM.secrets_directory).ensure("django", 50).decode()
DEBUG = False
ALLOWED_HOSTS = ["*"]  # the Host header is never trusted: no absolute address is built from it but for its own reader
USE_TZ = True
TIME_ZONE = PLATFORM.time_zone
USE_I18N = True
LANGUAGE_CODE = "zh-hans" if PLATFORM.language == "zh" else "en"
LANGUAGES = [("zh-hans", "中文"), ("en", "English")]
LANGUAGE_COOKIE_NAME = "kandelia_language"
AUTH_USER_MODEL = "access.Person"
AUTHENTICATION_BACKENDS = ["kandelia.kernel.access.sign_in.Backend"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
ROOT_URLCONF = "kandelia.boot.urls"
ASGI_APPLICATION = "kandelia.boot.asgi.application"
APPEND_SLASH = False

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "kandelia.kernel.access",
    "kandelia.kernel.credentials",
    "kandelia.kernel.events",
    "kandelia.kernel.jobs",
    "kandelia.kernel.notices",
    "kandelia.kernel.deputies",
    "kandelia.kernel.files",
    "kandelia.kernel.records",
    "kandelia.kernel.papers",
    "kandelia.kernel.calendar",
    "kandelia.kernel.work",
    "kandelia.kernel.things",
    "kandelia.kernel.connections",
    "kandelia.kernel.signals",
    "kandelia.kernel.commands",
    "kandelia.kernel.sharing",
    "kandelia.kernel.templates",
    "kandelia.kernel.rules",
    "kandelia.kernel.transfers",
    "kandelia.surfaces.web",
    "kandelia.surfaces.web.records",
    "kandelia.surfaces.web.work",
    "kandelia.surfaces.api",
    *django_rooms(),
]
MIDDLEWARE = [
    "kandelia.surfaces.web.middleware.security_headers",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "kandelia.surfaces.web.middleware.Door",
    "kandelia.surfaces.web.middleware.Csrf",  # after the door: a stranger is told to sign in, not of a token
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.messages.context_processors.messages",
                "kandelia.surfaces.web.context.frame",
            ]
        },
    }
]
DATABASES = {"default": database(PLATFORM)}

STATIC_FOLDERS = static_folders()
STATIC_URL = f"/static/{version_of(STATIC_FOLDERS)}/"

PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("sign_in", "name", "email")},
    },
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": PLATFORM.sign_in.password_length_min},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
    {
        "NAME": "kandelia.kernel.credentials.passwords.NotUsedBefore",
        "OPTIONS": {"kept": PLATFORM.sign_in.passwords_kept},
    },
]

# Cookies know no port: two installations on one machine would sign each other out under one name.
_INSTALLATION = hashlib.sha256(SECRET_KEY.encode()).hexdigest()[:8]
OVER_TLS = bool(PLATFORM.web.certificate) or _beyond_loopback(PLATFORM.web.host)
SESSION_COOKIE_NAME = f"kandelia_session_{_INSTALLATION}"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = OVER_TLS
CSRF_COOKIE_NAME = f"kandelia_csrf_{_INSTALLATION}"
CSRF_COOKIE_HTTPONLY = True  # scripts read the token from the page
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SECURE = OVER_TLS
CSRF_FAILURE_VIEW = "kandelia.surfaces.web.answers.csrf_refused"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

ORGANISATION = PLATFORM.organisation
OIDC_ROLES = tuple(filter(None, map(role_of_group, PLATFORM.oidc.roles)))
PUBLIC_ADDRESS = PLATFORM.mail.address.rstrip("/")  # of links in messages; empty: none are written
EMAIL_HOST = PLATFORM.mail.host  # empty: nothing is mailed
EMAIL_PORT = PLATFORM.mail.port
EMAIL_USE_SSL = PLATFORM.mail.security == "tls"
EMAIL_USE_TLS = PLATFORM.mail.security == "starttls"
EMAIL_HOST_USER = PLATFORM.mail.user
EMAIL_HOST_PASSWORD = PLATFORM.mail.password
EMAIL_TIMEOUT = 15  # seconds
DEFAULT_FROM_EMAIL = PLATFORM.mail.sender or "kandelia@localhost"

DATA_UPLOAD_MAX_MEMORY_SIZE = 16_000_000  # bytes; as much as the door lets in
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1_000
FILE_UPLOAD_MAX_MEMORY_SIZE = 2_000_000

LOGGING_CONFIG = None  # the role sets up logging once for everything in its process
