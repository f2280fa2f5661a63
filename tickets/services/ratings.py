"""What requesters answer to surveys: one opinion of each resolution, which they can change for some days."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import status

from memberpulse.errors import Conflict, Gone, Refusal
from tickets.models import Rating, Survey, Ticket
from tickets.services import desk, rating_links, surveys
from tickets.services.gate import locked

CHANGES_FOR = timedelta(days=7)


class UnknownLink(Refusal):
    status_code = status.HTTP_404_NOT_FOUND
    default_code = "unknown-link"


@dataclass(frozen=True)
class Question:
    """What a link asks about, and what has been answered so far."""

    survey: Survey
    ticket: Ticket
    rating: Rating | None

    @property
    def changes_until(self) -> datetime | None:
        """Up to when, not including it, the answer can be changed."""
        return self.rating.at + CHANGES_FOR if self.rating else None

    @property
    def is_settled(self) -> bool:
        return self.rating is not None and timezone.now() >= self.changes_until


def question_of(token: str) -> Question:
    """Raises UnknownLink if the token is not ours, Gone if there is nothing to answer by it any more.

    Who has answered keeps the time for changes, even if the link expires within it.
    """
    signed = rating_links.read(token)
    survey = signed and Survey.objects.select_related("ticket").filter(pk=signed.survey_id).first()
    if not survey:
        raise UnknownLink(_("Please open the link in our mail again, or copy the whole of it."))
    question = _question(survey, survey.ticket)
    if survey.ticket.is_excluded:
        raise Gone(_("The request it was about is not there any more. There is nothing left for you to do."))
    if signed.has_expired and (question.rating is None or question.is_settled):
        raise Gone(
            _("It was valid for %(days)s days. There is nothing left for you to do.")
            % {"days": rating_links.LASTS.days}
        )
    return question


def _question(survey: Survey, ticket: Ticket) -> Question:
    given = Rating.objects.filter(ticket=ticket, resolved_at=survey.resolved_at)
    return Question(survey, ticket, given.first())


@transaction.atomic
def rate(survey: Survey, *, score: int, comment: str) -> None:
    """Keeps the opinion of the surveyed resolution; the same again changes nothing.

    Raises Conflict once the first one is so old that it stands.
    """
    question = _question(survey, locked(survey.ticket_id))
    if question.is_settled:
        raise Conflict(_("A rating can be changed for %(days)s days.") % {"days": CHANGES_FOR.days})
    given = question.rating
    if given and (given.score, given.comment) == (score, comment):
        return
    surveys.note_arrival(survey)
    desk.rate(ticket=question.ticket, score=score, comment=comment, resolved_at=survey.resolved_at)
