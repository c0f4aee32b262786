"""The verdict of a fault run: a good run is called good, and everything that is planted into it is found."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction
from django.utils import timezone

from hygiene.models import RecordDelete, ServiceProgress, WorkOrder
from portal import audit
from portal.models import Organization, User
from portal.outbound import CallState
from privacy.models import ConsentCall, Job, JobListing, OptOut, PrivacyRequest, ProductResponse, ResultArchive, Submission
from tests import hygiene_files, opt_outs
from tests.conftest import Simulator
from tests.faults.accounting import Confirmed, Kind, Ledgers, Verdict, judge, standing
from tests.files import people
from tests.states import finish, sent_request
from tests.steps import let_pass, work

pytestmark = pytest.mark.django_db

NOW, HOUR = timezone.now, timedelta(hours=1)


@dataclass
class Run:
    """A run that went well: three people, a record delete, an opt-out, all of it done."""

    confirmed: Confirmed
    ledgers: Ledgers
    organization: Organization
    officer: User
    thawed: dict[UUID, float] = field(default_factory=dict)

    def judge(self, began: standing.Mark | None = None) -> Verdict:
        return judge(self.confirmed, self.ledgers, began or standing.mark(), thawed=self.thawed)

    def change(self, **ledgers: Any) -> None:
        self.ledgers = replace(self.ledgers, **ledgers)

    def decided(self, action: str, row: Any) -> None:
        audit.record(action, actor=self.officer, organization=self.organization, obj=row)

    @property
    def job(self) -> Job:
        found: Job = Job.objects.get(action="access", subject__position=1)
        return found


@pytest.fixture
def run(media: Path, simulator: Simulator, organization: Organization, officer: User) -> Run:
    confirmed = Confirmed()
    users = people(3)
    confirmed.add_people(users)
    sent_request(organization, officer, users)
    hygiene_files.queued_delete(organization, officer, 3)
    confirmed.add_deletes("email", hygiene_files.emails(3))
    opt_outs.confirmed(organization, officer, opt_outs.payload("a@example.com", "b@example.com", ecids=()))
    confirmed.add_opt_outs("email", ["a@example.com", "b@example.com"])
    work("hygiene-submit", "consent")
    finish(simulator)
    simulator.control("workorders/finish", {})
    let_pass(timedelta(days=2))
    work("hygiene-detail", "detail", "archive")
    return Run(confirmed, Ledgers.of(simulator), organization, officer)


@contextmanager
def only_for_now(run: Run) -> Iterator[Run]:
    """What is changed inside is undone: one run serves for many plants."""
    with transaction.atomic():
        yield replace(run, confirmed=deepcopy(run.confirmed))
        transaction.set_rollback(True)


def found(verdict: Verdict) -> list[tuple[str, str]]:
    return [(str(finding.kind), finding.why) for finding in verdict.findings]


def test_a_good_run_is_called_good(run: Run) -> None:
    verdict = run.judge()
    assert found(verdict) == []
    assert verdict.holds
    assert verdict.numbers == {
        "jobs_confirmed": 6,
        "jobs_in_ledger": 6,
        "identities_confirmed": 3,
        "identities_in_ledger": 3,
        "orders_in_ledger": 1,
        "opt_outs_confirmed": 2,
        "opt_outs_in_ledger": 2,
        "results_compared": 3,
    }
    assert verdict.last_line(7) == ("faults: 7 injected, 6 jobs confirmed, 6 in the ledger, lost 0, doubled 0, stuck 0, wrong 0")


# --- What is planted: the change, and what must be found ---


def set_all(model: Any, **fields: Any) -> Callable[[Run], None]:
    return lambda _: model.objects.update(**fields)


def on_job(**fields: Any) -> Callable[[Run], None]:
    def plant(run: Run) -> None:
        Job.objects.filter(pk=run.job.pk).update(**fields)

    return plant


def adobe_lacks_a_job(run: Run) -> None:
    run.change(jobs=[entry for entry in run.ledgers.jobs if entry["jobId"] != run.job.adobe_job_id])


def nobody_has_a_row(run: Run) -> None:
    run.confirmed.add_people(people(1, "access", prefix="ghost"))


def unsent_job(state: str, job_status: str = "not_sent", **call: Any) -> Callable[[Run], None]:
    """Adobe has nothing of the call, and the call is in this state."""

    def plant(run: Run) -> None:
        run.change(jobs=[])
        Submission.objects.update(state=state, **call)
        Job.objects.update(status=job_status, adobe_job_id=None, next_poll_at=None)
        ResultArchive.objects.all().delete()

    return plant


def adobe_has_a_job_twice(run: Run) -> None:
    (entry,) = (entry for entry in run.ledgers.jobs if entry["jobId"] == run.job.adobe_job_id)
    run.change(jobs=[*run.ledgers.jobs, {**entry, "jobId": "again"}])


def adobe_has_a_person_under_two_keys(run: Run) -> None:
    entry = run.ledgers.jobs[0]
    run.change(jobs=[*run.ledgers.jobs, {**entry, "jobId": "again", "key": "person-1#OTHER"}])


def adobe_has_a_stranger(run: Run) -> None:
    run.change(jobs=[*run.ledgers.jobs, {**run.ledgers.jobs[0], "jobId": "strange", "key": "stranger#OTHER"}])


def two_jobs_changed_ids(run: Run) -> None:
    first, second = run.job, Job.objects.get(action="access", subject__position=2)
    Job.objects.filter(pk=first.pk).update(adobe_job_id="for a moment")
    Job.objects.filter(pk=second.pk).update(adobe_job_id=first.adobe_job_id)
    Job.objects.filter(pk=first.pk).update(adobe_job_id=second.adobe_job_id)


def a_result_was_changed(run: Run) -> None:
    run.change(digest_of=lambda _: "another")


def a_result_was_lost(run: Run) -> None:
    ResultArchive.objects.filter(job=run.job).update(path="nowhere")


def no_row_of_a_result(_: Run) -> None:
    ResultArchive.objects.all().delete()


def nothing_is_looked_at(run: Run) -> None:
    on_job(status="processing", next_poll_at=None)(run)
    JobListing.objects.all().delete()


def adobe_lacks_the_order(run: Run) -> None:
    run.change(orders=[])
    WorkOrder.objects.update(adobe_work_order_id=None, status="not_sent", state=CallState.CANCELLED)


def adobe_has_the_order_twice(run: Run) -> None:
    run.change(orders=[*run.ledgers.orders, {**run.ledgers.orders[0], "workorderId": "DI-again"}])


def adobe_has_an_identity_in_a_second_order(run: Run) -> None:
    group = {"namespace": {"code": "email"}, "ids": ["person1@example.com"]}
    other = {"workorderId": "DI-other", "displayName": "x [PP-AAAAAAAAAAAAAAAA]", "namespacesIdentities": [group]}
    run.change(orders=[*run.ledgers.orders, {**run.ledgers.orders[0], **other}])


def adobe_has_the_opt_out_twice(run: Run) -> None:
    run.change(consents=[*run.ledgers.consents, {**run.ledgers.consents[0], "n": 2}])


def adobe_lacks_the_opt_out(run: Run) -> None:
    run.change(consents=[])


def a_value_was_never_confirmed(run: Run) -> None:
    run.confirmed.opt_outs.clear()


LATER = timedelta(days=9)
PLANTED: dict[str, tuple[Callable[[Run], None], list[tuple[str, str]]]] = {
    "nobody has it": (nobody_has_a_row, [("lost", "confirmed, and neither Adobe nor a row of ours has it")]),
    "sent, and not there": (
        adobe_lacks_a_job,
        [("lost", "Adobe has no job, and its call is sent"), ("wrong", "it has an id that Adobe never gave")],
    ),
    "cancelled by nobody": (unsent_job("cancelled"), [("lost", "Adobe has no job, and its call is cancelled")] * 6),
    "sent, and never heard of": (
        unsent_job("sent", "waiting"),
        [("lost", "Adobe has no job, and its call is sent")] * 6
        + [("wrong", "its call counts as sent, and Adobe has no job")] * 6
        + [("stuck", "job waits, and no call of it is open")] * 6,
    ),
    "twice": (adobe_has_a_job_twice, [("doubled", "2 jobs for one person and action")]),
    "under two keys": (adobe_has_a_person_under_two_keys, [("doubled", "2 keys for one person and action")]),
    "never confirmed": (adobe_has_a_stranger, [("wrong", "Adobe has a job that nobody confirmed")]),
    "another person's job": (
        two_jobs_changed_ids,
        [("wrong", "it has the id of another person's job"), ("wrong", "the stored result is not the one that Adobe has")] * 2,
    ),
    "not sent, and there": (
        on_job(adobe_job_id=None, status="not_sent"),
        [("wrong", "Adobe has it, and its call is sent")],
    ),
    "complete without an id": (on_job(adobe_job_id=None), [("wrong", "it is complete without an id of Adobe's")]),
    "failed here": (
        on_job(status="error"),
        [("wrong", "it is error here and complete at Adobe")],
    ),
    "gone here": (on_job(status="gone"), [("wrong", "it is gone here and complete at Adobe")]),
    "another product's state": (
        set_all(ProductResponse, status="processing"),
        [("wrong", "its products are not where they are at Adobe")] * 6,
    ),
    "another result": (a_result_was_changed, [("wrong", "the stored result is not the one that Adobe has")] * 3),
    "no file of a result": (a_result_was_lost, [("wrong", "the stored result is not the one that Adobe has")]),
    "no row of a result": (
        no_row_of_a_result,
        [("wrong", "Adobe has a result, and nothing here waits for it")] * 3,
    ),
    "results given up": (
        set_all(ResultArchive, status="expired"),
        [("wrong", "the result counts as gone, and Adobe has it")] * 3,
    ),
    "an order lost": (adobe_lacks_the_order, [("lost", "Adobe has no such order, and it is cancelled here")]),
    "an order twice": (adobe_has_the_order_twice, [("doubled", "2 orders with one reference")]),
    "an identity in a second order": (
        adobe_has_an_identity_in_a_second_order,
        [
            ("wrong", "Adobe has an order that no row of ours stands for"),
            ("doubled", "1 identities were accepted more often than confirmed"),
        ],
    ),
    "an order not sent, and there": (
        set_all(WorkOrder, adobe_work_order_id=None, status="not_sent", state="rejected"),
        [("wrong", "Adobe has it, and it is rejected here")],
    ),
    "an order's strange id": (
        set_all(WorkOrder, adobe_work_order_id="DI-strange"),
        [("wrong", "it has an id that Adobe gave to no order of this reference")],
    ),
    "an order failed here": (
        set_all(WorkOrder, status="failed"),
        [("wrong", "it is failed here and completed at Adobe")],
    ),
    "another service's state": (
        set_all(ServiceProgress, status="waiting"),
        [("wrong", "its services are not where they are at Adobe")],
    ),
    "an opt-out lost": (
        adobe_lacks_the_opt_out,
        [
            ("lost", "Adobe has no such consent call, and it is sent here"),
            ("wrong", "it counts as sent, and Adobe has no such call"),
        ],
    ),
    "an opt-out twice": (adobe_has_the_opt_out_twice, [("doubled", "2 consent calls with one reference")]),
    "an opt-out never confirmed": (
        a_value_was_never_confirmed,
        [("wrong", "2 values were accepted more often than confirmed")],
    ),
    "an opt-out cancelled, and there": (
        set_all(ConsentCall, state="cancelled"),
        [("wrong", "Adobe has it, and it is cancelled here")],
    ),
    "a queued call far in the future": (
        set_all(ConsentCall, state="queued", next_attempt_at=NOW() + LATER),
        [("stuck", "consent call queued is due only in the far future")],
    ),
    "an unknown call that nobody looks for": (
        set_all(Submission, state="unknown", next_look_at=None),
        [("stuck", "call unknown has no due time")],
    ),
    "an unknown order that nobody looks for": (
        set_all(WorkOrder, state="unknown", next_look_at=None),
        [("stuck", "work order unknown has no due time")],
    ),
    "an open job that is not looked at": (
        nothing_is_looked_at,
        [("stuck", "job has no due time")],
    ),
    "an open order that is not looked at": (
        set_all(WorkOrder, status="ingested", next_poll_at=None),
        [("stuck", "work order at Adobe has no due time")],
    ),
    "a request that is not counted": (
        set_all(PrivacyRequest, status="in_progress"),
        [("stuck", "request counts as open, and nothing of it is")],
    ),
    "an opt-out that is not counted": (
        set_all(OptOut, status="sending"),
        [("stuck", "opt-out counts as open, and nothing of it is")],
    ),
    "a record delete that is not counted": (
        set_all(RecordDelete, status="in_progress"),
        [("stuck", "record delete counts as open, and nothing of it is")],
    ),
    "deletes that wait for nothing": (
        set_all(Submission, state="queued", waits_for_access=True),
        [("stuck", "call waits for results of access, and none is on its way")],
    ),
}  # fmt: skip


def test_everything_that_is_planted_is_found(run: Run) -> None:
    differences = {}
    for name, (plant, expected) in PLANTED.items():
        with only_for_now(run) as spoilt:
            plant(spoilt)
            verdict = spoilt.judge()
            if sorted(found(verdict)) != sorted(expected) or verdict.holds:
                differences[name] = found(verdict)
            # Ids only: nothing of a person.
            texts = " ".join(str(finding) for finding in verdict.findings)
            assert "@" not in texts
            assert "person-" not in texts
    assert differences == {}
    assert run.judge().holds


# --- With a person ---


def refused(run: Run) -> None:
    unsent_job("rejected")(run)


def undecided(run: Run) -> None:
    unsent_job("unknown", "waiting", person_reason="none_found")(run)


def given_up(run: Run) -> None:
    unsent_job("cancelled")(run)
    run.decided("call.decided", Submission.objects.get())


def request_cancelled(run: Run) -> None:
    unsent_job("cancelled")(run)
    run.decided("request.cancelled", PrivacyRequest.objects.get())


def on_hold(run: Run) -> None:
    unsent_job("queued", "waiting")(run)
    run.organization.hold("forbidden")


def deletes_wait_for_a_person(run: Run) -> None:
    unsent_job("queued", "waiting", waits_for_access=True)(run)
    PrivacyRequest.objects.update(status="attention")


def test_what_is_visibly_with_a_person_is_not_lost(run: Run) -> None:
    for plant in (refused, undecided, given_up, request_cancelled, on_hold, deletes_wait_for_a_person):
        with only_for_now(run) as spoilt:
            plant(spoilt)
            verdict = spoilt.judge()
            assert (plant.__name__, found(verdict), verdict.numbers["with_a_person"]) == (plant.__name__, [], 6)


def test_orders_and_opt_outs_may_be_with_a_person_too(run: Run) -> None:
    run.change(orders=[], consents=[])
    WorkOrder.objects.update(state="unknown", person_reason="none_found", status="waiting", adobe_work_order_id=None)
    ConsentCall.objects.update(state="unknown", person_reason="no_list")
    verdict = run.judge()
    assert found(verdict) == []
    assert verdict.numbers["with_a_person"] == 5


def test_a_person_who_is_asked_about_what_adobe_has_is_counted(run: Run) -> None:
    Submission.objects.update(state="unknown", person_reason="none_found")
    Job.objects.update(adobe_job_id=None, status="waiting")
    ResultArchive.objects.all().delete()
    ConsentCall.objects.update(state="unknown", person_reason="no_list")
    verdict = run.judge()
    assert found(verdict) == []
    assert verdict.numbers["with_a_person_though_adobe_has_it"] == 7


# --- The known residue ---


def test_a_frozen_call_that_adobe_has_twice_is_told_apart(run: Run) -> None:
    """If and only if it is exactly that: the whole call a second time."""
    call = Submission.objects.get()
    again = [{**entry, "jobId": f"again-{entry['jobId']}", "call": 99} for entry in run.ledgers.jobs]
    run.change(jobs=[*run.ledgers.jobs, *again])
    assert run.judge().count(Kind.DOUBLED) == 6
    run.thawed = {call.pk: 0}
    verdict = run.judge()
    assert (verdict.count(Kind.RESIDUE), verdict.count(Kind.DOUBLED), verdict.holds) == (6, 0, True)
    # Both were taken in while the process still stood: that was somebody else.
    run.thawed = {call.pk: time.time() + 60}
    assert (run.judge().count(Kind.RESIDUE), run.judge().count(Kind.DOUBLED)) == (0, 6)
    run.thawed = {call.pk: 0}
    # A part of it is something else.
    run.change(jobs=run.ledgers.jobs[:-1])
    assert (run.judge().count(Kind.RESIDUE), run.judge().count(Kind.DOUBLED)) == (0, 5)


def test_a_frozen_order_or_opt_out_is_told_apart(run: Run) -> None:
    adobe_has_the_order_twice(run)
    adobe_has_the_opt_out_twice(run)
    run.thawed = {WorkOrder.objects.get().pk: 0, ConsentCall.objects.get().pk: 0}
    verdict = run.judge()
    assert (verdict.count(Kind.RESIDUE), verdict.holds) == (2, True)


def test_a_double_without_an_alarm_is_counted(run: Run) -> None:
    adobe_has_a_job_twice(run)
    assert run.judge().numbers["doubled_without_an_alarm"] == 1
    Job.objects.filter(pk=run.job.pk).update(extra_adobe_job_ids=["again"])
    assert run.judge().numbers["doubled_without_an_alarm"] == 0


# --- Moving, or not ---


def overdue(model: Any, name: str, **fields: Any) -> None:
    model.objects.update(**{name: NOW() - HOUR}, **fields)


STANDING: dict[str, tuple[Callable[[], None], str]] = {
    "call queued": (partial(overdue, Submission, "next_attempt_at", state="queued"), "attempts"),
    "call sending": (partial(overdue, Submission, "claimed_at", state="sending"), "attempts"),
    "call unknown": (partial(overdue, Submission, "next_look_at", state="unknown"), "looks_done"),
    "consent call queued": (partial(overdue, ConsentCall, "next_attempt_at", state="queued"), "attempts"),
    "work order queued": (partial(overdue, WorkOrder, "next_attempt_at", state="queued"), "attempts"),
    "result": (partial(overdue, ResultArchive, "next_attempt_at", status="waiting"), "attempts"),
    "request": (partial(overdue, PrivacyRequest, "next_attempt_at", status="preparing"), "people_prepared"),
    "record delete": (partial(overdue, RecordDelete, "next_attempt_at", status="preparing"), "identities_prepared"),
}  # fmt: skip
MODELS: dict[str, Any] = {
    "call": Submission, "consent": ConsentCall, "work": WorkOrder, "result": ResultArchive, "request": PrivacyRequest,
    "record": RecordDelete,
}  # fmt: skip


def test_what_is_overdue_and_does_not_move_is_stuck(run: Run) -> None:
    for name, (make, moves) in STANDING.items():
        with only_for_now(run):
            make()
            rows = MODELS[name.split(maxsplit=1)[0]].objects.all()
            began = standing.mark()
            assert stuck_in(run, began) == [f"{name} is overdue and does not move"] * rows.count()
            rows.update(**{moves: 7})
            assert stuck_in(run, began) == []


def stuck_in(run: Run, began: standing.Mark) -> list[str]:
    return [finding.why for finding in run.judge(began).findings if finding.kind == Kind.STUCK]


def test_an_open_job_moves_as_long_as_its_law_is_listed(run: Run) -> None:
    on_job(status="processing", next_poll_at=NOW() + timedelta(days=1))(run)
    JobListing.objects.update(next_list_at=NOW() - HOUR)
    began = standing.mark()
    assert found(run.judge(began)) == [("stuck", "job is overdue and does not move")]
    JobListing.objects.update(next_list_at=NOW() + timedelta(seconds=1))
    verdict = run.judge(began)
    assert found(verdict) == []
    assert (verdict.numbers["moving_rows"], verdict.numbers["behind_adobe"]) == (1, 1)


def test_what_waits_until_a_time_that_its_page_tells_is_not_stuck(run: Run) -> None:
    until = NOW() + LATER
    WorkOrder.objects.update(state="queued", next_attempt_at=until + timedelta(minutes=1), waits_for_quota_until=until)
    Submission.objects.update(state="queued", next_attempt_at=until, last_error="day_limit")
    assert found(run.judge()) == []


def test_what_is_open_on_hold_waits_for_an_administrator(run: Run) -> None:
    overdue(Submission, "next_attempt_at", state="queued")
    began = standing.mark()
    run.organization.hold("forbidden")
    verdict = run.judge(began)
    assert found(verdict) == []
    assert verdict.numbers["open_on_hold"] == 1


def test_what_is_not_written_yet_moves(run: Run) -> None:
    """Whether its preparation does is another question."""
    nobody_has_a_row(run)
    PrivacyRequest.objects.update(status="preparing", next_attempt_at=NOW() + timedelta(seconds=9))
    verdict = run.judge()
    assert found(verdict) == []
    assert verdict.numbers["moving"] == 1
