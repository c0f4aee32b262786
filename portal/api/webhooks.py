"""Webhooks of an integration: where it is told what happens, and what became of each delivery."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponseBase
from django.urls import reverse
from django_filters import ChoiceFilter, FilterSet, UUIDFilter
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from portal.api.answers import Answer, Body
from portal.api.common import conflict_on
from portal.api.filters import YesNoFilter
from portal.api.idempotency import idempotent
from portal.api.views import ApiView, ListView
from portal.models import DeliveryStatus, Organization, WebhookDelivery, WebhookEndpoint
from portal.paging import Keyset
from portal.webhooks import registering
from portal.webhooks.events import EVENTS

VIEW = ("portal.view_webhookendpoint",)
ADD = ("portal.add_webhookendpoint",)
CHANGE = ("portal.change_webhookendpoint",)
NAMES = [(event.name, event.words) for event in EVENTS]


class WebhookAnswer(Answer):
    """One address."""

    id = serializers.UUIDField(read_only=True)
    organization = serializers.UUIDField(source="organization_id", read_only=True)
    url = serializers.CharField(read_only=True)
    event_types = serializers.ListField(child=serializers.CharField(), read_only=True)
    is_active = serializers.BooleanField(read_only=True)
    created_at = serializers.DateTimeField(read_only=True)


class NewWebhookAnswer(WebhookAnswer):
    """With its secret."""

    secret = serializers.CharField(read_only=True, help_text="Deliveries are signed with it. It is shown this once.")


class DeliveryAnswer(Answer):
    """One event for one address."""

    id = serializers.UUIDField(read_only=True)
    webhook = serializers.UUIDField(source="endpoint_id", read_only=True)
    event_id = serializers.UUIDField(read_only=True, help_text="The same for every address and every attempt.")
    event_type = serializers.CharField(read_only=True)
    status = serializers.ChoiceField(choices=DeliveryStatus.choices, read_only=True)
    attempts = serializers.IntegerField(read_only=True)
    next_attempt_at = serializers.DateTimeField(read_only=True)
    http_status = serializers.IntegerField(read_only=True, allow_null=True)
    last_error = serializers.CharField(read_only=True)
    created_at = serializers.DateTimeField(read_only=True)
    delivered_at = serializers.DateTimeField(read_only=True, allow_null=True)


class WebhookBody(Body):
    """A new address."""

    organization = serializers.UUIDField(required=False, help_text="Yours, when you have one only.")
    url = serializers.CharField(max_length=500, help_text="An https address outside of private networks.")
    event_types = serializers.ListField(child=serializers.ChoiceField(choices=NAMES), min_length=1, max_length=len(NAMES))


class ChangeWebhookBody(Body):
    """What is to be different; what is not named stays."""

    url = serializers.CharField(max_length=500, required=False)
    event_types = serializers.ListField(
        child=serializers.ChoiceField(choices=NAMES), min_length=1, max_length=len(NAMES), required=False
    )
    is_active = serializers.BooleanField(required=False)


class WebhookFilters(FilterSet):
    """By whether they are told anything."""

    organization = UUIDFilter(field_name="organization_id")
    is_active = YesNoFilter()

    class Meta:
        model = WebhookEndpoint
        fields = ()


class DeliveryFilters(FilterSet):
    """By what became of them."""

    webhook = UUIDFilter(field_name="endpoint_id")
    status = ChoiceFilter(choices=DeliveryStatus.choices)
    event_type = ChoiceFilter(choices=NAMES)

    class Meta:
        model = WebhookDelivery
        fields = ()


class WebhookList(ListView):
    """The addresses of the caller's organizations."""

    rights = {"GET": VIEW, "POST": ADD}
    selective = ("GET", "POST")
    answer = WebhookAnswer
    filterset_class = WebhookFilters
    keyset = Keyset[WebhookEndpoint]("created_at")

    def rows(self) -> QuerySet[WebhookEndpoint]:
        """Without their secrets."""
        return _visible(self)

    @extend_schema(operation_id="webhooks_list", responses=WebhookAnswer(many=True))
    def get(self, request: Request) -> Response:  # noqa: ARG002
        """Webhooks, newest first."""
        return self.page()

    @extend_schema(operation_id="webhooks_create", filters=False, request=WebhookBody, responses={201: NewWebhookAnswer})
    @idempotent
    def post(self, request: Request) -> Response:
        """Register an address and the events it is told of. The answer holds its secret, this once."""
        sent = self.sent(WebhookBody, request)
        organization = self.organization(sent.get("organization"))
        with _addresses_refused():
            made, secret = registering.register(organization, sent["url"], sent["event_types"], self.user)
        shown = {name: getattr(made, name) for name in ("id", "organization_id", "url", "event_types", "is_active", "created_at")}
        headers = {"Location": reverse("api:webhook-detail", args=[made.pk])}
        answer = self.shown(NewWebhookAnswer, shown | {"secret": secret})
        return Response(answer, status=HTTPStatus.CREATED, headers=headers)


