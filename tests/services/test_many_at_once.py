"""Many workers at the same rows at the same moment, on a real PostgreSQL: what the conditions on the rows are for."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import count
from threading import Barrier
from typing import TypeVar
from uuid import UUID, uuid4

import pytest
from django.conf import LazySettings
from django.db import connection
from django.db.models import Q
from django.utils import timezone

from portal import audit, crypto, leases, outbound, rotation, steps
from portal.models import AuditEvent, AuditLeaf, AuditSeal, Counter, DataKey, Organization, User, Wakeup
from privacy import reconciling
from privacy.models import Job, JobListing, PrivacyRequest, Submission
from privacy.querysets import SubmissionQuerySet
from privacy.statuses import RequestStatus
from tests.files import RECEIVED_ON
from tests.portal.master_keys import entry

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]
WORKERS = 8
T = TypeVar("T")


def at_once(work: Callable[[], T]) -> list[T]:
    """What each of many threads got that began at the same moment, each with a connection of its own."""
    start = Barrier(WORKERS)

    def run() -> T:
        try:
            start.wait(timeout=30)
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(WORKERS) as pool:
        return [future.result() for future in [pool.submit(run) for _ in range(WORKERS)]]


def make_calls(organization: Organization, officer: User, count: int) -> list[Submission]:
    """Calls that wait to be sent."""
    request = PrivacyRequest.objects.create(
        number="PR-1", organization=organization, created_by=officer, received_on=RECEIVED_ON, status=RequestStatus.SENDING
    )
    return [
        Submission.objects.create(request=request, ordinal=number, people=1, expected_jobs=1, has_deletes=True)
        for number in range(count)
    ]


def test_each_call_is_claimed_by_one_worker(organization: Organization, officer: User) -> None:
    calls = make_calls(organization, officer, 20)

    def claim_all() -> list[object]:
        every = Submission.objects.all()
        return [call.pk for call in calls if outbound.claim(every, call.pk, SubmissionQuerySet.SENDABLE)]

    claimed = [pk for mine in at_once(claim_all) for pk in mine]
    assert sorted(claimed, key=str) == sorted((call.pk for call in calls), key=str)
    assert set(Submission.objects.values_list("attempts", flat=True)) == {1}


def test_one_of_many_officers_decides_about_a_call(organization: Organization, officer: User) -> None:
    (call,) = make_calls(organization, officer, 1)
    Job.objects.create(organization=organization, request=call.request, submission=call, action="delete")
    Submission.objects.update(state=outbound.CallState.UNKNOWN, person_reason=outbound.PersonReason.NONE_FOUND)
    call.refresh_from_db()

    def decide() -> str:
        try:
            reconciling.send_missing(call, officer)
        except reconciling.CannotDecide:
            return "too late"
        return "sent"

    assert sorted(at_once(decide)) == ["sent"] + ["too late"] * (WORKERS - 1)
    assert sorted(Submission.objects.values_list("state", flat=True)) == ["cancelled", "queued"]


def test_a_call_may_be_sent_by_one_worker_when_it_is_settled_and_claimed_anew(organization: Organization, officer: User) -> None:
    (call,) = make_calls(organization, officer, 1)
    sent: list[object] = []

    def take_turns() -> int:
        turns = 0
        for _ in range(25):
            held = outbound.claim(Submission.objects.all(), call.pk, Q())
            if held is None:
                continue
            turns += 1
            assert held.still_held()
            sent.append(held.token)
            assert sent[-1] == held.token
            assert held.settle(outbound.CallState.QUEUED, **outbound.queued_fields(0, "throttled"))
        return turns

    turns = sum(at_once(take_turns))
    assert turns == len(sent) == len(set(sent)) == Submission.objects.get(pk=call.pk).attempts
    assert turns > 0


def test_no_row_is_leased_twice(organization: Organization) -> None:
    past = timezone.now() - timedelta(hours=1)
    JobListing.objects.bulk_create(
        JobListing(organization=organization, regulation=f"law{number}", next_list_at=past) for number in range(200)
    )

    def take_until_none_is_left() -> list[int]:
        mine: list[int] = []
        for _ in range(200):
            due = JobListing.objects.filter(next_list_at__lte=timezone.now()).order_by("next_list_at", "pk")
            if not due.exists():
                break
            mine += leases.take(due, "next_list_at", most=7, seconds=600)[1]
        return mine

    leased = [pk for mine in at_once(take_until_none_is_left) for pk in mine]
    assert sorted(leased) == sorted(JobListing.objects.values_list("pk", flat=True))


def test_sealers_leave_one_chain_over_every_event() -> None:
    audit.record_many([audit.AuditRecord("test.done") for _ in range(200)])

    def write_and_seal() -> int:
        made = 0
        for _ in range(20):
            audit.record("test.done", actor=None, organization=None, obj=None)
            made += audit.seal(limit=25) is not None
        return made

    made = sum(at_once(write_and_seal))
    while audit.seal():
        made += 1
    report = audit.verify()
    assert (report.ok, report.reason, report.unsealed) == (True, "", 0)
    assert report.seals == made == AuditSeal.objects.count()
    assert report.events == AuditEvent.objects.count() == AuditLeaf.objects.count() == 200 + 20 * WORKERS


def test_a_number_is_given_once() -> None:
    given = [number for mine in at_once(lambda: [Counter.next("PR-2026") for _ in range(20)]) for number in mine]
    assert sorted(given) == list(range(1, 20 * WORKERS + 1))


def test_one_wake_up_is_published(monkeypatch: pytest.MonkeyPatch) -> None:
    published = at_once(lambda: steps._mark_published("send", {}))
    assert published.count(True) == 1
    Wakeup.objects.update(published_at=None)
    assert at_once(lambda: steps._mark_published("send", {})).count(True) == 1


def test_rotations_at_once_lose_no_key(settings: LazySettings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rotation, "BATCH", 10)
    settings.MASTER_KEYS = entry("old")
    keys = [DataKey.objects.make("test", uuid4()) for _ in range(60)]
    sealed = {key.pk: crypto.box_for(key).seal("label", str(key.pk).encode()) for key in keys}
    settings.MASTER_KEYS = f"{entry('new')},{entry('old')}"
    done = at_once(lambda: sum(batch.rewrapped for batch in rotation.rotate()))
    assert sum(done) == 60
    assert rotation.left_under() == {"new": 60, "old": 0}
    settings.MASTER_KEYS = entry("new")
    for key in DataKey.objects.all():
        assert crypto.box_for(key).open("label", sealed[key.pk]) == str(key.pk).encode()


def test_different_buttons_for_one_call_never_wait_for_each_other_in_a_circle(organization: Organization, officer: User) -> None:
    for call in make_calls(organization, officer, 10):
        unknown = outbound.unknown_fields("cut") | {"state": "unknown", "person_reason": "none_found"}
        Submission.objects.filter(pk=call.pk).update(**unknown)
        Job.objects.create(organization=organization, request=call.request, submission=call, action="delete")
        turn = count()

        def decide(pk: UUID = call.pk, turn: count[int] = turn) -> str:
            row = Submission.objects.select_related("request__organization").get(pk=pk)
            act = (reconciling.give_up, reconciling.send_missing, reconciling.look_again)[next(turn) % 3]
            try:
                act(row, officer)
            except reconciling.CannotDecide:
                return "refused"
            return act.__name__

        decided = set(at_once(decide)) - {"refused"}
        assert decided in ({"give_up"}, {"send_missing"}, {"look_again"})
