"""Settings of MemberPulse Support Reporting, read from the environment.

``MODE=development`` (the default) runs on its own: SQLite, an embedded broker and an outbox folder under ``VAR_DIR``.
``MODE=production`` has no default for anything secret or anything that names a server; docs/operations.md lists them.
"""

from datetime import timedelta
from pathlib import Path

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from memberpulse.environment import (
    choice,
    env,
    kept_secret,
    needed,
    positive_float,
    positive_int,
    site_url,
    socket_path,
    whole_number,
)

BASE_DIR = Path(__file__).resolve().parent.parent

MODE = choice("MODE", allowed=("development", "production"), default="development")
PRODUCTION = MODE == "production"
DEBUG = env.bool("DEBUG", default=False)
if PRODUCTION and DEBUG:
    raise ImproperlyConfigured("DEBUG cannot be on when MODE=production.")

VAR_DIR = Path(env.str("VAR_DIR", default=str(BASE_DIR / "var"))).resolve()
VAR_DIR.mkdir(parents=True, exist_ok=True)
PORT = positive_int("PORT", default=8000)
# Where `manage.py up` listens. 0.0.0.0 lets other machines in.
HOST = env.str("HOST", default="127.0.0.1")

SECRET_KEY = env.str("SECRET_KEY", default="")
if not SECRET_KEY and PRODUCTION:
    raise ImproperlyConfigured("SECRET_KEY must be set when MODE=production.")
if not SECRET_KEY:
    SECRET_KEY = kept_secret(VAR_DIR / "secret_key")

SITE_URL = site_url(needed("SITE_URL", in_production=PRODUCTION, default=f"http://localhost:{PORT}"))
_site = environ.urlparse(SITE_URL)
ALLOWED_HOSTS = env.list(
    "ALLOWED_HOSTS", default=[_site.hostname] if PRODUCTION else [_site.hostname, "localhost", "127.0.0.1", "[::1]"]
)
CSRF_TRUSTED_ORIGINS = [f"{_site.scheme}://{_site.netloc}"]

# How many proxies of ours a request passes, each appending to X-Forwarded-For the address that it saw. With too many
# here a client chooses its own address.
TRUSTED_PROXY_COUNT = whole_number("TRUSTED_PROXY_COUNT", default=0, at_least=0)

# Every time limit below is divided by this, so that fault tests need not wait minutes. 1 outside tests.
TIME_SPEEDUP = positive_float("TIME_SPEEDUP", default=1)


def _seconds(limit: float) -> float:
    return limit / TIME_SPEEDUP


# --- Applications -----------------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "reporting",
    "tickets",
    "accounts.apps.AccountsConfig",
    "memberpulse",
    "accounts.apps.DeskAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "axes",
    "csp",
    "guardian",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "drf_standardized_errors",
    "knox",
]

MIDDLEWARE = [
    "memberpulse.middleware.CurrentRequestMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.middleware.OwnLanguageMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "memberpulse.middleware.PrivateAnswersMiddleware",
    "accounts.middleware.AuditRefusalsMiddleware",
]

ROOT_URLCONF = "memberpulse.urls"
WSGI_APPLICATION = "memberpulse.wsgi.application"
APPEND_SLASH = True

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

# --- Data -------------------------------------------------------------------------------------------------------------

# How long one query of a report may take, in seconds: in a request, and in a worker.
QUERY_LIMIT_SECONDS = _seconds(10)
WORKER_QUERY_LIMIT_SECONDS = _seconds(9 * 60)

_default = env.db_url_config(
    needed("DATABASE_URL", in_production=PRODUCTION, default=f"sqlite:///{VAR_DIR / 'memberpulse.sqlite3'}")
)
if _default["ENGINE"].endswith("sqlite3"):
    _pragmas = "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;PRAGMA foreign_keys=ON;"
    _default["OPTIONS"] = {"transaction_mode": "IMMEDIATE", "timeout": 20, "init_command": _pragmas}
    # Tests use a file, not memory: threads and processes of one test see one database.
    _default["TEST"] = {"NAME": str(VAR_DIR / "test.sqlite3")}
    _snapshot_options = {
        "transaction_mode": "DEFERRED",
        "timeout": 20,
        "init_command": _pragmas + "PRAGMA query_only=ON;",
    }
