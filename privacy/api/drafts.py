"""Drafts: request files that were checked and wait to be confirmed, from the API and from the upload page alike."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Prefetch, QuerySet
from django.http import HttpResponseBase
from django.urls import reverse
from django_filters import ChoiceFilter
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from portal.api import bodies
from portal.api.answers import Answer, Body
from portal.api.common import CreatedFilters, FindingAnswer, NamespaceLineAnswer, last_event, unreadable
from portal.api.idempotency import PersonalResponse, idempotent
from portal.api.problems import Fault, Problem
from portal.api.views import ApiView, ListView
from portal.models import Organization
from portal.paging import Keyset
from portal.uploads import StoredUpload
from privacy import catalog, intake
from privacy.api.common import day_of_receipt, refusals_as_conflicts
from privacy.checking import CheckResult
from privacy.models import PrivacyRequest, Upload
from privacy.preview import Preview, shown_findings
from privacy.schema import Finding
from privacy.statuses import Origin, UploadStatus

_IN_ORDER = Prefetch("requests", PrivacyRequest.objects.order_by("number"))
CHECKED = (UploadStatus.READY, UploadStatus.REFUSED)
OVER = (UploadStatus.READY, UploadStatus.REFUSED, UploadStatus.CONFIRMED, UploadStatus.DISCARDED)


class ProductLineAnswer(Answer):
    """What one product does with the request."""

    name = serializers.CharField(read_only=True)
    access_returns = serializers.CharField(read_only=True)
    delete_does = serializers.CharField(read_only=True)


class DueLineAnswer(Answer):
    """By when one action is to be answered."""

    action = serializers.CharField(read_only=True)
    people = serializers.IntegerField(read_only=True)
    due_on = serializers.DateField(read_only=True, allow_null=True)
    deadline_source = serializers.CharField(source="source", read_only=True, help_text="Where the day comes from.")


class DayAnswer(Answer):
    """What goes on one day (UTC)."""

    day = serializers.DateField(read_only=True)
    calls = serializers.IntegerField(read_only=True)
    jobs = serializers.IntegerField(read_only=True)


class LateAnswer(Answer):
    """The day of sending is after the date of the law."""

    due_on = serializers.DateField(read_only=True)
    last_day = serializers.DateField(read_only=True, help_text="The day on which the last part goes to Adobe.")
    days = serializers.IntegerField(read_only=True, help_text="So many after the due date.")


class MovedAnswer(Answer):
    """A request that waits, and goes later because of this one."""

    number = serializers.CharField(read_only=True)
    before = serializers.DateField(read_only=True)
    after = serializers.DateField(read_only=True)
    late = LateAnswer(read_only=True, allow_null=True)


class PlanAnswer(Answer):
    """What goes when. None: the organization has no limit of jobs a day, or the draft is not to be confirmed."""

    jobs_per_day = serializers.IntegerField(source="limit", read_only=True)
    jobs_sent_today = serializers.IntegerField(source="sent_today", read_only=True)
    days = DayAnswer(many=True, read_only=True)
    late = LateAnswer(read_only=True, allow_null=True)
    moves = MovedAnswer(source="moved", many=True, read_only=True)


class PreviewAnswer(Answer):
    """What will happen when the draft is confirmed."""

    regulation = serializers.CharField(source="regulation_code", read_only=True)
    regulation_name = serializers.CharField(source="regulation", read_only=True)
    people = serializers.IntegerField(source="summary.people", read_only=True)
    access_people = serializers.IntegerField(source="summary.access_people", read_only=True)
    delete_people = serializers.IntegerField(source="summary.delete_people", read_only=True)
    opt_out_people = serializers.IntegerField(source="summary.opt_out_people", read_only=True)
    identities = serializers.IntegerField(source="summary.identities", read_only=True)
    jobs = serializers.IntegerField(source="summary.jobs", read_only=True)
    calls = serializers.IntegerField(read_only=True)
    requests = serializers.IntegerField(read_only=True, help_text="2: confirm with `agree_to_two`.")
    products = ProductLineAnswer(many=True, read_only=True)
    namespaces = NamespaceLineAnswer(many=True, read_only=True)
    due = DueLineAnswer(many=True, read_only=True)
    cannot_be_undone = serializers.CharField(source="deletes", read_only=True)
    plan = PlanAnswer(read_only=True, allow_null=True)


class MadeAnswer(Answer):
    """A request that a draft has become."""

    number = serializers.CharField(read_only=True)
    status = serializers.CharField(read_only=True)
    opt_out = serializers.BooleanField(read_only=True)


class DraftAnswer(Answer):
    """One request file. `waiting` and `checking`: ask again; `refused`: see findings; `ready`: confirm or discard it."""

    id = serializers.UUIDField(read_only=True)
    organization = serializers.UUIDField(source="organization_id", read_only=True)
    status = serializers.ChoiceField(choices=UploadStatus.choices, read_only=True)
    received_on = serializers.DateField(read_only=True)
    created_at = serializers.DateTimeField(read_only=True)
    created_by = serializers.CharField(source="uploaded_by.username", read_only=True)
    size = serializers.IntegerField(read_only=True, help_text="In bytes.")
    bytes_checked = serializers.IntegerField(read_only=True)
    error_count = serializers.IntegerField(read_only=True)
    warning_count = serializers.IntegerField(read_only=True)


class DraftDetailAnswer(DraftAnswer):
    """With what was found and what will happen."""

    findings = serializers.SerializerMethodField()
    preview = serializers.SerializerMethodField()
    requests = MadeAnswer(many=True, read_only=True)

    @extend_schema_field(FindingAnswer(many=True))
    def get_findings(self, upload: Upload) -> Any:
        """The first 500."""
        result = _result(upload)
        return FindingAnswer(self._findings(upload, result), many=True).data if result else []

    @extend_schema_field(PreviewAnswer(allow_null=True))
    def get_preview(self, upload: Upload) -> Any:
        """Once the file is checked."""
        result = _result(upload)
        return PreviewAnswer(Preview.of(upload, result, catalog.current())).data if result and result.envelope else None

    def _findings(self, upload: Upload, result: CheckResult) -> Sequence[Finding]:
        shown = shown_findings(result, holds_file=upload.uploaded_by == self.context["request"].user)
        return [*shown["errors"], *shown["warnings"]]


class DraftFilters(CreatedFilters):
    """By state."""

    status = ChoiceFilter(choices=UploadStatus.choices)

    class Meta:
        model = Upload
        fields = ()


class ConfirmBody(Body):
    """How to confirm."""

    agree_to_two = serializers.BooleanField(default=False, help_text="Opt-outs beside access or delete become two requests.")
    access_first = serializers.BooleanField(
        default=None, allow_null=True, help_text="Deletes wait for the results of access; none: as the organization has it."
    )


class CreateParameters(ConfirmBody):
    """What a request needs beside Adobe's payload."""

    organization = serializers.UUIDField(required=False, help_text="Yours, when you have one only.")
    received_on = serializers.DateField(required=False, help_text="When the people asked; today, when it is not said.")
    confirm = serializers.BooleanField(
        default=False, help_text="Send it to Adobe without a second look, provided that nothing is wrong with it."
    )


