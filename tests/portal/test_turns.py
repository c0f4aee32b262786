"""Turns: whoever has waited longest is served next, however much another organization has waiting."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from itertools import islice
from typing import Any

import pytest
from django.db import models
from django.utils import timezone

from hygiene.models import ExpirationOrder, RecordDelete, WorkOrder
from portal import leases, turns
from portal.models import Organization, Pace, User, WebhookDelivery
from portal.outbound import CallState
from privacy.models import ConsentCall, Job, JobListing, JobSync, PrivacyRequest, ResultArchive, Submission, Upload
from privacy.statuses import JobStatus, RequestStatus
from tests.conftest import OTHER_IMS_ORG, make_organization

pytestmark = pytest.mark.django_db
LONG_AGO = timezone.now() - timedelta(days=2)


@pytest.fixture(autouse=True)
def nothing_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "_memory", turns._Memory())


@pytest.fixture
def small(organization: Organization) -> Organization:
    """The other organization, with little to do."""
    return make_organization(ims_org_id=OTHER_IMS_ORG, name="Small")


def request_of(organization: Organization, number: str, **fields: Any) -> PrivacyRequest:
    due_on, status = fields.pop("due_on", None), fields.pop("status", RequestStatus.SENDING)
    return PrivacyRequest.objects.create(
        organization=organization, number=number, regulation="gdpr", received_on=date(2026, 1, 1), due_on=due_on, status=status
    )


def call_of(request: PrivacyRequest, ordinal: int = 1, **fields: Any) -> Submission:
    return Submission.objects.create(
        **{
            "request": request,
            "ordinal": ordinal,
            "people": 1,
            "expected_jobs": 1,
            "has_deletes": False,
            "next_attempt_at": LONG_AGO,
        }
        | fields
    )


def listing(organization: Organization, number: int) -> JobListing:
    return JobListing.objects.create(organization=organization, regulation=f"law{number}", next_list_at=LONG_AGO)


def job(organization: Organization, number: int) -> Job:
    request = request_of(organization, f"{organization.name}-{number}")
    return Job.objects.create(
        organization=organization, request=request, action="access", status=JobStatus.SUBMITTED, next_poll_at=LONG_AGO
    )


def archive(organization: Organization, number: int) -> ResultArchive:
    made = job(organization, number)
    return ResultArchive.objects.create(job=made, request=made.request, next_attempt_at=LONG_AGO)


def lost_call(organization: Organization, number: int) -> Submission:
    request = request_of(organization, f"{organization.name}-{number}")
    return call_of(request, state=CallState.UNKNOWN, next_look_at=LONG_AGO)


def confirmed(organization: Organization, number: int) -> PrivacyRequest:
    made = request_of(organization, f"{organization.name}-{number}", status=RequestStatus.PREPARING)
    PrivacyRequest.objects.filter(pk=made.pk).update(next_attempt_at=LONG_AGO)
    return made


def due_listings() -> models.QuerySet[Any]:
    return JobListing.objects.due(timezone.now())


STEPS: dict[str, tuple[Callable[[Organization, int], models.Model], Callable[[], models.QuerySet[Any]], str]] = {
    "prepare": (confirmed, lambda: PrivacyRequest.objects.to_prepare(timezone.now()), "next_attempt_at"),
    "look": (lost_call, lambda: Submission.objects.due_to_look(timezone.now()), "next_look_at"),
    "list": (listing, due_listings, "next_list_at"),
    "detail": (job, lambda: Job.objects.due_for_detail(timezone.now()), "next_poll_at"),
    "archive": (archive, lambda: ResultArchive.objects.due_to_fetch(timezone.now()), "next_attempt_at"),
}


@pytest.mark.parametrize("step", STEPS)
def test_the_second_batch_of_a_step_is_the_other_organization_s(
    organization: Organization, small: Organization, step: str
) -> None:
    make, due, due_field = STEPS[step]
    for number in range(6):
        make(organization, number)
    only = make(small, 0)
    batches = [leases.take(due(), due_field, most=2, seconds=60)[1] for _ in range(3)]
    assert [only.pk] in batches[:2]
    assert sorted(map(len, batches)) == [1, 2, 2]


def test_whoever_comes_later_has_the_next_turn(organization: Organization, small: Organization) -> None:
    for number in range(5):
        listing(organization, number)
    leases.take(due_listings(), "next_list_at", most=1, seconds=60)
    late = listing(small, 0)
    turns._memory.waiting = turns.Remembered()
    assert leases.take(due_listings(), "next_list_at", most=1, seconds=60)[1] == [late.pk]


def test_old_knowledge_never_hides_what_waits(organization: Organization, small: Organization) -> None:
    listing(organization, 0)
    leases.take(due_listings(), "next_list_at", most=9, seconds=60)
    turns._memory.waiting._answers = {key: (ids, float("inf")) for key, (ids, _) in turns._memory.waiting._answers.items()}
    late = listing(small, 0)
    assert leases.take(due_listings(), "next_list_at", most=9, seconds=60)[1] == [late.pk]


def test_calls_go_in_turns_and_the_nearest_due_date_first(organization: Organization, small: Organization) -> None:
    never = call_of(request_of(organization, "1"))
    later = call_of(request_of(organization, "2", due_on=date(2026, 3, 2)), next_attempt_at=LONG_AGO - timedelta(days=1))
    soon = call_of(request_of(organization, "3", due_on=date(2026, 3, 1)))
    only = call_of(request_of(small, "4"))
    order = []
    for _ in range(4):
        call_id = next(turns.ids_in_turn(Submission.objects.due_to_send(timezone.now())))
        Submission.objects.filter(pk=call_id).update(state=CallState.SENT)
        turns._memory.urgent = turns.Remembered()
        turns._memory.waiting = turns.Remembered()
        order.append(call_id)
    assert [one for one in order if one != only.pk] == [soon.pk, later.pk, never.pk]
    assert only.pk in order[:2]


def test_the_one_served_longest_ago_is_next_whichever_process_served(organization: Organization, small: Organization) -> None:
    calls = {organization: call_of(request_of(organization, "1")), small: call_of(request_of(small, "2"))}
    for first, second in ((organization, small), (small, organization)):
        turns.had_its_turn(first.pk)
        turns.had_its_turn(second.pk)
        assert next(turns.ids_in_turn(Submission.objects.due_to_send(timezone.now()))) == calls[first].pk
    assert Pace.objects.count() == 2


def test_every_call_is_offered_once(organization: Organization, small: Organization) -> None:
    calls = [call_of(request_of(one, f"{one.name}-{number}")) for one in (organization, small) for number in range(3)]
    offered = list(turns.ids_in_turn(Submission.objects.due_to_send(timezone.now())))
    assert sorted(offered) == sorted(call.pk for call in calls)


@pytest.mark.parametrize(
    ("model", "path"),
    [
        (Submission, "request__organization"),
        (ConsentCall, "opt_out__organization"),
        (ResultArchive, "job__organization"),
        (WebhookDelivery, "endpoint__organization"),
        *((one, "organization") for one in (Job, JobListing, JobSync, PrivacyRequest, Upload, WorkOrder, RecordDelete)),
        (ExpirationOrder, "organization"),
    ],
)
def test_every_row_of_a_step_leads_to_its_organization(model: type[models.Model], path: str) -> None:
    assert turns.path_to_organization(model) == path


def test_a_row_of_nobody_is_an_error_and_no_guess() -> None:
    with pytest.raises(LookupError):
        turns.path_to_organization(User._meta.get_field("groups").related_model)


def test_a_call_that_waits_again_is_not_offered_from_what_was_seen_before(organization: Organization) -> None:
    calls = [call_of(request_of(organization, str(number))) for number in range(2)]
    due = Submission.objects.due_to_send(timezone.now())
    assert list(islice(turns.ids_in_turn(due), 1)) == [calls[0].pk]
    for answers in (turns._memory.urgent._answers, turns._memory.waiting._answers):
        answers.update({key: (ids, float("inf")) for key, (ids, _) in answers.items()})
    Submission.objects.filter(pk=calls[0].pk).update(next_attempt_at=timezone.now() + timedelta(hours=1))
    assert list(turns.ids_in_turn(due)) == [calls[1].pk]
