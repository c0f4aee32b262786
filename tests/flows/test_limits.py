"""Limits kept without a person: calls a minute, jobs a day, Adobe's own refusals, and no organization in another's way."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest
from django.utils import timezone

from portal import job_days, turns
from portal.models import AuditEvent, JobDay, Organization, Pace, User
from portal.outbound import CallState
from privacy.models import Job, PrivacyRequest, Submission
from privacy.statuses import JobStatus, RequestStatus
from tests.admins import make_administrator, signed_in
from tests.conftest import OTHER_IMS_ORG, Simulator, make_organization
from tests.files import confirmed_request, payload, people
from tests.pages import Browser, Page
from tests.people import make_user
from tests.portal.test_admin import organization_form, page_of
from tests.states import CREATE, address_of
from tests.steps import let_pass, work

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nothing_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "_memory", turns._Memory())


def limit(organization: Organization, **limits: int) -> None:
    Organization.objects.filter(pk=organization.pk).update(**limits)


def request_of(organization: Organization, user: User, name: str, count: int = 1) -> PrivacyRequest:
    """Two jobs for each person, in one call."""
    return confirmed_request(organization, user, payload(people(count, prefix=name)))


def call(request: PrivacyRequest) -> Submission:
    return request.submissions.get()


def sent_today(organization: Organization) -> int:
    return job_days.sent_today(organization)


# --- Calls a minute ---


def test_a_call_beyond_the_rate_waits_without_an_attempt_and_goes_when_there_is_room(
    simulator: Simulator, organization: Organization, officer: User
) -> None:
    limit(organization, calls_per_minute=1)
    first, second = (request_of(organization, officer, name) for name in ("one", "two"))
    work("submit")
    assert (call(first).state, call(second).state) == (CallState.SENT, CallState.QUEUED)
    waiting = call(second)
    assert (waiting.last_error, waiting.attempts, waiting.first_sent_at) == ("paced", 0, None)
    assert timedelta(seconds=30) < waiting.next_attempt_at - timezone.now() <= timedelta(seconds=62)
    assert not AuditEvent.objects.filter(object_id=str(waiting.pk)).exists()
    let_pass(timedelta(seconds=62))
    work("submit")
    assert (call(second).state, call(second).attempts) == (CallState.SENT, 1)


def test_what_adobe_asks_one_call_to_wait_the_others_wait_too_and_other_organizations_do_not(
    simulator: Simulator, organization: Organization, officer: User
) -> None:
    other = make_organization(simulator.address, ims_org_id=OTHER_IMS_ORG, name="Other")
    refused, beside = (request_of(organization, officer, name) for name in ("one", "two"))
    turns.had_its_turn(other.pk)
    elsewhere = request_of(other, make_user("elsewhere", "Officer", other), "three")
    simulator.fault("throttle", match=CREATE, times=1, retry_after=120)
    work("submit")
    assert call(refused).last_error == "throttled"
    assert (call(beside).state, call(beside).last_error, call(beside).attempts) == (CallState.QUEUED, "paced", 0)
    assert call(beside).next_attempt_at - timezone.now() > timedelta(seconds=100)
    # Adobe knows nothing of it, but it was asked.
    assert call(elsewhere).first_sent_at is not None
    let_pass(timedelta(seconds=180))
    work("submit")
    assert [call(one).state for one in (refused, beside)] == [CallState.SENT] * 2


# --- Jobs a day ---


def test_what_has_no_room_today_waits_for_the_next_day_and_adobe_is_not_asked(
    simulator: Simulator, organization: Organization, officer: User
) -> None:
    limit(organization, jobs_per_day=5)
    first, second = (request_of(organization, officer, name, 2) for name in ("one", "two"))
    work("submit")
    assert (call(first).state, len(simulator.ledger()), sent_today(organization)) == (CallState.SENT, 4, 4)
    waiting = call(second)
    assert (waiting.state, waiting.last_error, waiting.attempts) == (CallState.QUEUED, "day_limit", 0)
    midnight = datetime.combine(datetime.now(UTC).date() + timedelta(days=1), time(), UTC)
    assert midnight < waiting.next_attempt_at <= midnight + timedelta(minutes=2)
    # The day is over: nothing of it counts any more.
    JobDay.objects.update(day=datetime.now(UTC).date() - timedelta(days=1))
    let_pass(timedelta(days=1, minutes=2))
    work("submit")
    assert (call(second).state, sent_today(organization)) == (CallState.SENT, 4)


def test_a_raised_limit_lets_what_waits_go_at_once(simulator: Simulator, organization: Organization, officer: User) -> None:
    limit(organization, jobs_per_day=2)
    request_of(organization, officer, "one")
    second = request_of(organization, officer, "two")
    work("submit")
    assert call(second).last_error == "day_limit"
    organization.refresh_from_db()
    page = signed_in(make_administrator("administrator", organization)).get(page_of(organization))
    assert "<strong>2</strong> jobs of 2 at most" in page.content.decode()
    assert "POST /data/core/privacy/jobs" in page.content.decode()
    answer = signed_in(make_administrator("another", organization)).post(
        page_of(organization), organization_form(organization, jobs_per_day=4)
    )
    assert answer.status_code == 302
    work("submit")
    assert (call(second).state, sent_today(organization)) == (CallState.SENT, 4)


def test_a_call_larger_than_the_limit_goes_alone_on_a_day_of_its_own(
    simulator: Simulator, organization: Organization, officer: User
) -> None:
    limit(organization, jobs_per_day=3)
    large = request_of(organization, officer, "large", 4)
    work("submit")
    assert (call(large).state, sent_today(organization)) == (CallState.SENT, 8)
    small = request_of(organization, officer, "small")
    work("submit")
    assert call(small).last_error == "day_limit"


@pytest.mark.parametrize(
    ("fault", "state", "counted"),
    [
        ("throttle", CallState.QUEUED, 0),
        ("reject400", CallState.REJECTED, 0),
        ("limit400", CallState.QUEUED, 0),
        ("forbidden", CallState.QUEUED, 0),
        ("error500", CallState.UNKNOWN, 2),
        ("accept_then_cut", CallState.UNKNOWN, 2),
    ],
)
def test_jobs_are_given_back_where_it_is_certain_that_none_counts(
    simulator: Simulator, organization: Organization, officer: User, fault: str, state: CallState, counted: int
) -> None:
    limit(organization, jobs_per_day=100)
    request = request_of(organization, officer, "one")
    simulator.fault(fault, match=CREATE, times=1)
    work("submit")
    assert (call(request).state, sent_today(organization)) == (state, counted)


# --- Adobe's own limit ---


def test_a_refusal_that_names_a_limit_holds_the_queue_shows_the_words_and_can_be_closed(
    simulator: Simulator, browser: Browser, organization: Organization, officer: User
) -> None:
    refused, beside = (request_of(organization, officer, name) for name in ("one", "two"))
    simulator.fault("limit400", match=CREATE, times=1)
    work("submit")
    organization.refresh_from_db()
    assert (organization.hold_reason, call(beside).state) == ("limit", CallState.QUEUED)
    address = address_of("request-detail", refused)
    text = Page.of(browser.get(address)).root.text
    assert "Adobe says that a limit is reached: call 1 waits" in text
    assert str(call(refused).words) in text
    browser.post(address_of("call-decide", refused, 1), {"decision": "withdraw"})
    refused.refresh_from_db()
    assert (call(refused).state, refused.status) == (CallState.CANCELLED, RequestStatus.FAILED)
    assert set(Job.objects.filter(request=refused).values_list("status", flat=True)) == {JobStatus.NOT_SENT}
    # A call that nobody refused is not closed that way.
    answer = browser.post(address_of("call-decide", beside, 1), {"decision": "withdraw"})
    assert "no longer waiting after a refusal" in Page.of(browser.get(answer.headers["Location"])).root.text
    assert call(beside).state == CallState.QUEUED
    organization.resume()
    work("submit")
    assert (call(refused).state, call(beside).state) == (CallState.CANCELLED, CallState.SENT)


# --- Fairness ---


def test_one_call_of_another_organization_does_not_wait_for_many(
    simulator: Simulator, organization: Organization, officer: User
) -> None:
    small = make_organization(simulator.address, ims_org_id=OTHER_IMS_ORG, name="Small")
    many = [request_of(organization, officer, f"many{number}") for number in range(4)]
    one = request_of(small, make_user("elsewhere", "Officer", small), "one")
    work("submit")
    order = list(Submission.objects.order_by("first_sent_at").values_list("request", flat=True))
    assert order.index(one.pk) < 2
    assert len(order) == len(many) + 1
    assert Pace.objects.filter(last_turn_at__isnull=False).count() == 2


def test_the_nearest_due_date_of_an_organization_goes_first(
    simulator: Simulator, organization: Organization, officer: User
) -> None:
    requests = [request_of(organization, officer, name) for name in ("late", "never", "soon")]
    today = datetime.now(UTC).date()
    for request, due_on in zip(requests, (today + timedelta(days=9), None, today + timedelta(days=3)), strict=True):
        PrivacyRequest.objects.filter(pk=request.pk).update(due_on=due_on)
    work("submit")
    order = list(Submission.objects.order_by("first_sent_at").values_list("request", flat=True))
    assert order == [requests[2].pk, requests[0].pk, requests[1].pk]
