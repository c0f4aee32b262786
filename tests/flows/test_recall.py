"""The recall period: nothing is sent in it, and what was not sent can be cancelled, once and wholly."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from portal.models import AuditEvent, Organization, User
from portal.outbound import CallState
from privacy import intake, progress, recalling, schema, shredding, submission, writing
from privacy.intake import NotPossible, preparing
from privacy.models import Job, PrivacyRequest, Submission
from privacy.statuses import JobStatus, RequestStatus
from tests.conftest import Simulator
from tests.files import confirmed_request, payload, people, stored_upload
from tests.states import CREATE, again
from tests.steps import let_pass, step_is_due, work

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def careful(transactional_db: None, simulator: Simulator, organization: Organization) -> Organization:
    """An organization that waits a quarter of an hour before it sends, two people a call."""
    organization.recall_minutes, organization.max_people_per_call = 15, 2
    organization.save(update_fields=["recall_minutes", "max_people_per_call"])
    return organization


def unprepared(organization: Organization, user: User, body: dict[str, Any]) -> list[PrivacyRequest]:
    """What comes of a confirmed file before a worker has looked at it."""
    upload = stored_upload(organization, user, json.dumps(body).encode())
    assert intake.check(upload).error_count == 0
    return intake.confirm(upload, user, agreed_to_two=True)


def end_of_recall(request: PrivacyRequest) -> None:
    """As if the period had gone by."""
    PrivacyRequest.objects.filter(pk=request.pk).update(recall_until=timezone.now() - timedelta(seconds=1))


def states(request: PrivacyRequest) -> set[str]:
    """The states of its calls."""
    return set(request.submissions.values_list("state", flat=True))


def everything_of(request: PrivacyRequest) -> list[Any]:
    """All that cancelling could change."""
    rows = (PrivacyRequest.objects.filter(pk=request.pk), request.submissions.order_by("pk"), request.jobs.order_by("pk"))
    return [list(each.values()) for each in rows]


def test_nothing_is_sent_before_the_period_is_over_and_then_all_of_it(
    careful: Organization, officer: User, simulator: Simulator
) -> None:
    before = timezone.now()
    request = confirmed_request(careful, officer, payload(people(3)))
    assert request.recall_until is not None
    assert before + timedelta(minutes=15) <= request.recall_until <= timezone.now() + timedelta(minutes=15)
    assert not step_is_due("submit")
    assert [submission.send(call.pk) for call in request.submissions.all()] == [False, False]
    # A person who resumes a held organization makes every call due at once: also that sends nothing.
    submission.resume(careful.pk)
    work("submit")
    assert (states(request), simulator.ledger()) == ({CallState.QUEUED}, [])
    end_of_recall(request)
    work("submit")
    assert (states(request), len(simulator.ledger())) == ({CallState.SENT}, 6)


def test_the_period_stops_no_look_at_adobes_list(careful: Organization, officer: User, simulator: Simulator) -> None:
    request = confirmed_request(careful, officer, payload(people(2)))
    end_of_recall(request)
    simulator.fault("accept_then_cut", match=CREATE, times=1)
    work("submit")
    assert states(request) == {CallState.UNKNOWN}
    PrivacyRequest.objects.update(recall_until=timezone.now() + timedelta(hours=1))
    let_pass(timedelta(minutes=6))
    work("look")
    assert states(request) == {CallState.SENT}


def test_a_cancelled_request_is_never_sent_and_can_be_shredded(
    careful: Organization, officer: User, simulator: Simulator
) -> None:
    request = confirmed_request(careful, officer, payload(people(5)))
    recalling.cancel(request, officer)
    request = again(request)
    assert (request.status, states(request)) == (RequestStatus.CANCELLED, {CallState.CANCELLED})
    assert (request.is_open, request.finished_at is not None) == (False, True)
    assert set(request.jobs.values_list("status", flat=True)) == {JobStatus.NOT_SENT}
    assert AuditEvent.objects.get(action="request.cancelled").actor_name == "officer"
    end_of_recall(request)
    submission.resume(careful.pk)
    let_pass(timedelta(days=1))
    work("submit", "look", "list", "detail")
    assert simulator.ledger() == []
    assert again(request).status == RequestStatus.CANCELLED
    with pytest.raises(NotPossible, match="cancelled already"):
        recalling.cancel(request, officer)
    shredding.shred(again(request), officer)
    assert again(request).data_key is None
    with pytest.raises(NotPossible, match="removed already"):
        recalling.cancel(request, officer)


def test_an_attempt_that_ended_before_its_first_byte_is_no_sending(
    transactional_db: None, organization: Organization, officer: User
) -> None:
    request = confirmed_request(organization, officer, payload(people(3)))
    # Nobody answers at this address.
    work("submit")
    call = request.submissions.get()
    assert (call.attempts, call.first_sent_at) == (1, None)
    assert recalling.can_cancel(again(request))
    recalling.cancel(request, officer)
    assert again(request).status == RequestStatus.CANCELLED


@pytest.mark.parametrize("fault", ["", "throttle", "error500", "reject400"])
def test_what_was_sent_even_in_part_is_not_cancelled(
    transactional_db: None, simulator: Simulator, organization: Organization, officer: User, fault: str
) -> None:
    organization.max_people_per_call = 2
    organization.save(update_fields=["max_people_per_call"])
    request = confirmed_request(organization, officer, payload(people(4)))
    if fault:
        simulator.fault(fault, match=CREATE, times=1)
    assert submission.send_next() == 1
    before = everything_of(request)
    assert not recalling.can_cancel(again(request))
    with pytest.raises(NotPossible, match="too late"):
        recalling.cancel(request, officer)
    assert everything_of(request) == before
    assert not AuditEvent.objects.filter(action="request.cancelled").exists()


def test_a_call_that_is_being_sent_at_that_moment_goes_out_and_the_person_is_told(
    transactional_db: None, simulator: Simulator, organization: Organization, officer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = confirmed_request(organization, officer, payload(people(2)))
    build, told = submission.outgoing, []

    def cancelled_in_between(call: Submission) -> submission.Outgoing:
        with pytest.raises(NotPossible) as reason:
            recalling.cancel(request, officer)
        told.append(str(reason.value))
        return build(call)

    monkeypatch.setattr(submission, "outgoing", cancelled_in_between)
    work("submit")
    assert told == [recalling.GONE_OUT]
    assert (states(request), len(simulator.ledger())) == ({CallState.SENT}, 4)


# --- While it is being prepared ---


def test_a_worker_that_prepares_it_at_the_same_moment_loses_its_lease(
    careful: Organization, officer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preparing, "BATCH_PEOPLE", 2)
    (request,) = unprepared(careful, officer, payload(people(5)))
    write = writing.Writer.write

    def cancelled_in_between(writer: writing.Writer, batch: Sequence[schema.Person]) -> None:
        write(writer, batch)
        recalling.cancel(request, officer)

    monkeypatch.setattr(writing.Writer, "write", cancelled_in_between)
    assert intake.prepare_next() == 1
    request = again(request)
    assert (request.status, request.lease) == (RequestStatus.CANCELLED, None)
    assert not request.subjects.exists()
    assert not Job.objects.exists()
    assert not Submission.objects.exists()
    assert not step_is_due("prepare")


def test_the_file_goes_with_the_last_request_that_needs_it(careful: Organization, officer: User) -> None:
    users = [*people(2, "access"), *people(2, "opt-out-of-sale", prefix="seller")]
    first, second = unprepared(careful, officer, payload(users, regulation="ccpa"))
    assert first.upload is not None
    recalling.cancel(first, officer)
    assert first.upload.file_path.is_file()
    assert intake.prepare_next() == 1
    assert not first.upload.file_path.exists()
    assert (again(second).status, again(second).people) == (RequestStatus.SENDING, 2)


def test_what_may_have_gone_out_before_a_restore_is_not_called_cancelled(careful: Organization, officer: User) -> None:
    (request,) = unprepared(careful, officer, payload(people(2)))
    PrivacyRequest.objects.update(restored=True)
    assert not recalling.can_cancel(again(request))
    with pytest.raises(NotPossible, match="A backup was restored"):
        recalling.cancel(request, officer)
    assert again(request).status == RequestStatus.PREPARING


def test_jobs_that_adobe_turns_out_to_have_are_followed_all_the_same(
    careful: Organization, officer: User, simulator: Simulator
) -> None:
    """A process that froze before its first byte and thaws after the cancelling is the known residue: it is not hidden."""
    request = confirmed_request(careful, officer, payload(people(1, "access")))
    recalling.cancel(request, officer)
    call = request.submissions.get()
    job = call.jobs.get()
    submission.note_jobs(call, {job.pk: ["job-that-came-late"]})
    progress.refresh(request.pk)
    assert again(request).status == RequestStatus.IN_PROGRESS
