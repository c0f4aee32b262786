"""Asking again for what failed: only the failed people, only the failed products, each once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal.models import AuditEvent, Organization, User
from privacy import intake, progress, recalling, reconciling, resubmission, shredding
from privacy.intake import NotPossible, preparing
from privacy.models import DataSubject, IdentityDigest, Job, PrivacyRequest, ProductResponse
from privacy.statuses import JobStatus, Origin, RequestStatus
from tests.conftest import Simulator
from tests.files import confirmed_request, payload, people
from tests.states import again, finish, sent_request, undecided_request
from tests.steps import work

pytestmark = pytest.mark.django_db(transaction=True)

MIXED = [
    *people(2),
    *people(1, "delete", prefix="analytics-error-a"),
    *people(1, "access", "delete", prefix="jobfailure-b"),
    *people(1, "delete", prefix="analytics-error-c"),
]


@pytest.fixture
def failed(transactional_db: None, simulator: Simulator, organization: Organization, officer: User) -> PrivacyRequest:
    """Of five people, 3 and 5 failed in Analytics only, 4 failed in both products, for access and for deletion."""
    request = sent_request(organization, officer, MIXED, priority="low")
    finish(simulator)
    return again(request)


def prepared(requests: list[PrivacyRequest]) -> list[PrivacyRequest]:
    """The new requests with their people."""
    for _ in requests:
        assert intake.prepare_next() == 1
    return [again(one) for one in requests]


def asked(simulator: Simulator, request: PrivacyRequest) -> set[tuple[str, str]]:
    """(officer's key, action) of what Adobe took of a request, by our keys."""
    keys = {subject.wire_key: subject.officer_key for subject in request.subjects.select_related("request__data_key")}
    return {(keys[e["key"]] or "", e["action"]) for e in simulator.ledger() if e["key"] in keys}


def test_it_asks_only_for_the_people_and_products_that_failed(
    failed: PrivacyRequest, officer: User, simulator: Simulator
) -> None:
    assert failed.status == RequestStatus.FAILED
    plan = resubmission.plan_of(failed)
    assert {part.products: part.actions for part in plan.parts} == {
        ("analytics",): {3: ("delete",), 5: ("delete",)},
        ("analytics", "profileService"): {4: ("access", "delete")},
    }
    assert (plan.people, [part.calls for part in plan.parts]) == (3, [1, 1])
    before = len(simulator.ledger())
    one, both = prepared(resubmission.resubmit(failed, officer))
    work("submit")
    assert asked(simulator, one) == {("analytics-error-a-1", "delete"), ("analytics-error-c-1", "delete")}
    assert asked(simulator, both) == {("jobfailure-b-1", "access"), ("jobfailure-b-1", "delete")}
    assert len(simulator.ledger()) == before + 4
    assert {tuple(entry["include"]) for entry in simulator.ledger()[before:] if entry["action"] == "access"} == {
        ("analytics", "profileService")
    }


def test_a_new_request_is_linked_and_the_laws_clock_runs_on(failed: PrivacyRequest, officer: User) -> None:
    one, _ = prepared(resubmission.resubmit(failed, officer))
    assert (one.origin, one.resubmission_of, one.created_by) == (Origin.RESUBMISSION, failed, officer)
    assert (one.regulation, one.received_on, one.due_on) == (failed.regulation, failed.received_on, failed.due_on)
    assert (one.products, one.people, one.jobs_total, one.status) == (["analytics"], 2, 2, RequestStatus.SENDING)
    assert (one.envelope["priority"], one.envelope["products"]) == ("low", ["analytics"])
    assert (one.data_key_id is not None, one.data_key_id != failed.data_key_id) == (True, True)
    told = AuditEvent.objects.filter(action="request.resubmitted")
    assert {event.details["number"] for event in told} == set(failed.resubmissions.values_list("number", flat=True))


def test_people_are_sealed_anew_under_keys_of_the_new_request(failed: PrivacyRequest, officer: User) -> None:
    one, _ = prepared(resubmission.resubmit(failed, officer))
    old = DataSubject.objects.select_related("request__data_key").get(request=failed, position=3)
    new = DataSubject.objects.select_related("request__data_key").get(request=one, position=3)
    assert (new.officer_key, new.identities, new.actions) == (old.officer_key, old.identities, ["delete"])
    assert (new.wire_key != old.wire_key, new.wire_key_digest != old.wire_key_digest) == (True, True)
    assert new.identities_sealed != old.identities_sealed
    digests = IdentityDigest.objects.order_by("digest").values_list("digest", flat=True)
    assert [bytes(d) for d in digests.filter(subject=new)] == [bytes(d) for d in digests.filter(subject=old)]
    shredding.shred(failed, officer)
    assert DataSubject.objects.select_related("request__data_key").get(pk=new.pk).identities == new.identities


def test_a_second_press_asks_for_nothing_a_second_time(failed: PrivacyRequest, officer: User, simulator: Simulator) -> None:
    made = resubmission.resubmit(failed, officer)
    with pytest.raises(NotPossible, match=f"again already, in {made[0].number} and {made[1].number}"):
        resubmission.resubmit(failed, officer)
    prepared(made)
    work("submit")
    finish(simulator)
    # It failed there too: from there it is asked again, and from the first one still not.
    with pytest.raises(NotPossible, match="again already"):
        resubmission.resubmit(failed, officer)
    (third,) = prepared(resubmission.resubmit(again(made[0]), officer))
    assert third.resubmission_of == made[0]
    assert sorted(third.subjects.values_list("position", flat=True)) == [3, 5]


def test_a_cancelled_resubmission_can_be_made_again(failed: PrivacyRequest, officer: User) -> None:
    one, both = resubmission.resubmit(failed, officer)
    recalling.cancel(one, officer)
    prepared([both])
    recalling.cancel(both, officer)
    assert len(resubmission.resubmit(failed, officer)) == 2


def test_a_part_of_what_failed_can_be_chosen_and_the_rest_later(failed: PrivacyRequest, officer: User) -> None:
    only_third = Job.objects.filter(subject__position=3)
    (first,) = resubmission.resubmit(failed, officer, jobs=only_third)
    assert list(first.subjects.values_list("position", flat=True)) == [3]
    (second,) = resubmission.resubmit(failed, officer, products=["profileService"])
    assert (second.products, list(second.subjects.values_list("position", flat=True))) == (["profileService"], [4])
    plan = resubmission.plan_of(failed)
    assert {part.products: part.actions for part in plan.parts} == {("analytics",): {4: ("access", "delete"), 5: ("delete",)}}
    assert plan.asked_in == tuple(sorted([first.number, second.number]))


@pytest.mark.parametrize("status", [JobStatus.GONE, JobStatus.NOT_SENT])
def test_jobs_that_were_lost_are_asked_of_the_products_that_said_nothing(
    transactional_db: None, organization: Organization, officer: User, status: JobStatus
) -> None:
    request = confirmed_request(organization, officer, payload(people(2, "delete")))
    request.submissions.update(state="sent")
    request.jobs.update(status=status)
    job = request.jobs.order_by("subject__position")[0]
    ProductResponse.objects.create(
        job=job, request=request, product="Analytics", product_code="analytics", status=JobStatus.COMPLETE
    )
    progress.refresh(request.pk)
    plan = resubmission.plan_of(again(request))
    assert {part.products: list(part.actions) for part in plan.parts} == {
        ("profileService",): [1],
        ("analytics", "profileService"): [2],
    }
    assert plan.unsure == (2 if status == JobStatus.GONE else 0)


def test_it_refuses_when_nothing_failed_or_the_people_are_gone(
    transactional_db: None, simulator: Simulator, organization: Organization, officer: User
) -> None:
    request = sent_request(organization, officer, people(2))
    with pytest.raises(NotPossible, match="Nothing of this failed"):
        resubmission.resubmit(request, officer)
    finish(simulator)
    with pytest.raises(NotPossible, match="Nothing of this failed"):
        resubmission.resubmit(request, officer)
    shredding.shred(again(request), officer)
    with pytest.raises(NotPossible, match="was removed"):
        resubmission.resubmit(request, officer)
    PrivacyRequest.objects.update(status=RequestStatus.COMPLETE, origin=Origin.ELSEWHERE, data_key=organization.data_key)
    with pytest.raises(NotPossible, match="made outside the portal"):
        resubmission.resubmit(request, officer)


def test_recall_period_and_access_first_hold_for_it_too(failed: PrivacyRequest, officer: User, simulator: Simulator) -> None:
    Organization.objects.update(recall_minutes=10, access_before_delete=True)
    before = len(simulator.ledger())
    one, both = prepared(resubmission.resubmit(failed, officer))
    assert (one.access_first, both.access_first) == (False, True)
    assert both.recall_until is not None
    work("submit")
    assert len(simulator.ledger()) == before
    PrivacyRequest.objects.update(recall_until=both.created_at - timedelta(minutes=1))
    work("submit")
    assert asked(simulator, both) == {("jobfailure-b-1", "access")}


# --- Crashes ---


def wire_keys(request: PrivacyRequest) -> dict[int, bytes]:
    """The digest of each person's key at Adobe."""
    return {subject.position: bytes(subject.wire_key_digest or b"") for subject in request.subjects.all()}


def test_a_worker_that_dies_while_preparing_it_is_followed_by_one_that_starts_over(
    failed: PrivacyRequest, officer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preparing, "BATCH_PEOPLE", 1)
    one, both = resubmission.resubmit(failed, officer)
    recalling.cancel(both, officer)

    def die(*_: object) -> None:
        raise RuntimeError("the worker dies")

    with monkeypatch.context() as dying:
        dying.setattr("privacy.writing.Writer.finish", die)
        with pytest.raises(RuntimeError):
            intake.prepare_next()
    keys = wire_keys(one)
    PrivacyRequest.objects.filter(pk=one.pk).update(next_attempt_at=one.created_at)
    assert intake.prepare_next() == 1
    one = again(one)
    assert (one.status, one.jobs.count(), one.submissions.count()) == (RequestStatus.SENDING, 2, 1)
    assert IdentityDigest.objects.filter(subject__request=one).count() == 2
    assert wire_keys(one) == keys


def test_the_first_request_is_not_shredded_while_its_people_are_still_needed(failed: PrivacyRequest, officer: User) -> None:
    made = resubmission.resubmit(failed, officer)
    with pytest.raises(shredding.NotShreddable, match="just being asked for again"):
        shredding.shred(failed, officer)
    prepared(made)
    shredding.shred(again(failed), officer)


def test_without_the_first_requests_people_it_says_so_and_sends_nothing(failed: PrivacyRequest, officer: User) -> None:
    one, _ = resubmission.resubmit(failed, officer)
    assert failed.data_key is not None
    failed.data_key.destroy()
    work("prepare")
    one = again(one)
    assert (one.status, one.jobs.count(), one.subjects.count()) == (RequestStatus.FAILED, 0, 0)
    assert AuditEvent.objects.filter(action="request.first_lost").count() == 2


def test_a_first_request_that_was_shredded_all_the_same_is_said(failed: PrivacyRequest, officer: User) -> None:
    one, _ = resubmission.resubmit(failed, officer)
    PrivacyRequest.objects.filter(resubmission_of=failed).update(status=RequestStatus.CANCELLED)
    shredding.shred(again(failed), officer)
    # As a shredding leaves it whose check came before these were made.
    PrivacyRequest.objects.filter(resubmission_of=failed).update(status=RequestStatus.PREPARING)
    work("prepare")
    assert (again(one).status, again(one).jobs.count()) == (RequestStatus.FAILED, 0)


def test_what_was_given_up_may_be_done_and_that_is_counted(
    transactional_db: None, simulator: Simulator, organization: Organization, officer: User
) -> None:
    request = undecided_request(organization, officer, simulator, "cut_before_answer")
    reconciling.give_up(request.submissions.get(), officer)
    plan = resubmission.plan_of(again(request))
    assert (plan.people, plan.unsure) == (3, 6)
