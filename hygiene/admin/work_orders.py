"""The work orders that carried record deletes to Adobe, and what its services said about them."""

# ruff: noqa: ARG002 - Django hands each of its hooks more than every one needs

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from hygiene.models import ServiceProgress, WorkOrder
from hygiene.words import SERVICE_DONE, SERVICE_WAITING, SERVICES, service_name
from portal.admin.base import ReadOnlyAdmin, ReadOnlyInline, VisibleOrganizationFilter
from portal.admin.calls import OutboundCallAdmin

OF_RECORD_DELETE = "work_order__record_delete__id__exact"


class ServiceProgressInline(ReadOnlyInline):
    """What each service said about the work order."""

    model = ServiceProgress
    fields = ("service_name", "status", "at", "seen_at")

    @admin.display(description="service")
    def service_name(self, row: ServiceProgress) -> str:
        """The name of the service."""
        return service_name(row.service)


@admin.register(WorkOrder)
class WorkOrderAdmin(OutboundCallAdmin):
    """Calls that create work orders, each made exactly once."""

    list_display = (
        "record_delete",
        "ordinal",
        "state",
        "status_words",
        "person_words",
        "identities",
        "adobe_work_order_id",
        "attempts",
        "last_error",
        "created_at",
    )
    list_display_links = ("ordinal",)
    list_filter = ("state", "status", "person_reason", ("organization", VisibleOrganizationFilter))
    list_select_related = ("organization", "record_delete")
    search_fields = ("record_delete__number__exact", "adobe_work_order_id__exact", "reference__exact")
    search_help_text = "The number of a record delete, an id of Adobe or a reference, in full. People are not searched for here."
    inlines = (ServiceProgressInline,)
    fields = (
        "record_delete",
        "organization",
        "ordinal",
        "state",
        "person_words",
        "status_words",
        "adobe_status",
        "identities",
        "reference",
        "adobe_work_order_id",
        "extra_adobe_ids",
        "adobe_bundle_id",
        "adobe_created_at",
        "adobe_updated_at",
        "page_link",
        "waits_for_quota_until",
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
        "detail_at",
        "next_poll_at",
        "quiet_polls",
        "edit_due_at",
        "edit_attempts",
        "edit_error",
        "finished_at",
    )

    @admin.display(description="status", ordering="status")
    def status_words(self, order: WorkOrder) -> str:
        """Our label, or Adobe's word when we have none."""
        return order.status_words

    @admin.display(description="in the portal")
    def page_link(self, order: WorkOrder) -> SafeString:
        """Where its answer is laid out and a person decides."""
        return format_html('<a href="{}">Open the work order</a>', reverse("hygiene:work-order-detail", args=[order.pk]))


class ServiceFilter(admin.SimpleListFilter):
    """By service; Adobe writes codes in one place and names in another."""

    title = "service"
    parameter_name = "service"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Those that are known; the rows can be millions."""
        return list(SERVICES.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[ServiceProgress]) -> QuerySet[ServiceProgress]:
        """What one service said."""
        chosen = self.value()
        return queryset.filter(service__in=[chosen, service_name(chosen)]) if chosen else queryset


class SaidFilter(admin.SimpleListFilter):
    """By what was said: two words are known, and every other is worth a look."""

    title = "Adobe's word"
    parameter_name = "said"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Three choices."""
        return [(SERVICE_WAITING, "Waiting"), (SERVICE_DONE, "Done"), ("other", "Another word")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[ServiceProgress]) -> QuerySet[ServiceProgress]:
        """As chosen."""
        match self.value():
            case None:
                return queryset
            case "other":
                return queryset.exclude(status__in=(SERVICE_WAITING, SERVICE_DONE))
        return queryset.filter(status=self.value())


@admin.register(ServiceProgress)
class ServiceProgressAdmin(ReadOnlyAdmin):
    """What services said, over all work orders."""

    organization_path = "work_order__organization"
    list_display = ("service", "work_order", "status", "at", "seen_at")
    list_filter = (ServiceFilter, SaidFilter, ("work_order__organization", VisibleOrganizationFilter))
    list_select_related = ("work_order", "work_order__organization")
    search_fields = ("work_order__record_delete__number__exact", "work_order__adobe_work_order_id__exact")
    search_help_text = "The number of a record delete or an id of Adobe, in full. People are not searched for here."
    fields = ("service", "work_order", "status", "at", "seen_at")

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Also by record delete: its page leads here."""
        return lookup == OF_RECORD_DELETE or super().lookup_allowed(lookup, value, request)
