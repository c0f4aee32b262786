"""Events in the administration: who sees them, how one registers, and what is said of their state."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.urls import reverse
from django.utils import timezone

from portal.models import AuditEvent, Organization, User
from privacy.events import health
from privacy.events.receiving import VALIDATION
from privacy.models import AdobeEvent, EventSource, JobListing
from privacy.statuses import EventState, EventWay
from tests.admins import Page, make_administrator, open_page, queries_of, signed_in
from tests.adobe_events import JOB_COMPLETE, address_of, make_source
from tests.conftest import OTHER_IMS_ORG, make_organization

pytestmark = pytest.mark.django_db

SOURCES, EVENTS = (reverse(f"admin:privacy_{name}_changelist") for name in ("eventsource", "adobeevent"))
ADD = reverse("admin:privacy_eventsource_add")
JOURNAL = "https://events-va6.adobe.io/events-fast/organizations/1/integrations/1/x"


@pytest.fixture
def administrator(organization: Organization) -> User:
    return make_administrator("boss", organization)


@pytest.fixture
def stranger(db: None) -> User:
    return make_administrator("stranger", make_organization(ims_org_id=OTHER_IMS_ORG, name="Other"))


@pytest.fixture
def source(organization: Organization) -> EventSource:
    source = make_source(organization)
    fill(source, 3)
    return source


def fill(source: EventSource, count: int, **fields: Any) -> None:
    for _ in range(count):
        number = AdobeEvent.objects.count()
        given = {"event_type": JOB_COMPLETE, "adobe_job_id": f"job-{number}", "state": EventState.DONE} | fields
        row = AdobeEvent(source=source, event_id=f"event-{number}", **given)
        row.raw = b"somebody's own words"
        row.save()


def page_of(row: EventSource | AdobeEvent) -> str:
    return reverse(f"admin:privacy_{row._meta.model_name}_change", args=[row.pk])


def change(user: User, source: EventSource, **fields: str) -> Page:
    answer = signed_in(user).post(page_of(source), fields)
    source.refresh_from_db()
    return Page(answer.content.decode())


def test_only_administrators_of_the_organization_see_and_change(
    source: EventSource, administrator: User, officer: User, viewer: User, stranger: User
) -> None:
    event = AdobeEvent.objects.all()[0]
    for address in (SOURCES, EVENTS, page_of(source), page_of(event)):
        assert signed_in(administrator).get(address).status_code == 200
        for person in (officer, viewer):
            refused: Any = signed_in(person).get(address)
            assert refused.url.startswith(reverse("admin:login"))
    for address in (SOURCES, EVENTS):
        assert "Acme" not in open_page(signed_in(stranger), address).html
    for address in (page_of(source), page_of(event)):
        assert signed_in(stranger).get(address).status_code == 302
    change(stranger, source, way="off", journal_url="")
    assert source.way == EventWay.WEBHOOK
    assert "Acme" not in open_page(signed_in(stranger), ADD).html
    change(administrator, source, way="off", journal_url="")
    assert source.way == EventWay.OFF


def test_events_are_only_looked_at(source: EventSource, administrator: User) -> None:
    client, event = signed_in(administrator), AdobeEvent.objects.all()[0]
    assert client.post(page_of(event), {"state": "waiting"}).status_code == 403
    assert client.post(reverse("admin:privacy_adobeevent_delete", args=[event.pk]), {"post": "yes"}).status_code == 403
    assert client.post(reverse("admin:privacy_eventsource_delete", args=[source.pk]), {"post": "yes"}).status_code == 403
    assert "somebody's own words" not in open_page(client, page_of(event)).html


def test_its_page_gives_the_address_as_adobe_would_call_it(
    source: EventSource, administrator: User, settings: LazySettings
) -> None:
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    client = signed_in(administrator)
    answer = client.get(page_of(source), headers={"x-forwarded-proto": "https", "host": "localhost"})
    page = Page(answer.content.decode())
    assert f"https://localhost{address_of(source)}" in [value for values in page.fields.values() for value in values]
    assert "calls https addresses only" not in page.html
    assert "calls https addresses only" in open_page(client, page_of(source)).html
    assert page.inline_code == []
    assert source.organization.client_id in page.html


def test_its_page_shows_the_last_events_and_their_fate(source: EventSource, administrator: User) -> None:
    fill(source, 1, state=EventState.NO_JOB)
    fill(source, 1, event_type=VALIDATION, adobe_job_id="", state=EventState.DONE)
    page = open_page(signed_in(administrator), page_of(source))
    for words in ("job-0", "Job asked about", "No job of ours", "Adobe&#x27;s page was opened"):
        assert words in page.html
    address = next(link for link in page.links if link.startswith(f"{EVENTS}?"))
    assert signed_in(administrator).get(address).context["cl"].result_count == 5
    assert signed_in(administrator).get(f"{EVENTS}?q=job-2").context["cl"].result_count == 1


def test_its_lists_take_as_many_queries_for_fifty_rows_as_for_five(source: EventSource, administrator: User) -> None:
    client = signed_in(administrator)
    few = [queries_of(client, address) for address in (EVENTS, page_of(source))]
    fill(source, 60)
    assert [queries_of(client, address) for address in (EVENTS, page_of(source))] == few


def test_an_administrator_adds_one_a_organization(organization: Organization, administrator: User) -> None:
    client = signed_in(administrator)
    given = {"organization": str(organization.pk), "way": "journal", "journal_url": JOURNAL}
    assert client.post(ADD, given).status_code == 302
    made = EventSource.objects.get()
    assert (made.organization, made.journal_url) == (organization, JOURNAL)
    assert AuditEvent.objects.filter(action="eventsource.added").exists()
    assert client.post(ADD, given).status_code == 200
    assert EventSource.objects.count() == 1


@pytest.mark.parametrize(
    "address",
    [
        "http://events-va6.adobe.io/x",
        "https://adobe.io.evil.example/x",
        "https://evil-adobe.io/x",
        "https://user@events.adobe.io/x",
    ],
)
def test_the_token_goes_to_adobe_only(address: str, source: EventSource, administrator: User, settings: LazySettings) -> None:
    settings.PORTAL_ENVIRONMENT = "production"
    page = change(administrator, source, way="journal", journal_url=address)
    assert "host ends in .adobe.io" in page.html or "Enter a valid URL" in page.html
    assert source.way == EventWay.WEBHOOK
    change(administrator, source, way="journal", journal_url=JOURNAL)
    assert source.way == EventWay.JOURNAL


def test_a_journal_needs_its_address(source: EventSource, administrator: User) -> None:
    page = change(administrator, source, way="journal", journal_url="")
    assert "its address is needed" in page.html
    assert source.way == EventWay.WEBHOOK


def test_another_way_begins_afresh_and_lists_are_read_soon(
    source: EventSource, administrator: User, settings: LazySettings
) -> None:
    now = timezone.now()
    EventSource.objects.update(
        way=EventWay.JOURNAL, journal_url=JOURNAL, journal_position="p", journal_next="n", failures=3, confirmed_at=now
    )
    later = now + timedelta(hours=1)
    JobListing.objects.create(organization=source.organization, regulation="gdpr", next_list_at=later)
    change(administrator, source, way="journal", journal_url=JOURNAL)
    assert source.journal_position == "p", "nothing was changed"
    change(administrator, source, way="journal", journal_url=JOURNAL + "2")
    assert (source.journal_position, source.journal_next, source.failures, source.confirmed_at) == ("", "", 0, None)
    assert JobListing.objects.get().next_list_at < now + timedelta(seconds=settings.LIST_EVERY_SECONDS + 60)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        (
            {"way": EventWay.OFF},
            "Events are not used. Adobe's list is read every 15 minutes; while nothing changes at least every hour.",
        ),
        ({}, "No event with Adobe's signature has come yet."),
        ({"last_error": health.MISSED}, "has all four kinds"),
        ({"confirmed_at": True}, "relied on. Adobe's list is read every hour."),
        ({"way": EventWay.JOURNAL}, "has not been read to its end yet"),
        ({"way": EventWay.JOURNAL, "confirmed_at": True}, "The journal is read to its end, and relied on."),
        (
            {"way": EventWay.JOURNAL, "failures": 2, "last_error": "ContentForbidden"},
            "2 times in a row: Adobe refuses the credential",
        ),
    ],
)
def test_its_state_is_said_in_words(fields: dict[str, Any], words: str, organization: Organization) -> None:
    given = {"way": EventWay.WEBHOOK} | fields
    if "confirmed_at" in given:
        given["confirmed_at"] = timezone.now()
    assert words in health.in_words(EventSource(organization=organization, **given))