class DraftList(ListView):
    """Drafts of the caller's organizations."""

    rights = {"GET": ("privacy.view_upload",)}
    answer = DraftAnswer
    filterset_class = DraftFilters
    keyset = Keyset[Upload]("created_at")

    def rows(self) -> QuerySet[Upload]:
        """Without what was found in them."""
        return Upload.objects.visible_to(self.user).select_related("uploaded_by").defer("result_sealed", "file_name_sealed")

    @extend_schema(operation_id="drafts_list", responses=DraftAnswer(many=True))
    def get(self, request: Request) -> Response:  # noqa: ARG002
        """Drafts, newest first."""
        return self.page()


class DraftDetail(ApiView):
    """One draft."""

    rights = {"GET": ("privacy.view_upload",), "DELETE": ("privacy.add_upload",)}
    is_conditional = True

    @extend_schema(operation_id="drafts_retrieve", responses={200: DraftDetailAnswer, 304: None})
    def get(self, request: Request, pk: UUID) -> HttpResponseBase:  # noqa: ARG002
        """One draft with its findings and its preview."""
        upload = get_draft(self, pk)
        return self.conditional(DraftDetailAnswer, upload, last_event(upload.pk) if upload.status in OVER else None)

    @extend_schema(operation_id="drafts_discard", responses={204: None})
    def delete(self, request: Request, pk: UUID) -> Response:  # noqa: ARG002
        """Remove the file and all that was read from it."""
        with refusals_as_conflicts():
            intake.discard(get_draft(self, pk), self.user)
        return Response(status=HTTPStatus.NO_CONTENT)


