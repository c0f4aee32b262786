"""Dataset expirations: asked for, changed and cancelled while pending."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponseBase
from django.urls import reverse
from django_filters import CharFilter, ChoiceFilter
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from hygiene import expirations
from hygiene.api.asking import answers_of_adobe
from hygiene.models import DatasetExpiration, ExpirationOrder
from hygiene.statuses import ExpirationStatus
from hygiene.words import opened
from portal import crypto
from portal.adobe.expiration_answers import read_history_entry
from portal.api.answers import Answer, Body
from portal.api.common import CreatedFilters, conflict_on
from portal.api.idempotency import idempotent, idempotent_question
from portal.api.problems import Problem
from portal.api.views import ApiView, ListView
from portal.models import User
from portal.outbound import CallState
from portal.paging import Keyset

VIEW = ("hygiene.view_datasetexpiration",)
ADD = ("hygiene.add_datasetexpiration",)
CHANGE = ("hygiene.change_datasetexpiration",)


class ExpirationAnswer(Answer):
    """When one dataset is removed whole."""

    id = serializers.UUIDField(read_only=True)
    organization = serializers.UUIDField(source="organization_id", read_only=True)
    sandbox_name = serializers.CharField(read_only=True)
    ttl_id = serializers.CharField(read_only=True, allow_null=True, help_text="Adobe's; none: Adobe has not taken it yet.")
    dataset_id = serializers.CharField(read_only=True)
    dataset_name = serializers.SerializerMethodField()
    name = serializers.SerializerMethodField()
    expires_at = serializers.DateTimeField(read_only=True, allow_null=True)
    status = serializers.ChoiceField(choices=ExpirationStatus.choices, read_only=True)
    adobe_status = serializers.CharField(read_only=True, help_text="Adobe's own word.")
    adobe_updated_at = serializers.DateTimeField(read_only=True, allow_null=True)
    made_here = serializers.BooleanField(read_only=True)
    created_at = serializers.DateTimeField(read_only=True)

    def get_dataset_name(self, row: DatasetExpiration) -> str:
        """Empty when it is not known."""
        return opened(row, "dataset_name")

    def get_name(self, row: DatasetExpiration) -> str:
        """As Adobe shows it beside the dataset."""
        return opened(row, "name")


class OrderAnswer(Answer):
    """The last change that was asked for."""

    kind = serializers.ChoiceField(choices=ExpirationOrder.Kind.choices, read_only=True)
    state = serializers.ChoiceField(choices=CallState.choices, read_only=True)
    expires_at = serializers.DateTimeField(read_only=True, allow_null=True)
    person_reason = serializers.CharField(read_only=True, help_text="Why it waits for a decision; empty: it does not.")
    http_status = serializers.IntegerField(read_only=True, allow_null=True)
    last_error = serializers.CharField(read_only=True)


class HistoryAnswer(Answer):
    """One entry of Adobe's history."""

    status = serializers.CharField(read_only=True)
    expiry = serializers.DateTimeField(read_only=True, allow_null=True)
    updated_at = serializers.DateTimeField(read_only=True, allow_null=True)
    updated_by = serializers.CharField(read_only=True)


class ExpirationDetailAnswer(ExpirationAnswer):
    """With what is on its way to Adobe, and Adobe's history."""

    description = serializers.SerializerMethodField()
    last_change = serializers.SerializerMethodField()
    history = serializers.SerializerMethodField()

    def get_description(self, row: DatasetExpiration) -> str:
        """Empty without one."""
        return opened(row, "description")

    @extend_schema_field(OrderAnswer(allow_null=True))
    def get_last_change(self, row: DatasetExpiration) -> Any:
        """None for one that was made elsewhere."""
        order = row.orders.first()
        return OrderAnswer(order).data if order else None

    @extend_schema_field(HistoryAnswer(many=True))
    def get_history(self, row: DatasetExpiration) -> Any:
        """Oldest first; none where it is not read yet or does not open any more."""
        try:
            entries = row.history or []
        except crypto.CannotDecrypt:
            entries = []
        return HistoryAnswer([read_history_entry(entry) for entry in entries], many=True).data


