"""Who is asking."""

from drf_spectacular.utils import OpenApiTypes, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import GuardedView
from accounts.capabilities import Capability
from accounts.models import Membership, User
from accounts.scope import scope_for
from memberpulse.access import SIGNED_IN


class RoleSerializer(serializers.ModelSerializer):
    team = serializers.CharField(source="team.name", default=None)

    class Meta:
        model = Membership
        fields = ["role", "team"]


class MeSerializer(serializers.ModelSerializer):
    """A person as they are to themselves: roles, and how far each capability reaches."""

    roles = RoleSerializer(source="memberships", many=True)
    capabilities = serializers.SerializerMethodField()

    class Meta:
        model = User
        fields = ["id", "email", "name", "language", "time_zone", "roles", "capabilities"]

    @extend_schema_field(OpenApiTypes.OBJECT)
    def get_capabilities(self, user: User) -> dict[str, dict]:
        scopes = {capability: scope_for(user, capability) for capability in Capability}
        return {
            capability.value: {"level": scope.level, "teams": sorted(scope.reached_team_ids)}
            for capability, scope in scopes.items()
            if not scope.is_empty
        }


class MeView(GuardedView):
    access = SIGNED_IN

    @extend_schema(responses=MeSerializer, tags=["accounts"])
    def get(self, request: Request) -> Response:
        """Who am I, and what may I see?"""
        return Response(MeSerializer(request.user).data)
