"""Adobe's events in the administration: how to register, whether they come, and what became of the last ones."""

# ruff: noqa: ARG002 - Django hands each of its hooks more than every one needs

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.conf import settings
from django.contrib import admin
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from portal import steps
from portal.admin.base import AuditedAdmin, ReadOnlyAdmin, VisibleOrganizationFilter, acting_user, sealed_columns
from portal.adobe.addresses import AddressError, parse_address
from portal.models import Organization
from privacy.admin.filters import list_address
from privacy.events import health, journal, receiving
from privacy.models import AdobeEvent, EventSource
from privacy.statuses import EventState, EventWay

if TYPE_CHECKING:
    _Form = ModelForm[EventSource]
else:
    _Form = ModelForm

LAST_EVENTS = 50
_VALIDATION_FATES = {
    EventState.WAITING: "Adobe's page is to be opened",
    EventState.DONE: "Adobe's page was opened",
    EventState.NO_JOB: "Adobe's page could not be opened",
}


class EventSourceForm(_Form):
    """How an organization's events come."""

    journal_url = forms.URLField(
        label="Journal address",
        assume_scheme="https",
        max_length=1000,
        required=False,
        help_text="For reading the journal only. Developer Console shows it with the registration, as “Unique API endpoint”.",
    )

    class Meta:
        model = EventSource
        fields = ("organization", "way", "journal_url")

    def clean_journal_url(self) -> str:
        """Only an address at Adobe: the access token goes there."""
        text: str = self.cleaned_data["journal_url"]
        if text and not _is_adobes(text):
            raise forms.ValidationError("It must be an https address whose host ends in .adobe.io.")
        return text

    def clean(self) -> dict[str, Any] | None:
        """A journal needs its address."""
        cleaned = super().clean() or {}
        if cleaned.get("way") == EventWay.JOURNAL and not cleaned.get("journal_url") and "journal_url" not in self.errors:
            self.add_error("journal_url", "To read the journal, its address is needed.")
        return cleaned


def _is_adobes(text: str) -> bool:
    """In the demo and in tests, Adobe is wherever the simulator is."""
    try:
        address = parse_address(text)
    except AddressError:
        return False
    return settings.PORTAL_ENVIRONMENT != "production" or (address.scheme == "https" and address.host.endswith(".adobe.io"))


@admin.register(EventSource)
class EventSourceAdmin(AuditedAdmin):
    """One row an organization; its page says how to register at Adobe."""

    form = EventSourceForm
    list_display = ("organization", "way", "state_words", "last_event_at", "confirmed_at", "failures", "last_error")
    list_filter = ("way",)
    list_select_related = ("organization",)

    # --- Who sees what ---

    def get_queryset(self, request: HttpRequest) -> QuerySet[EventSource]:
        """Of the person's organizations."""
        rows: QuerySet[EventSource] = super().get_queryset(request)
        visible = Organization.objects.visible_to(acting_user(request))
        return rows.filter(organization__in=visible).defer(*sealed_columns(EventSource, ("organization",)))

    def get_readonly_fields(self, request: HttpRequest, obj: EventSource | None = None) -> tuple[str, ...]:
        """Whose it is cannot change."""
        return ("organization",) if obj else ()

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Offer the organizations of whoever fills the form in."""
        form = super().get_form(request, obj, change=change, **kwargs)
        if "organization" in form.base_fields:
            field: Any = form.base_fields["organization"]
            field.queryset = Organization.objects.visible_to(acting_user(request)).filter(event_source=None)
        return form

    # --- What is shown ---

    @admin.display(description="state")
    def state_words(self, source: EventSource) -> str:
        """In a word."""
        if source.way == EventWay.OFF:
            return "Off"
        return "Relied on" if health.are_reliable(source) else "Not relied on yet"

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: EventSource | None = None,
    ) -> HttpResponse:
        """With the address to register, the state in words, and the last events."""
        if obj is not None:
            path = reverse("privacy:adobe-events", args=[obj.pk])
            context |= {
                "webhook_address": request.build_absolute_uri(path),
                "is_reachable": request.is_secure(),
                "health": health.in_words(obj),
                "last_events": _last_events(obj),
                "all_events": list_address("adobeevent", source__organization__id__exact=obj.organization_id),
            }
        return super().render_change_form(request, context, add=add, change=change, form_url=form_url, obj=obj)

    # --- What is saved ---

    def save_model(self, request: HttpRequest, obj: EventSource, form: Any, change: bool) -> None:
        """Save what was changed and nothing else: readers and events write the rest meanwhile."""
        if not change:
            obj.save(force_insert=True)
        elif form.changed_data:
            obj.save(update_fields=form.changed_data)
            # What was known of the old way says nothing about the new one.
            journal.begin_again(obj.pk)
            health.fall_back(obj.organization_id)
        receiving.forget_recipients()
        if obj.way == EventWay.JOURNAL:
            steps.wake("journal")


def _last_events(source: EventSource) -> list[AdobeEvent]:
    rows = AdobeEvent.objects.filter(source=source).order_by("-received_at", "-id").defer("raw_sealed")[:LAST_EVENTS]
    return [_with_words(row) for row in rows]


def _with_words(event: AdobeEvent) -> AdobeEvent:
    vars(event)["fate"] = fate_of(event)
    return event


def fate_of(event: AdobeEvent) -> str:
    """What became of it."""
    if event.event_type == receiving.VALIDATION:
        return _VALIDATION_FATES.get(EventState(event.state), event.state)
    return str(EventState(event.state).label)


@admin.register(AdobeEvent)
class AdobeEventAdmin(ReadOnlyAdmin):
    """Events as they came. What Adobe sent is kept sealed and not shown."""

    organization_path = "source__organization"
    list_display = ("received_at", "organization", "event_type", "adobe_job_id", "fate", "handled_at")
    list_filter = ("state", ("source__organization", VisibleOrganizationFilter))
    list_select_related: ClassVar[tuple[str, ...]] = ("source", "source__organization")
    search_fields = ("adobe_job_id__exact", "event_id__exact")
    search_help_text = "Adobe's id of a job or of an event, in full."
    fields = (
        "organization",
        "event_type",
        "event_id",
        "adobe_job_id",
        "fate",
        "received_at",
        "handled_at",
        "next_attempt_at",
    )

    @admin.display(description="organization")
    def organization(self, event: AdobeEvent) -> str:
        """Whose it is."""
        return event.source.organization.name

    @admin.display(description="fate")
    def fate(self, event: AdobeEvent) -> str:
        """What became of it."""
        return fate_of(event)
