"""What each organization may still do at Adobe."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from hygiene import quota
from hygiene.api.asking import answers_of_adobe
from portal.api.answers import Answer, Body
from portal.api.idempotency import idempotent_question
from portal.api.views import ApiView
from portal.models import Organization


class QuotaLineAnswer(Answer):
    """One quota as it stands now."""

    name = serializers.CharField(read_only=True, help_text="Adobe's.")
    words = serializers.CharField(read_only=True)
    consumed = serializers.IntegerField(read_only=True)
    limit = serializers.IntegerField(read_only=True)
    left = serializers.IntegerField(read_only=True)
    resets_at = serializers.DateTimeField(read_only=True, allow_null=True)


class QuotasAnswer(Answer):
    """One organization's quotas."""

    organization = serializers.UUIDField(read_only=True)
    read_at = serializers.DateTimeField(read_only=True, allow_null=True, help_text="None: Adobe was never asked.")
    quotas = QuotaLineAnswer(many=True, read_only=True)


class AllQuotasAnswer(Answer):
    """Of every organization of the caller."""

    results = QuotasAnswer(many=True, read_only=True)


class QuotaBody(Body):
    """Whose."""

    organization = serializers.UUIDField(required=False, help_text="Yours, when you have one only.")


class QuotaList(ApiView):
    """By Adobe's last answer."""

    rights = {"GET": ("hygiene.view_quotareading",)}

    @extend_schema(operation_id="quotas_list", responses=AllQuotasAnswer)
    def get(self, request: Request) -> Response:  # noqa: ARG002
        """The quotas of each organization, by Adobe's last answer."""
        visible = Organization.objects.visible_to(self.user)
        return Response(self.shown(AllQuotasAnswer, {"results": [_quotas(one) for one in visible]}))


class QuotaRefresh(ApiView):
    """By a new one."""

    rights = {"POST": ("hygiene.refresh_quotareading",)}
    selective = ("POST",)

    @extend_schema(operation_id="quotas_refresh", request=QuotaBody, responses=QuotasAnswer)
    @idempotent_question
    def post(self, request: Request) -> Response:
        """Ask Adobe now. 502 when Adobe does not answer."""
        organization = self.organization(self.sent(QuotaBody, request).get("organization"))
        with answers_of_adobe():
            quota.read_now(organization)
        return Response(self.shown(QuotasAnswer, _quotas(organization)))


def _quotas(organization: Organization) -> dict[str, Any]:
    reading = quota.newest(organization)
    return {
        "organization": organization.pk,
        "read_at": reading.read_at if reading else None,
        "quotas": quota.lines(reading) if reading else [],
    }
