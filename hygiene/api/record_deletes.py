"""Record deletes: from Adobe's work order payload or a table, confirmed by a word, followed, shredded."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Any, NoReturn

from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpResponseBase
from django.urls import reverse
from django_filters import ChoiceFilter
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiRequest, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from hygiene import intake, preview, progress, recalling, shredding
from hygiene.models import RecordDelete
from hygiene.schema import ALL, Finding
from hygiene.statuses import RECORD_DELETE_DRAFTS, RECORD_DELETE_OPEN, RecordDeleteStatus
from hygiene.words import opened
from portal import crypto
from portal.api import bodies
from portal.api.answers import Answer, Body
from portal.api.bodies import StoredBodyParser, StoredCsvParser
from portal.api.common import (
    CreatedFilters,
    FindingAnswer,
    NamespaceLineAnswer,
    conflict_on,
    last_event,
    unreadable,
)
from portal.api.filters import YesNoFilter
from portal.api.idempotency import PersonalResponse, idempotent
from portal.api.problems import Fault, Problem
from portal.api.views import ApiView, ListView
from portal.models import User
from portal.paging import Keyset
from portal.uploads import StoredUpload

VIEW = ("hygiene.view_recorddelete",)
ADD = ("hygiene.add_recorddelete",)
CONFIRM = ("hygiene.confirm_recorddelete",)
NOT_CONFIRMED = (*RECORD_DELETE_DRAFTS, RecordDeleteStatus.DISCARDED)
WORD = "What the page asks to type: ALL when every dataset is meant, else the number of identities."


class RecordDeleteAnswer(Answer):
    """One record delete."""

    number = serializers.CharField(read_only=True)
    organization = serializers.UUIDField(source="organization_id", read_only=True)
    status = serializers.ChoiceField(choices=RecordDeleteStatus.choices, read_only=True)
    status_words = serializers.CharField(source="get_status_display", read_only=True)
    name = serializers.SerializerMethodField()
    datasets = serializers.ListField(child=serializers.CharField(), read_only=True, help_text="Ids, or the one word ALL.")
    profile_only = serializers.BooleanField(read_only=True)
    identities = serializers.IntegerField(read_only=True)
    counts = serializers.DictField(child=serializers.IntegerField(), read_only=True, help_text="Identities of each namespace.")
    orders_total = serializers.IntegerField(read_only=True)
    orders_done = serializers.IntegerField(read_only=True)
    orders_failed = serializers.IntegerField(read_only=True)
    error_count = serializers.IntegerField(read_only=True)
    warning_count = serializers.IntegerField(read_only=True)
    created_at = serializers.DateTimeField(read_only=True)
    created_by = serializers.CharField(source="created_by.username", read_only=True)
    confirmed_at = serializers.DateTimeField(read_only=True, allow_null=True)
    finished_at = serializers.DateTimeField(read_only=True, allow_null=True)
    shredded_at = serializers.DateTimeField(read_only=True, allow_null=True)

    def get_name(self, record_delete: RecordDelete) -> str:
        """Empty when there is none, or when it does not open any more."""
        return opened(record_delete, "name") if record_delete.data_key else ""


class QuotaPreviewAnswer(Answer):
    """One quota, before and after."""

    name = serializers.CharField(read_only=True)
    words = serializers.CharField(read_only=True)
    before = serializers.IntegerField(read_only=True)
    after = serializers.IntegerField(read_only=True)
    limit = serializers.IntegerField(read_only=True)
    resets_at = serializers.DateTimeField(read_only=True, allow_null=True)


class RecordDeletePreviewAnswer(Answer):
    """What will happen when it is confirmed."""

    namespaces = NamespaceLineAnswer(many=True, read_only=True)
    identities = serializers.IntegerField(read_only=True)
    duplicates_removed = serializers.IntegerField(read_only=True)
    work_orders = serializers.IntegerField(read_only=True)
    quota = QuotaPreviewAnswer(many=True, read_only=True)
    quota_read_at = serializers.DateTimeField(read_only=True, allow_null=True)
    goes_today = serializers.IntegerField(read_only=True, help_text="Identities that fit into today's quota.")
    goes_later = serializers.IntegerField(read_only=True)
    later_at = serializers.DateTimeField(read_only=True, allow_null=True)
    last_at = serializers.DateTimeField(read_only=True, allow_null=True)
    adobe_takes = serializers.CharField(read_only=True)
    cannot_be_undone = serializers.CharField(source="irreversible", read_only=True)
    confirm_with = serializers.CharField(read_only=True, help_text=WORD)


class ServiceBarAnswer(Answer):
    """How far one of Adobe's services is."""

    name = serializers.CharField(read_only=True)
    total = serializers.IntegerField(read_only=True)
    done = serializers.IntegerField(read_only=True)
    waiting = serializers.IntegerField(read_only=True)
    other = serializers.DictField(child=serializers.IntegerField(), read_only=True, help_text="Adobe's further words.")


