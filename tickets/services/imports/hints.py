"""Telling the workers that an import waits, and how long until they are told again."""

from datetime import timedelta
from uuid import UUID

from django.conf import settings

from memberpulse.hints import announce
from tickets.models import ImportRun, ImportState


def hint(run_id: UUID) -> None:
    """Returns at once and never raises."""
    announce("tickets.tasks.run_import", run_id)


def hint_next(run: ImportRun) -> None:
    """Tells of the import that waited for this one, since their files are of one source."""
    waiting = ImportRun.objects.filter(state=ImportState.WAITING, source=run.source).exclude(pk=run.pk)
    if run_id := waiting.order_by("queued_at").values_list("pk", flat=True).first():
        hint(run_id)


def before_next_hint(waited: timedelta) -> timedelta:
    """After 30 s another minute, then 2, 4 and ever 5: as long again as the import has waited, and a little."""
    first = settings.IMPORT_REPUBLISH_AFTER
    return min(max(waited + first, 2 * first), 10 * first)
