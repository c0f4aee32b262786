"""How far a request is: its bars, its counts, and the status that follows from jobs and calls."""

from __future__ import annotations

import itertools

import pytest

from portal.models import AuditEvent, Organization, User
from portal.outbound import CallState, PersonReason
from privacy import progress
from privacy.models import Job, PrivacyRequest, ProductResponse
from privacy.progress import Bar
from privacy.statuses import JOB_DONE, JOB_FAILED, JobStatus, RequestStatus
from tests.files import confirmed_request, payload, people
from tests.states import again


@pytest.fixture
def request_row(db: None, organization: Organization, officer: User) -> PrivacyRequest:
    """Three people who want access and deletion: six jobs in one call that waits to be sent."""
    return confirmed_request(organization, officer, payload(people(3)))


def jobs_become(request: PrivacyRequest, *statuses: JobStatus) -> None:
    """Give the jobs these states in turn, and the call its end."""
    for job, status in zip(request.jobs.order_by("pk"), itertools.cycle(statuses), strict=False):
        Job.objects.filter(pk=job.pk).update(status=status)


def settle(request: PrivacyRequest, state: CallState = CallState.SENT, reason: str = "") -> None:
    """Bring the calls into a state."""
    request.submissions.update(state=state, person_reason=reason)


def answers(request: PrivacyRequest, product: str, *statuses: JobStatus) -> None:
    """A product's word about the first jobs."""
    for job, status in zip(request.jobs.order_by("pk"), statuses, strict=False):
        ProductResponse.objects.create(job=job, request=request, product=product, product_code=product, status=status)


def refreshed(request: PrivacyRequest) -> PrivacyRequest:
    """Counted anew."""
    progress.refresh(request.pk)
    return again(request)


# --- One bar ---


@pytest.mark.parametrize(("done", "total", "percent"), [(0, 0, 0), (0, 5, 0), (1, 3, 33), (999, 1000, 99), (5, 5, 100)])
def test_a_bar_is_at_a_hundred_only_when_all_is_done(done: int, total: int, percent: int) -> None:
    bar = Bar("", "", total, done, 0)
    assert (bar.percent, bar.waiting) == (percent, total - done)


def test_each_product_asked_for_has_a_bar_before_it_says_a_word(request_row: PrivacyRequest) -> None:
    assert progress.by_product(request_row) == [
        Bar("analytics", "Analytics", 6, 0, 0),
        Bar("profileService", "Real-Time Customer Profile", 6, 0, 0),
    ]


def test_a_product_counts_what_it_has_ended_and_what_of_that_failed(request_row: PrivacyRequest) -> None:
    answers(request_row, "analytics", JobStatus.COMPLETE, JobStatus.ERROR, JobStatus.PROCESSING, JobStatus.OTHER)
    answers(request_row, "Astrology", JobStatus.COMPLETE)
    assert progress.by_product(request_row) == [
        Bar("analytics", "Analytics", 6, 2, 1),
        Bar("profileService", "Real-Time Customer Profile", 6, 0, 0),
        Bar("Astrology", "Astrology", 6, 1, 0),
    ]


@pytest.mark.parametrize("lost", [JobStatus.NOT_SENT, JobStatus.GONE])
def test_jobs_that_ended_without_a_products_word_count_as_failed_for_it(request_row: PrivacyRequest, lost: JobStatus) -> None:
    jobs_become(request_row, lost)
    answers(request_row, "analytics", JobStatus.COMPLETE, JobStatus.PROCESSING)
    assert [(bar.done, bar.failed, bar.waiting) for bar in progress.by_product(request_row)] == [(6, 5, 0), (6, 6, 0)]


def test_a_job_that_a_product_answers_under_two_names_counts_once(request_row: PrivacyRequest) -> None:
    answers(request_row, "analytics", JobStatus.COMPLETE, JobStatus.ERROR)
    for job in request_row.jobs.order_by("pk")[:2]:
        ProductResponse.objects.create(
            job=job, request=request_row, product="Analytics", product_code="analytics", status=JobStatus.ERROR
        )
    (bar, _) = progress.by_product(request_row)
    assert (bar.done, bar.failed) == (2, 2)


# --- The counts on the row ---


def test_the_row_counts_its_jobs(request_row: PrivacyRequest) -> None:
    settle(request_row)
    jobs_become(request_row, JobStatus.COMPLETE, JobStatus.ERROR, JobStatus.PROCESSING)
    row = refreshed(request_row)
    assert (row.jobs_total, row.jobs_done, row.jobs_failed) == (6, 4, 2)
    bar = progress.overall(row)
    assert (bar.total, bar.done, bar.failed, bar.waiting) == (6, 4, 2, 2)


# --- The status ---


@pytest.mark.parametrize("state", [CallState.QUEUED, CallState.SENDING, CallState.UNKNOWN])
def test_it_is_being_sent_while_a_call_is_open(request_row: PrivacyRequest, state: CallState) -> None:
    settle(request_row, state)
    assert refreshed(request_row).status == RequestStatus.SENDING


@pytest.mark.parametrize("status", [JobStatus.SUBMITTED, JobStatus.PROCESSING, JobStatus.OTHER])
def test_adobe_is_working_while_a_job_is_open(request_row: PrivacyRequest, status: JobStatus) -> None:
    settle(request_row)
    jobs_become(request_row, JobStatus.COMPLETE, status)
    assert refreshed(request_row).status == RequestStatus.IN_PROGRESS


