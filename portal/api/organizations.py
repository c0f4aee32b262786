"""The caller's organizations."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponseBase
from django_filters import CharFilter, FilterSet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from portal.api.answers import Answer
from portal.api.views import ApiView, ListView
from portal.models import Organization
from portal.paging import Keyset


class OrganizationAnswer(Answer):
    """One IMS organization, as far as its officers know it."""

    id = serializers.UUIDField(read_only=True)
    name = serializers.CharField(read_only=True)
    ims_org_id = serializers.CharField(read_only=True)
    time_zone = serializers.CharField(read_only=True, help_text="Due dates are counted in it.")
    product_codes = serializers.ListField(child=serializers.CharField(), read_only=True)
    sandbox_name = serializers.CharField(read_only=True)
    is_on_hold = serializers.BooleanField(read_only=True, help_text="Nothing is sent to Adobe until an administrator resumes.")
    hold_reason = serializers.CharField(read_only=True)
    held_at = serializers.DateTimeField(read_only=True, allow_null=True)
    recall_minutes = serializers.IntegerField(read_only=True, help_text="How long a confirmed request can be cancelled.")
    access_before_delete = serializers.BooleanField(read_only=True)
    max_people_per_call = serializers.IntegerField(read_only=True)
    max_identities_per_call = serializers.IntegerField(read_only=True)
    max_identities_per_work_order = serializers.IntegerField(read_only=True)


class OrganizationFilters(FilterSet):
    """By Adobe's id."""

    ims_org_id = CharFilter()

    class Meta:
        model = Organization
        fields = ()


class OrganizationList(ListView):
    """The organizations that the token or the person was given."""

    answer = OrganizationAnswer
    filterset_class = OrganizationFilters
    keyset = Keyset[Organization]("created_at")

    def rows(self) -> QuerySet[Organization]:
        """Without secrets."""
        return _rows(self)

    @extend_schema(operation_id="organizations_list", responses=OrganizationAnswer(many=True))
    def get(self, request: Request) -> Response:  # noqa: ARG002
        """Organizations."""
        return self.page()


class OrganizationDetail(ApiView):
    """One organization."""

    is_conditional = True

    @extend_schema(operation_id="organizations_retrieve", responses={200: OrganizationAnswer, 304: None})
    def get(self, request: Request, pk: Any) -> HttpResponseBase:  # noqa: ARG002
        """One organization."""
        return self.conditional(OrganizationAnswer, self.one(_rows(self), pk=pk))


def _rows(view: ApiView) -> QuerySet[Organization]:
    return Organization.objects.visible_to(view.user).defer("client_secret_sealed", "hold_words_sealed")
