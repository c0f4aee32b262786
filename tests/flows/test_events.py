"""Events from the simulator, over HTTP and with real signatures, move jobs on without any list, whatever happens to them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import LazySettings
from django.utils import timezone
from pytest_django.live_server_helper import LiveServer

from portal.models import Organization, User
from privacy.models import AdobeEvent, EventSource, Job, JobListing, PrivacyRequest, ResultArchive
from privacy.statuses import ArchiveStatus, EventState, EventWay, JobStatus
from tests.adobe_events import address_of, eventually, make_source, register, registration, trust
from tests.conftest import Simulator
from tests.files import people
from tests.states import sent_request
from tests.steps import everything_due, let_pass, work

# Access and delete for one person: two products, and the job.
JOBS, EVENTS = 2, 2 * 3


@pytest.fixture
def source(
    transactional_db: None, organization: Organization, simulator: Simulator, live_server: LiveServer, settings: LazySettings
) -> EventSource:
    """A webhook that the simulator has checked."""
    trust(settings, simulator.address)
    source = make_source(organization)
    # The threads of the server share one connection to a database in memory.
    simulator.control("events/settings", {"at_once": 1})
    made = register(simulator, live_server.url + address_of(source), clientId="simulator-client")
    assert made["state"] == "ACTIVE", made
    return source


def calls(simulator: Simulator) -> dict[str, int]:
    return dict(simulator.control("calls")["calls"])


def finish(simulator: Simulator) -> None:
    simulator.control("finish", {})


def all_arrived(simulator: Simulator) -> bool:
    return not simulator.control("events")["waiting"] and AdobeEvent.objects.count() >= EVENTS


def is_complete(request: PrivacyRequest) -> bool:
    archives = ResultArchive.objects.filter(request=request)
    return (
        not request.jobs.exclude(status=JobStatus.COMPLETE).exists()
        and archives.exists()
        and not archives.exclude(status=ArchiveStatus.STORED).exists()
    )


def test_jobs_end_by_events_alone_and_lists_are_read_once_an_hour(
    source: EventSource, organization: Organization, officer: User, simulator: Simulator, settings: LazySettings, media: object
) -> None:
    request = sent_request(organization, officer, people(1))
    work("list")
    before = calls(simulator)
    finish(simulator)
    eventually(lambda: all_arrived(simulator))
    work("events", "detail", "archive")
    assert is_complete(request)
    assert calls(simulator)["list"] == before["list"]
    assert calls(simulator)["detail"] - before["detail"] == JOBS
    assert set(AdobeEvent.objects.values_list("state", flat=True)) == {EventState.DONE}
    # From now on they are relied on.
    JobListing.objects.update(next_list_at=timezone.now())
    work("list")
    wait = JobListing.objects.get().next_list_at - timezone.now()
    assert wait > timedelta(seconds=settings.LIST_WITH_EVENTS_EVERY_SECONDS - 60)


def test_each_event_counts_once_whatever_happens_to_deliveries(
    source: EventSource, organization: Organization, officer: User, simulator: Simulator, media: object
) -> None:
    request = sent_request(organization, officer, people(1))
    simulator.control("events/settings", {"duplicate": 1, "reorder": 0.5, "forge": 1, "forge_client": 1, "burst": 0.5})
    simulator.control("events/keys/rotate", {})
    before = calls(simulator)
    finish(simulator)
    eventually(lambda: all_arrived(simulator), seconds=20)
    work("events", "detail", "archive")
    assert is_complete(request)
    assert AdobeEvent.objects.count() == EVENTS
    assert calls(simulator)["list"] == before["list"]
    counts = registration(simulator)["counts"]
    assert counts["delivered"] == 2 * EVENTS
    assert counts["forge_401"] == counts["forge_client_401"] == EVENTS


def test_lost_events_are_found_by_the_list(
    source: EventSource, organization: Organization, officer: User, simulator: Simulator, settings: LazySettings, media: object
) -> None:
    request = sent_request(organization, officer, people(1))
    EventSource.objects.update(confirmed_at=timezone.now())
    simulator.control("events/settings", {"lose": 1})
    finish(simulator)
    eventually(lambda: simulator.control("events")["struck"].get("lose") == EVENTS)
    JobListing.objects.update(next_list_at=timezone.now())
    Job.objects.update(next_poll_at=timezone.now() + timedelta(days=1))
    work("list", "detail", "archive")
    assert is_complete(request)
    assert not AdobeEvent.objects.exists()


def test_an_event_that_overtakes_the_answer_of_the_call_is_not_lost(
    source: EventSource, organization: Organization, officer: User, simulator: Simulator, media: object
) -> None:
    simulator.fault("accept_then_cut", match={"method": "POST", "path": "/data/core/privacy/jobs"}, times=1)
    request = sent_request(organization, officer, people(1))
    finish(simulator)
    eventually(lambda: all_arrived(simulator))
    work("events")
    assert set(AdobeEvent.objects.values_list("state", flat=True)) == {EventState.WAITING}
    let_pass(timedelta(minutes=6))
    work("look")
    let_pass(timedelta(minutes=31))
    work("events", "detail", "archive")
    assert is_complete(request)


def test_the_journal_brings_the_same(
    transactional_db: None, organization: Organization, officer: User, simulator: Simulator, media: object
) -> None:
    made = register(simulator, "", deliveryType="journal")
    make_source(organization, EventWay.JOURNAL, journal_url=made["journalUrl"])
    request = sent_request(organization, officer, people(1))
    before = calls(simulator)
    finish(simulator)
    eventually(lambda: registration(simulator)["journaled"] == EVENTS)
    work("journal", "events", "detail", "archive")
    assert is_complete(request)
    assert calls(simulator)["list"] == before["list"]
    let_pass(timedelta(minutes=5))
    everything_due()
    work("journal", "events")
    assert AdobeEvent.objects.count() == EVENTS
