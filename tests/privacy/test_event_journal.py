"""Reading a journal: every event once, from the oldest on, with the place kept together with what was read."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.utils import timezone

from portal import connections
from portal.adobe.transport import Transport
from portal.models import CallTally, Organization, Pace
from privacy.events import health, journal, reading
from privacy.models import AdobeEvent, EventSource, JobListing
from privacy.statuses import EventWay
from tests.adobe_events import event, make_source
from tests.conftest import make_organization
from tests.portal.adobe.servers import Adobe, Handler, answers, quick_transport
from tests.steps import let_pass, step_is_due, work

pytestmark = pytest.mark.django_db
PATH = "/events/organizations/1/integrations/1/registration"


@pytest.fixture
def adobe(monkeypatch: pytest.MonkeyPatch) -> Iterator[Adobe]:
    """A journal that is at its end, until a test says otherwise."""

    def quick() -> Transport:
        return quick_transport()

    monkeypatch.setattr(connections, "transport", quick)
    with Adobe(at_end()) as running:
        yield running


@pytest.fixture
def source(adobe: Adobe) -> EventSource:
    return make_source(make_organization(adobe.url), EventWay.JOURNAL, journal_url=adobe.url + PATH)


def at_end(link: str = "") -> Handler:
    return answers(204, b"", {"retry-after": "10"} | ({"Link": f'<{link}>; rel="next"'} if link else {}))


def page(*ids: str, link: str = "", last: str = "") -> Handler:
    """A page of events with these ids; positions are `at-<id>`."""
    events = [{"position": f"at-{each}", "event": event(eventid=each)} for each in ids]
    body: dict[str, Any] = {"events": events, "_page": {"last": last or (f"at-{ids[-1]}" if ids else ""), "count": len(ids)}}
    return answers(200, body, {"Link": f'<{link}>; rel="next"'} if link else {})


def kept() -> list[str]:
    return sorted(AdobeEvent.objects.values_list("event_id", flat=True))


def asked(adobe: Adobe) -> list[str]:
    return [request.target for request in adobe.requests]


def test_it_begins_at_the_oldest_and_follows_adobes_link_to_the_end(adobe: Adobe, source: EventSource) -> None:
    adobe.script = [page("a", "b", link=f"{PATH}?since=at-b&n=1"), page("c", link=f"{adobe.url}{PATH}?since=at-c&n=2"), at_end()]
    work("journal")
    assert kept() == ["a", "b", "c"]
    assert asked(adobe) == [f"{PATH}?limit=500", f"{PATH}?since=at-b&n=1", f"{PATH}?since=at-c&n=2"]
    headers = adobe.requests[0].headers
    assert headers["x-ims-org-id"] == source.organization.ims_org_id
    assert headers["x-api-key"] == source.organization.client_id
    assert headers["authorization"] == "Bearer token-1"
    assert "x-gw-ims-org-id" not in headers
    source.refresh_from_db()
    assert (source.journal_position, source.journal_next) == ("at-c", f"{adobe.url}{PATH}?since=at-c&n=2")
    assert health.are_reliable(source)


def test_it_goes_on_where_it_stopped_and_waits_as_long_as_adobe_asks(
    adobe: Adobe, source: EventSource, settings: LazySettings
) -> None:
    settings.JOURNAL_EVERY_SECONDS = 1
    adobe.script = [page("a"), at_end()]
    work("journal")
    before = timezone.now()
    source.refresh_from_db()
    assert source.next_read_at > before + timedelta(seconds=5), "Adobe asked for ten"
    let_pass(timedelta(minutes=2))
    work("journal")
    assert asked(adobe)[1:] == [f"{PATH}?limit=500&since=at-a"] * 2


def test_no_link_leads_to_another_host(adobe: Adobe, source: EventSource) -> None:
    adobe.script = [page("a", link="https://evil.example/events?since=at-a"), at_end("//evil.example/events")]
    work("journal")
    source.refresh_from_db()
    assert source.journal_next == ""
    assert asked(adobe)[1] == f"{PATH}?limit=500&since=at-a"


def test_what_is_read_twice_is_kept_once(adobe: Adobe, source: EventSource) -> None:
    adobe.script = [page("a", "b"), page("b", "c"), at_end()]
    work("journal")
    assert kept() == ["a", "b", "c"]


def test_events_and_place_are_kept_together_or_not_at_all(
    adobe: Adobe, source: EventSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(*_: Any) -> None:
        raise KeyboardInterrupt

    adobe.script = [page("a"), at_end()]
    with monkeypatch.context() as patch:
        patch.setattr(reading, "store", dies)
        with pytest.raises(KeyboardInterrupt):
            journal.read_next()
    source.refresh_from_db()
    assert source.journal_position == ""
    adobe.script = [page("a"), at_end()]
    let_pass(timedelta(seconds=journal.LEASE_SECONDS + 1))
    work("journal")
    assert kept() == ["a"]


def test_a_reader_whose_lease_is_gone_writes_nothing(adobe: Adobe, source: EventSource) -> None:
    stale = EventSource.objects.select_related("organization__data_key").get()
    EventSource.objects.update(lease=source.organization_id)
    adobe.script = [page("a"), at_end()]
    journal.read(stale)
    assert kept() == []


@pytest.mark.parametrize(
    ("failure", "name"),
    [
        (answers(503), "BadAnswer"),
        (answers(429, b"", {"Retry-After": "3600"}), "Throttled"),
        (answers(403), "ContentForbidden"),
        (answers(401), "ContentForbidden"),
        (answers(200, b"<html>"), "BadAnswer"),
        (answers(200, {"events": [{"event": {}}]}), "BadAnswer"),
        (answers(302, b"", {"Location": "https://evil.example/"}), "BadAnswer"),
    ],
)
def test_a_failed_reading_changes_its_own_times_only(
    failure: Handler, name: str, adobe: Adobe, source: EventSource, settings: LazySettings
) -> None:
    adobe.script = [failure]
    EventSource.objects.update(journal_position="at-a")
    JobListing.objects.create(
        organization=source.organization, regulation="gdpr", next_list_at=timezone.now() + timedelta(hours=1)
    )
    work("journal")
    source.refresh_from_db()
    assert (source.last_error, source.failures, source.journal_position) == (name, 1, "at-a")
    assert source.next_read_at > timezone.now()
    assert not Organization.objects.get(pk=source.organization_id).is_on_hold
    assert health.list_every(source.organization) == settings.LIST_EVERY_SECONDS
    listing = JobListing.objects.get()
    assert listing.next_list_at < timezone.now() + timedelta(seconds=settings.LIST_EVERY_SECONDS + 60)


def test_a_place_that_adobe_has_no_more_is_left(adobe: Adobe, source: EventSource) -> None:
    EventSource.objects.update(journal_position="at-a", journal_next=f"{adobe.url}{PATH}?since=at-a&n=1")
    adobe.script = [answers(404), answers(410), page("a", "b"), at_end()]
    for _ in range(3):
        let_pass(timedelta(hours=1))
        work("journal")
    assert asked(adobe)[:3] == [f"{PATH}?since=at-a&n=1", f"{PATH}?limit=500&since=at-a", f"{PATH}?limit=500"]
    assert kept() == ["a", "b"]


def test_a_token_that_was_refused_is_renewed_once(adobe: Adobe, source: EventSource) -> None:
    adobe.script = [answers(401), page("a"), at_end()]
    work("journal")
    assert kept() == ["a"]
    assert [request.headers["authorization"] for request in adobe.requests] == [
        "Bearer token-1",
        "Bearer token-2",
        "Bearer token-2",
    ]


def test_credentials_that_give_no_token_put_the_organization_on_hold(adobe: Adobe, source: EventSource) -> None:
    adobe.token_script = [answers(401, {"error": "invalid_client"})]
    work("journal")
    assert Organization.objects.get(pk=source.organization_id).is_on_hold
    let_pass(timedelta(hours=1))
    assert not step_is_due("journal")


def test_a_journal_is_relied_on_while_it_is_read_to_its_end(adobe: Adobe, source: EventSource, settings: LazySettings) -> None:
    work("journal")
    assert health.list_every(Organization.objects.get(pk=source.organization_id)) == settings.LIST_WITH_EVENTS_EVERY_SECONDS
    let_pass(timedelta(seconds=settings.LIST_EVERY_SECONDS + 1))
    assert health.list_every(Organization.objects.get(pk=source.organization_id)) == settings.LIST_EVERY_SECONDS


def test_reading_keeps_to_the_rate_of_the_organization_and_is_counted(adobe: Adobe, source: EventSource) -> None:
    work("journal")
    assert CallTally.objects.get(route="GET /events/journal").outcome == "204"
    Pace.objects.update_or_create(organization=source.organization, defaults={"free_at": time.time() + 3600})
    let_pass(timedelta(minutes=2))
    work("journal")
    source.refresh_from_db()
    assert len(adobe.requests) == 1
    assert (source.failures, source.last_error) == (0, "Paced")
    assert source.next_read_at > timezone.now()
