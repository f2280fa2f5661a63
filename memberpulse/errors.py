"""Refusals: a stable code, a sentence that says what to do, and the shape they take over HTTP (RFC 9457)."""

from drf_standardized_errors.formatter import ExceptionFormatter, flatten_errors
from drf_standardized_errors.handler import ExceptionHandler
from rest_framework import exceptions, status
from rest_framework.response import Response

CONTENT_TYPE = "application/problem+json"


class Refusal(exceptions.APIException):
    """A request that is understood and refused, with ``errors`` naming the fields at fault."""

    status_code = status.HTTP_400_BAD_REQUEST
    default_code = "refused"
    default_detail = "This cannot be done."

    def __init__(self, detail: str, *, code: str | None = None, errors: list[dict] | None = None):
        super().__init__(detail, code)
        self.errors = errors or []


class InvalidParameter(Refusal):
    """A parameter that cannot be used: ``code`` is stable, ``detail`` names the value or the limit."""

    default_code = "invalid-parameter"

    def __init__(self, field: str, *, code: str, detail: str):
        super().__init__(detail, errors=[{"field": field, "code": code, "detail": detail}])
        self.field = field


class CapabilityMissing(Refusal):
    """Signed in, but without the capability that this needs."""

    status_code = status.HTTP_403_FORBIDDEN
    default_code = "capability-missing"

    def __init__(self, capability: str):
        super().__init__(f"This needs the capability {capability}. A team lead or an administrator can grant it.")
        self.capability = capability


class Conflict(Refusal):
    """The thing asked for does not fit the state that it is in."""

    status_code = status.HTTP_409_CONFLICT
    default_code = "conflict"


class Gone(Refusal):
    """It was there, and its time has passed."""

    status_code = status.HTTP_410_GONE
    default_code = "gone"


class Unavailable(Refusal):
    """Nothing wrong with the request; ask again in ``wait`` seconds."""

    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_code = "unavailable"

    def __init__(self, detail: str, *, code: str | None = None, wait: int = 10):
        super().__init__(detail, code=code)
        self.wait = wait


# What a status is called where an exception brings no code of its own.
TITLES = {
    400: ("invalid-request", "Invalid request"),
    401: ("not-authenticated", "Sign-in needed"),
    403: ("permission-denied", "Not allowed"),
    404: ("not-found", "Not found"),
    405: ("method-not-allowed", "Method not allowed"),
    406: ("not-acceptable", "Not acceptable"),
    415: ("unsupported-media-type", "Unsupported media type"),
    429: ("too-many-requests", "Too many requests"),
    500: ("internal", "Internal error"),
}
INTERNAL_SENTENCE = "Something went wrong here; we were told."


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
            code = self.exc.get_codes()
            return code, code.replace("-", " ").capitalize()
        return TITLES.get(self.exc.status_code, TITLES[500])

    def _detail(self) -> str:
        if self.exc.status_code == status.HTTP_500_INTERNAL_SERVER_ERROR:
            return INTERNAL_SENTENCE
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
        return Response(data, status=exc.status_code, headers=self.get_headers(exc), content_type=CONTENT_TYPE)
