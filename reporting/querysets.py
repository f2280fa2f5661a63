"""Sentences about exports."""

import uuid
from datetime import datetime

from django.conf import settings
from django.db.models import F, Q, QuerySet


class ExportQuerySet(QuerySet):
    def owned_by(self, user) -> QuerySet:
        return self.filter(requested_by=user)

    def claimable(self, now: datetime) -> QuerySet:
        """Waiting, or left behind by a worker whose lease is over, with an attempt left."""
        waiting = Q(state="queued") | Q(state="running", lease_until__lte=now)
        return self.filter(waiting, attempt__lt=settings.EXPORT_ATTEMPTS)

    def claim(self, export_id: uuid.UUID, *, now: datetime) -> uuid.UUID | None:
        """Takes the export for one attempt, by one conditional UPDATE; its claim token, or None if there is none."""
        token = uuid.uuid4()
        claimed = (
            self.claimable(now)
            .filter(pk=export_id)
            .update(
                state="running",
                claim_token=token,
                lease_until=now + settings.EXPORT_LEASE,
                attempt=F("attempt") + 1,
                progress=0,
                step="",
            )
        )
        return token if claimed else None

    def held_by(self, export_id: uuid.UUID, token: uuid.UUID) -> QuerySet:
        """The export while the claim is still this worker's; empty once another one took it over."""
        return self.filter(pk=export_id, state="running", claim_token=token)
