"""Results of access jobs: what there is, and the ZIP itself."""

from __future__ import annotations

from http import HTTPStatus
from itertools import chain
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django_filters import CharFilter, ChoiceFilter, FilterSet, UUIDFilter
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from portal import audit, crypto
from portal.api.answers import Answer
from portal.api.common import last_event
from portal.api.idempotency import idempotent
from portal.api.problems import Problem
from portal.api.views import AnswersProblems, ApiView, ListView
from portal.paging import Keyset
from privacy import archive
from privacy.models import ResultArchive
from privacy.statuses import ArchiveStatus
from privacy.views.results import file_name

VIEW = ("privacy.view_resultarchive",)
DOWNLOAD = ("privacy.download_results",)
ZIP = "application/zip"


class ResultAnswer(Answer):
    """The result of one access job."""

    id = serializers.UUIDField(read_only=True)
    job = serializers.UUIDField(source="job_id", read_only=True)
    request = serializers.CharField(source="request.number", read_only=True)
    status = serializers.ChoiceField(choices=ArchiveStatus.choices, read_only=True)
    size = serializers.IntegerField(read_only=True, allow_null=True, help_text="Of the ZIP, in bytes.")
    sha256 = serializers.CharField(read_only=True)
    file_count = serializers.IntegerField(read_only=True, allow_null=True)
    stored_at = serializers.DateTimeField(read_only=True, allow_null=True)
    adobe_expires_at = serializers.DateTimeField(read_only=True, allow_null=True)
    last_error = serializers.CharField(read_only=True)


class ResultFilters(FilterSet):
    """By state and by what they belong to."""

    organization = UUIDFilter(field_name="job__organization_id")
    request = CharFilter(field_name="request__number", label="A request's number.")
    job = UUIDFilter(field_name="job_id")
    status = ChoiceFilter(choices=ArchiveStatus.choices)

    class Meta:
        model = ResultArchive
        fields = ()


class ZipRenderer(BaseRenderer):
    """Lets a caller ask for a ZIP; it streams past REST framework's rendering."""

    media_type = ZIP
    format = "zip"
    charset = None
    render_style = "binary"


class ResultList(ListView):
    """Results of the caller's organizations."""

    rights = {"GET": VIEW}
    answer = ResultAnswer
    filterset_class = ResultFilters
    # Keys grow with time.
    keyset = Keyset[ResultArchive]("pk", read_first=UUID)

    def rows(self) -> QuerySet[ResultArchive]:
        """Without Adobe's addresses."""
        return _visible(self)

    @extend_schema(operation_id="results_list", responses=ResultAnswer(many=True))
    def get(self, request: Request) -> Response:  # noqa: ARG002
        """Results, newest first."""
        return self.page()


class ResultDetail(ApiView):
    """One result."""

    rights = {"GET": VIEW}
    is_conditional = True

    @extend_schema(operation_id="results_retrieve", responses={200: ResultAnswer, 304: None})
    def get(self, request: Request, pk: UUID) -> HttpResponseBase:  # noqa: ARG002
        """One result, without its content."""
        result = get_result(self, pk)
        is_settled = result.status != ArchiveStatus.WAITING
        return self.conditional(ResultAnswer, result, last_event(result.request_id) if is_settled else None)


class ResultContent(AnswersProblems, ApiView):
    """The ZIP."""

    rights = {"GET": DOWNLOAD}
    selective = ()
    renderer_classes = (ZipRenderer, JSONRenderer)

    @extend_schema(operation_id="results_content", responses={(200, ZIP): OpenApiTypes.BINARY})
    def get(self, request: Request, pk: UUID) -> HttpResponseBase:
        """The ZIP with a folder for each product, and a line in the audit trail."""
        result = get_result(self, pk)
        if result.status != ArchiveStatus.STORED or result.request.data_key is None:
            raise Http404
        if request.method == "HEAD":
            return HttpResponse(headers=_headers(result), content_type=ZIP)
        stream = archive.stream(result)
        try:
            # Before the answer begins: what cannot be opened must not look like a whole file.
            first = next(stream, b"")
        except (crypto.CannotDecrypt, FileNotFoundError):
            words = "The stored result cannot be read: the file is damaged or gone. Tell an administrator."
            raise Problem(HTTPStatus.GONE, "damaged", words) from None
        self._record(result)
        return StreamingHttpResponse(chain([first], stream), content_type=ZIP, headers=_headers(result))

    def _record(self, result: ResultArchive) -> None:
        audit.record(
            "result.downloaded",
            actor=self.user,
            organization=result.job.organization,
            obj=result,
            root_id=result.request_id,
            details={"bytes": result.size or 0, "sha256": result.sha256},
        )


class ResultFetch(ApiView):
    """Fetching again."""

    rights = {"POST": DOWNLOAD}
    selective = ("POST",)

    @extend_schema(operation_id="results_fetch", request=None, responses={202: ResultAnswer})
    @idempotent
    def post(self, request: Request, pk: UUID) -> Response:  # noqa: ARG002
        """Fetch a result again that could not be fetched."""
        if not archive.fetch_again(get_result(self, pk), self.user):
            raise Problem(HTTPStatus.CONFLICT, "not-possible", "The result is not waiting to be fetched again.")
        return Response(self.shown(ResultAnswer, get_result(self, pk)), status=HTTPStatus.ACCEPTED)


def get_result(view: ApiView, pk: UUID) -> ResultArchive:
    """The result, when the caller may see it. Raises Http404."""
    visible = _visible(view).select_related("job__organization", "job__subject", "job__request__data_key", "request__data_key")
    result: ResultArchive = view.one(visible, pk=pk)
    return result


def _visible(view: ApiView) -> QuerySet[ResultArchive]:
    rows: QuerySet[ResultArchive] = ResultArchive.objects.visible_to(view.user)
    return rows.select_related("request").defer("address_sealed")


def _headers(result: ResultArchive) -> dict[str, str]:
    return {
        "Content-Length": str(result.size),
        "Content-Disposition": f'attachment; filename="{file_name(result)}"',
    }
