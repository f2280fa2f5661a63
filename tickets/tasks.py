"""What workers do for the desk. What is left to do is in the database; a lost message loses nothing.

Messages hold a UUID at most, so that old and new workers can run side by side.
"""

from uuid import UUID

from celery import shared_task
from django.conf import settings


@shared_task
def close_resolved_tickets() -> None:
    from tickets.services import closing

    closing.close_resolved()


@shared_task
def judge_by_new_rules() -> None:
    from tickets.services import rejudging

    rejudging.work_off()


@shared_task
def send_surveys() -> None:
    from tickets.services import surveys

    surveys.deliver_due()


@shared_task(soft_time_limit=settings.IMPORT_TIME_LIMIT_SECONDS, time_limit=settings.IMPORT_TIME_LIMIT_SECONDS * 1.1)
def run_import(run_id: str) -> None:
    from tickets.services import imports

    imports.work(UUID(run_id))


@shared_task
def sweep_imports() -> None:
    from tickets.services import imports

    imports.sweep()
