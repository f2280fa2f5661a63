"""What workers do. Messages hold nothing but a UUID, so that old and new workers can run side by side."""

from uuid import UUID

from celery import shared_task
from celery.signals import worker_ready


@shared_task
def build_export(export_id: str) -> None:
    from reporting.services import exports

    exports.build(UUID(export_id))


@shared_task
def sweep_exports() -> None:
    from reporting.services import exports, schedules

    exports.sweep()
    schedules.sweep()


@shared_task
def fold_columns() -> None:
    from django.conf import settings

    from reporting.engine.columns.folding import fold

    if settings.REPORT_ENGINE != "sql":
        fold(least=settings.FOLD_AFTER_TICKETS)


@worker_ready.connect
def fold_at_once(**kwargs) -> None:
    """Where there is no copy yet, figures are slow until there is one."""
    fold_columns.apply_async(expires=60)
