"""The systems of an organization that Adobe does not cover: each request gets a checklist of them."""

# ruff: noqa: ARG002 - Django hands each of its hooks more than every one needs

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from portal.admin.base import AuditedAdmin, VisibleOrganizationFilter, acting_user
from portal.models import Organization
from privacy.models import OtherSystem, SystemDone


@admin.register(OtherSystem)
class OtherSystemAdmin(AuditedAdmin):
    """Named here once. One that requests were seen to in stays; it can be taken out of use."""

    list_display = ("name", "organization", "is_used")
    list_filter = ("is_used", ("organization", VisibleOrganizationFilter))
    list_select_related = ("organization",)
    list_per_page = 100
    fields = ("organization", "name", "advice", "is_used")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Of the administrator's organizations."""
        return super().get_queryset(request).filter(organization__in=Organization.objects.visible_to(acting_user(request)))

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Only organizations that the administrator was given can be chosen."""
        if db_field.name == "organization":
            kwargs["queryset"] = Organization.objects.visible_to(acting_user(request))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """It does not move to another organization: requests of this one name it."""
        return ("organization",) if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever may change it may delete it while no request names it."""
        if obj is None or not self.has_change_permission(request, obj):
            return False
        return not SystemDone.objects.filter(system=obj).exists()

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        """Also in the trail."""
        for obj in queryset:
            self._record(request, obj, "deleted", [])
        return super().log_deletions(request, queryset)
