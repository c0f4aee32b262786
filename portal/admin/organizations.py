"""Organizations: credentials, limits, the connection test, and whether anything may be sent to Adobe."""

# ruff: noqa: ARG002 - Django hands each of its hooks more than every one needs

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Count, ManyToManyField, Q, QuerySet
from django.forms import ModelMultipleChoiceField
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.views.decorators.http import require_POST

from portal import audit, connections, job_days, registry, tally, tokens
from portal.admin.base import AuditedAdmin, acting_user, sealed_columns
from portal.admin.organization_form import OrganizationForm
from portal.admin.people import visible_people
from portal.adobe import connection_test
from portal.adobe.connection_test import StepResult
from portal.models import AccessToken, Organization

STEPS = {
    connection_test.DNS: "Name (DNS)",
    connection_test.TLS: "Connection (TLS)",
    connection_test.TOKEN: "Access token",
    connection_test.ENTITLEMENT: "Permission for Privacy Service",
    connection_test.LISTING: "Listing privacy jobs",
}
# A token that was made with other values of these says nothing about the new ones.
LIMIT_FIELDS = {"calls_per_minute", "jobs_per_day"}
SHOWN_MINUTES = 10
TOKEN_FIELDS = {"ims_org_id", "client_id", "client_secret", "scopes", "ims_url"}


