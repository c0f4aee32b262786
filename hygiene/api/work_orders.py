"""Work orders: the calls that carry record deletes to Adobe, and what Adobe's services say of them."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponseBase
from django_filters import CharFilter, ChoiceFilter, FilterSet, UUIDFilter
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from hygiene import editing, laying_out, naming, polling, reconciling, settling
from hygiene.models import WorkOrder
from hygiene.schema import LONGEST_DESCRIPTION, LONGEST_NAME
from hygiene.statuses import WORK_ORDER_DONE, WorkOrderStatus
from hygiene.words import opened
from portal import crypto
from portal.api.answers import Answer, Body
from portal.api.common import conflict_on, last_event, latest
from portal.api.filters import YesNoFilter
from portal.api.idempotency import PersonalResponse, idempotent
from portal.api.problems import Problem
from portal.api.views import ApiView, ListView
from portal.models import User
from portal.outbound import CallState
from portal.paging import Keyset

VIEW = ("hygiene.view_workorder",)


class ServiceAnswer(Answer):
    """What one of Adobe's services said."""

    service = serializers.CharField(read_only=True)
    status = serializers.CharField(read_only=True, help_text="Adobe's word.")
    at = serializers.DateTimeField(read_only=True, allow_null=True)


class WorkOrderAnswer(Answer):
    """One work order."""

    id = serializers.UUIDField(read_only=True)
    organization = serializers.UUIDField(source="organization_id", read_only=True)
    record_delete = serializers.CharField(source="record_delete.number", read_only=True)
    ordinal = serializers.IntegerField(read_only=True)
    identities = serializers.IntegerField(read_only=True)
    state = serializers.ChoiceField(choices=CallState.choices, read_only=True, help_text="Of the call to Adobe.")
    status = serializers.ChoiceField(choices=WorkOrderStatus.choices, read_only=True)
    status_words = serializers.CharField(read_only=True)
    adobe_status = serializers.CharField(read_only=True, help_text="Adobe's own word.")
    adobe_work_order_id = serializers.CharField(read_only=True, allow_null=True)
    adobe_bundle_id = serializers.CharField(read_only=True)
    extra_adobe_ids = serializers.ListField(
        child=serializers.CharField(), read_only=True, help_text="More work orders at Adobe with this reference: an alarm."
    )
    reference = serializers.CharField(read_only=True, help_text="Ours, at the end of the name that Adobe shows.")
    waits_for_quota_until = serializers.DateTimeField(read_only=True, allow_null=True)
    person_reason = serializers.CharField(read_only=True, help_text="Why it waits for a decision; empty: it does not.")
    adobe_created_at = serializers.DateTimeField(read_only=True, allow_null=True)
    adobe_updated_at = serializers.DateTimeField(read_only=True, allow_null=True)
    first_sent_at = serializers.DateTimeField(read_only=True, allow_null=True)
    settled_at = serializers.DateTimeField(read_only=True, allow_null=True)
    finished_at = serializers.DateTimeField(read_only=True, allow_null=True)
    http_status = serializers.IntegerField(read_only=True, allow_null=True)
    last_error = serializers.CharField(read_only=True)
    services = ServiceAnswer(many=True, read_only=True)


class FieldAnswer(Answer):
    """One field of Adobe's answer."""

    name = serializers.CharField(read_only=True)
    value = serializers.CharField(read_only=True)
    at = serializers.DateTimeField(read_only=True, allow_null=True)


