"""Opt-outs of sale through Adobe's consent endpoint: drafted, confirmed, recalled, decided about, shredded.

`consent` takes Adobe's own call and sends it; `opt-outs` is the same with a look before.
"""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, ClassVar

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpResponseBase
from django.urls import reverse
from django_filters import ChoiceFilter
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiRequest, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from portal import crypto
from portal.api import bodies
from portal.api.answers import Answer, Body
from portal.api.bodies import StoredBodyParser, StoredCsvParser
from portal.api.common import CreatedFilters, last_event, unreadable
from portal.api.idempotency import PersonalResponse, idempotent
from portal.api.problems import Fault, Problem
from portal.api.views import ApiView, ListView
from portal.models import User
from portal.outbound import CallState
from portal.paging import Keyset
from portal.reading import FileProblem
from portal.uploads import StoredUpload
from privacy.api.common import day_of_receipt, refusals_as_conflicts
from privacy.consent import deciding, intake, reading, sending, shredding
from privacy.consent.entities import Checked
from privacy.models import ConsentCall, OptOut
from privacy.statuses import OptOutStatus

VIEW = ("privacy.view_optout",)
ADD = ("privacy.add_optout",)
CONFIRM = ("privacy.confirm_optout",)
MOST_CALLS = 100
BODY = OpenApiRequest(OpenApiTypes.OBJECT)


class OptOutAnswer(Answer):
    """One opt-out of sale."""

    number = serializers.CharField(read_only=True)
    organization = serializers.UUIDField(source="organization_id", read_only=True)
    status = serializers.ChoiceField(choices=OptOutStatus.choices, read_only=True)
    status_words = serializers.CharField(source="get_status_display", read_only=True)
    opt_out_of_sale = serializers.BooleanField(read_only=True)
    counts = serializers.DictField(child=serializers.IntegerField(), read_only=True, help_text="Values of each namespace.")
    values_total = serializers.IntegerField(read_only=True)
    received_on = serializers.DateField(read_only=True)
    due_on = serializers.DateField(read_only=True, allow_null=True, help_text="A planning aid: Adobe's call names no law.")
    created_at = serializers.DateTimeField(read_only=True)
    created_by = serializers.CharField(source="created_by.username", read_only=True)
    recall_until = serializers.DateTimeField(read_only=True, allow_null=True, help_text="Nothing is sent before.")
    finished_at = serializers.DateTimeField(read_only=True, allow_null=True)
    shredded_at = serializers.DateTimeField(read_only=True, allow_null=True)


class ConsentCallAnswer(Answer):
    """One call to Adobe. Adobe answers 202 with nothing and lists opt-outs nowhere: a lost answer waits for a decision."""

    ordinal = serializers.IntegerField(read_only=True)
    state = serializers.ChoiceField(choices=CallState.choices, read_only=True)
    values = serializers.IntegerField(read_only=True)
    reference = serializers.SerializerMethodField(help_text="Ours.")
    person_reason = serializers.CharField(read_only=True, help_text="Why it waits for a decision; empty: it does not.")
    first_sent_at = serializers.DateTimeField(read_only=True, allow_null=True)
    settled_at = serializers.DateTimeField(read_only=True, allow_null=True)
    http_status = serializers.IntegerField(read_only=True, allow_null=True)
    last_error = serializers.CharField(read_only=True)
    adobe_words = serializers.SerializerMethodField(help_text="Of a refusal.")

    def get_reference(self, call: ConsentCall) -> str:
        """As it is sent."""
        return sending.reference(call)

    def get_adobe_words(self, call: ConsentCall) -> str | None:
        """None when Adobe did not refuse it, or when the words do not open any more."""
        if call.state != CallState.REJECTED:
            return None
        try:
            return call.words
        except crypto.CannotDecrypt:
            return None


class OptOutDetailAnswer(OptOutAnswer):
    """With its calls."""

    call_count = serializers.SerializerMethodField()
    calls = serializers.SerializerMethodField(help_text=f"Those that wait for a decision first; {MOST_CALLS} at most.")
    can_cancel = serializers.SerializerMethodField()

    def get_call_count(self, opt_out: OptOut) -> int:
        """How many in all; of a draft, none yet."""
        return opt_out.calls.count()

    @extend_schema_field(ConsentCallAnswer(many=True))
    def get_calls(self, opt_out: OptOut) -> Any:
        """The rest is sent and known."""
        rows = opt_out.calls.select_related("opt_out__data_key").defer("entities_sealed")
        return ConsentCallAnswer(rows.order_by("-person_reason", "ordinal")[:MOST_CALLS], many=True).data

    def get_can_cancel(self, opt_out: OptOut) -> bool:
        """Whether nothing of it was sent, as things stand."""
        return intake.can_be_recalled(opt_out)


