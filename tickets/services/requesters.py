"""Who asks: found again by their address."""

from tickets.models import Requester


def requester_for(*, email: str, name: str) -> Requester:
    """The requester with that address, whatever the case of its letters, else a new one.

    Without an address nobody can be told to be the same, so there is a new one for each name.
    """
    known = Requester.objects.filter(email__iexact=email).order_by("pk").first() if email else None
    return known or Requester.objects.create(email=email, name=name or email)