class WebhookDetail(ApiView):
    """One address."""

    rights = {"GET": VIEW, "PATCH": CHANGE, "DELETE": CHANGE}
    selective = ("GET", "PATCH")
    is_conditional = True

    @extend_schema(operation_id="webhooks_retrieve", responses={200: WebhookAnswer, 304: None})
    def get(self, request: Request, pk: UUID) -> HttpResponseBase:  # noqa: ARG002
        """One webhook."""
        return self.conditional(WebhookAnswer, self.one(_visible(self), pk=pk))

    @extend_schema(operation_id="webhooks_change", request=ChangeWebhookBody, responses={200: WebhookAnswer})
    def patch(self, request: Request, pk: UUID) -> Response:
        """Another address, other events, or a pause."""
        sent = self.sent(ChangeWebhookBody, request)
        endpoint: WebhookEndpoint = self.one(_visible(self), pk=pk)
        with _addresses_refused():
            registering.change(endpoint, self.user, **sent)
        return Response(self.shown(WebhookAnswer, endpoint))

    @extend_schema(operation_id="webhooks_remove", responses={204: None})
    def delete(self, request: Request, pk: UUID) -> Response:  # noqa: ARG002
        """Forget an address and its deliveries."""
        registering.remove(self.one(_visible(self), pk=pk), self.user)
        return Response(status=HTTPStatus.NO_CONTENT)


class DeliveryList(ListView):
    """Deliveries."""

    rights = {"GET": ("portal.view_webhookdelivery",)}
    answer = DeliveryAnswer
    filterset_class = DeliveryFilters
    # Keys grow with time.
    keyset = Keyset[WebhookDelivery]("pk", read_first=UUID)

    def rows(self) -> QuerySet[WebhookDelivery]:
        """To the addresses of the caller's organizations."""
        return _deliveries(self)

    @extend_schema(operation_id="webhook_deliveries_list", responses=DeliveryAnswer(many=True))
    def get(self, request: Request) -> Response:  # noqa: ARG002
        """Deliveries, newest first."""
        return self.page()


class DeliveryReplay(ApiView):
    """Once more."""

    rights = {"POST": CHANGE}
    selective = ("POST",)

    @extend_schema(operation_id="webhook_deliveries_replay", request=None, responses={202: DeliveryAnswer})
    @idempotent
    def post(self, request: Request, pk: UUID) -> Response:  # noqa: ARG002
        """Deliver again what was delivered or given up."""
        with conflict_on(registering.NotPossible):
            registering.replay(self.one(_deliveries(self), pk=pk), self.user)
        return Response(self.shown(DeliveryAnswer, self.one(_deliveries(self), pk=pk)), status=HTTPStatus.ACCEPTED)


def _visible(view: ApiView) -> QuerySet[WebhookEndpoint]:
    mine = Organization.objects.visible_to(view.user)
    return WebhookEndpoint.objects.filter(organization__in=mine).select_related("organization").defer("secret_sealed")


def _deliveries(view: ApiView) -> QuerySet[WebhookDelivery]:
    mine = Organization.objects.visible_to(view.user)
    rows: QuerySet[WebhookDelivery] = WebhookDelivery.objects.filter(endpoint__organization__in=mine)
    return rows.select_related("endpoint__organization")


@contextmanager
def _addresses_refused() -> Iterator[None]:
    """An address that may not be called is named as such."""
    try:
        yield
    except registering.NotPossible as refusal:
        problem: dict[str, Any] = {"url": [str(refusal)]}
        raise ValidationError(problem, code="address-refused") from None
