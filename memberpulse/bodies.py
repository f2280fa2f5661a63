"""Reading the body of a request of the API."""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from memberpulse.errors import InvalidParameter


def checked(serializer_class: type[serializers.Serializer], body: Any) -> dict[str, Any]:
    """The fields of a JSON object, each as its serializer reads it.

    What cannot be set is refused rather than passed over. Raises InvalidParameter, ValidationError.
    """
    if not isinstance(body, dict):
        raise InvalidParameter("body", code="type", detail=_("Send a JSON object."))
    serializer = serializer_class(data=body)
    for name in body:
        if name not in serializer.fields:
            known = ", ".join(serializer.fields)
            raise InvalidParameter(
                name[:60], code="unknown", detail=_("This cannot be set. Known are %(known)s.") % {"known": known}
            )
    serializer.is_valid(raise_exception=True)
    return serializer.validated_data
