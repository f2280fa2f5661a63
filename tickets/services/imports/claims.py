"""A worker's hold on an import: won by one UPDATE, kept by a heartbeat, asked again with each thing written."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from typing import Self
from uuid import UUID, uuid4

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils import timezone

from memberpulse import leases
from memberpulse.leases import ClaimLostError
from tickets.models import ImportRun, ImportState


@dataclass(frozen=True)
class Claim:
    run_id: UUID
    token: UUID

    @classmethod
    def take(cls, run_id: UUID) -> Self | None:
        """None where there is nothing to do: done, being done, or another file of the source is being read."""
        now, token = timezone.now(), uuid4()
        values = {"claim_token": token, "started_at": now, "lease_until": now + settings.IMPORT_LEASE}
        try:
            with transaction.atomic():
                taken = (
                    _claimable(now)
                    .filter(pk=run_id)
                    .update(
                        state=ImportState.RUNNING, attempt=F("attempt") + 1, position=0, counts={}, reasons={}, **values
                    )
                )
        except IntegrityError:
            # The one constraint that can be in the way: one running import of a source.
            return None
        return cls(run_id, token) if taken else None

    def run(self) -> ImportRun:
        """The row and its requester, read now."""
        held = self._held().select_related("requested_by").first()
        if held is None:
            raise self._lost()
        return held

    def note(self, **values) -> None:
        if not self._held().update(**values):
            raise self._lost()

    def renew(self, **values) -> None:
        self.note(lease_until=timezone.now() + settings.IMPORT_LEASE, **values)

    def end(self, state: ImportState, **values) -> None:
        self.note(state=state, finished_at=timezone.now(), **values)

    def put_back(self, *, wait: timedelta) -> None:
        """Takes no attempt: the import did nothing wrong."""
        now = timezone.now()
        self.note(
            state=ImportState.WAITING, attempt=F("attempt") - 1, next_publish_at=now + wait, lease_until=now, position=0
        )

    def _held(self):
        return ImportRun.objects.filter(pk=self.run_id, state=ImportState.RUNNING, claim_token=self.token)

    def _lost(self) -> ClaimLostError:
        return ClaimLostError(f"Import {self.run_id} is no longer held by {self.token}.")


def heartbeat(claim: Claim) -> AbstractContextManager[None]:
    """Renews the lease from a thread, for as long as the block works."""
    return leases.heartbeat(claim.renew, seconds=settings.IMPORT_HEARTBEAT_SECONDS, name=f"import {claim.run_id}")


def _claimable(now):
    """Waiting, or left behind by a worker whose lease is over, with an attempt left."""
    left = Q(state=ImportState.RUNNING, lease_until__lte=now, is_cancel_asked=False)
    return ImportRun.objects.filter(Q(state=ImportState.WAITING) | left, attempt__lt=settings.IMPORT_ATTEMPTS)
