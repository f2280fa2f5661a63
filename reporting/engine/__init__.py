"""The engines that count, and which of them answers."""

from django.conf import settings
from django.utils.translation import gettext as _

from memberpulse.errors import Unavailable
from reporting.engine import columns
from reporting.engine.base import AGE_EDGES, Engine, Filters, Slice, Spread
from reporting.engine.snapshot import once, snapshot
from reporting.engine.sql import SqlEngine

__all__ = ["AGE_EDGES", "Engine", "Filters", "Slice", "Spread", "engine_for", "snapshot"]


def engine_for(alias: str) -> Engine:
    """The engine that answers by what the present transaction of the database ``alias`` sees; one for each snapshot.

    Raises Unavailable where nothing but the copy in memory may be asked and there is none.
    """
    return once("engine", lambda: _engine_of(alias))


def _engine_of(alias: str) -> Engine:
    view = None if settings.REPORT_ENGINE == "sql" else columns.view_for(alias)
    if view is not None:
        return columns.ColumnsEngine(view, alias)
    if settings.REPORT_ENGINE == "columns":
        raise Unavailable(
            _("The copy that figures are counted in is being made. Try again in a moment."), code="no-base"
        )
    return SqlEngine(alias)
