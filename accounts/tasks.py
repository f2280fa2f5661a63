"""What workers do about people signing in. What is left to do is in the database; a lost message loses nothing."""

from uuid import UUID

from celery import shared_task


@shared_task
def forget_failed_sign_ins() -> None:
    from accounts.services import lockout

    lockout.forget_old()


@shared_task
def send_password_reset(reset_id: str) -> None:
    from accounts.services import password_reset

    password_reset.deliver(UUID(reset_id))


@shared_task
def sweep_password_resets() -> None:
    from accounts.services import password_reset

    password_reset.sweep()
