"""Opt-outs through the consent endpoint, and the calls that carried them."""

from __future__ import annotations

from django.contrib import admin
from django.utils.html import format_html
from django.utils.safestring import SafeString

from portal.admin.base import ReadOnlyAdmin, VisibleOrganizationFilter
from portal.admin.calls import OutboundCallAdmin
from privacy.admin.filters import OF_ORGANIZATION, list_address
from privacy.consent import sending
from privacy.models import ConsentCall, OptOut


@admin.register(OptOut)
class OptOutAdmin(ReadOnlyAdmin):
    """Opt-outs. Whom they name is neither loaded nor shown."""

    list_display = ("number", "organization", "status", "values_total", "received_on", "due_on", "created_at")
    list_filter = ("status", OF_ORGANIZATION)
    list_select_related = ("organization",)
    search_fields = ("number__exact",)
    search_help_text = "The number of an opt-out, such as OO-2026-000123, in full. People are not searched for here."
    fields = (
        "number",
        "organization",
        "status",
        "opt_out_of_sale",
        "values_total",
        "counts",
        "calls_link",
        "received_on",
        "due_on",
        "created_by",
        "created_at",
        "recall_until",
        "finished_at",
        "shredded_at",
    )

    @admin.display(description="calls to Adobe")
    def calls_link(self, opt_out: OptOut) -> SafeString:
        """The calls that carried it."""
        address = list_address("consentcall", opt_out__id__exact=opt_out.pk)
        return format_html('<a href="{}">Calls of this opt-out</a>', address)


@admin.register(ConsentCall)
class ConsentCallAdmin(OutboundCallAdmin):
    """Consent calls, each made exactly once."""

    organization_path = "opt_out__organization"
    list_display = ("opt_out", "ordinal", "state", "person_words", "values", "attempts", "last_error", "created_at")
    list_display_links = ("ordinal",)
    list_filter = ("state", "person_reason", ("opt_out__organization", VisibleOrganizationFilter))
    list_select_related = ("opt_out", "opt_out__organization")
    search_fields = ("opt_out__number__exact",)
    search_help_text = "The number of an opt-out, in full."
    fields = (
        "opt_out",
        "ordinal",
        "reference",
        "state",
        "person_words",
        "values",
        "attempts",
        "http_status",
        "last_error",
        "created_at",
        "next_attempt_at",
        "claimed_at",
        "first_byte_at",
        "first_sent_at",
        "unknown_since",
        "settled_at",
    )

    @admin.display(description="our reference")
    def reference(self, call: ConsentCall) -> str:
        """What Adobe's support can find it by."""
        return sending.reference(call)
