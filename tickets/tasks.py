"""What workers do for the desk."""

from celery import shared_task


@shared_task
def close_resolved_tickets() -> None:
    from tickets.services import closing

    closing.close_resolved()
