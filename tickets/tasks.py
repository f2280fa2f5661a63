"""What workers do for the desk. What is left to do is in the database; a lost message loses nothing."""

from celery import shared_task


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