class OptOutFilters(CreatedFilters):
    """By state."""

    status = ChoiceFilter(choices=OptOutStatus.choices)

    class Meta:
        model = OptOut
        fields = ()


class ConsentParameters(Body):
    """What an opt-out needs beside Adobe's payload."""

    organization = serializers.UUIDField(required=False, help_text="Yours, when you have one only.")
    received_on = serializers.DateField(required=False, help_text="When the people asked; today, when it is not said.")


class CreateParameters(ConsentParameters):
    """With or without a look before it is sent."""

    confirm = serializers.BooleanField(default=False, help_text="Send it to Adobe without a second look.")


class ConsentDecisionBody(Body):
    """What to do with a call whose answer was lost."""

    DECISIONS: ClassVar[dict[str, Callable[[ConsentCall, User], None]]] = {
        "accepted": deciding.accept,
        "send_again": deciding.send_again,
        "give_up": deciding.give_up,
    }
    decision = serializers.ChoiceField(choices=list(DECISIONS))


class ShredOptOutBody(Body):
    """The number again, as a sign that it is meant."""

    number = serializers.CharField(max_length=20)


class _Takes(ApiView):
    """What takes Adobe's consent payload, or a table of namespace and value, as the page does."""

    parser_classes = (StoredBodyParser, StoredCsvParser)
    selective: ClassVar[tuple[str, ...]] = ("POST",)

    def take(self, request: Request, *, confirm: bool, status: HTTPStatus) -> Response:
        """Raises Problem with everything that is wrong; then nothing is kept."""
        asked = self.asked(request)
        confirm = confirm or asked.get("confirm", False)
        if confirm and not self.user.has_perms(CONFIRM):
            raise PermissionDenied
        organization = self.organization(asked.get("organization"))
        received_on = day_of_receipt(organization, asked.get("received_on"))
        checked = _checked(request.data, organization.ims_org_id)
        with transaction.atomic():
            opt_out = intake.draft(checked, organization=organization, user=self.user, received_on=received_on)
            if confirm:
                intake.confirm(opt_out, self.user)
        return show(self, opt_out.number, status)


