"""A job that Adobe lists under a key of ours, and that we do not know, is noticed by the ordinary listing."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest

from portal import connections
from portal.models import AuditEvent, Organization, User
from portal.outbound import CallState, PersonReason
from privacy import reconciling, submission
from privacy.models import Job, PrivacyRequest, Submission
from privacy.statuses import JobStatus, RequestStatus
from tests.conftest import Simulator
from tests.files import confirmed_request, payload, people
from tests.steps import everything_due, let_pass, work

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def sent(transactional_db: None, simulator: Simulator, organization: Organization, officer: User) -> PrivacyRequest:
    """Two people at Adobe."""
    request = confirmed_request(organization, officer, payload(people(2)))
    work("submit")
    return request


def send_behind_our_back(call: Submission) -> None:
    """The same call again, past every guard: as a process would that froze before its first byte and thawed too late."""
    service = connections.service_for(call.request.organization)
    service.create_jobs(submission.outgoing(call).body, expected_jobs=call.expected_jobs, still_held=lambda: True)


def test_a_call_that_went_out_twice_raises_the_alarm_once(sent: PrivacyRequest, officer: User) -> None:
    send_behind_our_back(sent.submissions.get())
    everything_due()
    work("list")
    call = sent.submissions.get()
    assert (call.state, call.person_reason) == (CallState.SENT, PersonReason.DOUBLED)
    assert [len(ids) for ids in Job.objects.values_list("extra_adobe_job_ids", flat=True)] == [1] * 4
    sent.refresh_from_db()
    assert sent.status == RequestStatus.ATTENTION
    reconciling.acknowledge_doubled(call, officer)
    everything_due()
    work("list")
    assert sent.submissions.get().person_reason == ""


def test_a_queued_call_that_adobe_lists_is_not_sent(sent: PrivacyRequest, simulator: Simulator) -> None:
    Job.objects.update(adobe_job_id=None, status=JobStatus.WAITING)
    later = sent.created_at + timedelta(days=1)
    Submission.objects.update(state=CallState.QUEUED, next_attempt_at=later)
    # Another request of the same law keeps the listing going.
    keep_listing(sent)
    everything_due()
    work("list")
    assert sent.submissions.get().state == CallState.UNKNOWN
    let_pass(timedelta(days=2))
    work("submit", "look")
    assert sent.submissions.get().state == CallState.SENT
    assert set(Counter((entry["key"], entry["action"]) for entry in simulator.ledger()).values()) == {1}


def keep_listing(sent: PrivacyRequest) -> None:
    other = confirmed_request(sent.organization, sent.created_by, payload(people(1, prefix="other")))
    submission.send(other.submissions.get().pk)


def test_a_job_made_elsewhere_is_no_alarm(sent: PrivacyRequest, simulator: Simulator) -> None:
    Job.objects.filter(action="delete").delete()
    everything_due()
    work("list")
    assert sent.submissions.get().person_reason == ""
    assert not AuditEvent.objects.filter(details__reason="doubled").exists()
