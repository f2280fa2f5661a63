"""Refusals: a stable code, and a sentence that says what to do. ``memberpulse.problems`` gives them their shape."""

from rest_framework import exceptions, status


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
        super().__init__(f"This needs the capability {capability}. An administrator can grant it.")
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