@pytest.mark.parametrize("reason", PersonReason)
@pytest.mark.parametrize("status", [JobStatus.SUBMITTED, JobStatus.COMPLETE, JobStatus.ERROR])
def test_a_call_that_needs_a_person_goes_before_everything(
    request_row: PrivacyRequest, reason: PersonReason, status: JobStatus
) -> None:
    settle(request_row, CallState.UNKNOWN, reason)
    jobs_become(request_row, status)
    assert refreshed(request_row).status == RequestStatus.ATTENTION
    assert progress.needs_person(request_row) == [reason]


@pytest.mark.parametrize("status", JOB_DONE)
def test_it_ends_with_its_last_job_well_or_with_errors(request_row: PrivacyRequest, status: JobStatus) -> None:
    settle(request_row)
    jobs_become(request_row, JobStatus.COMPLETE, status)
    row = refreshed(request_row)
    assert row.status == (RequestStatus.FAILED if status in JOB_FAILED else RequestStatus.COMPLETE)
    assert row.finished_at is not None


def test_it_ended_when_it_ended_first(request_row: PrivacyRequest) -> None:
    settle(request_row)
    jobs_become(request_row, JobStatus.COMPLETE)
    first = refreshed(request_row).finished_at
    assert refreshed(request_row).finished_at == first


def test_a_job_that_opens_again_opens_its_request(request_row: PrivacyRequest) -> None:
    settle(request_row)
    jobs_become(request_row, JobStatus.COMPLETE)
    refreshed(request_row)
    jobs_become(request_row, JobStatus.PROCESSING)
    row = refreshed(request_row)
    assert (row.status, row.finished_at, row.is_open) == (RequestStatus.IN_PROGRESS, None, True)


@pytest.mark.parametrize("status", [RequestStatus.PREPARING, RequestStatus.SHREDDED])
def test_a_request_that_is_not_counted_stays_as_it_is(request_row: PrivacyRequest, status: RequestStatus) -> None:
    PrivacyRequest.objects.update(status=status, jobs_done=5)
    settle(request_row)
    jobs_become(request_row, JobStatus.COMPLETE)
    row = refreshed(request_row)
    assert (row.status, row.jobs_done, row.finished_at) == (status, 5, None)


# --- The trail ---


def test_each_change_of_status_is_told_once_with_its_counts(request_row: PrivacyRequest) -> None:
    settle(request_row)
    jobs_become(request_row, JobStatus.COMPLETE, JobStatus.ERROR)
    for _ in range(3):
        progress.refresh(request_row.pk)
    (event,) = AuditEvent.objects.filter(action="request.failed")
    assert (event.root_id, event.actor_name, event.details) == (str(request_row.pk), "", {"jobs": 6, "failed": 3})


# --- Counting less ---


def test_a_call_that_moved_moves_the_status_without_a_count(request_row: PrivacyRequest) -> None:
    settle(request_row)
    jobs_become(request_row, JobStatus.SUBMITTED, JobStatus.COMPLETE)
    progress.calls_moved(request_row.pk)
    row = again(request_row)
    assert (row.status, row.jobs_total, row.jobs_done) == (RequestStatus.IN_PROGRESS, 6, 0)


def test_a_call_that_ends_its_request_counts_it(request_row: PrivacyRequest) -> None:
    settle(request_row, CallState.REJECTED)
    jobs_become(request_row, JobStatus.COMPLETE, JobStatus.NOT_SENT)
    progress.calls_moved(request_row.pk)
    row = again(request_row)
    assert (row.status, row.jobs_done, row.jobs_failed) == (RequestStatus.FAILED, 6, 3)
    assert row.finished_at is not None


def test_jobs_that_end_are_added(request_row: PrivacyRequest) -> None:
    settle(request_row)
    jobs_become(request_row, JobStatus.SUBMITTED)
    refreshed(request_row)
    progress.jobs_ended(request_row.pk, 2, 1)
    progress.jobs_ended(request_row.pk, 1, 0)
    row = again(request_row)
    assert (row.status, row.jobs_done, row.jobs_failed) == (RequestStatus.IN_PROGRESS, 3, 1)


def test_when_no_job_is_left_open_all_are_counted(request_row: PrivacyRequest) -> None:
    settle(request_row)
    jobs_become(request_row, JobStatus.COMPLETE)
    progress.jobs_ended(request_row.pk, 1, 1)
    row = again(request_row)
    assert (row.status, row.jobs_done, row.jobs_failed) == (RequestStatus.COMPLETE, 6, 0)


@pytest.mark.parametrize("status", [RequestStatus.COMPLETE, RequestStatus.ATTENTION])
def test_what_is_added_to_a_request_that_stood_still_counts_it_anew(request_row: PrivacyRequest, status: RequestStatus) -> None:
    settle(request_row)
    jobs_become(request_row, JobStatus.SUBMITTED, JobStatus.COMPLETE)
    PrivacyRequest.objects.filter(pk=request_row.pk).update(status=status)
    progress.jobs_ended(request_row.pk, 1, 0)
    row = again(request_row)
    assert (row.status, row.jobs_done) == (RequestStatus.IN_PROGRESS, 3)


def test_nothing_is_added_to_a_request_in_preparation(request_row: PrivacyRequest) -> None:
    PrivacyRequest.objects.filter(pk=request_row.pk).update(status=RequestStatus.PREPARING)
    progress.jobs_ended(request_row.pk, 1, 0)
    progress.calls_moved(request_row.pk)
    assert (again(request_row).status, again(request_row).jobs_done) == (RequestStatus.PREPARING, 0)