elif _default["ENGINE"].endswith("postgresql"):
    _default["CONN_MAX_AGE"] = 60
    _default["CONN_HEALTH_CHECKS"] = True
    _snapshot_options = {
        # psycopg's IsolationLevel.REPEATABLE_READ
        "isolation_level": 3,
        "options": "-c default_transaction_read_only=on",
    }
else:
    raise ImproperlyConfigured("DATABASE_URL must be sqlite:///… or postgres://….")

DATABASES = {
    "default": _default,
    # Reports read here: one read-only snapshot per answer, which never holds a writer up.
    "snapshot": {**_default, "OPTIONS": _snapshot_options, "TEST": {**_default.get("TEST", {}), "MIRROR": "default"}},
}
SNAPSHOT_DATABASE = "snapshot"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# "columns" counts in a copy of the ledger in memory, "sql" in the database, "auto" in the copy as soon as there is one.
REPORT_ENGINE = choice("REPORT_ENGINE", allowed=("auto", "columns", "sql"), default="auto")
COLUMNS_DIR = Path(env.str("COLUMNS_DIR", default=str(VAR_DIR / "columns")))

# --- People -----------------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    # First, so that nobody looks at the password of somebody who is locked out.
    "axes.backends.AxesStandaloneBackend",
    "accounts.authentication.PasswordBackend",
    "guardian.backends.ObjectPermissionBackend",
]
ANONYMOUS_USER_NAME = None
SILENCED_SYSTEM_CHECKS = [
    # The address is unique whatever the case of its letters, by a constraint that this check does not know.
    "auth.W004",
    # The sign-in page says itself that somebody is locked out; no middleware has to put another page in its place.
    "axes.W002",
    # SQLite makes an index without the columns that PostgreSQL only carries along.
    "models.W040",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ["name", "email"]},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
# So many failures from one address of a client within the time lock it out of the account, for the same time again.
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(seconds=_seconds(15 * 60))
# So many from all addresses together lock everybody out of it until fewer than these are younger than a day.
SIGN_IN_FAILURES_A_DAY = 100
SIGN_IN_DAY = timedelta(seconds=_seconds(24 * 60 * 60))
SIGN_IN_SWEEP_SECONDS = _seconds(60 * 60)
AXES_HANDLER = "accounts.services.lockout.Handler"
AXES_CLIENT_IP_CALLABLE = "memberpulse.clients.client_address"
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
# What forms and backends call the address of an account.
AXES_USERNAME_FORM_FIELD = "username"
# A try that is refused does not lengthen the lock.
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
# Only failures are kept, without what was typed.
AXES_DISABLE_ACCESS_LOG = True
AXES_SENSITIVE_PARAMETERS = ["username", "password", "ip_address"]
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False

# How long the link in the mail works, in seconds, and how often one person gets such a mail.
PASSWORD_RESET_TIMEOUT = _seconds(60 * 60)
PASSWORD_RESET_ONCE_IN = timedelta(seconds=_seconds(5 * 60))
PASSWORD_RESETS_KEPT = timedelta(days=30)
PASSWORD_RESET_SWEEP_SECONDS = _seconds(30)

LOGIN_URL = "accounts:sign-in"
LOGIN_REDIRECT_URL = "accounts:home"
LOGOUT_REDIRECT_URL = "accounts:sign-in"

KNOX_TOKEN_MODEL = "accounts.ApiToken"  # noqa: S105 - a model, no password
# Its own table of tokens is not used: accounts has one. A table left empty would only refer to people.
MIGRATION_MODULES = {"knox": None}
REST_KNOX = {"TOKEN_PREFIX": "mp_", "TOKEN_TTL": timedelta(days=90), "AUTO_REFRESH": False}

# --- HTTP -------------------------------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["memberpulse.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "memberpulse.openapi.AutoSchema",
    # There is one format, so that a parameter of this name is an unknown one.
    "URL_FORMAT_OVERRIDE": None,
    "EXCEPTION_HANDLER": "drf_standardized_errors.handler.exception_handler",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