class HoldFilter(admin.SimpleListFilter):
    """Organizations whose calls are stopped, and the others."""

    title = "hold"
    parameter_name = "hold"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Two choices."""
        return [("yes", "On hold"), ("no", "Sending")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Organization]) -> QuerySet[Organization]:
        """By whether the hold has a beginning."""
        if self.value() not in {"yes", "no"}:
            return queryset
        return queryset.filter(held_at__isnull=self.value() == "no")


@admin.register(Organization)
class OrganizationAdmin(AuditedAdmin):
    """One page an organization: its form, and what can be done with its connection."""

    form = OrganizationForm
    list_display = ("name", "ims_org_id", "hold_state", "held_at", "member_count")
    list_filter = (HoldFilter,)
    search_fields = ("name", "ims_org_id")
    filter_horizontal = ("members",)
    fieldsets = (
        (None, {"fields": ("name", "ims_org_id", "time_zone")}),
        ("Credential", {"fields": ("client_id", "client_secret", "scopes")}),
        ("Addresses", {"fields": ("gateway_url", "ims_url", "download_hosts")}),
        (
            "Requests",
            {
                "fields": (
                    "product_codes",
                    "recall_minutes",
                    "access_before_delete",
                    "max_people_per_call",
                    "max_identities_per_call",
                    "resend_deletes",
                )
            },
        ),
        ("Limits", {"fields": ("calls_per_minute", "jobs_per_day")}),
        ("Record deletes", {"fields": ("sandbox_name", "max_identities_per_work_order")}),
        ("People", {"fields": ("members",)}),
    )

    # --- What is shown ---

    def get_queryset(self, request: HttpRequest) -> QuerySet[Organization]:
        """The person's own organizations, with the number of members."""
        visible = Organization.objects.visible_to(acting_user(request))
        # Counted over the whole row set: a join on one member would count that member only.
        rows = Organization.objects.filter(pk__in=visible.order_by().values("pk")).annotate(
            members_total=Count("members", filter=Q(members__is_integration=False))
        )
        return rows.defer(*sealed_columns(Organization))

    def get_fieldsets(self, request: HttpRequest, obj: Organization | None = None) -> Any:
        """A person who may only look is not shown the secret: what is read-only is rendered from the row itself."""
        fieldsets = super().get_fieldsets(request, obj)
        if obj is None or self.has_change_permission(request, obj):
            return fieldsets
        return [
            (title, options | {"fields": [name for name in options["fields"] if name != "client_secret"]})
            for title, options in fieldsets
        ]

    @admin.display(description="state", ordering="held_at")
    def hold_state(self, organization: Organization) -> str:
        """Whether its calls go out, and if not, why."""
        if not organization.is_on_hold:
            return "Sending"
        return f"On hold: {Organization.HOLD_WORDS.get(organization.hold_reason, organization.hold_reason)}"

    @admin.display(description="members", ordering="members_total")
    def member_count(self, organization: Any) -> int:
        """How many people were given it."""
        return int(organization.members_total)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """With what went to Adobe today and in the last minutes."""
        organization = self.get_object(request, unquote(object_id))
        if organization is not None and self.has_view_permission(request, organization):
            calls = {
                "sent_today": job_days.sent_today(organization),
                "shown_minutes": SHOWN_MINUTES,
                "calls": tally.last_minutes(organization, SHOWN_MINUTES),
            }
            extra_context = calls | (extra_context or {})
        return super().change_view(request, object_id, form_url, extra_context)

    # --- What is saved ---

    def formfield_for_manytomany(
        self, db_field: ManyToManyField[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> ModelMultipleChoiceField[Any] | None:
        """Only people whom this administrator may see can be given the organization."""
        if db_field.name == "members":
            kwargs["queryset"] = visible_people(acting_user(request)).order_by("username")
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: Organization, form: Any, change: bool) -> None:
        """Save what was changed and nothing else: a hold that a worker sets meanwhile must not be undone."""
        obj.ensure_data_key()
        if form.cleaned_data["client_secret"]:
            obj.client_secret = form.cleaned_data["client_secret"]
        if not change:
            obj.save(force_insert=True)
            return
        columns = {"client_secret": "client_secret_sealed"}
        changed = [columns.get(name, name) for name in form.changed_data if name != "members"]
        obj.save(update_fields=changed)
        if TOKEN_FIELDS & set(form.changed_data):
            AccessToken.objects.filter(organization=obj).delete()
        if LIMIT_FIELDS & set(form.changed_data) and not obj.is_on_hold:
            # What waits for room goes now, or finds that there is still none.
            registry.resumed(obj.pk)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Whoever adds an organization becomes a member, or could not see it."""
        super().save_related(request, form, formsets, change)
        tokens.restore_members(form.instance)
        if not change and not acting_user(request).is_superuser:
            form.instance.members.add(acting_user(request))

    # --- What can be done ---

    def get_urls(self) -> list[URLPattern]:
        """The pages of the buttons."""
        acts: dict[str, Callable[..., HttpResponse]] = {"test": self.test, "hold": self.hold, "resume": self.resume}
        own = [
            path(
                f"<uuid:organization_id>/{name}/",
                self.admin_site.admin_view(require_POST(act)),
                name=f"portal_organization_{name}",
            )
            for name, act in acts.items()
        ]
        return own + super().get_urls()

    def test(self, request: HttpRequest, organization_id: uuid.UUID) -> HttpResponse:
        """Try the stored credentials at Adobe and say what came of each step."""
        organization = self._organization(request, organization_id)
        results = connections.test(organization)
        failed = next((result.step for result in results if not result.ok), "")
        audit.record(
            "organization.tested",
            actor=acting_user(request),
            organization=organization,
            obj=organization,
            details={"ok": not failed, "failed_step": failed},
        )
        context = self.admin_site.each_context(request) | {
            "title": f"Connection of {organization} to Adobe",
            "opts": self.opts,
            "original": organization,
            "steps": _told(results),
            "passed": not failed,
        }
        return TemplateResponse(request, "admin/portal/organization/connection.html", context)

    def hold(self, request: HttpRequest, organization_id: uuid.UUID) -> HttpResponse:
        """Stop all sending for the organization."""
        organization = self._organization(request, organization_id)
        with transaction.atomic():
            changed = organization.hold("by_hand")
            if changed:
                self._record_act(request, organization, "organization.held", reason="by_hand")
        if changed:
            self.message_user(request, f"{organization} is on hold: nothing is sent to Adobe until somebody resumes it.")
        else:
            self.message_user(request, f"{organization} was on hold already.", messages.WARNING)
        return redirect("admin:portal_organization_change", organization.pk)

    def resume(self, request: HttpRequest, organization_id: uuid.UUID) -> HttpResponse:
        """Let the queue of the organization go on."""
        organization = self._organization(request, organization_id)
        if organization.is_on_hold:
            with transaction.atomic():
                self._record_act(request, organization, "organization.resumed", reason=organization.hold_reason)
                organization.resume()
                registry.resumed(organization.pk)
            self.message_user(request, f"{organization} is sending again.")
        else:
            self.message_user(request, f"{organization} was not on hold.", messages.WARNING)
        return redirect("admin:portal_organization_change", organization.pk)

    def _organization(self, request: HttpRequest, organization_id: uuid.UUID) -> Organization:
        organization = get_object_or_404(self.get_queryset(request), pk=organization_id)
        if not self.has_change_permission(request, organization):
            raise PermissionDenied
        return organization

    def _record_act(self, request: HttpRequest, organization: Organization, action: str, *, reason: str) -> None:
        audit.record(action, actor=acting_user(request), organization=organization, obj=organization, details={"reason": reason})


def _told(results: list[StepResult]) -> list[dict[str, str]]:
    """All five steps for the page, also those that were not reached."""
    by_step = {result.step: result for result in results}
    told = []
    for step, name in STEPS.items():
        result = by_step.get(step)
        if result is None:
            told.append({"name": name, "state": "waits", "word": "Not tried", "detail": "A step before it failed.", "advice": ""})
        else:
            state, word = ("passed", "Passed") if result.ok else ("failed", "Failed")
            told.append({"name": name, "state": state, "word": word, "detail": result.detail, "advice": result.advice})
    return told
