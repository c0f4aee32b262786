"""The audit trail, to read. Whether it holds is proved by the command `audit`, not by looking."""

# ruff: noqa: ARG002 - Django hands each of its hooks more than every one needs

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from portal.admin.base import ReadOnlyAdmin, acting_user
from portal.models import AuditEvent, AuditSeal, Organization, User


class EventOrganizationFilter(admin.SimpleListFilter):
    """Events keep the id of their organization as text, so that they outlive it."""

    title = "organization"
    parameter_name = "organization"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The person's own organizations."""
        visible = Organization.objects.visible_to(acting_user(request))
        return [(str(key), name) for key, name in visible.values_list("pk", "name")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[AuditEvent]) -> QuerySet[AuditEvent]:
        """Of one organization."""
        return queryset.filter(organization_id=self.value()) if self.value() else queryset


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin):
    """Who did what. Events without an organization, such as sign-ins, are for superusers."""

    list_display = ("at", "action", "actor_name", "object_type", "object_id", "details")
    list_filter = (EventOrganizationFilter, "at")
    list_select_related = ()
    search_fields = ("root_id__exact", "object_id__exact", "action__exact")
    found_only: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "object_id__exact": {"root_id": ""},
        "action__exact": {"root_id": ""},
    }
    search_help_text = (
        "In full: the id of the request that an event belongs to; of what belongs to no request, the id of its object, or an "
        "action such as organization.held."
    )
    ordering = ("-at", "-id")

    def visible_rows(self, rows: QuerySet[AuditEvent], user: User) -> QuerySet[AuditEvent]:
        """Of the person's organizations; a superuser sees all."""
        if user.is_superuser:
            return rows
        keys = Organization.objects.visible_to(user).values_list("pk", flat=True)
        return rows.filter(organization_id__in=[str(key) for key in keys])


@admin.register(AuditSeal)
class AuditSealAdmin(ReadOnlyAdmin):
    """The chain of seals. It is one for all organizations and names none."""

    list_display = ("sequence", "sealed_at", "event_count", "root_in_hex")
    fields = ("sequence", "sealed_at", "event_count", "root_in_hex", "previous_in_hex", "hash_in_hex")
    list_select_related = ()
    ordering = ("-sequence",)

    def visible_rows(self, rows: QuerySet[AuditSeal], user: User) -> QuerySet[AuditSeal]:
        """All of them."""
        return rows

    @admin.display(description="Merkle root")
    def root_in_hex(self, seal: AuditSeal) -> str:
        """Over the events sealed."""
        return bytes(seal.merkle_root).hex()

    @admin.display(description="hash of the seal before")
    def previous_in_hex(self, seal: AuditSeal) -> str:
        """The link of the chain."""
        return bytes(seal.previous_hash).hex()

    @admin.display(description="hash")
    def hash_in_hex(self, seal: AuditSeal) -> str:
        """What the next seal names."""
        return bytes(seal.hash).hex()
