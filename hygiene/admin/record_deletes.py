"""Record deletes with their progress, and what Adobe said about the quotas."""

from __future__ import annotations

from django.contrib import admin
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString

from hygiene import progress
from hygiene.admin.work_orders import OF_RECORD_DELETE
from hygiene.models import QuotaReading, RecordDelete
from hygiene.statuses import WORK_ORDER_DONE, WorkOrderStatus
from portal.admin.base import ReadOnlyAdmin, VisibleOrganizationFilter

FAILED = [status for status in WORK_ORDER_DONE if status != WorkOrderStatus.COMPLETED]


@admin.register(RecordDelete)
class RecordDeleteAdmin(ReadOnlyAdmin):
    """Record deletes, with a progress bar for each service. Names and descriptions stay hidden: they may name people."""

    list_display = ("number", "organization", "status", "identities", "orders_bar", "created_by", "created_at")
    list_filter = ("status", "profile_only", ("organization", VisibleOrganizationFilter))
    list_select_related = ("organization", "created_by")
    search_fields = ("number__exact",)
    search_help_text = "The number of a record delete, such as RD-2026-000123, in full. People are not searched for here."
    fields = (
        "number",
        "organization",
        "status",
        "services_bars",
        "orders_links",
        "datasets",
        "profile_only",
        "counts",
        "identities",
        "identities_prepared",
        "size",
        "bytes_checked",
        "error_count",
        "warning_count",
        "created_by",
        "created_at",
        "confirmed_at",
        "finished_at",
        "shredded_at",
        "attempts",
        "next_attempt_at",
    )

    @admin.display(description="work orders")
    def orders_bar(self, row: RecordDelete) -> SafeString:
        """One bar over all work orders."""
        return format_html(
            '<progress max="{}" value="{}" aria-label="Work orders done"></progress> {} of {}{}',
            max(row.orders_total, 1),
            row.orders_done,
            row.orders_done,
            row.orders_total,
            f", {row.orders_failed} failed" if row.orders_failed else "",
        )

    @admin.display(description="progress by service")
    def services_bars(self, row: RecordDelete) -> SafeString:
        """One bar for each service, linked to what it said."""
        address = reverse("admin:hygiene_serviceprogress_changelist")
        bars = [
            (bar, f"{address}?{urlencode({OF_RECORD_DELETE: str(row.pk), 'service': bar.name})}")
            for bar in progress.of(row).services
        ]
        return render_to_string("admin/hygiene/_service_bars.html", {"bars": bars})

    @admin.display(description="work orders")
    def orders_links(self, row: RecordDelete) -> SafeString:
        """All work orders, and those that failed."""
        address = f"{reverse('admin:hygiene_workorder_changelist')}?{urlencode({'record_delete__id__exact': str(row.pk)})}"
        failed = f"{address}&{urlencode({'status__in': ','.join(FAILED)})}"
        return render_to_string("admin/hygiene/_order_links.html", {"row": row, "all": address, "failed": failed})


@admin.register(QuotaReading)
class QuotaReadingAdmin(ReadOnlyAdmin):
    """What Adobe answered about quotas, each time it was asked."""

    list_display = ("read_at", "organization", "quotas_in_words")
    list_filter = (("organization", VisibleOrganizationFilter),)
    fields = ("organization", "read_at", "quotas_in_words")

    @admin.display(description="quotas")
    def quotas_in_words(self, reading: QuotaReading) -> str:
        """Name, used and limit of each, as Adobe names them."""
        return "; ".join(f"{one['name']}: {one['consumed']:,} of {one['quota']:,}" for one in reading.quotas) or "none"
