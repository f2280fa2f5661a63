"""The shape that errors take over HTTP (RFC 9457)."""

from django.utils.translation import gettext_lazy
from drf_standardized_errors.formatter import ExceptionFormatter, flatten_errors
from drf_standardized_errors.handler import ExceptionHandler
from rest_framework import exceptions, status
from rest_framework.response import Response

from memberpulse.errors import Refusal

CONTENT_TYPE = "application/problem+json"

# What a status is called where an exception brings no code of its own.
TITLES = {
    400: ("invalid-request", gettext_lazy("Invalid request")),
    401: ("not-authenticated", gettext_lazy("Sign-in needed")),
    403: ("permission-denied", gettext_lazy("Not allowed")),
    404: ("not-found", gettext_lazy("Not found")),
    405: ("method-not-allowed", gettext_lazy("Method not allowed")),
    406: ("not-acceptable", gettext_lazy("Not acceptable")),
    415: ("unsupported-media-type", gettext_lazy("Unsupported media type")),
    429: ("too-many-requests", gettext_lazy("Too many requests")),
    500: ("internal", gettext_lazy("Internal error")),
}
INTERNAL_SENTENCE = gettext_lazy("Something went wrong here; we were told.")


class ProblemFormatter(ExceptionFormatter):
    """The body of an error: problem+json with the fields at fault and the request's id."""

    def run(self) -> dict:
        code, title = self._name()
        return {
            "type": f"urn:memberpulse:error:{code}",
            "title": title,
            "status": self.exc.status_code,
            "detail": self._detail(),
            "errors": self._errors(),
            "request_id": self.context["request"]._request.id,
        }

    def _name(self) -> tuple[str, str]:
        if isinstance(self.exc, Refusal):
            return self.exc.get_codes(), self.exc.title
        code, title = TITLES.get(self.exc.status_code, TITLES[500])
        return code, str(title)

    def _detail(self) -> str:
        if self.exc.status_code == status.HTTP_500_INTERNAL_SERVER_ERROR:
            return str(INTERNAL_SENTENCE)
        return " ".join(str(error.detail) for error in flatten_errors(self.exc.detail))

    def _errors(self) -> list[dict]:
        if isinstance(self.exc, Refusal):
            return self.exc.errors
        if isinstance(self.exc, exceptions.ValidationError):
            return [{"field": e.attr, "code": e.code, "detail": e.detail} for e in flatten_errors(self.exc.detail)]
        return []


class ProblemHandler(ExceptionHandler):
    """DRF's handler of exceptions, answering with problem+json."""

    def get_response(self, exc: exceptions.APIException, data: dict) -> Response:
        response = Response(data, status=exc.status_code, headers=self.get_headers(exc), content_type=CONTENT_TYPE)
        response.refusal = exc
        return response
