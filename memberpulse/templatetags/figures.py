"""Values in templates, put into words by ``memberpulse.formats``, and the portal's icons."""

from datetime import date
from typing import Any

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from memberpulse import formats

register = template.Library()

register.filter("number", formats.number)
register.filter("percent", formats.percent)
register.filter("duration", formats.duration)
register.filter("exact_duration", formats.exact_duration)
register.filter("limit", formats.limit)
register.filter("score", formats.score)
register.filter("date_text", formats.date_text)
register.filter("day_text", formats.day_text)
register.filter("long_day_text", formats.long_day_text)
register.filter("moment_text", formats.moment_text)
register.filter("exact_moment_text", formats.exact_moment_text)


@register.simple_tag
def cell(value: Any, unit: str) -> str:
    """A cell of a report's table. Days, being rounded, tell their exact length on hover and focus."""
    text = formats.cell(value, unit)
    if unit == "seconds" and value is not None and value >= 2 * formats.DAY:
        return format_html('<span class="exact" data-exact="{}">{}</span>', formats.exact_duration(value), text)
    return text


@register.simple_tag
def figure(value: Any, unit: str) -> str | SafeString:
    """The large figure of a card: amounts with their units, and words in its place, set smaller."""
    if value is None:
        return formats.NOTHING
    if unit == "text":
        return format_html("<span>{}</span>", value)
    if unit == "seconds":
        return format_html_join("", "{}<span>{}</span>", formats.duration_parts(value))
    if unit in ("ratio", "share"):
        return format_html("{}<span>%</span>", formats.number(formats.exact(value) * 100, 1))
    return formats.cell(value, unit)


@register.simple_tag
def share(part: int, whole: int) -> str:
    return formats.share(part, whole)


@register.simple_tag
def period(first: date, last: date) -> str:
    return formats.period_text(first, last)


@register.simple_tag
def delta(change: formats.Change, form: str = "text") -> SafeString:
    """A change with arrow and words; ``form="short"`` without the words, for a table's column."""
    text = change.text if form == "text" else change.short
    return format_html('<span class="delta {}">{}{}</span>', change.verdict, _arrow(change, form), text)


def _arrow(change: formats.Change, form: str) -> SafeString | str:
    if not change.arrow:
        return ""
    # Without words the arrow is the only sign of the direction, so it is read out.
    spoken = {"up": formats.signed(1, ""), "down": formats.signed(-1, "")}[change.arrow] if form != "text" else ""
    shape = "M5 1l4 6H1z" if change.arrow == "up" else "M5 9l4-6H1z"
    drawn = format_html('<svg viewBox="0 0 10 10" aria-hidden="true"><path d="{}"></path></svg>', shape)
    return format_html('{}<span class="vh">{}</span>', drawn, spoken) if spoken else drawn


@register.simple_tag
def icon(name: str) -> SafeString:
    """An icon of templates/portal/_icons.html, which the page must include once."""
    return format_html('<svg class="ic" aria-hidden="true"><use href="#i-{}"></use></svg>', name)
