"""Privacy requests: made from Adobe's payload, listed, followed, cancelled, asked again, decided about, shredded."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import HttpResponseBase
from django_filters import CharFilter, ChoiceFilter, DateFilter
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiRequest, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from portal import crypto
from portal.api.answers import Answer, Body
from portal.api.bodies import JSONParser, StoredBodyParser
from portal.api.common import CreatedFilters, last_event, latest
from portal.api.filters import YesNoFilter
from portal.api.idempotency import idempotent
from portal.api.views import ApiView, ListView
from portal.models import User
from portal.outbound import CallState
from portal.paging import Keyset
from privacy import progress, recalling, reconciling, releasing, resubmission, shredding
from privacy.api import drafts
from privacy.api.common import refusals_as_conflicts
from privacy.models import PrivacyRequest, Submission
from privacy.statuses import REQUEST_OPEN, Origin, RequestStatus

MOST_CALLS = 100
VIEW = ("privacy.view_privacyrequest",)
DECIDE = ("privacy.decide_submission",)


class RequestAnswer(Answer):
    """One privacy request."""

    number = serializers.CharField(read_only=True)
    organization = serializers.UUIDField(source="organization_id", read_only=True)
    status = serializers.ChoiceField(choices=RequestStatus.choices, read_only=True)
    status_words = serializers.CharField(source="get_status_display", read_only=True)
    origin = serializers.ChoiceField(choices=Origin.choices, read_only=True)
    regulation = serializers.CharField(read_only=True)
    products = serializers.ListField(child=serializers.CharField(), read_only=True)
    opt_out = serializers.BooleanField(read_only=True)
    received_on = serializers.DateField(read_only=True)
    due_on = serializers.DateField(read_only=True, allow_null=True)
    people = serializers.IntegerField(read_only=True)
    jobs_total = serializers.IntegerField(read_only=True)
    jobs_done = serializers.IntegerField(read_only=True)
    jobs_failed = serializers.IntegerField(read_only=True)
    created_at = serializers.DateTimeField(read_only=True)
    created_by = serializers.CharField(source="created_by.username", read_only=True, default=None, allow_null=True)
    recall_until = serializers.DateTimeField(read_only=True, allow_null=True, help_text="Nothing is sent before.")
    access_first = serializers.BooleanField(read_only=True)
    resubmission_of = serializers.CharField(source="resubmission_of.number", read_only=True, default=None, allow_null=True)
    adobe_request_id = serializers.CharField(read_only=True, allow_null=True, help_text="Of one made outside the portal.")
    finished_at = serializers.DateTimeField(read_only=True, allow_null=True)
    shredded_at = serializers.DateTimeField(read_only=True, allow_null=True)


class ProgressAnswer(Answer):
    """How far one product is."""

    product = serializers.CharField(source="code", read_only=True)
    name = serializers.CharField(read_only=True)
    total = serializers.IntegerField(read_only=True)
    done = serializers.IntegerField(read_only=True)
    failed = serializers.IntegerField(read_only=True)


class CallAnswer(Answer):
    """One call to Adobe that carries a part of the request."""

    ordinal = serializers.IntegerField(read_only=True)
    state = serializers.ChoiceField(choices=CallState.choices, read_only=True)
    people = serializers.IntegerField(read_only=True)
    jobs = serializers.IntegerField(source="expected_jobs", read_only=True)
    has_deletes = serializers.BooleanField(read_only=True)
    waits_for_access = serializers.BooleanField(read_only=True)
    attempts = serializers.IntegerField(read_only=True)
    person_reason = serializers.CharField(read_only=True, help_text="Why it waits for a decision; empty: it does not.")
    adobe_request_id = serializers.CharField(read_only=True)
    first_sent_at = serializers.DateTimeField(read_only=True, allow_null=True)
    settled_at = serializers.DateTimeField(read_only=True, allow_null=True)
    http_status = serializers.IntegerField(read_only=True, allow_null=True)
    last_error = serializers.CharField(read_only=True)
    adobe_words = serializers.SerializerMethodField(help_text="Of a refusal.")

    def get_adobe_words(self, call: Submission) -> str | None:
        """None when Adobe did not refuse it, or when the words do not open any more."""
        if call.state != CallState.REJECTED:
            return None
        try:
            return call.words
        except crypto.CannotDecrypt:
            return None


class RequestDetailAnswer(RequestAnswer):
    """With its progress by product and its calls."""

    progress = serializers.SerializerMethodField()
    call_count = serializers.SerializerMethodField()
    calls = serializers.SerializerMethodField(help_text=f"Those that wait for a decision first; {MOST_CALLS} at most.")
    can_cancel = serializers.SerializerMethodField()
    resubmissions = serializers.SerializerMethodField()

    @extend_schema_field(ProgressAnswer(many=True))
    def get_progress(self, request: PrivacyRequest) -> Any:
        """As the bars of the page."""
        return ProgressAnswer(progress.by_product(request), many=True).data

    def get_call_count(self, request: PrivacyRequest) -> int:
        """How many in all."""
        return request.submissions.count()

    @extend_schema_field(CallAnswer(many=True))
    def get_calls(self, request: PrivacyRequest) -> Any:
        """The rest is sent and known."""
        rows = request.submissions.select_related("request__data_key").defer("answer_sealed")
        return CallAnswer(rows.order_by("-person_reason", "ordinal")[:MOST_CALLS], many=True).data

    def get_resubmissions(self, request: PrivacyRequest) -> list[str]:
        """Numbers of the requests that ask again for what failed in this one."""
        return list(request.resubmissions.order_by("number").values_list("number", flat=True))

    def get_can_cancel(self, request: PrivacyRequest) -> bool:
        """Whether nothing of it was sent, as things stand."""
        return recalling.can_cancel(request)


class RequestFilters(CreatedFilters):
    """As the list of the pages, and by time."""

    status = ChoiceFilter(choices=RequestStatus.choices)
    open = YesNoFilter(method="filter_open", label="Whether anything of it still moves or waits for a person.")
    origin = ChoiceFilter(choices=Origin.choices)
    regulation = CharFilter()
    opt_out = YesNoFilter()
    due_before = DateFilter(field_name="due_on", lookup_expr="lt")

    class Meta:
        model = PrivacyRequest
        fields = ()

    def filter_open(self, rows: QuerySet[PrivacyRequest], _: str, value: bool) -> QuerySet[PrivacyRequest]:
        """By status."""
        return rows.filter(status__in=REQUEST_OPEN) if value else rows.exclude(status__in=REQUEST_OPEN)


class ResubmitBody(Body):
    """What to ask again; nothing: all that failed."""

    jobs = serializers.ListField(child=serializers.UUIDField(), required=False, max_length=10_000, help_text="Ids of jobs.")
    products = serializers.ListField(child=serializers.CharField(max_length=60), required=False, max_length=100)
    access_first = serializers.BooleanField(default=None, allow_null=True)


class ShredBody(Body):
    """The number again, as a sign that it is meant."""

    number = serializers.CharField(max_length=20)


class CallDecisionBody(Body):
    """What to do with a call of unknown outcome."""

    DECISIONS: ClassVar[dict[str, Callable[[Submission, User], Any]]] = {
        "look_again": reconciling.look_again,
        "send_missing": reconciling.send_missing,
        "give_up": reconciling.give_up,
        "acknowledge_doubled": reconciling.acknowledge_doubled,
    }
    decision = serializers.ChoiceField(choices=list(DECISIONS))


class DeletesDecisionBody(Body):
    """What to do with deletes that wait for results of access."""

    DECISIONS: ClassVar[dict[str, Callable[[PrivacyRequest, User], Any]]] = {
        "send_anyway": releasing.send_anyway,
        "do_not_send": releasing.do_not_send,
    }
    decision = serializers.ChoiceField(choices=list(DECISIONS))


class MadeRequestsAnswer(Answer):
    """The requests that were made."""

    requests = RequestAnswer(many=True, read_only=True)


class RequestList(ListView):
    """The requests of the caller's organizations."""

    rights = {"GET": VIEW, "POST": ("privacy.add_upload",)}
    selective = ("GET", "POST")
    query = {"POST": drafts.CreateParameters}
    answer = RequestAnswer
    filterset_class = RequestFilters
    keyset = Keyset[PrivacyRequest]("created_at")

    def get_parsers(self) -> list[Any]:
        """The body of a POST is a file, of any size that an upload may have."""
        return [StoredBodyParser() if self.request and self.request.method == "POST" else JSONParser()]

    def rows(self) -> QuerySet[PrivacyRequest]:
        """Without what is encrypted."""
        return _visible(self).defer("envelope_sealed")

    @extend_schema(operation_id="requests_list", responses=RequestAnswer(many=True))
    def get(self, request: Request) -> Response:  # noqa: ARG002
        """Requests, newest first."""
        return self.page()

    @extend_schema(
        operation_id="requests_create",
        filters=False,
        request=OpenApiRequest(OpenApiTypes.OBJECT),
        responses={201: drafts.DraftDetailAnswer, 202: drafts.DraftDetailAnswer},
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Send Adobe's payload (Privacy Service API, create a privacy job). It is checked as an upload is.

        201: a draft to confirm, or, with `confirm`, the numbers of the requests that it became. 202: it is large, and is being
        checked; it is not confirmed yet, whatever `confirm` says: ask for the draft until it is ready, and confirm it.
        """
        return drafts.create(self, request)


class RequestDetail(ApiView):
    """One request."""

    rights = {"GET": VIEW}
    is_conditional = True

    @extend_schema(operation_id="requests_retrieve", responses={200: RequestDetailAnswer, 304: None})
    def get(self, request: Request, number: str) -> HttpResponseBase:  # noqa: ARG002
        """One request with its progress by product and its calls."""
        found = get_request(self, number)
        is_settled = not found.is_open and found.status not in REQUEST_OPEN
        changed_at = latest(last_event(found.pk), found.finished_at, found.shredded_at) if is_settled else None
        return self.conditional(RequestDetailAnswer, found, changed_at)


class RequestAct(ApiView):
    """Something to be done with one request, which answers with the request as it is then."""

    selective = ("POST",)

    def done(self, number: str, act: Callable[[PrivacyRequest, User], Any]) -> Response:
        """Do it. Raises Problem when it cannot be done."""
        with refusals_as_conflicts():
            act(get_request(self, number), self.user)
        return Response(self.shown(RequestDetailAnswer, get_request(self, number)))


class RequestCancel(RequestAct):
    """Cancelling."""

    rights = {"POST": ("privacy.cancel_privacyrequest",)}

    @extend_schema(operation_id="requests_cancel", request=None, responses={200: RequestDetailAnswer})
    @idempotent
    def post(self, request: Request, number: str) -> Response:  # noqa: ARG002
        """Cancel a request of which nothing was sent yet; 409 as soon as any part of it was."""
        return self.done(number, recalling.cancel)


class RequestResubmit(ApiView):
    """Asking Adobe again."""

    rights = {"POST": ("privacy.resubmit_privacyrequest",)}
    selective = ("POST",)

    @extend_schema(operation_id="requests_resubmit", request=ResubmitBody, responses={201: MadeRequestsAnswer})
    @idempotent
    def post(self, request: Request, number: str) -> Response:
        """Ask Adobe again for what failed, as new linked requests: one for each set of products that failed together."""
        found, wanted = get_request(self, number), self.sent(ResubmitBody, request)
        jobs = found.jobs.filter(pk__in=wanted["jobs"]) if "jobs" in wanted else None
        with refusals_as_conflicts():
            made = resubmission.resubmit(
                found, self.user, jobs=jobs, products=wanted.get("products"), access_first=wanted["access_first"]
            )
        return Response(self.shown(MadeRequestsAnswer, {"requests": made}), status=HTTPStatus.CREATED)


class RequestShred(RequestAct):
    """Removing personal data."""

    rights = {"POST": ("privacy.shred_privacyrequest",)}

    @extend_schema(operation_id="requests_shred", request=ShredBody, responses={200: RequestDetailAnswer})
    @idempotent
    def post(self, request: Request, number: str) -> Response:
        """Remove the personal data of a finished request for good: people, answers and results."""
        if self.sent(ShredBody, request)["number"] != number:
            raise ValidationError({"number": ["It must be the number in the address."]}, code="not-meant")
        return self.done(number, shredding.shred)


class CallDecide(RequestAct):
    """Deciding about a call."""

    rights = {"POST": DECIDE}

    @extend_schema(operation_id="calls_decide", request=CallDecisionBody, responses={200: RequestDetailAnswer})
    @idempotent
    def post(self, request: Request, number: str, ordinal: int) -> Response:
        """Decide what happens to a call of unknown outcome."""
        decide = CallDecisionBody.DECISIONS[self.sent(CallDecisionBody, request)["decision"]]

        def act(found: PrivacyRequest, user: User) -> None:
            decide(self.one(found.submissions.select_related("request__organization"), ordinal=ordinal), user)

        return self.done(number, act)


class DeletesDecide(RequestAct):
    """Deciding about deletes that wait."""

    rights = {"POST": DECIDE}

    @extend_schema(operation_id="deletes_decide", request=DeletesDecisionBody, responses={200: RequestDetailAnswer})
    @idempotent
    def post(self, request: Request, number: str) -> Response:
        """Decide about deletes that wait for results of access which will not come."""
        return self.done(number, DeletesDecisionBody.DECISIONS[self.sent(DeletesDecisionBody, request)["decision"]])


def get_request(view: ApiView, number: str) -> PrivacyRequest:
    """The request, when the caller may see it. Raises Http404."""
    found: PrivacyRequest = view.one(_visible(view), number=number)
    return found


def _visible(view: ApiView) -> QuerySet[PrivacyRequest]:
    rows: QuerySet[PrivacyRequest] = PrivacyRequest.objects.visible_to(view.user)
    return rows.select_related("organization", "data_key", "created_by", "resubmission_of")