class RecordDeleteDetailAnswer(RecordDeleteAnswer):
    """With what was found, what will happen, and how far it is."""

    description = serializers.SerializerMethodField()
    findings = serializers.SerializerMethodField()
    preview = serializers.SerializerMethodField()
    services = serializers.SerializerMethodField()
    recall_until = serializers.SerializerMethodField(help_text="Nothing is sent before.")
    can_cancel = serializers.SerializerMethodField()

    def get_description(self, record_delete: RecordDelete) -> str:
        """As `name`."""
        return opened(record_delete, "description") if record_delete.data_key else ""

    @extend_schema_field(FindingAnswer(many=True))
    def get_findings(self, record_delete: RecordDelete) -> Any:
        """Of a draft. Only who holds the file sees what they quote of it."""
        holds_file = record_delete.created_by == self.context["request"].user
        found = _findings(record_delete)
        return FindingAnswer(found if holds_file else [one.masked() for one in found], many=True).data

    @extend_schema_field(RecordDeletePreviewAnswer(allow_null=True))
    def get_preview(self, record_delete: RecordDelete) -> Any:
        """Once it is ready to confirm; none when what is kept of it does not open any more."""
        if record_delete.status != RecordDeleteStatus.READY:
            return None
        try:
            shown = preview.build(record_delete)
        except crypto.CannotDecrypt:
            return None
        return {**RecordDeletePreviewAnswer(shown).data, "confirm_with": word_of(record_delete)}

    @extend_schema_field(ServiceBarAnswer(many=True))
    def get_services(self, record_delete: RecordDelete) -> Any:
        """Of its work orders at Adobe."""
        return ServiceBarAnswer(progress.of(record_delete).services, many=True).data

    def get_recall_until(self, record_delete: RecordDelete) -> datetime | None:
        """None without a recall period, before it begins, and after it."""
        return recalling.recall_until(record_delete) if record_delete.confirmed_at else None

    def get_can_cancel(self, record_delete: RecordDelete) -> bool:
        """Whether anything of it was not sent, as things stand."""
        return recalling.can_cancel(record_delete)


class RecordDeleteFilters(CreatedFilters):
    """By state."""

    status = ChoiceFilter(choices=RecordDeleteStatus.choices)
    open = YesNoFilter(method="filter_open", label="Whether anything of it still moves or waits for a person.")

    class Meta:
        model = RecordDelete
        fields = ()

    def filter_open(self, rows: QuerySet[RecordDelete], _: str, value: bool) -> QuerySet[RecordDelete]:
        """By status."""
        return rows.filter(status__in=RECORD_DELETE_OPEN) if value else rows.exclude(status__in=RECORD_DELETE_OPEN)


class CreateRecordDeleteParameters(Body):
    """What the body does not say."""

    organization = serializers.UUIDField(required=False, help_text="Yours, when you have one only.")
    datasets = serializers.CharField(required=False, max_length=2000, help_text="Ids parted by commas, or ALL.")
    profile_only = serializers.BooleanField(default=False, help_text="Profile, Identity Service and Journey Optimizer only.")
    confirm = serializers.CharField(required=False, max_length=20, help_text=f"Send it without a second look. {WORD}")


class ConfirmRecordDeleteBody(Body):
    """The word that confirms."""

    typed = serializers.CharField(max_length=20, help_text=WORD)


