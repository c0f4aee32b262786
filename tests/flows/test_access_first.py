"""Access before delete: nothing is deleted before every access result is safe, unless a person says so."""

from __future__ import annotations

import json
from collections import Counter
from datetime import timedelta
from uuid import UUID

import pytest

from portal.models import AuditEvent, Organization, User
from portal.outbound import CallState
from privacy import access_first, archive, intake, progress, reconciling, releasing, submission
from privacy.intake import NotPossible
from privacy.models import Job, PrivacyRequest, ResultArchive, Submission
from privacy.statuses import ArchiveStatus, JobStatus, RequestStatus
from tests.conftest import Simulator
from tests.files import confirmed_request, payload, people, stored_upload
from tests.states import CREATE, again, finish, look
from tests.steps import let_pass, work

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def patient(transactional_db: None, simulator: Simulator, organization: Organization) -> Organization:
    """An organization that deletes only what it has collected, two people a call."""
    organization.access_before_delete, organization.max_people_per_call = True, 2
    organization.save(update_fields=["access_before_delete", "max_people_per_call"])
    return organization


def sent(organization: Organization, user: User, users: list[dict[str, object]] | None = None) -> PrivacyRequest:
    """Three people who want both; everything that may go out is at Adobe."""
    request = confirmed_request(organization, user, payload(users or people(3)))
    work("submit")
    return again(request)


def actions_at(simulator: Simulator) -> Counter[str]:
    """How many jobs of each action Adobe has taken."""
    return Counter(entry["action"] for entry in simulator.ledger())


def access_jobs(request: PrivacyRequest) -> list[Job]:
    """In the order of the people."""
    return list(request.jobs.filter(action="access").order_by("subject__position"))


# --- Confirm and prepare ---


def test_access_and_deletes_go_in_calls_of_their_own_as_few_as_possible(patient: Organization, officer: User) -> None:
    users = [*people(3), *people(2, "delete", prefix="leaver"), *people(1, "access", prefix="curious")]
    request = confirmed_request(patient, officer, payload(users))
    assert request.access_first
    calls = request.submissions.order_by("ordinal").values_list("waits_for_access", "people", "expected_jobs", "has_deletes")
    assert sorted(calls) == [
        (False, 2, 2, False),
        (False, 2, 2, False),
        (True, 1, 1, True),
        (True, 2, 2, True),
        (True, 2, 2, True),
    ]
    for call in request.submissions.all():
        assert {(job.action != "access") for job in call.jobs.all()} == {call.waits_for_access}
    assert list(request.submissions.order_by("ordinal").values_list("ordinal", flat=True)) == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("default", "choice", "users", "waits"),
    [
        (True, None, people(2), True),
        (False, None, people(2), False),
        (False, True, people(2), True),
        (True, False, people(2), False),
        # Nobody asks for both: there is nothing to wait for.
        (True, True, [*people(2, "access"), *people(2, "delete", prefix="leaver")], False),
        (True, True, people(2, "delete"), False),
    ],
)
def test_the_person_who_confirms_has_the_last_word(
    organization: Organization, officer: User, default: bool, choice: bool | None, users: list[dict[str, object]], waits: bool
) -> None:
    organization.access_before_delete = default
    organization.save(update_fields=["access_before_delete"])
    upload = stored_upload(organization, officer, json.dumps(payload(users)).encode())
    intake.check(upload)
    (request,) = intake.confirm(upload, officer, access_first=choice)
    assert request.access_first is waits


def test_opt_outs_beside_it_wait_for_nothing(patient: Organization, officer: User) -> None:
    users = [*people(2), *people(2, "opt-out-of-sale", prefix="seller")]
    upload = stored_upload(patient, officer, json.dumps(payload(users, regulation="ccpa")).encode())
    intake.check(upload)
    both, opt_outs = intake.confirm(upload, officer, agreed_to_two=True)
    assert (both.access_first, opt_outs.access_first) == (True, False)


# --- Waiting and going out ---


