"""All settings of the portal, each from one environment variable. The table in README.md is this file in words.

Three environments: `production` (the default, and the strict one: see checks.py), `demo` (the embedded default on one
machine with the local Adobe simulator) and `test`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from csp.constants import NONE, SELF

from portal import environment as env

BASE_DIR = Path(__file__).resolve().parent.parent

# --- What this process is ---
PORTAL_ENVIRONMENT = env.choice("PORTAL_ENVIRONMENT", ["production", "demo", "test"], "production")
DEBUG = env.flag("DEBUG", default=False)
SECRET_KEY = env.secret("SECRET_KEY")
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", "localhost,127.0.0.1")
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS")
BEHIND_TLS = env.flag("BEHIND_TLS", default=PORTAL_ENVIRONMENT == "production")

# --- Where things are kept ---
DATA_DIR = Path(env.text("DATA_DIR", str(BASE_DIR / "var"))).resolve()
MEDIA_ROOT = DATA_DIR / "media"
# Encryption keys, newest first, as `id:base64 of 32 bytes` parted by commas or new lines. Never derived from SECRET_KEY.
MASTER_KEYS = env.secret("MASTER_KEYS", "")

DATABASES = {"default": env.database("DATABASE_URL", f"sqlite:///{DATA_DIR / 'portal.sqlite3'}")}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = {
        # Writers queue at BEGIN instead of failing at their first write; readers never wait (WAL).
        "transaction_mode": "IMMEDIATE",
        "timeout": 30,
        # FULL: a claim must be on the disk before the first byte goes to Adobe, also when the power fails.
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
    }
else:
    DATABASES["default"]["CONN_MAX_AGE"] = env.number("DATABASE_KEEP_SECONDS", 60)
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
    _options = DATABASES["default"].setdefault("OPTIONS", {})
    # A server that is switched off refuses nothing: without a limit a worker would wait for minutes.
    _options.setdefault("connect_timeout", 10)
    # Compiling a statement takes longer than most of ours run: 117 ms for a list of jobs that then takes 40.
    _options.setdefault("options", "-c jit=off")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Django ---
INSTALLED_APPS = [
    "portal.apps.PortalConfig",
    "privacy.apps.PrivacyConfig",
    "hygiene.apps.HygieneConfig",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "axes",
    "csp",
    "django_filters",
    "django_htmx",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "knox",
    "rest_framework",
]
MIDDLEWARE = [
    "portal.middleware.correlation",
    "portal.middleware.refuse_nul",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "portal.middleware.as_the_person_wants",
    "portal.middleware.SignInRequiredMiddleware",
    "portal.middleware.drop_unkept_uploads",
    "portal.middleware.keep_out_of_caches",
    "portal.forms_only.lead_to_page",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
    # After all that choose a language.
    "portal.middleware.speak_english_to_machines",
]
ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "portal.context.navigation",
            ],
        },
    }
]

# --- People ---
AUTH_USER_MODEL = "portal.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "sign-in"
CSRF_FAILURE_VIEW = "portal.views.form_expired"
AXES_FAILURE_LIMIT = env.number("SIGN_IN_TRIES", 8, least=1)
AXES_COOLOFF_TIME = 0.25  # hours
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_TEMPLATE = "portal/locked_out.html"
AXES_VERBOSE = False
# Its pages would count and search whole tables for digests that tell nobody anything; sign-ins stand in the audit trail.
AXES_ENABLE_ADMIN = False
AXES_USERNAME_CALLABLE = "portal.sign_in.name_to_count"

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = env.number("SESSION_SECONDS", 8 * 3600, least=60)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = BEHIND_TLS
# For this host alone: what runs on hosts below it is not ours to bind.
SECURE_HSTS_SECONDS = 31_536_000 if BEHIND_TLS else 0
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
# A load balancer asks each process itself, past the proxy that speaks TLS.
SECURE_REDIRECT_EXEMPT = [r"^health/(live|ready)$", r"^metrics$"]
if BEHIND_TLS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
    }
}

# --- API: tokens of integrations ---
KNOX_TOKEN_MODEL = "portal.ApiToken"  # noqa: S105 - the name of a model
# Its own model is ours then; the table that its migrations make all the same would stand in the way of emptying a database.
MIGRATION_MODULES = {"knox": None}
# The prefix lets scanners find a token that was published by mistake.
REST_KNOX = {"TOKEN_PREFIX": "portal_"}
# Who may read /metrics; empty: nobody, there is no such page.
METRICS_TOKEN = env.secret("METRICS_TOKEN", "")
API_CALLS_PER_MINUTE = env.number("API_CALLS_PER_MINUTE", 1200, least=0)
REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "portal.api.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["portal.api.permissions.HasRights"],
    "DEFAULT_THROTTLE_CLASSES": ["portal.api.throttling.CallerThrottle"],
    "DEFAULT_PARSER_CLASSES": ["portal.api.bodies.JSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "portal.api.schema.ApiSchema",
    "DEFAULT_METADATA_CLASS": None,
    "EXCEPTION_HANDLER": "portal.api.problems.handle",
    "URL_FORMAT_OVERRIDE": None,
}
SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "Privacy Portal",
    "DESCRIPTION": "Data-subject requests through Adobe Experience Cloud, for internal systems.",
    "VERSION": "1",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["portal.api.permissions.HasRights"],
    "COMPONENT_SPLIT_REQUEST": True,
    # Every field of an answer can be left out by `fields`.
    "COMPONENT_NO_READ_ONLY_REQUIRED": True,
    "SWAGGER_UI_DIST": "SIDECAR",
    "ENUM_NAME_OVERRIDES": {
        "DraftStatus": "privacy.statuses.UploadStatus",
        "RequestStatus": "privacy.statuses.RequestStatus",
        "JobStatus": "privacy.statuses.JobStatus",
        "ResultStatus": "privacy.statuses.ArchiveStatus",
        "SyncStatus": "privacy.statuses.SyncStatus",
        "OptOutStatus": "privacy.statuses.OptOutStatus",
        "RecordDeleteStatus": "hygiene.statuses.RecordDeleteStatus",
        "WorkOrderStatus": "hygiene.statuses.WorkOrderStatus",
        "ExpirationStatus": "hygiene.statuses.ExpirationStatus",
        "CallState": "portal.outbound.CallState",
    },
    "POSTPROCESSING_HOOKS": ["drf_spectacular.hooks.postprocess_schema_enums", "portal.api.schema.complete"],
}

# --- Words, times, numbers ---
LANGUAGE_CODE = "en"
# Each in its own words. The texts: `locale/` of each app, see portal/catalogues.py.
LANGUAGES = [("en", "English"), ("sv", "Svenska"), ("nl", "Nederlands")]
USE_I18N = True
USE_TZ = True
TIME_ZONE = env.text("TIME_ZONE", "UTC")

# --- Static files ---
STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if PORTAL_ENVIRONMENT == "test" or DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = PORTAL_ENVIRONMENT == "test"

# --- Uploads: our handler encrypts while the bytes arrive, so that none of them touches a disk in clear ---
FILE_UPLOAD_HANDLERS = ["portal.uploads.EncryptingUploadHandler"]
UPLOAD_MAX_BYTES = env.number("UPLOAD_MAX_BYTES", 100 * 1024 * 1024, least=1)
# Files up to this size are checked while the person waits; larger ones by a worker, with a progress bar.
UPLOAD_INLINE_BYTES = env.number("UPLOAD_INLINE_BYTES", 1024 * 1024)
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FILES = 50
# The builder of requests: 200 people with nine identities of three fields each, and the fields about all of them.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 6000

# --- One outbound call: hard limit < claim < first look (held by a system check) ---
TASK_SOFT_LIMIT_SECONDS = env.number("TASK_SOFT_LIMIT_SECONDS", 150, least=1)
TASK_HARD_LIMIT_SECONDS = env.number("TASK_HARD_LIMIT_SECONDS", 180, least=2)
CLAIM_SECONDS = env.number("CLAIM_SECONDS", 240, least=3)
# When to look for a call of unknown outcome in Adobe's list, counted from the moment it became unknown.
LOOK_AFTER_SECONDS = env.fractions("LOOK_AFTER_SECONDS", "300,1800,21600")
ADOBE_LOOK_BACK_DAYS = 45  # Privacy Service API, list jobs

# --- Adobe ---
ADOBE_CONNECT_SECONDS = env.fraction("ADOBE_CONNECT_SECONDS", 10, least=0.1)
# Adobe's gateway drops what runs longer than 60 s; an answer after 70 s will not come any more.
ADOBE_READ_SECONDS = env.fraction("ADOBE_READ_SECONDS", 70, least=0.1)
ADOBE_CA_FILE = env.text("ADOBE_CA_FILE", "")

# --- Following jobs ---
SWEEP_EVERY_SECONDS = env.fraction("SWEEP_EVERY_SECONDS", 30, least=0.2)
HEARTBEAT_EVERY_SECONDS = env.fraction("HEARTBEAT_EVERY_SECONDS", 15, least=0.2)
LIST_EVERY_SECONDS = env.fraction("LIST_EVERY_SECONDS", 900, least=0.2)
DETAIL_FIRST_SECONDS = env.fraction("DETAIL_FIRST_SECONDS", 120, least=0.1)
DETAIL_AT_LEAST_EVERY_SECONDS = env.fraction("DETAIL_AT_LEAST_EVERY_SECONDS", 86_400, least=1)
# Figures of the day that is under way; a day that is over is counted once.
FIGURES_EVERY_SECONDS = env.fraction("FIGURES_EVERY_SECONDS", 600, least=1)
# While Adobe's events can be relied on, its list is only there to find what was lost on the way.
LIST_WITH_EVENTS_EVERY_SECONDS = env.fraction("LIST_WITH_EVENTS_EVERY_SECONDS", 3600, least=0.2)
JOURNAL_EVERY_SECONDS = env.fraction("JOURNAL_EVERY_SECONDS", 60, least=0.2)
# The one host with the keys of Adobe's signatures, and the one page that validates an address: headers and bodies name neither.
ADOBE_EVENT_KEYS_URL = env.text("ADOBE_EVENT_KEYS_URL", "https://static.adobeioevents.com")
ADOBE_EVENT_VALIDATION_URLS = env.words("ADOBE_EVENT_VALIDATION_URLS", "https://csm.adobe.io/csm/registrations/validate")
AUDIT_SEAL_EVERY_SECONDS = env.fraction("AUDIT_SEAL_EVERY_SECONDS", 60, least=1)

# --- Telling internal systems ---
# Inside a private network an integration has a private address; elsewhere such addresses are refused.
WEBHOOK_PRIVATE_ADDRESSES = env.flag("WEBHOOK_PRIVATE_ADDRESSES", default=PORTAL_ENVIRONMENT == "demo")

# --- Notices by e-mail ---
_MAIL_SERVER = env.mail_server("EMAIL_URL")
# Without a server notices stand in the portal alone.
MAIL_ENABLED = bool(_MAIL_SERVER)
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
globals().update(_MAIL_SERVER)
# A server that does not answer keeps a worker no longer than this.
EMAIL_TIMEOUT = env.number("MAIL_SECONDS", 10, least=1)
DEFAULT_FROM_EMAIL = env.text("MAIL_FROM", "privacy-portal@localhost")
MAIL_DIGEST_HOUR = env.number("MAIL_DIGEST_HOUR", 7)
# Where people find the portal, for links in e-mails.
PORTAL_ADDRESS = env.text("PORTAL_ADDRESS", "").rstrip("/")

# --- Results ---
ARCHIVE_MAX_BYTES = env.number("ARCHIVE_MAX_BYTES", 2 * 1024**3, least=1)
# Adobe keeps a result 60 days (Privacy Service API, jobs and content pages) or 30 (best practices); see README.md.
RESULT_RETENTION_DAYS = env.number("RESULT_RETENTION_DAYS", 60, least=1)

# What was begun and never confirmed holds personal data for nothing: it goes when nobody has touched it for so long.
DRAFT_DAYS = env.number("DRAFT_DAYS", 30, least=1)

# --- Celery: the database row is the queue of record, a message is only a wake-up ---
CELERY_BROKER_URL = env.secret("BROKER_URL", "filesystem://localhost")
if CELERY_BROKER_URL.startswith("filesystem:"):
    CELERY_BROKER_TRANSPORT = "portal.file_broker:Transport"
    for _folder in ("broker", "broker-control"):
        (DATA_DIR / _folder).mkdir(mode=0o700, parents=True, exist_ok=True)
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(DATA_DIR / "broker"),
        "data_folder_out": str(DATA_DIR / "broker"),
        "control_folder": str(DATA_DIR / "broker-control"),
        "store_processed": False,
        "polling_interval": 0.2,
    }
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SOFT_TIME_LIMIT = TASK_SOFT_LIMIT_SECONDS
CELERY_TASK_TIME_LIMIT = TASK_HARD_LIMIT_SECONDS
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
# Together with the line above: a busy worker holds no wake-up that an idle one could take. Taken twice, it does no harm.
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_MAX_TASKS_PER_CHILD = 2000
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_DEFAULT_DELIVERY_MODE = "transient"
CELERY_BEAT_SCHEDULE_FILENAME = str(DATA_DIR / "beat-schedule")
CELERY_TIMEZONE = "UTC"

# --- Logs: one line an event, never personal data ---
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"correlation": {"()": "portal.logs.CorrelationFilter"}, "tokens": {"()": "portal.logs.TokenFilter"}},
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s [%(correlation_id)s] %(message)s"}},
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["correlation", "tokens"]},
    },
    "root": {"handlers": ["console"], "level": env.text("LOG_LEVEL", "INFO")},
    "loggers": {
        "django": {"level": "WARNING"},
        # Django logs the path of a request that fails; its own e-mails to admins would carry bodies, so there are none.
        "django.request": {"level": "ERROR"},
        "axes": {"level": "WARNING"},
        "celery": {"level": "INFO"},
        # A line or two for every wake-up; the demo, which wakes every second, does without.
        **{f"celery.{name}": {"level": env.text("TASK_LOG_LEVEL", "INFO")} for name in ("app.trace", "beat", "worker.strategy")},
        "urllib3": {"level": "ERROR"},
    },
}