class ExpirationFilters(CreatedFilters):
    """By state and dataset."""

    status = ChoiceFilter(choices=ExpirationStatus.choices)
    dataset_id = CharFilter()

    class Meta:
        model = DatasetExpiration
        fields = ()


class ExpirationBody(Body):
    """A new expiration."""

    organization = serializers.UUIDField(required=False, help_text="Yours, when you have one only.")
    dataset_id = serializers.CharField(max_length=255)
    name = serializers.CharField(max_length=1000)
    description = serializers.CharField(max_length=5000, allow_blank=True, default="")
    expires_at = serializers.DateTimeField(help_text="At least 24 hours ahead.")


class ChangeBody(Body):
    """What is to be different; what is not named stays."""

    name = serializers.CharField(max_length=1000, required=False)
    description = serializers.CharField(max_length=5000, allow_blank=True, required=False)
    expires_at = serializers.DateTimeField(required=False, help_text="At least 24 hours ahead.")


class ExpirationDecisionBody(Body):
    """What to do with a change of unknown outcome."""

    DECISIONS: ClassVar[dict[str, Callable[[ExpirationOrder, User], None]]] = {
        "look_again": expirations.look_again,
        "send_again": expirations.send_again,
        "give_up": expirations.give_up,
    }
    decision = serializers.ChoiceField(choices=list(DECISIONS))


class ListBody(Body):
    """Whose list."""

    organization = serializers.UUIDField(required=False, help_text="Yours, when you have one only.")


class ListReadAnswer(Answer):
    """What Adobe's list held."""

    seen = serializers.IntegerField(read_only=True)
    added = serializers.IntegerField(read_only=True, help_text="Not known here before.")


