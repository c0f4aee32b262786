"""Jobs at Adobe with what each product said. Identities are masked until somebody with the right asks for them in clear."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Self
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponseBase
from django_filters import CharFilter, ChoiceFilter, FilterSet, UUIDFilter
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from portal import audit, crypto
from portal.api.answers import Answer
from portal.api.common import last_event, latest
from portal.api.filters import YesNoFilter
from portal.api.idempotency import PersonalResponse, idempotent
from portal.api.problems import Problem
from portal.api.views import ApiView, ListView
from portal.masking import mask, mask_text
from portal.paging import Keyset
from privacy import masking, playbook, polling
from privacy.api.requests import get_request
from privacy.models import Job, ProductResponse
from privacy.statuses import JOB_OPEN, Action, ArchiveStatus, JobStatus

VIEW = ("privacy.view_job",)


class ProductAnswer(Answer):
    """Where one product is with a job."""

    product = serializers.CharField(read_only=True, help_text="As Adobe wrote it.")
    product_code = serializers.CharField(read_only=True)
    status = serializers.ChoiceField(choices=JobStatus.choices, read_only=True)
    adobe_status = serializers.CharField(read_only=True)
    code = serializers.CharField(read_only=True, help_text="Adobe's code.")
    retry_count = serializers.IntegerField(read_only=True)
    processed_at = serializers.DateTimeField(read_only=True, allow_null=True)


class JobAnswer(Answer):
    """One action for one person."""

    id = serializers.UUIDField(read_only=True)
    organization = serializers.UUIDField(source="organization_id", read_only=True)
    request = serializers.CharField(source="request.number", read_only=True)
    person = serializers.IntegerField(
        source="subject.position", read_only=True, default=None, allow_null=True, help_text="The person's place in the request."
    )
    action = serializers.ChoiceField(choices=Action.choices, read_only=True)
    status = serializers.ChoiceField(choices=JobStatus.choices, read_only=True)
    status_words = serializers.CharField(read_only=True)
    adobe_status = serializers.CharField(read_only=True, help_text="Adobe's own word.")
    adobe_job_id = serializers.CharField(read_only=True, allow_null=True)
    extra_adobe_job_ids = serializers.ListField(
        child=serializers.CharField(), read_only=True, help_text="More jobs at Adobe for the same person and action: an alarm."
    )
    adobe_created_at = serializers.DateTimeField(read_only=True, allow_null=True)
    adobe_modified_at = serializers.DateTimeField(read_only=True, allow_null=True)
    finished_at = serializers.DateTimeField(read_only=True, allow_null=True)
    result = serializers.UUIDField(source="archive.pk", read_only=True, default=None, allow_null=True)
    products = ProductAnswer(source="product_responses", many=True, read_only=True)


class ProductDetailAnswer(ProductAnswer):
    """With what the product said."""

    title = serializers.CharField(read_only=True, help_text="What its code means.")
    meaning = serializers.CharField(read_only=True)
    words = serializers.ListField(child=serializers.CharField(), read_only=True)
    results = serializers.JSONField(read_only=True, allow_null=True)


class JobDetailAnswer(JobAnswer):
    """With the person and what each product said, masked unless it was revealed."""

    is_revealed = serializers.SerializerMethodField()
    is_readable = serializers.SerializerMethodField(help_text="No: its personal data was removed, or does not open any more.")
    key = serializers.SerializerMethodField(help_text="The officer's own key of the person.")
    identities = serializers.SerializerMethodField()
    products = serializers.SerializerMethodField()  # type: ignore[assignment]  # the same, with more in it

    def get_is_revealed(self, _: Job) -> bool:
        """Whether it is in clear."""
        return self._shown.is_revealed

    def get_is_readable(self, _: Job) -> bool:
        """Whether there is anything to mask."""
        return self._shown.is_readable

    def get_key(self, _: Job) -> str | None:
        """None when the file had none."""
        return self._shown.key

    @extend_schema_field(serializers.ListField(child=serializers.DictField()))
    def get_identities(self, _: Job) -> Any:
        """As Adobe takes them in `userIDs`."""
        return self._shown.identities

    @extend_schema_field(ProductDetailAnswer(many=True))
    def get_products(self, _: Job) -> Any:
        """By name."""
        return ProductDetailAnswer(self._shown.products, many=True).data

    @property
    def _shown(self) -> Shown:
        shown: Shown = self.context["shown"]
        return shown


@dataclass(frozen=True)
class Shown:
    """The personal part of a job as an answer shows it."""

    is_revealed: bool
    is_readable: bool
    key: str | None = None
    identities: list[dict[str, Any]] = field(default_factory=list)
    products: list[dict[str, Any]] = field(default_factory=list)

    @classmethod
    def of(cls, job: Job, *, revealed: bool) -> Self:
        """Whatever of it does not open is not shown at all: what cannot be read cannot be masked in Adobe's words either."""
        is_readable = job.request.data_key is not None and _opens(job)
        subject = job.subject if is_readable else None
        identities: list[dict[str, Any]] = (subject.identities or []) if subject else []
        key, wire_key = (subject.officer_key, subject.wire_key) if subject else (None, None)
        values = [*(str(one["value"]) for one in identities), *filter(None, (key, wire_key))]
        return cls(
            is_revealed=revealed,
            is_readable=is_readable,
            key=key if revealed or not key else mask(key),
            identities=identities if revealed else [one | {"value": mask(str(one["value"]))} for one in identities],
            products=[_product(row, values, readable=is_readable, revealed=revealed) for row in job.product_responses.all()],
        )