def test_deletes_go_out_only_when_the_last_result_is_safe(patient: Organization, officer: User, simulator: Simulator) -> None:
    request = sent(patient, officer)
    assert actions_at(simulator) == {"access": 3}
    assert request.status == RequestStatus.IN_PROGRESS
    finish(simulator, *access_jobs(request)[:2])
    work("submit")
    assert actions_at(simulator) == {"access": 3}
    held = request.submissions.held_for_access().values_list("pk", flat=True)
    assert [submission.send(call_id) for call_id in held] == [False, False]
    # Complete at Adobe is not yet safe here.
    simulator.control("finish", {"jobIds": [access_jobs(request)[2].adobe_job_id]})
    let_pass(timedelta(days=2))
    work("list", "detail", "submit")
    assert actions_at(simulator) == {"access": 3}
    work("archive")
    assert not request.submissions.held_for_access().exists()
    assert AuditEvent.objects.get(action="request.deletes_released").details == {"calls": 2, "results": 3}
    work("submit")
    assert actions_at(simulator) == {"access": 3, "delete": 3}
    finish(simulator)
    assert again(request).status == RequestStatus.COMPLETE


def test_the_same_person_has_the_same_key_in_both_calls(patient: Organization, officer: User, simulator: Simulator) -> None:
    request = sent(patient, officer)
    finish(simulator)
    work("submit")
    keys = {action: sorted(e["key"] for e in simulator.ledger() if e["action"] == action) for action in ("access", "delete")}
    assert keys["access"] == keys["delete"]
    assert request.jobs.exclude(adobe_job_id=None).count() == 6


