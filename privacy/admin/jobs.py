"""Jobs, what each product answered, the results, and when the jobs are listed."""

# ruff: noqa: ARG002 - Django hands each of its hooks more than every one needs

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from portal.admin.base import ReadOnlyAdmin, ReadOnlyInline, acting_user
from privacy import catalog
from privacy.admin.filters import (
    OF_ORGANIZATION,
    OF_REQUESTS_ORGANIZATION,
    AnsweredProductFilter,
    ProductFilter,
    RegulationFilter,
    RequestsRegulationFilter,
)
from privacy.models import Job, JobListing, ProductResponse, ResultArchive
from privacy.statuses import ArchiveStatus


def download_link(archive: ResultArchive) -> SafeString | str:
    """Where a stored result can be fetched; each download is checked and audited there."""
    if archive.status != ArchiveStatus.STORED:
        return "-"
    return format_html('<a href="{}">Download the result</a>', reverse("privacy:job-result", args=[archive.job_id]))


class ProductResponseInline(ReadOnlyInline):
    """What each product said about the job."""

    model = ProductResponse
    fields = ("product_name", "status_words", "adobe_status", "code", "retry_count", "processed_at", "seen_at")

    @admin.display(description="product")
    def product_name(self, response: ProductResponse) -> str:
        """In the words of this portal."""
        return catalog.product_name(response.product_code)

    @admin.display(description="status")
    def status_words(self, response: ProductResponse) -> str:
        """Our label, or Adobe's word when we have none."""
        return response.status_words


class ResultArchiveInline(ReadOnlyInline):
    """The result of the job, with its download for those who may have it."""

    model = ResultArchive
    verbose_name_plural = "result"

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """The download stands first, where there is one."""
        fields = ["status", "size", "file_count", "stored_at", "adobe_expires_at", "last_error"]
        return ["download", *fields] if acting_user(request).may("privacy.download_results") else fields

    @admin.display(description="download")
    def download(self, archive: ResultArchive) -> SafeString | str:
        """The link."""
        return download_link(archive)


@admin.register(Job)
class JobAdmin(ReadOnlyAdmin):
    """Jobs, with what each product answered and the result."""

    list_display = ("__str__", "request", "organization", "action", "status_words", "has_result", "detail_at", "finished_at")
    list_filter = ("status", "action", OF_ORGANIZATION, RequestsRegulationFilter, ProductFilter)
    list_select_related = ("organization", "request")
    search_fields = ("adobe_job_id__exact", "request__number__exact")
    search_help_text = "A job id of Adobe or the number of a request, in full. People are not searched for here."
    inlines = (ResultArchiveInline, ProductResponseInline)
    fields = (
        "request",
        "submission",
        "organization",
        "action",
        "status_words",
        "adobe_job_id",
        "extra_adobe_job_ids",
        "adobe_status",
        "adobe_created_at",
        "adobe_modified_at",
        "has_result",
        "detail_at",
        "next_poll_at",
        "quiet_polls",
        "last_error",
        "finished_at",
    )

    @admin.display(description="status", ordering="status")
    def status_words(self, job: Job) -> str:
        """Our label, or Adobe's word when we have none."""
        return job.status_words


@admin.register(ProductResponse)
class ProductResponseAdmin(ReadOnlyAdmin):
    """What products answered, over all jobs."""

    organization_path = "request__organization"
    list_display = ("product", "job", "request", "status_words", "code", "retry_count", "processed_at", "seen_at")
    list_filter = ("status", OF_REQUESTS_ORGANIZATION, RequestsRegulationFilter, AnsweredProductFilter)
    list_select_related = ("job", "request", "request__organization")
    search_fields = ("job__adobe_job_id__exact", "request__number__exact")
    search_help_text = "A job id of Adobe or the number of a request, in full. People are not searched for here."
    fields = (
        "job",
        "request",
        "product",
        "product_code",
        "status_words",
        "adobe_status",
        "code",
        "retry_count",
        "processed_at",
        "seen_at",
    )

    @admin.display(description="status", ordering="status")
    def status_words(self, response: ProductResponse) -> str:
        """Our label, or Adobe's word when we have none."""
        return response.status_words


@admin.register(ResultArchive)
class ResultArchiveAdmin(ReadOnlyAdmin):
    """Results of access jobs, kept encrypted."""

    organization_path = "request__organization"
    list_display = ("job", "request", "status", "size", "file_count", "stored_at", "adobe_expires_at", "last_error")
    list_filter = ("status", OF_REQUESTS_ORGANIZATION, RequestsRegulationFilter)
    list_select_related = ("job", "request", "request__organization")
    search_fields = ("job__adobe_job_id__exact", "request__number__exact")
    search_help_text = "A job id of Adobe or the number of a request, in full. People are not searched for here."

    def get_fields(self, request: HttpRequest, obj: ResultArchive | None = None) -> list[Any]:
        """The download is for those who may have it."""
        fields = [
            "job",
            "request",
            "status",
            "size",
            "file_count",
            "sha256",
            "stored_at",
            "adobe_expires_at",
            "attempts",
            "next_attempt_at",
            "last_error",
        ]
        return ["download", *fields] if acting_user(request).may("privacy.download_results") else fields

    @admin.display(description="download")
    def download(self, archive: ResultArchive) -> SafeString | str:
        """The link."""
        return download_link(archive)


@admin.register(JobListing)
class JobListingAdmin(ReadOnlyAdmin):
    """When the jobs of an organization and a law are listed at Adobe."""

    list_display = ("regulation", "organization", "listed_at", "next_list_at", "failures", "last_error")
    list_filter = (OF_ORGANIZATION, RegulationFilter)
    fields = ("organization", "regulation", "listed_at", "next_list_at", "page_size", "failures", "last_error")
