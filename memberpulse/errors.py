"""Refusals: a stable code, and a sentence that says what to do. ``memberpulse.problems`` gives them their shape."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop
from rest_framework import exceptions, status

# The titles that codes make, for the translation of all texts to know of.
TITLES = (
    gettext_noop("Account gone"),
    gettext_noop("Capability missing"),
    gettext_noop("Conflict"),
    gettext_noop("Database unreachable"),
    gettext_noop("Event refused"),
    gettext_noop("File damaged"),
    gettext_noop("Files deleted"),
    gettext_noop("Form outdated"),
    gettext_noop("Gone"),
    gettext_noop("Invalid parameter"),
    gettext_noop("No base"),
    gettext_noop("Not over"),
    gettext_noop("Not ready"),
    gettext_noop("Not stored"),
    gettext_noop("Query too slow"),
    gettext_noop("Refused"),
    gettext_noop("Token already created"),
    gettext_noop("Token read only"),
    gettext_noop("Too many exports"),
    gettext_noop("Too many tokens"),
    gettext_noop("Unavailable"),
    gettext_noop("Unknown link"),
)


class Refusal(exceptions.APIException):
    """A request that is understood and refused, with ``errors`` naming the fields at fault."""

    status_code = status.HTTP_400_BAD_REQUEST
    default_code = "refused"
    default_detail = gettext_lazy("This cannot be done.")

    def __init__(self, detail: str, *, code: str | None = None, errors: list[dict] | None = None):
        super().__init__(detail, code)
        self.errors = errors or []

    @property
    def title(self) -> str:
        """Its code in words: "file-damaged" is "File damaged"."""
        return _(self.get_codes().replace("-", " ").capitalize())


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
        super().__init__(
            _("This needs the capability %(capability)s. An administrator can grant it.") % {"capability": capability}
        )
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
