"""What workers do. Messages hold nothing but a UUID, so that old and new workers can run side by side."""

from uuid import UUID

from celery import shared_task


@shared_task
def build_export(export_id: str) -> None:
    from reporting.services import exports

    exports.build(UUID(export_id))


@shared_task
def sweep_exports() -> None:
    from reporting.services import exports

    exports.sweep()
