"""What the OpenAPI description says of every address: errors as problem+json, sign-in by token, no trailing slash."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema as SpectacularAutoSchema
from drf_spectacular.plumbing import build_bearer_security_scheme_object
from rest_framework import serializers

from memberpulse.problems import CONTENT_TYPE


class FieldErrorSerializer(serializers.Serializer):
    field = serializers.CharField(allow_null=True)
    code = serializers.CharField()
    detail = serializers.CharField()


class ProblemSerializer(serializers.Serializer):
    """An error (RFC 9457): a stable ``type``, a sentence in ``detail``, the fields at fault."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    errors = FieldErrorSerializer(many=True)
    request_id = serializers.UUIDField()


class AutoSchema(SpectacularAutoSchema):
    """Adds to every operation the errors that any of them may answer with."""

    def _get_response_bodies(self, direction: str = "response") -> dict[str, Any]:
        bodies = super()._get_response_bodies(direction)
        for code in ("400", "401", "403", "404", "503"):
            bodies.setdefault(code, self._get_response_for_code(ProblemSerializer, code, [CONTENT_TYPE], direction))
        return bodies


class TokenScheme(OpenApiAuthenticationExtension):
    target_class = "accounts.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        return build_bearer_security_scheme_object(header_name="Authorization", token_prefix="Token")  # noqa: S106


def without_trailing_slashes(result: dict[str, Any], **kwargs) -> dict[str, Any]:
    """The addresses as documented: a slash at the end answers too, but is not their name."""
    result["paths"] = {path.rstrip("/"): operations for path, operations in result["paths"].items()}
    return result