class ShredRecordDeleteBody(Body):
    """The number again, as a sign that it is meant."""

    number = serializers.CharField(max_length=20)


class RecordDeleteList(ListView):
    """The record deletes of the caller's organizations."""

    rights = {"GET": VIEW, "POST": ADD}
    parser_classes = (StoredBodyParser, StoredCsvParser)
    selective = ("GET", "POST")
    query = {"POST": CreateRecordDeleteParameters}
    answer = RecordDeleteAnswer
    filterset_class = RecordDeleteFilters
    keyset = Keyset[RecordDelete]("created_at")

    def rows(self) -> QuerySet[RecordDelete]:
        """Without what was found in them."""
        return _visible(self).defer("result_sealed", "description_sealed", "file_name_sealed")

    @extend_schema(operation_id="record_deletes_list", responses=RecordDeleteAnswer(many=True))
    def get(self, request: Request) -> Response:  # noqa: ARG002
        """Record deletes, newest first."""
        return self.page()

    @extend_schema(
        operation_id="record_deletes_create",
        filters=False,
        request={"application/json": OpenApiRequest(OpenApiTypes.OBJECT)},
        responses={201: RecordDeleteDetailAnswer, 202: RecordDeleteDetailAnswer},
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """A draft from Adobe's work order payload in any of its shapes, or from a table (text/csv) of namespace and value.

        For cleansing and minimisation, not for data-subject requests. 202: it is large, and is being checked; it is not confirmed
        yet, whatever `confirm` says.
        """
        return self._create(request)

    def _create(self, request: Request) -> Response:
        asked = self.asked(request)
        if "confirm" in asked and not self.user.has_perms(CONFIRM):
            raise PermissionDenied
        organization = self.organization(asked.get("organization"))
        wanted = intake.Wanted(datasets=intake.dataset_ids(asked.get("datasets", "")), profile_only=asked["profile_only"])
        if problems := intake.wanted_problems(wanted, with_file=True):
            raise ValidationError({"datasets": problems})
        file = request.data
        if not isinstance(file, StoredUpload):
            raise unreadable("Send Adobe's work order payload, or a table, as the body.")
        if file.too_large:
            raise bodies.too_large(file.size or 0)
        try:
            with conflict_on(intake.NotPossible), transaction.atomic():
                made = intake.take_in(file, wanted, organization=organization, user=self.user)
                if made.status == RecordDeleteStatus.REFUSED:
                    _refuse(made)
                if "confirm" in asked and made.status == RecordDeleteStatus.READY:
                    confirm(made, asked["confirm"], self.user)
        except intake.Unreadable as problem:
            raise unreadable(str(problem)) from None
        except Problem:
            # Its row is taken back, so the file is nobody's.
            file.kept = False
            raise
        is_checked = made.status not in (RecordDeleteStatus.WAITING, RecordDeleteStatus.CHECKING)
        return show(self, made.number, HTTPStatus.CREATED if is_checked else HTTPStatus.ACCEPTED)


class RecordDeleteDetail(ApiView):
    """One record delete."""

    rights = {"GET": VIEW, "DELETE": ADD}
    is_conditional = True

    @extend_schema(operation_id="record_deletes_retrieve", responses={200: RecordDeleteDetailAnswer, 304: None})
    def get(self, request: Request, number: str) -> HttpResponseBase:  # noqa: ARG002
        """One record delete: a draft with its findings and its preview, or how far it is."""
        found = get_record_delete(self, number)
        return self.conditional(RecordDeleteDetailAnswer, found, last_event(found.pk) if found.finished_at else None)

    @extend_schema(operation_id="record_deletes_discard", responses={204: None})
    def delete(self, request: Request, number: str) -> Response:  # noqa: ARG002
        """Remove a draft's identities and all that was read from them."""
        with conflict_on(intake.NotPossible):
            intake.discard(get_record_delete(self, number), self.user)
        return Response(status=HTTPStatus.NO_CONTENT)


class RecordDeleteConfirm(ApiView):
    """Confirming."""

    rights = {"POST": CONFIRM}
    selective = ("POST",)

    @extend_schema(
        operation_id="record_deletes_confirm", request=ConfirmRecordDeleteBody, responses={200: RecordDeleteDetailAnswer}
    )
    @idempotent
    def post(self, request: Request, number: str) -> Response:
        """Confirm a draft, which sends it to Adobe. It cannot be undone. One that is confirmed already stays as it is."""
        typed = self.sent(ConfirmRecordDeleteBody, request)["typed"]
        found = get_record_delete(self, number)
        if found.status in NOT_CONFIRMED:
            with conflict_on(intake.NotPossible):
                confirm(found, typed, self.user)
        return show(self, number, HTTPStatus.OK)


class RecordDeleteCancel(ApiView):
    """Cancelling."""

    rights = {"POST": CONFIRM}
    selective = ("POST",)

    @extend_schema(operation_id="record_deletes_cancel", request=None, responses={200: RecordDeleteDetailAnswer})
    @idempotent
    def post(self, request: Request, number: str) -> Response:  # noqa: ARG002
        """Cancel every work order that was not sent yet; the others stay as they are. 409 when there is none."""
        with conflict_on(intake.NotPossible):
            recalling.cancel(get_record_delete(self, number), self.user)
        return show(self, number, HTTPStatus.OK)


class RecordDeleteShred(ApiView):
    """Removing personal data."""

    rights = {"POST": ("hygiene.shred_recorddelete",)}
    selective = ("POST",)

    @extend_schema(operation_id="record_deletes_shred", request=ShredRecordDeleteBody, responses={200: RecordDeleteDetailAnswer})
    @idempotent
    def post(self, request: Request, number: str) -> Response:
        """Remove what a finished record delete names, for good."""
        if self.sent(ShredRecordDeleteBody, request)["number"] != number:
            raise ValidationError({"number": ["It must be the number in the address."]}, code="not-meant")
        with conflict_on(shredding.NotShreddable):
            shredding.shred(get_record_delete(self, number), self.user)
        return show(self, number, HTTPStatus.OK)


def word_of(record_delete: RecordDelete) -> str:
    """What confirms it."""
    return ALL if record_delete.datasets == [ALL] else str(record_delete.identities)


def confirm(record_delete: RecordDelete, typed: str, user: User) -> None:
    """Raises Problem for another word, and NotPossible."""
    if record_delete.status == RecordDeleteStatus.READY and typed.strip() != word_of(record_delete):
        words = f"Confirm with {word_of(record_delete)}. Nothing was sent."
        raise Problem(HTTPStatus.CONFLICT, "not-the-word", words)
    intake.confirm(record_delete, user)


def show(view: ApiView, number: str, status: HTTPStatus) -> Response:
    """The record delete as it is now."""
    found = get_record_delete(view, number)
    headers = {"Location": reverse("api:record-delete-detail", args=[found.number])} if status != HTTPStatus.OK else {}
    data = view.shown(RecordDeleteDetailAnswer, found)
    return PersonalResponse(data, data_key=found.data_key, status=status, headers=headers)


def get_record_delete(view: ApiView, number: str) -> RecordDelete:
    """The record delete, when the caller may see it. Raises Http404."""
    found: RecordDelete = view.one(_visible(view), number=number)
    return found


def _visible(view: ApiView) -> QuerySet[RecordDelete]:
    rows: QuerySet[RecordDelete] = RecordDelete.objects.visible_to(view.user)
    return rows.select_related("organization__data_key", "data_key", "created_by")


def _findings(record_delete: RecordDelete) -> list[Finding]:
    if record_delete.status not in RECORD_DELETE_DRAFTS or record_delete.data_key is None:
        return []
    try:
        kept = (record_delete.result or {}).get("findings", [])
    except crypto.CannotDecrypt:
        return []
    return [Finding(**each) for each in kept]


def _refuse(record_delete: RecordDelete) -> NoReturn:
    """The errors of the page, each with its path."""
    errors = [finding for finding in _findings(record_delete) if finding.level == "error"]
    faults = [Fault(one.path, None, one.code, f"{one.message} {one.hint}".strip()) for one in errors]
    count = record_delete.error_count
    words = f"The payload has {count:,} error{'' if count == 1 else 's'}. Nothing was kept or sent."
    raise Problem(HTTPStatus.BAD_REQUEST, "payload-refused", words, faults)