class WorkOrderDetailAnswer(WorkOrderAnswer):
    """With its name and Adobe's last answer; what may name a person is masked unless it was revealed."""

    name = serializers.SerializerMethodField()
    description = serializers.SerializerMethodField()
    is_renaming = serializers.SerializerMethodField(help_text="A new name is on its way to Adobe.")
    edit_error = serializers.CharField(read_only=True)
    adobe_words = serializers.SerializerMethodField(help_text="Of a refusal.")
    answer = serializers.SerializerMethodField(help_text="Every field of Adobe's last answer.")

    def get_name(self, order: WorkOrder) -> str:
        """Without our reference."""
        return self._naming(order).name

    def get_description(self, order: WorkOrder) -> str:
        """As Adobe has it, or will."""
        return self._naming(order).description

    def get_is_renaming(self, order: WorkOrder) -> bool:
        """Whether it is."""
        return order.edit_sealed is not None

    def get_adobe_words(self, order: WorkOrder) -> str:
        """Empty without one."""
        return opened(order, "words")

    @extend_schema_field(FieldAnswer(many=True))
    def get_answer(self, order: WorkOrder) -> Any:
        """None of it when it does not open any more."""
        try:
            answer = order.answer
        except crypto.CannotDecrypt:
            answer = None
        return FieldAnswer(laying_out.rows(answer, revealed=self.context.get("revealed", False)), many=True).data

    @staticmethod
    def _naming(order: WorkOrder) -> naming.Naming:
        try:
            return naming.current_naming(order)
        except crypto.CannotDecrypt:
            return naming.Naming("", "")


class WorkOrderFilters(FilterSet):
    """By state and by what they belong to."""

    organization = UUIDFilter(field_name="organization_id")
    record_delete = CharFilter(field_name="record_delete__number", label="A record delete's number.")
    status = ChoiceFilter(choices=WorkOrderStatus.choices)
    state = ChoiceFilter(choices=CallState.choices)
    open = YesNoFilter(method="filter_open", label="Whether anything more is expected of it.")
    adobe_work_order_id = CharFilter()

    class Meta:
        model = WorkOrder
        fields = ()

    def filter_open(self, rows: QuerySet[WorkOrder], _: str, value: bool) -> QuerySet[WorkOrder]:
        """By status."""
        return rows.exclude(status__in=WORK_ORDER_DONE) if value else rows.filter(status__in=WORK_ORDER_DONE)


class RenameBody(Body):
    """What Adobe is to show."""

    name = serializers.CharField(max_length=LONGEST_NAME)
    description = serializers.CharField(max_length=LONGEST_DESCRIPTION, allow_blank=True, default="")


class WorkOrderDecisionBody(Body):
    """What to do with a work order of unknown outcome."""

    DECISIONS: ClassVar[dict[str, Callable[[WorkOrder, User], Any]]] = {
        "look_again": reconciling.look_again,
        "send_again": reconciling.send_again,
        "give_up": reconciling.give_up,
        "acknowledge_doubled": reconciling.acknowledge_doubled,
    }
    decision = serializers.ChoiceField(choices=list(DECISIONS))


class WorkOrderList(ListView):
    """The work orders of the caller's organizations."""

    rights = {"GET": VIEW}
    answer = WorkOrderAnswer
    filterset_class = WorkOrderFilters
    # Keys grow with time.
    keyset = Keyset[WorkOrder]("pk", read_first=UUID)

    def rows(self) -> QuerySet[WorkOrder]:
        """Without what is encrypted."""
        return _visible(self).defer("answer_sealed", "edit_sealed", "words_sealed")

    @extend_schema(operation_id="work_orders_list", responses=WorkOrderAnswer(many=True))
    def get(self, request: Request) -> Response:  # noqa: ARG002
        """Work orders, newest first."""
        return self.page()


class _OneOrder(ApiView):
    """What shows a work order."""

    revealed = False

    def get_serializer_context(self) -> dict[str, Any]:
        """With whether it is shown in clear."""
        return {**super().get_serializer_context(), "revealed": self.revealed}

    def show(self, pk: UUID, status: HTTPStatus = HTTPStatus.OK) -> Response:
        """As it is now."""
        order = get_work_order(self, pk)
        return PersonalResponse(self.shown(WorkOrderDetailAnswer, order), data_key=order.record_delete.data_key, status=status)


