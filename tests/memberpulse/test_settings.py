"""The settings, loaded in a process of their own from an environment that the test writes whole."""

import subprocess
import sys
from pathlib import Path

import pytest

BASE_DIR = Path(__file__).parents[2]
PRODUCTION = {
    "MODE": "production",
    "SECRET_KEY": "for-this-test-alone-0123456789-abcdefghijklmnopqrstuvwxyz",
    "SITE_URL": "https://desk.example.org",
    "DATABASE_URL": "postgres://desk:password@db.example.org/desk",
    "EMAIL_URL": "smtp://mail.example.org:25",
    "CELERY_BROKER_URL": "redis://:password@redis.example.org:6379/0",
}


NEEDED = sorted(PRODUCTION.keys() - {"MODE"})


@pytest.fixture
def boot(tmp_path):
    def run(environment: dict, *, show: str = "MODE") -> subprocess.CompletedProcess:
        """Loads the settings and prints the one called ``show``."""
        return subprocess.run(
            [sys.executable, "-c", f"from django.conf import settings; print(settings.{show})"],
            cwd=BASE_DIR,
            env={"DJANGO_SETTINGS_MODULE": "memberpulse.settings", "VAR_DIR": str(tmp_path / "var"), **environment},
            capture_output=True,
            text=True,
        )

    return run


def refusal(process: subprocess.CompletedProcess) -> str:
    assert process.returncode == 1
    return process.stderr.splitlines()[-1].removeprefix("django.core.exceptions.ImproperlyConfigured: ")


def test_development_needs_no_environment(boot):
    assert boot({}).stdout == "development\n"


def test_development_listens_on_this_machine_only(boot):
    assert boot({}, show="HOST").stdout == "127.0.0.1\n"


def test_development_secret_is_kept(boot):
    first, second = boot({}, show="SECRET_KEY"), boot({}, show="SECRET_KEY")

    assert len(first.stdout) > 50
    assert first.stdout == second.stdout


def test_production_starts_with_everything_set(boot):
    assert boot(PRODUCTION).stdout == "production\n"


@pytest.mark.parametrize("name", NEEDED)
def test_production_names_what_is_missing(boot, name):
    environment = {key: value for key, value in PRODUCTION.items() if key != name}

    assert refusal(boot(environment)) == f"{name} must be set when MODE=production."


@pytest.mark.parametrize("name", NEEDED)
def test_production_takes_empty_for_missing(boot, name):
    assert refusal(boot({**PRODUCTION, name: ""})) == f"{name} must be set when MODE=production."


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("PORT", "web", "PORT must be a whole number, not 'web'."),
        ("PORT", "0", "PORT must be at least 1, not 0."),
        ("TRUSTED_PROXY_COUNT", "-1", "TRUSTED_PROXY_COUNT must be at least 0, not -1."),
        ("TRUSTED_PROXY_COUNT", "one", "TRUSTED_PROXY_COUNT must be a whole number, not 'one'."),
        ("MODE", "prod", "MODE must be one of development, production, not 'prod'."),
        ("TIME_SPEEDUP", "fast", "TIME_SPEEDUP must be a number, not 'fast'."),
        ("TIME_SPEEDUP", "0", "TIME_SPEEDUP must be above 0, not 0.0."),
        ("SITE_URL", "desk.example.org", "SITE_URL must be like https://desk.example.org, not 'desk.example.org'."),
        ("DATABASE_URL", "mysql://desk@localhost/desk", "DATABASE_URL must be sqlite:///… or postgres://…."),
        ("REPORT_ENGINE", "abacus", "REPORT_ENGINE must be one of auto, columns, sql, not 'abacus'."),
    ],
)
def test_value_that_cannot_be_used_is_named(boot, name, value, sentence):
    assert refusal(boot({name: value})) == sentence


def test_production_refuses_debug(boot):
    assert refusal(boot({**PRODUCTION, "DEBUG": "true"})) == "DEBUG cannot be on when MODE=production."


@pytest.mark.parametrize("url", ["redis://redis.example.org:6379/0", "rediss://desk@redis.example.org:6379/0"])
def test_production_refuses_a_broker_elsewhere_without_password(boot, url):
    assert refusal(boot({**PRODUCTION, "CELERY_BROKER_URL": url})) == (
        "CELERY_BROKER_URL needs a password (redis://:password@host:6379/0): its host is not this machine."
    )


@pytest.mark.parametrize(
    "url", ["redis://127.0.0.1:6379/5", "redis://localhost:6379/5", "redis+socket:///run/redis.sock"]
)
def test_production_takes_a_broker_on_this_machine_without_password(boot, url):
    assert boot({**PRODUCTION, "CELERY_BROKER_URL": url}, show="CELERY_BROKER_URL").stdout == f"{url}\n"


def test_production_has_no_outbox(boot):
    assert boot({**PRODUCTION, "EMAIL_URL": "outbox://"}, show="HAS_OUTBOX").stdout == "False\n"


def test_command_line_says_what_is_wrong_and_nothing_else(tmp_path):
    environment = {"PATH": "", "VAR_DIR": str(tmp_path), "PORT": "abc"}

    process = subprocess.run(
        [sys.executable, "manage.py", "check"], cwd=BASE_DIR, env=environment, capture_output=True, text=True
    )

    assert (process.returncode, process.stderr) == (1, "PORT must be a whole number, not 'abc'.\n")
