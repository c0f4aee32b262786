"""Passes through Adobe's lists for jobs made elsewhere, to look at."""

from __future__ import annotations

from django.contrib import admin

from portal.admin.base import ReadOnlyAdmin
from privacy.models import JobSync


@admin.register(JobSync)
class JobSyncAdmin(ReadOnlyAdmin):
    """When Adobe's lists were looked through, how far, and what was new."""

    list_display = (
        "created_at",
        "organization",
        "status",
        "listings_done",
        "listings_total",
        "jobs_seen",
        "jobs_added",
        "finished_at",
        "last_error",
    )
    list_filter = ("status",)
