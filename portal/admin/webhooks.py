"""Webhooks: the addresses of internal systems, and what became of each delivery."""

# ruff: noqa: ARG002 - Django hands each of its hooks more than every one needs

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from portal.admin.base import AuditedAdmin, ReadOnlyAdmin, acting_user, sealed_columns
from portal.models import Organization, WebhookDelivery, WebhookEndpoint
from portal.webhooks import addresses, registering
from portal.webhooks.events import EVENTS

# "Select all" of a long list: so many are begun with, and the answer says how many.
MOST_AGAIN = 1000

if TYPE_CHECKING:
    _Form = ModelForm[WebhookEndpoint]
else:
    _Form = ModelForm


class EndpointForm(_Form):
    """An address and the events it is told of."""

    url = forms.URLField(label="Address", assume_scheme="https", max_length=500)
    event_types = forms.MultipleChoiceField(
        choices=[(event.name, f"{event.name}: {event.words}") for event in EVENTS], widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model = WebhookEndpoint
        fields = ("organization", "url", "event_types", "is_active")

    def clean_url(self) -> str:
        """Only an address that may be called."""
        url: str = self.cleaned_data["url"]
        try:
            addresses.resolve(addresses.parse(url))
        except addresses.AddressRefused as refusal:
            raise forms.ValidationError(str(refusal)) from None
        return url


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(AuditedAdmin):
    """Registered by an administrator; the secret is shown once."""

    form = EndpointForm
    list_display = ("id", "organization", "url", "is_active", "created_at")
    list_filter = ("is_active",)
    list_select_related = ("organization",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[WebhookEndpoint]:
        """Of the person's organizations."""
        visible = Organization.objects.visible_to(acting_user(request))
        rows: QuerySet[WebhookEndpoint] = super().get_queryset(request)
        return rows.filter(organization__in=visible).defer(*sealed_columns(WebhookEndpoint, ("organization",)))

    def get_readonly_fields(self, request: HttpRequest, obj: WebhookEndpoint | None = None) -> tuple[str, ...]:
        """Whose it is cannot change."""
        return ("organization",) if obj else ()

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Offer the organizations of whoever fills the form in."""
        form = super().get_form(request, obj, change=change, **kwargs)
        if "organization" in form.base_fields:
            field: Any = form.base_fields["organization"]
            field.queryset = Organization.objects.visible_to(acting_user(request))
        return form

    def save_model(self, request: HttpRequest, obj: WebhookEndpoint, form: Any, change: bool) -> None:
        """A new one gets its secret, which is shown now and never again."""
        if change:
            super().save_model(request, obj, form, change)
            return
        obj.made_by = acting_user(request)
        vars(request)["made_secret"] = registering.new_secret(obj)
        super().save_model(request, obj, form, change)

    def response_add(self, request: HttpRequest, obj: WebhookEndpoint, post_url_continue: str | None = None) -> HttpResponse:
        """The secret, in the answer itself: a message would put it into the session or a cookie."""
        context = self.admin_site.each_context(request) | {
            "title": "Webhook registered",
            "opts": self.opts,
            "endpoint": obj,
            "secret": vars(request).pop("made_secret"),
        }
        return TemplateResponse(request, "admin/portal/webhookendpoint/made.html", context)


class EventTypeFilter(admin.SimpleListFilter):
    """By what was told; the kinds are known, and the rows can be millions."""

    title = "event type"
    parameter_name = "event_type"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Every kind."""
        return [(event.name, event.name) for event in EVENTS]

    def queryset(self, request: HttpRequest, queryset: QuerySet[WebhookDelivery]) -> QuerySet[WebhookDelivery]:
        """Deliveries of one kind."""
        return queryset.filter(event_type=self.value()) if self.value() else queryset


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(ReadOnlyAdmin):
    """What was told, when, and what came back; what was given up can be delivered again."""

    organization_path = "endpoint__organization"
    list_display = (
        "id",
        "event_type",
        "endpoint",
        "status",
        "attempts",
        "http_status",
        "last_error",
        "created_at",
        "delivered_at",
    )
    list_filter = ("status", EventTypeFilter)
    list_select_related: ClassVar[tuple[str, ...]] = ("endpoint", "endpoint__organization")
    actions = ("deliver_again",)

    @admin.action(description="Deliver again", permissions=["change_endpoint"])
    def deliver_again(self, request: HttpRequest, queryset: QuerySet[WebhookDelivery]) -> None:
        """Those that wait anyway are left alone."""
        done = 0
        for delivery in queryset.select_related("endpoint__organization")[:MOST_AGAIN]:
            try:
                registering.replay(delivery, acting_user(request))
            except registering.NotPossible:
                continue
            done += 1
        messages.success(request, f"{done} will be delivered again.")

    def has_change_endpoint_permission(self, request: HttpRequest) -> bool:
        """Whoever may change endpoints."""
        return acting_user(request).has_perm("portal.change_webhookendpoint")
