"""The Celery application of a worker that halts where a test wants it to: ``celery -A tests.halting worker``.

Other processes halt likewise once they have imported this.

``HALT_AT`` names the point. There the worker makes the file ``halted`` in VAR_DIR and waits to be killed, the first
time only; with ``HALT_BY=kill`` it kills itself, each time. ``HALT_IF`` is an argument that the call must have.
"""

import os
import signal
import time
from functools import wraps
from pathlib import Path
from pkgutil import resolve_name

import django
from django.conf import settings

from memberpulse.celery import app

__all__ = ["app"]

# After what each point comes: the owner of a function, and its name.
POINTS = {
    "claimed": ("reporting.services.exports.claims.Claim", "take"),
    "counted": ("reporting.services.exports.worker", "_reports"),
    "written": ("reporting.renderers", "render"),
    "renamed": ("reporting.services.exports.files.Draft", "keep"),
    "ready": ("reporting.services.exports.claims.Claim", "finish"),
    "mailed": ("memberpulse.mail", "_hand_over"),
}

# Of a fold, in their order.
FOLD_POINTS = {
    "rows put down": ("reporting.engine.columns.sources", "_put_down"),
    "array written": ("reporting.engine.columns.base.BaseWriter", "_write"),
    "sealed": ("reporting.engine.columns.base.BaseWriter", "seal"),
    "recorded": ("reporting.models.Fold", "save"),
    "in place": ("reporting.engine.columns.folding", "sync_folder"),
}

# Of other work.
OTHER_POINTS = {
    "judged": ("tickets.services.rejudging", "_derive"),
    "batch written": ("tickets.services.imports.worker._Watch", "on_progress"),
}


def halting_after(function):
    @wraps(function)
    def wrapped(*args, **kwargs):
        done = function(*args, **kwargs)
        # A claim that was not won is no point of a build.
        is_point = function.__name__ != "take" or done
        is_meant = "HALT_IF" not in os.environ or os.environ["HALT_IF"] in args
        if is_point and is_meant:
            _halt()
        return done

    return wrapped


def _halt() -> None:
    if os.environ.get("HALT_BY") == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    try:
        Path(settings.VAR_DIR, "halted").touch(exist_ok=False)
    except FileExistsError:
        return
    while True:
        time.sleep(60)


if "HALT_AT" in os.environ:
    django.setup()
    _owner, _name = {**POINTS, **FOLD_POINTS, **OTHER_POINTS}[os.environ["HALT_AT"]]
    _owner = resolve_name(_owner)
    setattr(_owner, _name, halting_after(getattr(_owner, _name)))
