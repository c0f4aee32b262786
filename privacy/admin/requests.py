"""Uploads, requests with their progress, and the calls that carried them to Adobe."""

from __future__ import annotations

from django.contrib import admin
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString

from portal.admin.base import ReadOnlyAdmin
from portal.admin.calls import OutboundCallAdmin
from privacy import catalog, progress
from privacy.admin.filters import (
    OF_ORGANIZATION,
    OF_REQUESTS_ORGANIZATION,
    AskedProductFilter,
    RegulationFilter,
    RequestsRegulationFilter,
    list_address,
)
from privacy.models import PrivacyRequest, Submission, Upload
from privacy.statuses import JOB_FAILED


@admin.register(Upload)
class UploadAdmin(ReadOnlyAdmin):
    """Uploaded files. Their names stay hidden: a file name is chosen by a person and may name another."""

    list_display = ("id", "organization", "uploaded_by", "status", "size", "error_count", "warning_count", "created_at")
    list_filter = ("status", OF_ORGANIZATION)
    list_select_related = ("organization", "uploaded_by")
    fields = (
        "organization",
        "uploaded_by",
        "status",
        "size",
        "bytes_checked",
        "error_count",
        "warning_count",
        "received_on",
        "created_at",
        "attempts",
        "next_attempt_at",
        "requests_link",
    )

    @admin.display(description="requests")
    def requests_link(self, upload: Upload) -> SafeString:
        """The requests that were made of it."""
        return format_html(
            '<a href="{}">Requests from this file</a>', list_address("privacyrequest", upload__id__exact=upload.pk)
        )


@admin.register(PrivacyRequest)
class PrivacyRequestAdmin(ReadOnlyAdmin):
    """Requests, with a progress bar for each product."""

    list_display = ("number", "organization", "regulation", "status", "people", "jobs_bar", "due_on", "created_at")
    list_filter = ("status", "origin", OF_ORGANIZATION, RegulationFilter, AskedProductFilter)
    search_fields = ("number__exact",)
    search_help_text = "The number of a request, such as PR-2026-000123, in full. People are not searched for here."
    fields = (
        "number",
        "organization",
        "status",
        "products_bars",
        "jobs_links",
        "calls_link",
        "regulation_words",
        "opt_out",
        "origin",
        "resubmission_of",
        "recall_until",
        "access_first",
        "people",
        "people_prepared",
        "received_on",
        "due_on",
        "upload",
        "created_by",
        "created_at",
        "finished_at",
        "shredded_at",
        "attempts",
        "next_attempt_at",
    )

    @admin.display(description="jobs")
    def jobs_bar(self, request_row: PrivacyRequest) -> SafeString:
        """One bar over all jobs."""
        return format_html(
            '<progress max="{}" value="{}" aria-label="Jobs done"></progress> {} of {}{}',
            max(request_row.jobs_total, 1),
            request_row.jobs_done,
            request_row.jobs_done,
            request_row.jobs_total,
            f", {request_row.jobs_failed} failed" if request_row.jobs_failed else "",
        )

    @admin.display(description="progress by product")
    def products_bars(self, request_row: PrivacyRequest) -> SafeString:
        """One bar for each product, linked to what it answered."""
        bars = [
            (bar, list_address("productresponse", request__id__exact=request_row.pk, product=bar.code))
            for bar in progress.by_product(request_row)
        ]
        return render_to_string("admin/privacy/_product_bars.html", {"bars": bars})

    @admin.display(description="jobs")
    def jobs_links(self, request_row: PrivacyRequest) -> SafeString:
        """All jobs, and those that failed."""
        return render_to_string(
            "admin/privacy/_job_links.html",
            {
                "row": request_row,
                "all": list_address("job", request__id__exact=request_row.pk),
                "failed": list_address("job", request__id__exact=request_row.pk, status__in=",".join(JOB_FAILED)),
            },
        )

    @admin.display(description="calls to Adobe")
    def calls_link(self, request_row: PrivacyRequest) -> SafeString:
        """The calls that carried it."""
        return format_html(
            '<a href="{}">Calls of this request</a>', list_address("submission", request__id__exact=request_row.pk)
        )

    @admin.display(description="regulation")
    def regulation_words(self, request_row: PrivacyRequest) -> str:
        """The law by its name and code."""
        return f"{catalog.law_name(request_row.regulation)} ({request_row.regulation})"


@admin.register(Submission)
class SubmissionAdmin(OutboundCallAdmin):
    """Calls to Adobe, each made exactly once."""

    organization_path = "request__organization"
    list_display = (
        "request",
        "ordinal",
        "state",
        "person_words",
        "people",
        "expected_jobs",
        "attempts",
        "last_error",
        "created_at",
    )
    list_display_links = ("ordinal",)
    list_filter = ("state", "person_reason", OF_REQUESTS_ORGANIZATION, RequestsRegulationFilter)
    list_select_related = ("request", "request__organization")
    search_fields = ("request__number__exact",)
    search_help_text = "The number of a request, in full."
    fields = (
        "request",
        "ordinal",
        "state",
        "person_words",
        "people",
        "expected_jobs",
        "jobs_link",
        "has_deletes",
        "waits_for_access",
        "adobe_request_id",
        "attempts",
        "http_status",
        "last_error",
        "created_at",
        "next_attempt_at",
        "claimed_at",
        "first_byte_at",
        "first_sent_at",
        "unknown_since",
        "looks_done",
        "next_look_at",
        "settled_at",
    )

    @admin.display(description="jobs")
    def jobs_link(self, call: Submission) -> SafeString:
        """The jobs it carried."""
        return format_html('<a href="{}">Jobs of this call</a>', list_address("job", submission__id__exact=call.pk))