DRF_STANDARDIZED_ERRORS = {
    "EXCEPTION_HANDLER_CLASS": "memberpulse.problems.ProblemHandler",
    "EXCEPTION_FORMATTER_CLASS": "memberpulse.problems.ProblemFormatter",
    "ENABLE_IN_DEBUG_FOR_UNHANDLED_EXCEPTIONS": True,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "MemberPulse Support Reporting",
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "memberpulse.openapi.without_trailing_slashes",
    ],
    "ENUM_NAME_OVERRIDES": {"ExportFormatEnum": "reporting.models.ExportFormat.choices"},
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440

if PRODUCTION:
    # Whether the answer reached the reader over TLS is said by the proxy in front, and only by it.
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=True)
    SECURE_REDIRECT_EXEMPT = [r"^health/", r"^metrics$"]
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True

# --- Files, language --------------------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = Path(env.str("STATIC_ROOT", default=str(VAR_DIR / "static")))
STATIC_ROOT.mkdir(parents=True, exist_ok=True)
# The manifest is written by collectstatic, which `make run` and the image do; without it files are found in the apps.
_static_built = (STATIC_ROOT / "staticfiles.json").exists()
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if PRODUCTION or _static_built
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = not (PRODUCTION or _static_built)

# What the texts are written in, each by its own name: numbers, dates and durations follow them.
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
LOCALE_PATHS = [BASE_DIR / "memberpulse" / "locale"]
# The language of who has not chosen one and whose browser asks for none of these.
LANGUAGE_CODE = choice("DESK_LANGUAGE", allowed=tuple(dict(LANGUAGES)), default="en")
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"
# The zone of reports for people who have not chosen their own, and of imported files that name none.
DESK_TIME_ZONE = env.str("DESK_TIME_ZONE", default="Europe/Berlin")

# --- Mail -------------------------------------------------------------------------------------------------------------

environ.Env.EMAIL_SCHEMES["outbox"] = "memberpulse.outbox.EmailBackend"
_mail = env.email_url_config(needed("EMAIL_URL", in_production=PRODUCTION, default="outbox://"))
vars().update({key: value for key, value in _mail.items() if key.startswith("EMAIL_") and value is not None})
EMAIL_TIMEOUT = _seconds(10)
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default=f"MemberPulse Support Reporting <reports@{_site.hostname}>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
# Where mail lies while no mail server is configured.
OUTBOX_DIR = VAR_DIR / "mail"
HAS_OUTBOX = not PRODUCTION and _mail["EMAIL_BACKEND"] == environ.Env.EMAIL_SCHEMES["outbox"]

# --- Exports and workers ----------------------------------------------------------------------------------------------

EXPORT_DIR = Path(env.str("EXPORT_DIR", default=str(VAR_DIR / "exports")))
EXPORT_KEPT = timedelta(days=7)
EXPORT_LEASE = timedelta(seconds=_seconds(60))
EXPORT_HEARTBEAT_SECONDS = _seconds(15)
EXPORT_SWEEP_SECONDS = _seconds(30)
EXPORT_REPUBLISH_AFTER = timedelta(seconds=_seconds(30))
EXPORT_WAITS_FOR_WORKER = timedelta(seconds=_seconds(5 * 60))
EXPORT_ATTEMPTS = 3
PUBLISH_DEADLINE_SECONDS = 0.5
# How often resolved tickets are looked through for those to be closed.
CLOSING_SECONDS = _seconds(15 * 60)
REJUDGE_SWEEP_SECONDS = _seconds(15)
# Shorter than the time between two sweeps, so that one worker at a time is busy with it.
REJUDGE_RUN_SECONDS = _seconds(12)
# How often surveys are looked through for those to be sent.
SURVEY_SECONDS = _seconds(30)

# Files that were uploaded to be imported, and the accounts of them.
IMPORT_DIR = Path(env.str("IMPORT_DIR", default=str(VAR_DIR / "imports")))
IMPORT_FILES_KEPT = timedelta(days=30)
IMPORT_LEASE = EXPORT_LEASE
IMPORT_HEARTBEAT_SECONDS = EXPORT_HEARTBEAT_SECONDS
IMPORT_SWEEP_SECONDS = EXPORT_SWEEP_SECONDS
IMPORT_REPUBLISH_AFTER = EXPORT_REPUBLISH_AFTER
IMPORT_WAITS_FOR_WORKER = EXPORT_WAITS_FOR_WORKER
IMPORT_ATTEMPTS = 3
IMPORT_TIME_LIMIT_SECONDS = _seconds(60 * 60)