def _product(row: ProductResponse, values: list[str], *, readable: bool, revealed: bool) -> dict[str, Any]:
    answer = (row.answer or {}) if readable else {}
    texts = list(dict.fromkeys(text for text in (answer.get("message"), answer.get("detail")) if text))
    results, known = answer.get("results"), playbook.play(row.code, row.status)
    return dict(ProductAnswer(row).data) | {
        "title": known.title if known else "",
        "meaning": known.meaning if known else "",
        "words": texts if revealed else [mask_text(text, values) for text in texts],
        "results": results if revealed else masking.mask_tree(results, values),
    }


def _opens(job: Job) -> bool:
    rows = [*job.product_responses.all(), *([job.subject] if job.subject else [])]
    try:
        for row, name in itertools.product(rows, ("answer", "identities", "officer_key", "wire_key")):
            getattr(row, name, None)
    except crypto.CannotDecrypt:
        return False
    return True


class JobFilters(FilterSet):
    """By what programs follow jobs by."""

    organization = UUIDFilter(field_name="organization_id")
    request = CharFilter(field_name="request__number", label="A request's number.")
    status = ChoiceFilter(choices=JobStatus.choices)
    open = YesNoFilter(method="filter_open", label="Whether anything more is expected of it.")
    action = ChoiceFilter(choices=Action.choices)
    product = CharFilter(field_name="product_responses__product_code", distinct=True, label="Code of a product that answered.")
    adobe_job_id = CharFilter()

    class Meta:
        model = Job
        fields = ()

    def filter_open(self, rows: QuerySet[Job], _: str, value: bool) -> QuerySet[Job]:
        """By status."""
        return rows.filter(status__in=JOB_OPEN) if value else rows.exclude(status__in=JOB_OPEN)


class RequestJobFilters(JobFilters):
    """Within one request."""

    # The way of django-filter to leave one out.
    organization = None
    request = None

    class Meta:
        model = Job
        fields = ()


class _Jobs(ListView):
    """What lists jobs."""

    rights = {"GET": VIEW}
    answer = JobAnswer

    def rows(self) -> QuerySet[Job]:
        """Without what is encrypted."""
        return _visible(self).defer("raw_sealed", "subject__identities_sealed", "subject__wire_key_sealed")


class JobList(_Jobs):
    """The jobs of the caller's organizations."""

    filterset_class = JobFilters
    # Keys grow with time.
    keyset = Keyset[Job]("pk", read_first=UUID)

    @extend_schema(operation_id="jobs_list", responses=JobAnswer(many=True))
    def get(self, request: Request) -> Response:  # noqa: ARG002
        """Jobs, newest first."""
        return self.page()


