"""From a checked file to a waiting import, and out of the queue again."""

from functools import partial

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from tickets.models import ImportRun, ImportState
from tickets.services.imports.hints import hint


@transaction.atomic
def start(run: ImportRun, *, is_dry_run: bool = False) -> bool:
    """Hands a checked file to the workers. False where that was done already: two clicks are one start."""
    now = timezone.now()
    started = ImportRun.objects.filter(pk=run.pk, state=ImportState.PREVIEWED).update(
        state=ImportState.WAITING,
        is_dry_run=is_dry_run,
        queued_at=now,
        next_publish_at=now + settings.IMPORT_REPUBLISH_AFTER,
    )
    if started:
        transaction.on_commit(partial(hint, run.pk))
    return bool(started)


@transaction.atomic
def cancel(run: ImportRun, *, user: User) -> bool:
    """Ends what has not begun; what runs stops once the tickets under way are written. False if it was over."""
    reason = _("Cancelled by %(user)s.") % {"user": user}
    before = ImportRun.objects.filter(pk=run.pk, state__in=(ImportState.PREVIEWED, ImportState.WAITING))
    if before.update(state=ImportState.CANCELLED, reason=reason, finished_at=timezone.now()):
        return True
    running = ImportRun.objects.filter(pk=run.pk, state=ImportState.RUNNING)
    return bool(running.update(is_cancel_asked=True, reason=reason))