class DraftConfirm(ApiView):
    """Making requests of a draft."""

    rights = {"POST": ("privacy.confirm_upload",)}
    selective = ("POST",)

    @extend_schema(operation_id="drafts_confirm", request=ConfirmBody, responses={200: DraftDetailAnswer})
    @idempotent
    def post(self, request: Request, pk: UUID) -> Response:
        """Confirm a draft, which sends it to Adobe. One that is confirmed already stays as it is."""
        upload = get_draft(self, pk)
        wanted = self.sent(ConfirmBody, request)
        if upload.status != UploadStatus.CONFIRMED:
            confirm(self, upload, wanted)
        return answer_of(self, upload, HTTPStatus.OK)


def create(view: ApiView, request: Request) -> Response:
    """A draft from the body, which is Adobe's payload; with `confirm` its requests at once. Raises Problem."""
    asked = view.asked(request)
    organization = view.organization(asked.get("organization"))
    received_on = day_of_receipt(organization, asked.get("received_on"))
    if asked["confirm"] and not view.user.has_perm("privacy.confirm_upload"):
        raise PermissionDenied
    file = request.data
    if not isinstance(file, StoredUpload):
        raise Problem(HTTPStatus.BAD_REQUEST, "empty", "Send Adobe's payload as the body.")
    if file.too_large:
        raise bodies.too_large(file.size or 0)
    try:
        with transaction.atomic():
            upload = _take_in(view, file, organization, received_on)
            if asked["confirm"] and upload.status == UploadStatus.READY:
                confirm(view, upload, asked)
    except Problem:
        # Its row is taken back, so the file is nobody's.
        file.kept = False
        raise
    is_checked = upload.status not in (UploadStatus.WAITING, UploadStatus.CHECKING)
    return answer_of(view, upload, HTTPStatus.CREATED if is_checked else HTTPStatus.ACCEPTED)


def confirm(view: ApiView, upload: Upload, wanted: dict[str, Any]) -> list[PrivacyRequest]:
    """Make the requests. Raises Problem."""
    with refusals_as_conflicts(), transaction.atomic():
        made = intake.confirm(upload, view.user, agreed_to_two=wanted["agree_to_two"], access_first=wanted["access_first"])
        PrivacyRequest.objects.filter(pk__in=[one.pk for one in made]).update(origin=Origin.API)
    return made


def answer_of(view: ApiView, upload: Upload, status: HTTPStatus) -> Response:
    """The draft as it is now; kept, for an Idempotency-Key, no longer than the upload's own data."""
    upload = get_draft(view, upload.pk)
    headers = {"Location": reverse("api:draft-detail", args=[upload.pk])}
    return PersonalResponse(view.shown(DraftDetailAnswer, upload), data_key=upload.data_key, status=status, headers=headers)


def get_draft(view: ApiView, pk: UUID) -> Upload:
    """The upload, when the caller may see it. Raises Http404."""
    visible = Upload.objects.visible_to(view.user).select_related("organization__data_key", "uploaded_by", "data_key")
    upload: Upload = view.one(visible.prefetch_related(_IN_ORDER), pk=pk)
    return upload


def _take_in(view: ApiView, file: StoredUpload, organization: Organization, received_on: date) -> Upload:
    try:
        upload = intake.take_in(file, organization=organization, user=view.user, received_on=received_on)
    except intake.Unreadable as problem:
        raise unreadable(str(problem)) from None
    if upload.status == UploadStatus.REFUSED:
        raise _refused(CheckResult.from_dict(upload.result))
    return upload


def _refused(result: CheckResult) -> Problem:
    """The errors of the page, each with its path. The caller holds the file, so the keys in it are named."""
    errors = [finding for finding in result.findings if finding.level == "error"]
    faults = [Fault(one.path, one.key, one.code, f"{one.message} {one.hint}".strip()) for one in errors]
    words = f"The payload has {result.error_count:,} error{'' if result.error_count == 1 else 's'}. Nothing was kept or sent."
    return Problem(HTTPStatus.BAD_REQUEST, "payload-refused", words, faults)


def _result(upload: Upload) -> CheckResult | None:
    return CheckResult.from_dict(upload.result) if upload.status in CHECKED and upload.result_sealed else None