def test_a_worker_that_dies_after_storing_a_result_has_released_the_deletes_with_it(
    patient: Organization, officer: User, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both are in one transaction: when the release fails, the result counts as not fetched, and the next try does both."""
    request = sent(patient, officer)
    simulator.control("finish", {})
    let_pass(timedelta(days=2))
    work("list", "detail")

    def die(*_: object) -> None:
        raise RuntimeError("the worker dies")

    with monkeypatch.context() as dying:
        dying.setattr(progress, "refresh", die)
        with pytest.raises(RuntimeError):
            archive.fetch_next()
    assert set(ResultArchive.objects.values_list("status", flat=True)) == {ArchiveStatus.WAITING}
    assert request.submissions.held_for_access().count() == 2
    let_pass(timedelta(hours=1))
    work("archive", "submit")
    assert actions_at(simulator) == {"access": 3, "delete": 3}


def test_a_call_of_unknown_outcome_stays_unknown_and_its_missing_part_waits_too(
    patient: Organization, officer: User, simulator: Simulator
) -> None:
    """After a restore nobody knows whether the deletes went out: they are looked for, and what is missing waits for access."""
    request = sent(patient, officer, people(2))
    held = request.submissions.get(waits_for_access=True)
    request.submissions.filter(pk=held.pk).update(state=CallState.UNKNOWN, person_reason="none_found")
    fresh = reconciling.send_missing(again_call(held.pk), officer)
    assert fresh.waits_for_access
    work("submit")
    assert actions_at(simulator) == {"access": 2}
    finish(simulator)
    work("submit")
    assert actions_at(simulator) == {"access": 2, "delete": 2}


def again_call(call_id: UUID) -> Submission:
    """The call as it stands."""
    found: Submission = Submission.objects.select_related("request__organization").get(pk=call_id)
    return found


# --- When a result will not come ---


def lose(kind: str, request: PrivacyRequest, simulator: Simulator) -> None:
    """The first person's access ends in this way, the others' well."""
    first, *others = access_jobs(request)
    if kind == "error":
        finish(simulator)
        return
    if kind == "not_sent":
        Job.objects.filter(pk=first.pk).update(status=JobStatus.NOT_SENT, next_poll_at=None)
    finish(simulator, *others)
    if kind == "gone":
        simulator.control(f"jobs/{first.adobe_job_id}", method="DELETE")
        look()
        let_pass(timedelta(hours=2))
        look()
    elif kind == "no_result":
        Job.objects.filter(pk=first.pk).update(status=JobStatus.COMPLETE, next_poll_at=None)
    elif kind in ("not_fetched", "expired"):
        Job.objects.filter(pk=first.pk).update(status=JobStatus.COMPLETE, next_poll_at=None)
        status = ArchiveStatus.FAILED if kind == "not_fetched" else ArchiveStatus.EXPIRED
        ResultArchive.objects.create(job=first, request=request, status=status)
    progress.refresh(request.pk)


@pytest.mark.parametrize("kind", ["error", "gone", "not_sent", "no_result", "not_fetched", "expired"])
def test_a_result_that_will_not_come_is_a_matter_for_a_person(
    patient: Organization, officer: User, simulator: Simulator, kind: str
) -> None:
    users = people(3)
    if kind == "error":
        users[0] = people(1, prefix="jobfailure")[0]
    request = sent(patient, officer, users)
    lose(kind, request, simulator)
    work("submit")
    request = again(request)
    assert request.status == RequestStatus.ATTENTION
    assert actions_at(simulator) == {"access": 3}
    results = access_first.results_of(request)
    assert (results.safe, results.waiting, {name for name, count in results.lost.items() if count}) == (2, 0, {kind})
    assert results.reasons[0].startswith("1 ")
    releasing.send_anyway(request, officer)
    assert AuditEvent.objects.get(action="request.deletes_sent_anyway").details == {"calls": 2, "results": 1}
    assert again(request).status == RequestStatus.SENDING
    work("submit")
    assert actions_at(simulator) == {"access": 3, "delete": 3}
    with pytest.raises(NotPossible, match="No delete of this request waits any more"):
        releasing.send_anyway(request, officer)


def test_a_person_may_close_the_deletes_instead(patient: Organization, officer: User, simulator: Simulator) -> None:
    request = sent(patient, officer)
    releasing.do_not_send(request, officer)
    assert set(request.jobs.filter(action="delete").values_list("status", flat=True)) == {JobStatus.NOT_SENT}
    assert set(request.submissions.filter(has_deletes=True).values_list("state", flat=True)) == {CallState.CANCELLED}
    finish(simulator)
    work("submit")
    assert actions_at(simulator) == {"access": 3}
    assert again(request).status == RequestStatus.FAILED
    with pytest.raises(NotPossible, match="waits any more"):
        releasing.do_not_send(request, officer)


def test_results_that_are_on_their_way_are_not_given_up(patient: Organization, officer: User) -> None:
    request = sent(patient, officer)
    with pytest.raises(NotPossible, match="still on their way"):
        releasing.send_anyway(request, officer)
    assert request.submissions.held_for_access().count() == 2


def test_a_result_that_is_fetched_at_a_second_try_lets_them_go(
    patient: Organization, officer: User, simulator: Simulator
) -> None:
    request = sent(patient, officer)
    simulator.control("finish", {})
    look_without_results()
    ResultArchive.objects.update(attempts=archive.MOST_ATTEMPTS - 1)
    simulator.fault("truncated_zip", times=1)
    let_pass(timedelta(hours=1))
    archive.fetch_next()
    assert again(request).status == RequestStatus.ATTENTION
    lost = ResultArchive.objects.select_related("job__organization", "request").get(status=ArchiveStatus.FAILED)
    assert archive.fetch_again(lost, officer)
    assert again(request).status == RequestStatus.IN_PROGRESS
    work("archive", "submit")
    assert actions_at(simulator) == {"access": 3, "delete": 3}


def look_without_results() -> None:
    """Ask Adobe about the jobs, and fetch nothing yet."""
    let_pass(timedelta(days=2))
    work("list", "detail")


def test_a_throttled_access_call_holds_the_deletes_too(patient: Organization, officer: User, simulator: Simulator) -> None:
    simulator.fault("throttle", match=CREATE, times=1, retry_after=30)
    request = sent(patient, officer)
    assert "delete" not in actions_at(simulator)
    assert again(request).status == RequestStatus.SENDING
