"""Tickets as sentences: whose they are, how they stand, what is due."""

from datetime import datetime
from typing import Self

from django.db.models import DateTimeField, F, Max, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce, Least

from accounts.scope import Scope
from tickets.choices import OPEN_STATUSES

EXCLUDED = Q(is_deleted=True) | Q(is_spam=True) | Q(merged_into__isnull=False)


class TicketQuerySet(QuerySet):
    def within(self, scope: Scope) -> Self:
        """Tickets of the teams in ``scope``; none for an empty scope."""
        return self if scope.all_teams else self.filter(team__in=scope.team_ids)

    def listed(self) -> Self:
        """Without deleted, spam and merged-away tickets."""
        return self.exclude(EXCLUDED)

    def still_open(self) -> Self:
        return self.filter(status__in=OPEN_STATUSES)

    def missed(self, now: datetime) -> Self:
        """Open, and a target that nothing has ended yet was missed."""
        return self.still_open().filter(Q(response_due_at__lt=now) | Q(resolution_due_at__lt=now))

    def due_between(self, start: datetime, end: datetime) -> Self:
        """The next target can still be met and comes due at ``start <= t <= end``."""
        return self.still_open().with_due_at().filter(due_at__gte=start, due_at__lte=end)

    def with_due_at(self) -> Self:
        """``due_at``: when the first of the two targets comes due or was missed; null when nothing is ahead."""
        response, resolution = F("response_due_at"), F("resolution_due_at")
        # Least of a value and null differs between databases, so neither is null unless both are.
        return self.annotate(due_at=Least(Coalesce(response, resolution), Coalesce(resolution, response)))

    def with_updated_at(self) -> Self:
        """``updated_at``: when the latest thing happened to it."""
        events = self.model._meta.get_field("events").related_model
        latest = events.objects.filter(ticket=OuterRef("pk")).order_by().values("ticket").annotate(at=Max("at"))
        return self.annotate(updated_at=Subquery(latest.values("at"), output_field=DateTimeField()))

    def containing(self, text: str) -> Self:
        """Those with ``text`` in their subject or their requester's name or address, or with it as their number."""
        found = Q(subject__icontains=text) | Q(requester__name__icontains=text) | Q(requester__email__icontains=text)
        number = text.removeprefix("#")
        if number.isascii() and number.isdecimal() and len(number) <= 18:
            found |= Q(pk=int(number))
        return self.filter(found)
