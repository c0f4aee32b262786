"""Looking for jobs that were made outside the portal."""

from __future__ import annotations

from http import HTTPStatus
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponseBase
from django.urls import reverse
from django_filters import ChoiceFilter
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from portal.api.answers import Answer, Body
from portal.api.common import CreatedFilters
from portal.api.idempotency import idempotent
from portal.api.views import ApiView, ListView
from portal.paging import Keyset
from privacy import elsewhere
from privacy.api.common import refusals_as_conflicts
from privacy.models import JobSync
from privacy.statuses import SyncStatus

VIEW = ("privacy.view_jobsync",)


class SyncAnswer(Answer):
    """One pass through Adobe's lists."""

    id = serializers.UUIDField(read_only=True)
    organization = serializers.UUIDField(source="organization_id", read_only=True)
    status = serializers.ChoiceField(choices=SyncStatus.choices, read_only=True)
    listings_total = serializers.IntegerField(read_only=True, help_text="Laws and stretches of time to look through.")
    listings_done = serializers.IntegerField(read_only=True)
    jobs_seen = serializers.IntegerField(read_only=True)
    jobs_added = serializers.IntegerField(read_only=True, help_text="Made outside the portal, and not known before.")
    created_at = serializers.DateTimeField(read_only=True)
    finished_at = serializers.DateTimeField(read_only=True, allow_null=True)
    last_error = serializers.CharField(read_only=True)


class SyncBody(Body):
    """Where to look."""

    organization = serializers.UUIDField(required=False, help_text="Yours, when you have one only.")


class SyncFilters(CreatedFilters):
    """By state."""

    status = ChoiceFilter(choices=SyncStatus.choices)

    class Meta:
        model = JobSync
        fields = ()


class SyncList(ListView):
    """Passes."""

    rights = {"GET": VIEW, "POST": ("privacy.start_jobsync",)}
    selective = ("GET", "POST")
    answer = SyncAnswer
    filterset_class = SyncFilters
    keyset = Keyset[JobSync]("created_at")

    def rows(self) -> QuerySet[JobSync]:
        """Of the caller's organizations."""
        rows: QuerySet[JobSync] = JobSync.objects.visible_to(self.user)
        return rows

    @extend_schema(operation_id="syncs_list", responses=SyncAnswer(many=True))
    def get(self, request: Request) -> Response:  # noqa: ARG002
        """Passes, newest first."""
        return self.page()

    @extend_schema(operation_id="syncs_start", filters=False, request=SyncBody, responses={202: SyncAnswer})
    @idempotent
    def post(self, request: Request) -> Response:
        """Begin a pass. It takes minutes: ask for it until it is done."""
        organization = self.organization(self.sent(SyncBody, request).get("organization"))
        with refusals_as_conflicts():
            sync = elsewhere.start(organization, self.user)
        headers = {"Location": reverse("api:sync-detail", args=[sync.pk])}
        return Response(self.shown(SyncAnswer, sync), status=HTTPStatus.ACCEPTED, headers=headers)


class SyncDetail(ApiView):
    """One pass."""

    rights = {"GET": VIEW}
    is_conditional = True

    @extend_schema(operation_id="syncs_retrieve", responses={200: SyncAnswer, 304: None})
    def get(self, request: Request, pk: UUID) -> HttpResponseBase:  # noqa: ARG002
        """One pass, with how far it is."""
        sync: JobSync = self.one(JobSync.objects.visible_to(self.user), pk=pk)
        return self.conditional(SyncAnswer, sync, sync.finished_at)
