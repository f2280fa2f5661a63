"""Working hours as people write them, one text a weekday: ``9:00-12:30, 13:30-17:00``, ``22:00-6:00`` or ``closed``."""

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from django import forms
from django.utils import dates
from django.utils.translation import gettext as _

DAY = 1440
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
CLOSED = "closed"

_TIME = r"(\d{1,2})(?::(\d{2}))?"
_SPAN = re.compile(rf"{_TIME}\s*(?:-|–|to)\s*{_TIME}", re.ASCII)


class Span(NamedTuple):
    """Minutes of the day on which it begins; over midnight, ``closes`` is more than a day's."""

    opens: int
    closes: int


def parse_day(text: str) -> list[Span]:
    """The spans of a day, in order. Raises ValidationError with a sentence for people."""
    # The English word everywhere, and that of the reader's language.
    if text.strip().lower() in ("", CLOSED, _("closed"), "-", "–"):
        return []
    spans = sorted(_span(part.strip()) for part in text.split(","))
    for earlier, later in pairwise(spans):
        if later.opens < earlier.closes:
            raise forms.ValidationError(
                _("%(later)s begins before %(earlier)s has ended.")
                % {"later": write_span(later), "earlier": write_span(earlier)}
            )
    return spans


def _span(text: str) -> Span:
    found = _SPAN.fullmatch(text)
    if not found:
        raise forms.ValidationError(
            _("“%(text)s” is no span of hours. Write it like 9:00-17:30, or “%(closed)s”.")
            % {"text": text, "closed": _("closed")}
        )
    opens, closes = _minute(found[1], found[2]), _minute(found[3], found[4])
    if opens == DAY:
        raise forms.ValidationError(_("24:00 can only end a span: write 0:00 on the next day."))
    if opens == closes:
        raise forms.ValidationError(_("“%s” has no length. Write 0:00-24:00 for the whole day.") % text)
    return Span(opens, closes if opens < closes else closes + DAY)


def _minute(hour: str, minute: str | None) -> int:
    of_day = int(hour) * 60 + int(minute or 0)
    if int(minute or 0) > 59 or of_day > DAY:
        raise forms.ValidationError(_("%s is no time of day. Use 0:00 to 24:00.") % f"{hour}:{minute or '00'}")
    return of_day


class WeekError(ValueError):
    """Spans of one day reach into another's; ``weekday`` is the place of the later one."""

    def __init__(self, weekday: int, message: str):
        super().__init__(message)
        self.weekday = weekday


def as_week(days: Sequence[Sequence[Span]]) -> list[list[list[int]]]:
    """The week as calendars store it: what goes over midnight is cut there. Raises WeekError."""
    week = [[[span.opens, min(span.closes, DAY)] for span in day] for day in days]
    for weekday, day in enumerate(days):
        if day and day[-1].closes > DAY:
            following = (weekday + 1) % 7
            _put_first(week, following, day[-1], str(dates.WEEKDAYS[weekday]))
    return week


def _put_first(week: list[list[list[int]]], weekday: int, span: Span, begun_on: str) -> None:
    first = week[weekday][0] if week[weekday] else None
    if first and first[0] < span.closes - DAY:
        later = write_span(Span(*first))
        raise WeekError(
            weekday,
            _("%(later)s begins before %(earlier)s of %(begun_on)s has ended.")
            % {"later": later, "earlier": write_span(span), "begun_on": begun_on},
        )
    week[weekday].insert(0, [0, span.closes - DAY])


def write_week(week: Sequence[Sequence[Sequence[int]]]) -> list[str]:
    """Seven texts that say what ``week`` does. Night shifts stand on the day on which they begin."""
    days = [[Span(*span) for span in sorted(day)] for day in week]
    night = [_goes_on(days[weekday], days[(weekday + 1) % 7]) for weekday in range(7)]
    texts = []
    for weekday, spans in enumerate(days):
        shown = spans[1:] if night[weekday - 1] else list(spans)
        if night[weekday]:
            shown[-1] = Span(shown[-1].opens, DAY + days[(weekday + 1) % 7][0].closes)
        texts.append(", ".join(map(write_span, shown)) or _("closed"))
    return texts


def _goes_on(day: list[Span], following: list[Span]) -> bool:
    """Whether a span is best told as one with the next day's first: it is, if both together are less than a day."""
    return bool(
        day and following and day[-1].closes == DAY and following[0].opens == 0 and following[0].closes < day[-1].opens
    )


def write_span(span: Span) -> str:
    closes = span.closes if span.closes <= DAY else span.closes - DAY
    return f"{_write_time(span.opens)}-{_write_time(closes)}"


def _write_time(minute: int) -> str:
    return f"{minute // 60}:{minute % 60:02}"


def minutes_in(week: Sequence[Sequence[Sequence[int]]]) -> int:
    """Working minutes of a week in which the clocks are not changed."""
    return sum(closes - opens for day in week for opens, closes in day)
