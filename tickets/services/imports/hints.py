"""Telling the workers that an import waits."""

from uuid import UUID

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
