"""Dataset expirations and the changes that went to Adobe for them.

Names, descriptions and histories stay hidden: they may name people.
"""

from __future__ import annotations

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from hygiene.models import DatasetExpiration, ExpirationOrder
from hygiene.statuses import ExpirationStatus
from portal.admin.base import ReadOnlyAdmin, ReadOnlyInline, VisibleOrganizationFilter
from portal.admin.calls import OutboundCallAdmin

OF_ORGANIZATION = ("organization", VisibleOrganizationFilter)


class ExpirationOrderInline(ReadOnlyInline):
    """What was sent to Adobe for it."""

    model = ExpirationOrder
    joined = ("asked_by",)
    fields = ("kind", "state", "expires_at", "asked_by", "created_at", "first_sent_at", "settled_at", "last_error")
    ordering = ("-created_at",)


@admin.register(DatasetExpiration)
class DatasetExpirationAdmin(ReadOnlyAdmin):
    """When datasets go, as Adobe has it."""

    list_display = ("__str__", "dataset_id", "organization", "sandbox_name", "status_words", "expires_at", "made_here", "seen_at")
    list_filter = ("status", "made_here", OF_ORGANIZATION)
    search_fields = ("ttl_id__exact", "dataset_id__exact")
    search_help_text = "The id of an expiration or of a dataset, in full."
    inlines = (ExpirationOrderInline,)
    fields = (
        "page",
        "ttl_id",
        "dataset_id",
        "organization",
        "sandbox_name",
        "status_words",
        "adobe_status",
        "expires_at",
        "adobe_updated_at",
        "made_here",
        "seen_at",
        "created_at",
    )

    @admin.display(description="status", ordering="status")
    def status_words(self, row: DatasetExpiration) -> str:
        """Our label, or Adobe's word when we have none."""
        return row.adobe_status if row.status == ExpirationStatus.OTHER else str(ExpirationStatus(row.status).label)

    @admin.display(description="in the portal")
    def page(self, row: DatasetExpiration) -> SafeString:
        """Its page, which shows the rest and where it can be changed."""
        return format_html('<a href="{}">Open its page</a>', reverse("hygiene:expiration-detail", args=[row.pk]))


@admin.register(ExpirationOrder)
class ExpirationOrderAdmin(OutboundCallAdmin):
    """Creations, changes and cancellations, and how each call went."""

    list_display = ("expiration", "kind", "organization", "state", "asked_by", "created_at", "first_sent_at", "last_error")
    list_filter = ("state", "kind", OF_ORGANIZATION)
    list_select_related = ("expiration", "organization", "asked_by")
    search_fields = ("expiration__ttl_id__exact", "expiration__dataset_id__exact")
    search_help_text = "The id of an expiration or of a dataset, in full."
    fields = (
        "expiration",
        "kind",
        "organization",
        "state",
        "expires_at",
        "asked_by",
        "created_at",
        "attempts",
        "next_attempt_at",
        "first_sent_at",
        "unknown_since",
        "looks_done",
        "next_look_at",
        "person_words",
        "settled_at",
        "http_status",
        "last_error",
    )