class OptOutList(_Takes, ListView):
    """The opt-outs of the caller's organizations."""

    rights = {"GET": VIEW, "POST": ADD}
    selective = ("GET", "POST")
    query = {"POST": CreateParameters}
    answer = OptOutAnswer
    filterset_class = OptOutFilters
    keyset = Keyset[OptOut]("created_at")

    def rows(self) -> QuerySet[OptOut]:
        """Without what they name."""
        return _visible(self).defer("entities_sealed")

    @extend_schema(operation_id="opt_outs_list", responses=OptOutAnswer(many=True))
    def get(self, request: Request) -> Response:  # noqa: ARG002
        """Opt-outs, newest first. Opt-outs as privacy jobs are among the requests: `opt_out=true`."""
        return self.page()

    @extend_schema(
        operation_id="opt_outs_create", filters=False, request={"application/json": BODY}, responses={201: OptOutDetailAnswer}
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """A draft from Adobe's consent payload, or from a table (text/csv) of namespace and value."""
        return self.take(request, confirm=False, status=HTTPStatus.CREATED)


class Consent(_Takes):
    """Adobe's own call."""

    rights = {"POST": (*ADD, *CONFIRM)}
    query = {"POST": ConsentParameters}

    @extend_schema(operation_id="consent_send", request={"application/json": BODY}, responses={202: OptOutDetailAnswer})
    @idempotent
    def post(self, request: Request) -> Response:
        """Send a consent payload (Privacy Service API, consent) as it is: the same as an opt-out that is confirmed at once."""
        return self.take(request, confirm=True, status=HTTPStatus.ACCEPTED)


class OptOutDetail(ApiView):
    """One opt-out."""

    rights = {"GET": VIEW, "DELETE": ADD}
    is_conditional = True

    @extend_schema(operation_id="opt_outs_retrieve", responses={200: OptOutDetailAnswer, 304: None})
    def get(self, request: Request, number: str) -> HttpResponseBase:  # noqa: ARG002
        """One opt-out with its calls."""
        found = get_opt_out(self, number)
        return self.conditional(OptOutDetailAnswer, found, last_event(found.pk) if found.finished_at else None)

    @extend_schema(operation_id="opt_outs_discard", responses={204: None})
    def delete(self, request: Request, number: str) -> Response:  # noqa: ARG002
        """Remove a draft and all that it names."""
        with refusals_as_conflicts():
            intake.discard(get_opt_out(self, number), self.user)
        return Response(status=HTTPStatus.NO_CONTENT)


class _Act(ApiView):
    """Something to be done with one opt-out, which answers with the opt-out as it is then."""

    selective = ("POST",)

    def done(self, number: str, act: Callable[[OptOut, User], Any]) -> Response:
        """Do it. Raises Problem when it cannot be done."""
        with refusals_as_conflicts():
            act(get_opt_out(self, number), self.user)
        return show(self, number, HTTPStatus.OK)


class OptOutConfirm(_Act):
    """Confirming."""

    rights = {"POST": CONFIRM}

    @extend_schema(operation_id="opt_outs_confirm", request=None, responses={200: OptOutDetailAnswer})
    @idempotent
    def post(self, request: Request, number: str) -> Response:  # noqa: ARG002
        """Confirm a draft, which sends it to Adobe."""
        return self.done(number, intake.confirm)


class OptOutCancel(_Act):
    """Recalling."""

    rights = {"POST": CONFIRM}

    @extend_schema(operation_id="opt_outs_cancel", request=None, responses={200: OptOutDetailAnswer})
    @idempotent
    def post(self, request: Request, number: str) -> Response:  # noqa: ARG002
        """Cancel an opt-out of which nothing was sent yet; 409 as soon as any part of it was."""
        return self.done(number, intake.cancel)


class OptOutShred(_Act):
    """Removing personal data."""

    rights = {"POST": ("privacy.shred_privacyrequest",)}

    @extend_schema(operation_id="opt_outs_shred", request=ShredOptOutBody, responses={200: OptOutDetailAnswer})
    @idempotent
    def post(self, request: Request, number: str) -> Response:
        """Remove what a finished opt-out names, for good."""
        if self.sent(ShredOptOutBody, request)["number"] != number:
            raise ValidationError({"number": ["It must be the number in the address."]}, code="not-meant")
        return self.done(number, shredding.shred)


class ConsentDecide(_Act):
    """Deciding about a call."""

    rights = {"POST": ("privacy.decide_consentcall",)}

    @extend_schema(operation_id="consent_calls_decide", request=ConsentDecisionBody, responses={200: OptOutDetailAnswer})
    @idempotent
    def post(self, request: Request, number: str, ordinal: int) -> Response:
        """Decide what happens to a call whose answer was lost."""
        decide = ConsentDecisionBody.DECISIONS[self.sent(ConsentDecisionBody, request)["decision"]]

        def act(found: OptOut, user: User) -> None:
            decide(self.one(found.calls.select_related("opt_out__organization"), ordinal=ordinal), user)

        return self.done(number, act)


def show(view: ApiView, number: str, status: HTTPStatus) -> Response:
    """The opt-out as it is now."""
    found = get_opt_out(view, number)
    headers = {"Location": reverse("api:opt-out-detail", args=[found.number])} if status != HTTPStatus.OK else {}
    return PersonalResponse(view.shown(OptOutDetailAnswer, found), data_key=found.data_key, status=status, headers=headers)


def get_opt_out(view: ApiView, number: str) -> OptOut:
    """The opt-out, when the caller may see it. Raises Http404."""
    found: OptOut = view.one(_visible(view), number=number)
    return found


def _visible(view: ApiView) -> QuerySet[OptOut]:
    rows: QuerySet[OptOut] = OptOut.objects.visible_to(view.user)
    return rows.select_related("organization__data_key", "data_key", "created_by")


def _checked(file: Any, ims_org_id: str) -> Checked:
    if not isinstance(file, StoredUpload):
        raise unreadable("Send Adobe's consent payload, or a table, as the body.")
    if file.too_large:
        raise bodies.too_large(file.size or 0)
    try:
        with file.open_plain() as stream:
            checked = reading.read_file(stream, ims_org_id)
    except FileProblem as problem:
        raise unreadable(problem.message) from None
    if checked.error_count:
        faults = [Fault(one.path, None, one.code, f"{one.message} {one.hint}".strip()) for one in checked.findings]
        words = f"The payload has {checked.error_count:,} error{'' if checked.error_count == 1 else 's'}. Nothing was kept."
        raise Problem(HTTPStatus.BAD_REQUEST, "payload-refused", words, faults)
    return checked
