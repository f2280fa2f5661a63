"""What comes with every request of a signed-in person: their language, and what it leaves behind."""

from django.http import HttpRequest, HttpResponse
from django.utils import translation

from accounts.audit import record_refusal
from memberpulse.access import PUBLIC, access_of

_REFUSED = (403, 404)


class OwnLanguageMiddleware:
    """A signed-in person reads their own language, whatever the browser asks for."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if language := getattr(request.user, "language", ""):
            translation.activate(language)
            request.LANGUAGE_CODE = language
        return self.get_response(request)


class AuditRefusalsMiddleware:
    """Writes down what a signed-in person asked for and did not get, be it forbidden, foreign or not there at all.

    The last two are told apart nowhere: not in the answer, and not by the time it takes.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code in _REFUSED and _is_guarded(request) and request.user.is_authenticated:
            capability = getattr(getattr(response, "refusal", None), "capability", "")
            record_refusal(request, status=response.status_code, capability=str(capability))
        return response


def _is_guarded(request: HttpRequest) -> bool:
    """Not of addresses that do not exist, nor of public ones: those may hold a secret."""
    match = request.resolver_match
    return match is not None and access_of(match.func) != PUBLIC