class RequestJobs(_Jobs):
    """The jobs of one request, in the order of its people."""

    filterset_class = RequestJobFilters
    keyset = Keyset[Job]("pk", descending=False, read_first=UUID)

    def rows(self) -> QuerySet[Job]:
        """Of this request."""
        return super().rows().filter(request=get_request(self, self.kwargs["number"]))

    @extend_schema(operation_id="requests_jobs_list", responses=JobAnswer(many=True))
    def get(self, request: Request, number: str) -> Response:  # noqa: ARG002
        """Jobs of one request."""
        return self.page()


class _OneJob(ApiView):
    """What shows a job."""

    shown_job: Shown | None = None

    def get_serializer_context(self) -> dict[str, Any]:
        """With the personal part."""
        return {**super().get_serializer_context(), "shown": self.shown_job}

    def show(self, job: Job, *, revealed: bool = False) -> None:
        """Open the personal part."""
        self.shown_job = Shown.of(job, revealed=revealed)


class JobDetail(_OneJob):
    """One job."""

    rights = {"GET": VIEW}
    is_conditional = True

    @extend_schema(operation_id="jobs_retrieve", responses={200: JobDetailAnswer, 304: None})
    def get(self, request: Request, pk: UUID) -> HttpResponseBase:  # noqa: ARG002
        """One job with each product's answer; identities are masked."""
        job = get_job(self, pk)
        self.show(job)
        return self.conditional(JobDetailAnswer, job, _changed_at(job))


class JobReveal(_OneJob):
    """One job in clear."""

    rights = {"POST": (*VIEW, "privacy.reveal_identities")}
    selective = ("POST",)

    @extend_schema(operation_id="jobs_reveal", request=None, responses={200: JobDetailAnswer})
    @idempotent
    def post(self, request: Request, pk: UUID) -> Response:  # noqa: ARG002
        """The same with everything in clear, and a line in the audit trail."""
        job = get_job(self, pk)
        self.show(job, revealed=True)
        _record(self, job, "job.revealed")
        return PersonalResponse(self.shown(JobDetailAnswer, job), data_key=job.request.data_key)


class JobRefresh(ApiView):
    """Asking Adobe."""

    rights = {"POST": ("privacy.refresh_job",)}
    selective = ("POST",)

    @extend_schema(operation_id="jobs_refresh", request=None, responses={202: JobAnswer})
    @idempotent
    def post(self, request: Request, pk: UUID) -> Response:  # noqa: ARG002
        """Let Adobe be asked about this job now. The answer comes later: ask for the job."""
        job = get_job(self, pk)
        if job.adobe_job_id is None:
            raise Problem(HTTPStatus.CONFLICT, "not-possible", "Adobe does not have this job yet, so there is nothing to ask.")
        if job.organization.is_on_hold:
            raise Problem(HTTPStatus.CONFLICT, "on-hold", "The organization is on hold, so Adobe is not asked.")
        polling.refresh_now(job)
        _record(self, job, "job.asked")
        return Response(self.shown(JobAnswer, job), status=HTTPStatus.ACCEPTED)


def get_job(view: ApiView, pk: UUID) -> Job:
    """The job, when the caller may see it. Raises Http404."""
    job: Job = view.one(_visible(view).select_related("request__organization", "subject__request__data_key"), pk=pk)
    return job


def _visible(view: ApiView) -> QuerySet[Job]:
    rows: QuerySet[Job] = Job.objects.visible_to(view.user)
    return rows.select_related("organization", "request__data_key", "subject", "archive").prefetch_related(
        "product_responses__job__request__data_key"
    )


def _changed_at(job: Job) -> Any:
    """Known once nothing more is expected of the job and of its result."""
    archive = getattr(job, "archive", None)
    if not job.is_done or job.next_poll_at is not None or (archive and archive.status == ArchiveStatus.WAITING):
        return None
    return latest(last_event(job.request_id), job.finished_at, job.detail_at, archive.stored_at if archive else None)


def _record(view: ApiView, job: Job, action: str) -> None:
    audit.record(action, actor=view.user, organization=job.organization, obj=job, root_id=job.request_id)
