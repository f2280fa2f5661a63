"""Roles, tokens and audit rows as sentences, and how they are written: one by one, or not at all."""

from collections.abc import Collection
from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from typing import Self

from django.db.models import Q, QuerySet, Value
from django.db.models.functions import Lower


class MembershipQuerySet(QuerySet):
    """Written one by one, so that no role is without its grants."""

    def bulk_create(self, *args, **kwargs):
        raise TypeError("Create memberships one by one: the grants follow each.")

    def bulk_update(self, *args, **kwargs):
        raise TypeError("Save memberships one by one: the grants follow each.")

    def update(self, **values):
        raise TypeError("Save memberships one by one: the grants follow each.")


class ApiTokenQuerySet(QuerySet):
    def owned_by(self, user) -> QuerySet:
        return self.filter(user=user)

    def live(self, now: datetime) -> QuerySet:
        """Those that have not expired."""
        return self.filter(Q(expiry__isnull=True) | Q(expiry__gt=now))

    def expired(self, now: datetime) -> QuerySet:
        return self.filter(expiry__lte=now)

    def not_used_within(self, span: timedelta, now: datetime) -> QuerySet:
        return self.filter(Q(last_used_at__isnull=True) | Q(last_used_at__lte=now - span))


class AuditQuerySet(QuerySet):
    """Rows are added and read, never changed and never taken away."""

    def between(self, start: datetime, end: datetime) -> Self:
        """Half-open: start <= at < end."""
        return self.filter(at__gte=start, at__lt=end)

    def with_person(self, email: str, ids: Collection[int]) -> Self:
        """What the person did or had done to them: known by number, or by the address as it was written down."""
        return self.alias(**_WRITTEN).filter(reduce(or_, _is_person(email, ids)))

    def each_with_person(self, email: str, ids: Collection[int]) -> list[Self]:
        """The same in parts that overlap, each of which an index gives in the order of time."""
        return [self.alias(**_WRITTEN).filter(condition) for condition in _is_person(email, ids)]

    def older_than(self, at: datetime, pk: int) -> Self:
        # The first condition is what an index is read by.
        return self.filter(at__lte=at).exclude(at=at, pk__gte=pk)

    def newer_than(self, at: datetime, pk: int) -> Self:
        return self.filter(at__gte=at).exclude(at=at, pk__lte=pk)

    def update(self, **values):
        raise TypeError("The audit log is only added to.")

    def delete(self):
        raise TypeError("The audit log is only added to.")

    def bulk_update(self, *args, **kwargs):
        raise TypeError("The audit log is only added to.")


_WRITTEN = {"actor_lower": Lower("actor"), "person_lower": Lower("person")}


def _is_person(email: str, ids: Collection[int]) -> list[Q]:
    written = Lower(Value(email))
    found = [Q(actor_lower=written), Q(person_lower=written)]
    return [*found, Q(actor_id__in=ids), Q(person_id__in=ids)] if ids else found
