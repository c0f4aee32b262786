"""Adobe's events at our address: who may deliver, what is kept, what follows from it, and how far it is relied on."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from portal.adobe.answers import ListedJob
from portal.models import Organization, User, Wakeup
from portal.outbound import CallState
from privacy.events import health, receiving, working
from privacy.models import AdobeEvent, EventSource, Job, JobListing, Submission
from privacy.statuses import EventState, EventWay, JobStatus
from tests.actors import Actors, covers
from tests.adobe_events import (
    JOB_COMPLETE,
    KeyHost,
    address_of,
    as_body,
    event,
    key_host,
    make_source,
    signature,
    signed,
    trust,
)
from tests.conftest import OTHER_IMS_ORG, make_organization
from tests.files import confirmed_request, payload, people
from tests.steps import let_pass, step_is_due, work

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def host() -> Iterator[KeyHost]:
    with key_host() as running:
        yield running


@pytest.fixture
def source(organization: Organization, settings: LazySettings, host: KeyHost) -> EventSource:
    trust(settings, host.url)
    host.status = 200
    return make_source(organization)


@pytest.fixture
def jobs(organization: Organization, officer: User, media: object) -> list[Job]:
    """Three open jobs at Adobe, of which nobody wants to know anything soon."""
    request = confirmed_request(organization, officer, payload(people(3, "access")))
    rows = list(request.jobs.order_by("subject__position"))
    for number, job in enumerate(rows, start=1):
        job.adobe_job_id, job.status, job.adobe_status = f"job-{number}", JobStatus.SUBMITTED, "submitted"
        job.next_poll_at = timezone.now() + timedelta(days=1)
        job.save()
    Submission.objects.update(state=CallState.SENT)
    return rows


def deliver(source: EventSource, value: Any, **changes: Any) -> int:
    """Status of the answer to a signed delivery."""
    body = value if isinstance(value, bytes) else as_body(value)
    headers = changes.pop("headers", signed(body))
    answer = Client().post(address_of(source), body, content_type="application/json", headers=headers)
    assert answer.content == b"", "a caller is told nothing but the status"
    return answer.status_code


def states() -> list[str]:
    return sorted(AdobeEvent.objects.values_list("state", flat=True))


def is_due(job: Job) -> bool:
    return Job.objects.due_for_detail(timezone.now()).filter(pk=job.pk).exists()


# --- Who may deliver ---


@covers("privacy:adobe-events")
def test_it_has_a_signature_instead_of_people(source: EventSource, actors: Actors) -> None:
    address, body = address_of(source), as_body(event())
    for person in (actors.officer, actors.viewer, actors.stranger, actors.nobody):
        assert person.post(address, body, content_type="application/json").status_code == 401
        for method in ("put", "patch", "delete"):
            assert getattr(person, method)(address).status_code == 405
    assert not AdobeEvent.objects.exists()
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(address, body, content_type="application/json", headers=signed(body)).status_code == 200


def test_what_is_not_signed_by_adobe_is_refused_without_a_hint(source: EventSource) -> None:
    body = as_body(event())
    for headers in ({}, signed(body + b" "), {"x-adobe-signature": signature(body)}):
        assert deliver(source, body, headers=headers) == 401
    assert not AdobeEvent.objects.exists()


@pytest.mark.parametrize(
    "value",
    [
        event(client_id="somebody-else"),
        event(recipientclientid=None, recipient_client_id=None),
        event(recipient_client_id="somebody-else"),
        [event(), event(client_id="somebody-else")],
        [],
        "text",
        None,
        b"{not json",
        b"\xff\xfe",
        b"[" * 100_000,
    ],
)
def test_what_is_signed_and_not_for_us_is_refused(value: Any, source: EventSource, host: KeyHost) -> None:
    asked = len(host.requests)
    assert deliver(source, value) == 401
    assert not AdobeEvent.objects.exists()
    assert len(host.requests) == asked, "a stranger made us fetch a key"


def test_an_address_that_is_unknown_or_switched_off_is_not_there(source: EventSource) -> None:
    unknown = EventSource(pk=uuid.uuid4())
    assert deliver(unknown, event()) == 404
    for way in (EventWay.OFF, EventWay.JOURNAL):
        EventSource.objects.update(way=way)
        receiving.forget_recipients()
        assert deliver(source, event()) == 404
        assert Client().get(address_of(source), {"challenge": "abc"}).status_code == 404


def test_a_key_that_cannot_be_had_now_lets_adobe_deliver_again(source: EventSource, settings: LazySettings) -> None:
    settings.ADOBE_EVENT_KEYS_URL = "http://127.0.0.1:9"
    assert deliver(source, event()) == 503
    assert not AdobeEvent.objects.exists()


def test_a_body_over_the_bound_is_not_read(source: EventSource) -> None:
    assert deliver(source, b" " * (receiving.LARGEST_BODY + 1), headers={}) == 413
    assert deliver(source, [event()] * (receiving.MOST_EVENTS + 1)) == 413
    # More than Django itself takes, and what Adobe's largest batches have.
    assert deliver(source, [event() for _ in range(20)] + [event(padding="x" * 2_000_000)]) == 200


# --- The challenge ---


def test_the_challenge_is_echoed_as_plain_text(source: EventSource) -> None:
    value = str(uuid.uuid4())
    answer = Client().get(address_of(source), {"challenge": value})
    assert (answer.status_code, answer.content.decode()) == (200, value)
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("value", ["", "<script>", "a b", "x" * 201, "a\nb"])
def test_nothing_but_a_short_plain_value_is_echoed(value: str, source: EventSource) -> None:
    answer = Client().get(address_of(source), {"challenge": value})
    assert (answer.status_code, answer.content) == (400, b"")


def test_a_page_of_validation_is_opened_later_and_only_adobes(source: EventSource, host: KeyHost) -> None:
    page = f"{host.url}/csm/registrations/validate?id={uuid.uuid4()}&challenge={uuid.uuid4()}"
    asked = len(host.requests)
    for stranger in (
        "https://evil.example/csm/registrations/validate?id=1",
        f"{host.url}/other?id=1",
        f"{page} x",
        "file:///etc",
    ):
        assert deliver(source, {"validationUrl": stranger}, headers={}) == 401
    assert deliver(source, {"validationUrl": page}, headers={}) == 200
    assert len(host.requests) == asked, "opened while Adobe waited"
    host.served["/csm/registrations/validate"] = b"ok"
    work("events")
    assert [request.target for request in host.requests[asked:]] == [page.removeprefix(host.url)]
    assert states() == [EventState.DONE]
    source.refresh_from_db()
    assert source.confirmed_at is None, "anybody can send one, so it proves nothing"
    for number in range(receiving.MOST_VALIDATIONS + 2):
        status = deliver(source, {"validationUrl": f"{page}&n={number}"}, headers={})
        assert status == (200 if number < receiving.MOST_VALIDATIONS else 503)
    del host.served["/csm/registrations/validate"]
    work("events")
    assert states().count(EventState.WAITING) == receiving.MOST_VALIDATIONS
    let_pass(timedelta(minutes=6))
    work("events")
    assert states().count(EventState.NO_JOB) == receiving.MOST_VALIDATIONS


# --- What is kept ---


def test_it_is_kept_once_whichever_spelling_it_comes_in(source: EventSource) -> None:
    one = event(client_id="simulator-client")
    spellings = [one, one | {"event_id": None}, {k: v for k, v in one.items() if k not in {"eventid", "recipientclientid"}}]
    for each in spellings:
        assert deliver(source, each) == 200
    assert deliver(source, [one, one]) == 200
    row = AdobeEvent.objects.select_related("source__organization__data_key").get()
    assert (row.event_id, row.adobe_job_id, row.state) == (one["eventid"], "job-1", EventState.WAITING)
    assert json.loads(row.raw or b"") == one
    assert b"job-1" not in bytes(row.raw_sealed or b"")


def test_odd_events_are_kept_too(source: EventSource) -> None:
    odd = [
        event(code="com.adobe.platform.gdpr.jobarchived"),
        event(type=None),
        event(type="a" * 300),
        event(data=None),
        event(data={"value": {"jobId": 17}}),
        event(eventid="\x00", event_id="\ud800", id=None),
    ]
    assert deliver(source, odd) == 200
    assert AdobeEvent.objects.count() == len(odd)
    assert states().count(EventState.UNKNOWN) == 3
    work("events")
    assert states() == [EventState.NO_JOB] * 2 + [EventState.UNKNOWN] * 3 + [EventState.WAITING]


def test_accepting_takes_two_statements(source: EventSource) -> None:
    assert deliver(source, event()) == 200
    Wakeup.objects.update_or_create(step=receiving.STEP, defaults={"published_at": timezone.now()})
    for value in (event(), [event() for _ in range(20)]):
        with CaptureQueriesContext(connection) as captured:
            assert deliver(source, value) == 200
        # The rows, and whether the step was woken already. Whose the address is was read a moment ago.
        assert [query["sql"].split()[0] for query in captured.captured_queries] == ["INSERT", "SELECT"]


def test_what_a_process_knows_of_an_address_is_read_again_after_seconds(
    source: EventSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert deliver(source, event()) == 200
    EventSource.objects.update(way=EventWay.OFF)
    assert deliver(source, event()) == 200
    monkeypatch.setattr(receiving, "RECIPIENT_SECONDS", 0.0)
    assert deliver(source, event()) == 404


def test_it_wakes_the_step_once(source: EventSource, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks) -> None:
    with django_capture_on_commit_callbacks() as callbacks:
        deliver(source, event())
    assert len(callbacks) == 1
    Wakeup.objects.create(step=receiving.STEP, published_at=timezone.now())
    with django_capture_on_commit_callbacks() as callbacks:
        deliver(source, event())
    assert callbacks == []


# --- What follows from it ---


def test_the_jobs_that_events_name_are_asked_about_at_once(source: EventSource, jobs: list[Job]) -> None:
    deliver(source, [event("job-1"), event("job-3", JOB_COMPLETE), event("job-3")])
    work("events")
    assert [is_due(job) for job in jobs] == [True, False, True]
    assert states() == [EventState.DONE] * 3
    source.refresh_from_db()
    assert source.last_event_at is not None
    assert source.confirmed_at is not None


def test_a_job_that_ended_well_and_is_settled_is_not_asked_about_again(source: EventSource, jobs: list[Job]) -> None:
    Job.objects.filter(pk=jobs[0].pk).update(status=JobStatus.COMPLETE, next_poll_at=None)
    Job.objects.filter(pk=jobs[1].pk).update(status=JobStatus.ERROR, next_poll_at=None)
    deliver(source, [event("job-1"), event("job-2")])
    work("events")
    assert [is_due(job) for job in jobs] == [False, True, False]
    assert states() == [EventState.DONE] * 2


def test_one_that_comes_before_the_answer_to_the_call_waits_for_it(source: EventSource, jobs: list[Job]) -> None:
    Job.objects.filter(pk=jobs[0].pk).update(adobe_job_id=None)
    deliver(source, event("job-1"))
    work("events")
    assert states() == [EventState.WAITING]
    assert not step_is_due("events"), "it leaves a moment for the answer"
    Job.objects.filter(pk=jobs[0].pk).update(adobe_job_id="job-1")
    let_pass(timedelta(minutes=1))
    work("events")
    assert is_due(jobs[0])
    assert states() == [EventState.DONE]


def test_nobodys_job_is_given_up_after_minutes_and_after_a_day_while_a_call_is_undecided(
    source: EventSource, jobs: list[Job]
) -> None:
    deliver(source, event("job-9"))
    let_pass(timedelta(minutes=11))
    Submission.objects.update(state=CallState.UNKNOWN)
    work("events")
    assert states() == [EventState.WAITING]
    let_pass(timedelta(hours=23))
    work("events")
    assert states() == [EventState.WAITING]
    Submission.objects.update(state=CallState.SENT)
    let_pass(timedelta(hours=2))
    work("events")
    assert states() == [EventState.NO_JOB]


def test_another_organizations_job_is_not_touched(source: EventSource, jobs: list[Job]) -> None:
    other = make_organization(ims_org_id=OTHER_IMS_ORG, name="Other")
    deliver(make_source(other), event("job-1"))
    work("events")
    assert not is_due(jobs[0])


def test_a_batch_is_worked_off_in_few_statements(source: EventSource, jobs: list[Job]) -> None:
    def statements(count: int) -> int:
        AdobeEvent.objects.all().delete()
        deliver(source, [event(f"job-{number % 3 + 1}") for number in range(count)])
        with CaptureQueriesContext(connection) as captured:
            assert working.work_next() == count
        return len(captured)

    assert statements(3) == statements(300)


def test_old_ones_are_forgotten(source: EventSource) -> None:
    deliver(source, [event(), event()])
    AdobeEvent.objects.filter(pk=AdobeEvent.objects.first().pk).update(received_at=timezone.now() - timedelta(days=31))  # type: ignore[union-attr]
    working.forget_old()
    assert AdobeEvent.objects.count() == 1


# --- How far they are relied on ---


def listed(job_id: str, word: str, minutes_ago: float) -> ListedJob:
    modified = timezone.now() - timedelta(minutes=minutes_ago)
    return ListedJob(
        job_id=job_id,
        request_id="",
        user_key="",
        action="access",
        submitted_by="",
        status=word,
        status_word=word,
        created_at=None,
        modified_at=modified,
    )


def every(organization: Organization) -> float:
    return health.list_every(Organization.objects.get(pk=organization.pk))


def test_a_webhook_is_relied_on_from_the_first_signed_event_on(
    source: EventSource, organization: Organization, settings: LazySettings
) -> None:
    assert every(organization) == settings.LIST_EVERY_SECONDS
    deliver(source, event(), headers={})
    work("events")
    assert every(organization) == settings.LIST_EVERY_SECONDS
    deliver(source, event())
    work("events")
    assert every(organization) == settings.LIST_WITH_EVENTS_EVERY_SECONDS
    EventSource.objects.update(way=EventWay.OFF)
    assert every(organization) == settings.LIST_EVERY_SECONDS
    assert every(make_organization(ims_org_id=OTHER_IMS_ORG, name="Other")) == settings.LIST_EVERY_SECONDS


@pytest.mark.parametrize(
    ("word", "minutes", "is_relied_on"),
    [("complete", 30, False), ("error", 30, False), ("complete", 5, True), ("processing", 30, True)],
)
def test_a_finished_job_that_no_event_told_of_takes_the_trust_back(
    word: str,
    minutes: float,
    is_relied_on: bool,
    source: EventSource,
    organization: Organization,
    jobs: list[Job],
    settings: LazySettings,
) -> None:
    EventSource.objects.update(confirmed_at=timezone.now())
    listing = JobListing.objects.create(
        organization=organization, regulation="other", next_list_at=timezone.now() + timedelta(hours=1)
    )
    organization = Organization.objects.select_related("event_source").get(pk=organization.pk)
    health.notice_missed(organization, [listed("job-1", word, minutes), listed("job-2", "submitted", 600)])
    assert (health.list_every(organization) > settings.LIST_EVERY_SECONDS) == is_relied_on
    source.refresh_from_db()
    assert health.are_reliable(source) == is_relied_on
    listing.refresh_from_db()
    assert (listing.next_list_at > timezone.now() + timedelta(minutes=16)) == is_relied_on


def test_a_job_that_is_about_to_be_asked_about_was_not_missed(
    source: EventSource, organization: Organization, jobs: list[Job]
) -> None:
    EventSource.objects.update(confirmed_at=timezone.now())
    Job.objects.update(next_poll_at=timezone.now())
    health.notice_missed(Organization.objects.get(pk=organization.pk), [listed("job-1", "complete", 30)])
    source.refresh_from_db()
    assert health.are_reliable(source)
