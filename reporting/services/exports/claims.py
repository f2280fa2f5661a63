"""A worker's hold on an export: won by one UPDATE, kept by a heartbeat, asked again with each thing written."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from typing import Self
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from memberpulse import leases
from memberpulse.leases import ClaimLostError
from reporting.models import Export, ExportMail, ExportState
from reporting.services.exports import mails
from reporting.services.exports.rights import record_refusal

# What this release can read. A row of a later one is left to a later worker.
PARAMS_VERSION = 1


@dataclass(frozen=True)
class Claim:
    export_id: UUID
    token: UUID

    @classmethod
    def take(cls, export_id: UUID) -> Self | None:
        """None where there is nothing to do: done, being done, deleted, or of a later release."""
        rows = Export.objects.filter(params_version__lte=PARAMS_VERSION)
        token = rows.claim(export_id, now=timezone.now())
        return cls(export_id, token) if token else None

    def export(self) -> Export:
        """The row and its requester, read now."""
        held = Export.objects.held_by(self.export_id, self.token).select_related("requested_by").first()
        if held is None:
            raise self._lost()
        return held

    def note(self, step: str, progress: float) -> None:
        self._write(step=step, progress=progress)

    def renew(self) -> None:
        self._write(lease_until=timezone.now() + settings.EXPORT_LEASE)

    @transaction.atomic
    def finish(self, **values) -> None:
        """Ready, with a mail for who wants one: both or neither."""
        now = timezone.now()
        ready = {"state": ExportState.READY, "ready_at": now, "expires_at": now + settings.EXPORT_KEPT}
        self._write(**ready, progress=1, step="", **values)
        mails.plan(self.export_id, ExportMail.Kind.READY)

    @transaction.atomic
    def fail(self, code: str, **values) -> None:
        self._write(state=ExportState.FAILED, error_code=code, step="", **values)
        if code == "PERMISSION_CHANGED":
            record_refusal(Export.objects.select_related("requested_by").get(pk=self.export_id), "file")
        else:
            mails.plan(self.export_id, ExportMail.Kind.FAILED)

    def put_back(self, *, wait: timedelta, burns_attempt: bool = True) -> None:
        attempt = F("attempt") - (0 if burns_attempt else 1)
        again = timezone.now() + wait
        self._write(state=ExportState.QUEUED, attempt=attempt, next_publish_at=again, progress=0, step="")

    def _write(self, **values) -> None:
        if not Export.objects.held_by(self.export_id, self.token).update(**values):
            raise self._lost()

    def _lost(self) -> ClaimLostError:
        return ClaimLostError(f"Export {self.export_id} is no longer held by {self.token}.")


def heartbeat(claim: Claim) -> AbstractContextManager[None]:
    """Renews the lease from a thread, for as long as the block works."""
    return leases.heartbeat(claim.renew, seconds=settings.EXPORT_HEARTBEAT_SECONDS, name=f"export {claim.export_id}")
