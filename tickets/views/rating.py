"""The page behind the links of a survey. Opening it rates nothing: mail scanners open every link they find."""

import unicodedata
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from memberpulse.access import public
from memberpulse.errors import Refusal
from tickets.choices import SCORE_WORDS
from tickets.services import ratings

COMMENT_AT_MOST = 2000
# More than the longest comment takes in a form, and far from what would keep a server busy.
BODY_AT_MOST = 64 * 1024


class _Comment(forms.CharField):
    """Text of several lines, without what is not seen in it."""

    def to_python(self, value: Any) -> str:
        # A form counts each end of a line as two characters, its reader as one.
        text = str(value or "").replace("\r\n", "\n").replace("\r", "\n")
        return super().to_python("".join(character for character in text if not _is_unseen(character)))


def _is_unseen(character: str) -> bool:
    """Control characters, halves of characters, and marks that turn the direction of what follows."""
    turns = "\u202a" <= character <= "\u202e" or "\u2066" <= character <= "\u2069"
    return turns or (unicodedata.category(character) in ("Cc", "Cs") and character not in "\n\t")


class RatingForm(forms.Form):
    score = forms.TypedChoiceField(
        choices=list(SCORE_WORDS.items()),
        coerce=int,
        widget=forms.RadioSelect,
        error_messages={
            "required": gettext_lazy("Choose one of the five."),
            "invalid_choice": gettext_lazy("Choose one of the five."),
        },
    )
    comment = _Comment(
        required=False,
        max_length=COMMENT_AT_MOST,
        widget=forms.Textarea({"rows": 4}),
        error_messages={"max_length": gettext_lazy("Please use at most 2,000 characters; these are %(show_value)d.")},
    )
    use_required_attribute = False


class _Page(View):
    http_method_names = ["get", "head", "post"]

    def dispatch(self, request: HttpRequest, *args, token: str, **kwargs) -> HttpResponse:
        try:
            self.question = ratings.question_of(token)
            return super().dispatch(request, *args, **kwargs)
        except Refusal as refusal:
            return _closed(request, refusal.detail, refusal.status_code)

    def get(self, request: HttpRequest) -> HttpResponse:
        given, chosen = self.question.rating, request.GET.get("score")
        wants_to_change = chosen is not None or "change" in request.GET
        if given and (self.question.is_settled or not wants_to_change):
            return self.page("thanks")
        answer = {"score": given.score, "comment": given.comment} if given else {}
        if chosen in map(str, SCORE_WORDS):
            answer["score"] = chosen
        return self.page("form", {"form": RatingForm(initial=answer)})

    def post(self, request: HttpRequest) -> HttpResponse:
        form = RatingForm(request.POST)
        if self.question.is_settled:
            return self.page("thanks", status=409)
        if not form.is_valid():
            return self.page("form", {"form": form}, status=400)
        ratings.rate(self.question.survey, **form.cleaned_data)
        return HttpResponseRedirect(request.path)

    def page(self, name: str, context: dict[str, Any] | None = None, *, status: int = 200) -> HttpResponse:
        zone, question = ZoneInfo(settings.DESK_TIME_ZONE), self.question
        known = {
            "ticket": question.ticket,
            "resolved_at": question.survey.resolved_at.astimezone(zone),
            "zone": zone.key,
            "rating": question.rating,
            "changes_until": question.changes_until and question.changes_until.astimezone(zone),
            "is_settled": question.is_settled,
            "word": question.rating and SCORE_WORDS.get(question.rating.score),
        }
        return _render(self.request, name, {**known, **(context or {})}, status)


@public
# Checked below, once it is known that the form may be read.
@csrf_exempt
def rating_page(request: HttpRequest, token: str) -> HttpResponse:
    length = request.META.get("CONTENT_LENGTH") or "0"
    # A number of so many digits would not even be read.
    if not length.isdecimal() or len(length) > 9 or int(length) > BODY_AT_MOST:
        return _closed(request, _("That was more than this page takes. Please write less."), 413)
    response = _checked(request, token=token)
    if response.status_code == 403:
        return _closed(
            request, _("Please open the link in our mail again. This page needs cookies to be allowed."), 403
        )
    return response


_checked = csrf_protect(_Page.as_view())

_HEADINGS = {
    404: gettext_lazy("This link does not work"),
    409: gettext_lazy("Your rating stands"),
    410: gettext_lazy("This link has ended"),
}


def _closed(request: HttpRequest, sentence: str, status: int) -> HttpResponse:
    return _render(
        request,
        "closed",
        {"heading": _HEADINGS.get(status, _("Your rating was not sent")), "sentence": sentence},
        status,
    )


def _render(request: HttpRequest, name: str, context: dict[str, Any], status: int) -> HttpResponse:
    response = render(request, f"tickets/rating/{name}.html", context, status=status)
    response["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    return response