BROKER_SOCKET = socket_path(VAR_DIR)
CELERY_BROKER_URL = needed("CELERY_BROKER_URL", in_production=PRODUCTION, default=f"redis+socket://{BROKER_SOCKET}")
_broker = environ.urlparse(CELERY_BROKER_URL)
if PRODUCTION and _broker.hostname not in (None, "localhost", "127.0.0.1", "::1") and not _broker.password:
    raise ImproperlyConfigured(
        "CELERY_BROKER_URL needs a password (redis://:password@host:6379/0): its host is not this machine."
    )
# How often it is looked whether the copy of the ledger is to be made again, and after how many changed tickets.
FOLD_SWEEP_SECONDS = _seconds(60)
FOLD_AFTER_TICKETS = 2_000
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SOFT_TIME_LIMIT = _seconds(9 * 60)
CELERY_TASK_TIME_LIMIT = _seconds(10 * 60)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_TRANSPORT_OPTIONS = {
    # Above the hard limit: a task still at work is never handed out a second time.
    "visibility_timeout": _seconds(15 * 60),
    "unacked_restore_interval": 2,
    "unacked_restore_throttle": 1,
}
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "beat-schedule")


def _every(seconds: float, task: str) -> dict:
    """One that was not taken by the time of the next one is dropped: after an outage they would come all at once."""
    return {"task": task, "schedule": seconds, "options": {"expires": seconds}}


CELERY_BEAT_SCHEDULE = {
    "sweep-exports": _every(EXPORT_SWEEP_SECONDS, "reporting.tasks.sweep_exports"),
    "fold-columns": _every(FOLD_SWEEP_SECONDS, "reporting.tasks.fold_columns"),
    "sweep-imports": _every(IMPORT_SWEEP_SECONDS, "tickets.tasks.sweep_imports"),
    "close-resolved-tickets": _every(CLOSING_SECONDS, "tickets.tasks.close_resolved_tickets"),
    "judge-by-new-rules": _every(REJUDGE_SWEEP_SECONDS, "tickets.tasks.judge_by_new_rules"),
    "send-surveys": _every(SURVEY_SECONDS, "tickets.tasks.send_surveys"),
    "sweep-password-resets": _every(PASSWORD_RESET_SWEEP_SECONDS, "accounts.tasks.sweep_password_resets"),
    "forget-failed-sign-ins": _every(SIGN_IN_SWEEP_SECONDS, "accounts.tasks.forget_failed_sign_ins"),
}

# Who shows it as `Authorization: Bearer …` is told the details of `/health/ready`, and `/metrics`; without one, nobody.
HEALTH_TOKEN = env.str("HEALTH_TOKEN", default="")
# What `/health/ready` tells beside "ok", by name: functions of the rooms without arguments. None makes it unavailable.
HEALTH_DETAILS = {
    "report_engine": "reporting.services.columns.state",
    "undecided_tickets_to_judge": "tickets.services.rejudging.backlog",
    "calendars_without_holidays_ahead": "tickets.services.rules.running_out_count",
}

# What the rooms have to say before an account is deactivated: functions of a person, each with a list of sentences.
WHAT_STOPS = ["tickets.services.leaving.what_stops", "reporting.services.leaving.what_stops"]
# What keeps a team from being deleted: functions of a team, each with a list of what it is.
WHAT_KEEPS_A_TEAM = ["tickets.services.leaving.what_keeps", "reporting.services.leaving.what_keeps"]

# --- Logs -------------------------------------------------------------------------------------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"request_id": {"()": "memberpulse.middleware.RequestIdFilter"}},
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s [%(request_id)s] %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain", "filters": ["request_id"]}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
    "loggers": {"django.server": {"handlers": ["console"], "level": "INFO", "propagate": False}},
}
