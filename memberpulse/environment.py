"""Typed reading of the environment; a value that cannot be used stops the start with a sentence that names it."""

import os
import secrets
import tempfile
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

env = environ.Env()

# The longest path a unix socket may have on Linux, in bytes.
SOCKET_PATH_LIMIT = 107


def choice(name: str, *, allowed: tuple[str, ...], default: str) -> str:
    """The variable ``name``, which must be one of ``allowed``."""
    value = env.str(name, default=default)
    if value not in allowed:
        raise ImproperlyConfigured(f"{name} must be one of {', '.join(allowed)}, not {value!r}.")
    return value


def whole_number(name: str, *, default: int, at_least: int) -> int:
    """The variable ``name`` as a whole number."""
    try:
        value = env.int(name, default=default)
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a whole number, not {os.environ[name]!r}.") from None
    if value < at_least:
        raise ImproperlyConfigured(f"{name} must be at least {at_least}, not {value}.")
    return value


def positive_int(name: str, *, default: int) -> int:
    """The variable ``name`` as a whole number of at least 1."""
    return whole_number(name, default=default, at_least=1)


def positive_float(name: str, *, default: float) -> float:
    """The variable ``name`` as a number above 0."""
    try:
        value = env.float(name, default=default)
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a number, not {os.environ[name]!r}.") from None
    if not value > 0:
        raise ImproperlyConfigured(f"{name} must be above 0, not {value}.")
    return value


def needed(name: str, *, in_production: bool, default: str) -> str:
    """The variable ``name``; outside production ``default`` stands in, in production there is none."""
    value = env.str(name, default="" if in_production else default)
    if in_production and not value:
        raise ImproperlyConfigured(f"{name} must be set when MODE=production.")
    return value


def site_url(value: str) -> str:
    """``value`` without a trailing slash, checked to be an absolute http(s) address."""
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ImproperlyConfigured(f"SITE_URL must be like https://desk.example.org, not {value!r}.")
    return value.rstrip("/")


def kept_secret(path: Path) -> str:
    """The secret in the file ``path``, made at the first call. For development only: a server gets its own.

    Linked into place whole, so that two processes starting at once agree on one secret.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=path.parent) as draft:
            draft.write(secrets.token_urlsafe(64))
            draft.flush()
            with suppress(FileExistsError):
                os.link(draft.name, path)
    return path.read_text()


def socket_path(folder: Path) -> Path:
    """Where the embedded broker's socket lies: in ``folder``, or in the temporary one where that path is too long."""
    path = folder / "broker.sock"
    if len(os.fsencode(path)) <= SOCKET_PATH_LIMIT:
        return path
    return Path(tempfile.gettempdir()) / f"memberpulse-{sha256(os.fsencode(folder)).hexdigest()[:16]}.sock"