class ExpirationList(ListView):
    """The expirations of the caller's organizations, also those that were made elsewhere."""

    rights = {"GET": VIEW, "POST": ADD}
    selective = ("GET", "POST")
    answer = ExpirationAnswer
    filterset_class = ExpirationFilters
    keyset = Keyset[DatasetExpiration]("created_at")

    def rows(self) -> QuerySet[DatasetExpiration]:
        """Without their history."""
        return _visible(self).defer("history_sealed", "description_sealed")

    @extend_schema(operation_id="expirations_list", responses=ExpirationAnswer(many=True))
    def get(self, request: Request) -> Response:  # noqa: ARG002
        """Expirations, newest first."""
        return self.page()

    @extend_schema(
        operation_id="expirations_create", filters=False, request=ExpirationBody, responses={202: ExpirationDetailAnswer}
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Have Adobe remove a whole dataset at a time. Once that has happened it cannot be undone."""
        sent = self.sent(ExpirationBody, request)
        organization = self.organization(sent.get("organization"))
        wanted = expirations.Wanted(sent["name"], sent["description"], sent["expires_at"])
        _refuse(expirations.problems(wanted, organization, dataset_id=sent["dataset_id"]))
        with conflict_on(expirations.NotPossible):
            made = expirations.create(sent["dataset_id"], wanted, organization=organization, user=self.user)
        headers = {"Location": reverse("api:expiration-detail", args=[made.pk])}
        return Response(_shown(self, made.pk), status=HTTPStatus.ACCEPTED, headers=headers)


class ExpirationDetail(ApiView):
    """One expiration."""

    rights = {"GET": VIEW, "PATCH": CHANGE}
    selective = ("GET", "PATCH")
    is_conditional = True

    @extend_schema(operation_id="expirations_retrieve", responses={200: ExpirationDetailAnswer, 304: None})
    def get(self, request: Request, pk: UUID) -> HttpResponseBase:  # noqa: ARG002
        """One expiration with Adobe's history."""
        return self.conditional(ExpirationDetailAnswer, get_expiration(self, pk))

    @extend_schema(operation_id="expirations_change", request=ChangeBody, responses={202: ExpirationDetailAnswer})
    def patch(self, request: Request, pk: UUID) -> Response:
        """A new name, description or time while it is pending. It goes to Adobe in the background."""
        sent = self.sent(ChangeBody, request)
        row = get_expiration(self, pk)
        now = {"name": opened(row, "name"), "description": opened(row, "description"), "expires_at": row.expires_at}
        merged = now | sent
        if merged["expires_at"] is None:
            raise ValidationError({"expires_at": ["Adobe names no time for it: give one."]}, code="required")
        wanted = expirations.Wanted(**merged)
        _refuse(expirations.problems(wanted, row.organization, unchanged=row.expires_at))
        with conflict_on(expirations.NotPossible):
            expirations.change(row, wanted, self.user)
        return Response(_shown(self, pk), status=HTTPStatus.ACCEPTED)


class ExpirationCancel(ApiView):
    """Keeping the dataset."""

    rights = {"POST": CHANGE}
    selective = ("POST",)

    @extend_schema(operation_id="expirations_cancel", request=None, responses={202: ExpirationDetailAnswer})
    @idempotent
    def post(self, request: Request, pk: UUID) -> Response:  # noqa: ARG002
        """Cancel an expiration while it is pending, so that the dataset stays."""
        with conflict_on(expirations.NotPossible):
            expirations.cancel(get_expiration(self, pk), self.user)
        return Response(_shown(self, pk), status=HTTPStatus.ACCEPTED)


class ExpirationDecide(ApiView):
    """Deciding."""

    rights = {"POST": ("hygiene.decide_expirationorder",)}
    selective = ("POST",)

    @extend_schema(operation_id="expirations_decide", request=ExpirationDecisionBody, responses={200: ExpirationDetailAnswer})
    @idempotent
    def post(self, request: Request, pk: UUID) -> Response:
        """Decide what happens to a change of unknown outcome."""
        decide = ExpirationDecisionBody.DECISIONS[self.sent(ExpirationDecisionBody, request)["decision"]]
        unknown = get_expiration(self, pk).orders.filter(state=CallState.UNKNOWN)
        order = unknown.select_related("organization", "expiration").first()
        if order is None:
            raise Problem(HTTPStatus.CONFLICT, "not-possible", "Nothing waits for a decision any more.")
        with conflict_on(expirations.CannotDecide):
            decide(order, self.user)
        return Response(_shown(self, pk))


class ExpirationRefresh(ApiView):
    """One, anew from Adobe."""

    rights = {"POST": CHANGE}
    selective = ("POST",)

    @extend_schema(operation_id="expirations_refresh", request=None, responses={200: ExpirationDetailAnswer})
    @idempotent_question
    def post(self, request: Request, pk: UUID) -> Response:  # noqa: ARG002
        """Ask Adobe about this one now. 502 when Adobe does not answer."""
        row = get_expiration(self, pk)
        if row.ttl_id is None:
            words = "Adobe has not taken this expiration, so there is nothing to ask about."
            raise Problem(HTTPStatus.CONFLICT, "not-possible", words)
        with answers_of_adobe():
            expirations.read_one(row, self.user)
        return Response(_shown(self, pk))


class ExpirationListRefresh(ApiView):
    """Adobe's whole list, anew."""

    rights = {"POST": CHANGE}
    selective = ("POST",)

    @extend_schema(operation_id="expirations_list_refresh", request=ListBody, responses={200: ListReadAnswer})
    @idempotent_question
    def post(self, request: Request) -> Response:
        """Read Adobe's list of one organization now. 502 when Adobe does not answer."""
        organization = self.organization(self.sent(ListBody, request).get("organization"))
        if organization.is_on_hold:
            raise Problem(HTTPStatus.CONFLICT, "on-hold", "The organization is on hold, so Adobe is not asked.")
        with answers_of_adobe():
            read = expirations.read_list(organization, self.user)
        return Response(self.shown(ListReadAnswer, read))


def get_expiration(view: ApiView, pk: UUID) -> DatasetExpiration:
    """The expiration, when the caller may see it. Raises Http404."""
    row: DatasetExpiration = view.one(_visible(view), pk=pk)
    return row


def _visible(view: ApiView) -> QuerySet[DatasetExpiration]:
    rows: QuerySet[DatasetExpiration] = DatasetExpiration.objects.visible_to(view.user)
    return rows.select_related("organization__data_key")


def _shown(view: ApiView, pk: UUID) -> Any:
    return view.shown(ExpirationDetailAnswer, get_expiration(view, pk))


def _refuse(found: list[tuple[str, str]]) -> None:
    """What is wrong, by the name of the member."""
    if found:
        raise ValidationError({name: [words for of, words in found if of == name] for name, _ in found})
