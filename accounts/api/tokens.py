"""One's own API tokens. A secret is in one answer, that to the request which made it."""

from uuid import UUID

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from accounts.api.base import GuardedView
from accounts.capabilities import Capability
from accounts.models import ApiToken
from accounts.services import tokens
from memberpulse.bodies import checked
from memberpulse.openapi import ProblemSerializer
from memberpulse.problems import CONTENT_TYPE


class TokenSerializer(serializers.ModelSerializer):
    """A token as its owner sees it. Nothing here can be written."""

    id = serializers.UUIDField(source="uuid")
    begins_with = serializers.CharField(source="token_key", help_text="The first characters of the secret.")
    is_expired = serializers.BooleanField()
    created_at = serializers.DateTimeField(source="created")
    expires_at = serializers.DateTimeField(source="expiry", allow_null=True)
    last_used_at = serializers.DateTimeField(allow_null=True, help_text="To a minute; null if never.")

    class Meta:
        model = ApiToken
        fields = [
            "id", "name", "begins_with", "is_read_only", "is_expired", "created_at", "expires_at", "last_used_at",
        ]  # fmt: skip
        read_only_fields = fields


class CreatedTokenSerializer(TokenSerializer):
    """A token that was just made, with its secret: the only answer that has it."""

    secret = serializers.CharField(help_text="Send it as `Authorization: Token mp_…`. It is never shown again.")

    class Meta(TokenSerializer.Meta):
        fields = [*TokenSerializer.Meta.fields, "secret"]
        read_only_fields = fields


class TokenPageSerializer(serializers.Serializer):
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = TokenSerializer(many=True)


class NewTokenSerializer(serializers.Serializer):
    """All that can be said of a new token."""

    name = serializers.CharField(max_length=tokens.NAME_AT_MOST, help_text="What it is for, in one line.")
    days = serializers.IntegerField(
        default=tokens.DEFAULT_DAYS,
        min_value=tokens.DAYS_AT_LEAST,
        max_value=tokens.DAYS_AT_MOST,
        help_text="How long it is valid. A token made with a token does not outlive it.",
    )
    is_read_only = serializers.BooleanField(default=False, help_text="Refused all but GET, HEAD and OPTIONS.")


class _NewestFirst(CursorPagination):
    page_size = 50
    ordering = ("-created", "-uuid")


class TokenListView(GuardedView):
    access = Capability.MANAGE_API_TOKENS

    @extend_schema(operation_id="tokens_list", responses=TokenPageSerializer, tags=["accounts"])
    def get(self, request: Request) -> Response:
        """Your own tokens, newest first, expired ones among them."""
        pages = _NewestFirst()
        page = pages.paginate_queryset(ApiToken.objects.owned_by(request.user), request, view=self)
        return pages.get_paginated_response(TokenSerializer(page, many=True).data)

    @extend_schema(
        operation_id="tokens_create",
        request=NewTokenSerializer,
        responses={201: CreatedTokenSerializer, (409, CONTENT_TYPE): ProblemSerializer},
        tags=["accounts"],
    )
    def post(self, request: Request) -> Response:
        """Make a token. Its secret is in this answer and never shown again. You may have 20 that are not expired."""
        wishes = checked(NewTokenSerializer, request.data)
        token, secret = tokens.create_token(
            owner=request.user,
            by=request.auth,
            name=wishes["name"],
            days=wishes["days"],
            is_read_only=wishes["is_read_only"],
        )
        body = {**TokenSerializer(token).data, "secret": secret}
        address = reverse("api-token", kwargs={"token_id": token.pk}, request=request)
        return Response(body, status=status.HTTP_201_CREATED, headers={"Location": address})


class TokenView(GuardedView):
    access = Capability.MANAGE_API_TOKENS

    @extend_schema(operation_id="tokens_read", responses=TokenSerializer, tags=["accounts"])
    def get(self, request: Request, token_id: UUID) -> Response:
        """One of your own tokens, without its secret."""
        return Response(TokenSerializer(_own(request, token_id)).data)

    @extend_schema(operation_id="tokens_revoke", responses={204: None}, tags=["accounts"])
    def delete(self, request: Request, token_id: UUID) -> Response:
        """Revoke one of your own tokens: from the next request on it opens nothing."""
        tokens.revoke(_own(request, token_id))
        return Response(status=status.HTTP_204_NO_CONTENT)


def _own(request: Request, token_id: UUID) -> ApiToken:
    return get_object_or_404(ApiToken.objects.owned_by(request.user), pk=token_id)