class WorkOrderDetail(_OneOrder):
    """One work order."""

    rights = {"GET": VIEW}
    is_conditional = True

    @extend_schema(operation_id="work_orders_retrieve", responses={200: WorkOrderDetailAnswer, 304: None})
    def get(self, request: Request, pk: UUID) -> HttpResponseBase:  # noqa: ARG002
        """One work order with each service's word."""
        order = get_work_order(self, pk)
        is_settled = order.status in WORK_ORDER_DONE and order.edit_sealed is None and order.next_poll_at is None
        changed_at = latest(last_event(order.record_delete_id), order.finished_at, order.detail_at) if is_settled else None
        return self.conditional(WorkOrderDetailAnswer, order, changed_at)


class WorkOrderReveal(_OneOrder):
    """In clear."""

    rights = {"POST": (*VIEW, "privacy.reveal_identities")}
    selective = ("POST",)
    revealed = True

    @extend_schema(operation_id="work_orders_reveal", request=None, responses={200: WorkOrderDetailAnswer})
    @idempotent
    def post(self, request: Request, pk: UUID) -> Response:  # noqa: ARG002
        """The same with Adobe's answer in clear, and a line in the audit trail."""
        settling.record(get_work_order(self, pk), "revealed", self.user)
        return self.show(pk)


class WorkOrderRename(_OneOrder):
    """Name and description."""

    rights = {"POST": ("hygiene.change_workorder",)}
    selective = ("POST",)

    @extend_schema(operation_id="work_orders_rename", request=RenameBody, responses={202: WorkOrderDetailAnswer})
    @idempotent
    def post(self, request: Request, pk: UUID) -> Response:
        """A new name and description, which go to Adobe in the background."""
        wanted = self.sent(RenameBody, request)
        order = get_work_order(self, pk)
        ended = (WorkOrderStatus.GONE, WorkOrderStatus.NOT_SENT)
        if order.status in ended or order.record_delete.data_key is None:
            words = "Adobe does not have this work order, or its texts cannot be kept any more: there is nothing to rename."
            raise Problem(HTTPStatus.CONFLICT, "not-possible", words)
        editing.edit(order, **wanted, user=self.user)
        return self.show(pk, HTTPStatus.ACCEPTED)


class WorkOrderRefresh(_OneOrder):
    """Asking Adobe."""

    rights = {"POST": ("hygiene.refresh_workorder",)}
    selective = ("POST",)

    @extend_schema(operation_id="work_orders_refresh", request=None, responses={202: WorkOrderDetailAnswer})
    @idempotent
    def post(self, request: Request, pk: UUID) -> Response:  # noqa: ARG002
        """Let Adobe be asked about this work order now. The answer comes later: ask for the work order."""
        order = get_work_order(self, pk)
        if order.adobe_work_order_id is None:
            words = "Adobe does not have this work order yet, so there is nothing to ask."
            raise Problem(HTTPStatus.CONFLICT, "not-possible", words)
        if order.organization.is_on_hold:
            raise Problem(HTTPStatus.CONFLICT, "on-hold", "The organization is on hold, so Adobe is not asked.")
        polling.refresh_now(order, self.user)
        return self.show(pk, HTTPStatus.ACCEPTED)


class WorkOrderDecide(_OneOrder):
    """Deciding."""

    rights = {"POST": ("hygiene.decide_workorder",)}
    selective = ("POST",)

    @extend_schema(operation_id="work_orders_decide", request=WorkOrderDecisionBody, responses={200: WorkOrderDetailAnswer})
    @idempotent
    def post(self, request: Request, pk: UUID) -> Response:
        """Decide what happens to a work order of unknown outcome."""
        decide = WorkOrderDecisionBody.DECISIONS[self.sent(WorkOrderDecisionBody, request)["decision"]]
        with conflict_on(reconciling.CannotDecide):
            decide(get_work_order(self, pk), self.user)
        return self.show(pk)


def get_work_order(view: ApiView, pk: UUID) -> WorkOrder:
    """The work order, when the caller may see it. Raises Http404."""
    order: WorkOrder = view.one(_visible(view), pk=pk)
    return order


def _visible(view: ApiView) -> QuerySet[WorkOrder]:
    rows: QuerySet[WorkOrder] = WorkOrder.objects.visible_to(view.user)
    return rows.select_related(
        "organization__data_key", "record_delete__data_key", "record_delete__organization"
    ).prefetch_related("services")
