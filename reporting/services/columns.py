"""How the copy of the ledger is that figures are counted in, for whoever operates the desk."""

from typing import Any

from django.conf import settings
from django.utils import timezone

from reporting.engine import snapshot
from reporting.engine.columns import view_for
from reporting.models import Fold


def state() -> dict[str, Any]:
    """Which engine this process answers with, and of the copy: when it was made, its size, what changed since."""
    with snapshot() as alias:
        view = None if settings.REPORT_ENGINE == "sql" else view_for(alias)
        made = view and Fold.objects.using(alias).get(pk=view.base.uuid)
    if made is None:
        return {"engine": "sql"}
    return {
        "engine": "columns",
        "last_fold_age_seconds": int((timezone.now() - made.at).total_seconds()),
        "last_fold_seconds": round(made.seconds, 1),
        "rows": made.row_count,
        "bytes": made.size,
        "tickets_changed_since": len(view.changes.tickets),
    }
