"""One outbound call: every change of its state is a condition on the row, proved on the real model of a call."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.conf import LazySettings
from django.db.models import Q
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from portal import outbound
from portal.models import Organization, User
from portal.outbound import (
    OPEN_STATES,
    TERMINAL_STATES,
    CallState,
    Claim,
    PersonReason,
    backoff,
    look_is_too_late,
    mark_unfinished_as_unknown,
    next_look,
    queued_fields,
    release_stale,
    sent_fields,
    unknown_fields,
)
from privacy.models import PrivacyRequest, Submission
from privacy.querysets import SubmissionQuerySet
from privacy.statuses import RequestStatus
from tests.conftest import make_organization
from tests.files import RECEIVED_ON

pytestmark = pytest.mark.django_db
ANY = Q()
NO_TIME = timedelta(minutes=1)


@pytest.fixture
def call(organization: Organization, officer: User) -> Submission:
    """A call that waits to be sent."""
    return make_call(organization, officer)


def make_call(organization: Organization, officer: User, **fields: Any) -> Submission:
    """A call of a request that is being sent."""
    number = f"PR-2026-{PrivacyRequest.objects.count():06}"
    request = PrivacyRequest.objects.create(
        number=number, organization=organization, created_by=officer, received_on=RECEIVED_ON, status=RequestStatus.SENDING
    )
    fields = {"ordinal": 1, "people": 1, "expected_jobs": 1, "has_deletes": True} | fields
    return Submission.objects.create(request=request, **fields)


def claim(call: Submission, sendable: Q = ANY) -> Claim | None:
    """Try to take it."""
    return outbound.claim(Submission.objects.all(), call.pk, sendable)


def claimed(call: Submission) -> Claim:
    """Take it."""
    held = claim(call)
    assert held is not None
    return held


def change(call: Submission, **fields: Any) -> None:
    """What happened to the row meanwhile."""
    Submission.objects.filter(pk=call.pk).update(**fields)


def row(call: Submission) -> dict[str, Any]:
    """The row as it is."""
    return Submission.objects.filter(pk=call.pk).values().get()


def is_about(moment: datetime | None, expected: datetime) -> bool:
    """Equal but for the time that the test itself takes."""
    return moment is not None and abs(moment - expected) < NO_TIME


def test_every_state_is_either_open_or_terminal() -> None:
    assert set(OPEN_STATES) | set(TERMINAL_STATES) == set(CallState)
    assert not set(OPEN_STATES) & set(TERMINAL_STATES)


# --- Claim ---


def test_a_claim_marks_the_row_as_being_sent(call: Submission, settings: LazySettings) -> None:
    before = time.monotonic()
    change(call, first_byte_at=timezone.now() - timedelta(days=1))
    held = claimed(call)
    now = row(call)
    assert (now["state"], now["claim_token"], now["attempts"]) == (CallState.SENDING, held.token, 1)
    assert is_about(now["claimed_at"], timezone.now())
    assert now["first_byte_at"] is None
    assert before + settings.CLAIM_SECONDS <= held.deadline <= time.monotonic() + settings.CLAIM_SECONDS


@pytest.mark.parametrize("state", [state for state in CallState if state != CallState.QUEUED])
def test_only_a_queued_call_can_be_claimed(call: Submission, state: CallState) -> None:
    change(call, state=state)
    before = row(call)
    assert claim(call) is None
    assert row(call) == before


def test_a_call_that_is_not_due_cannot_be_claimed(call: Submission) -> None:
    change(call, next_attempt_at=timezone.now() + timedelta(minutes=5))
    before = row(call)
    assert claim(call) is None
    assert row(call) == before


def test_a_call_is_claimed_once(call: Submission) -> None:
    first = claimed(call)
    assert claim(call) is None
    assert row(call)["claim_token"] == first.token
    assert row(call)["attempts"] == 1


def test_a_claim_takes_its_own_call_only(call: Submission, organization: Organization, officer: User) -> None:
    other = make_call(organization, officer)
    claimed(call)
    assert row(other)["state"] == CallState.QUEUED


def test_a_row_that_is_gone_cannot_be_claimed(call: Submission) -> None:
    assert outbound.claim(Submission.objects.all(), uuid4(), ANY) is None


def test_the_condition_of_the_caller_is_part_of_the_claim(call: Submission, officer: User) -> None:
    other = make_call(make_organization(ims_org_id="1123456789ABCDEF01234567@AdobeOrg", name="B"), officer)
    call.request.organization.hold("limit")
    assert claim(call, SubmissionQuerySet.SENDABLE) is None
    assert claim(other, SubmissionQuerySet.SENDABLE) is not None
    call.request.organization.resume()
    assert claim(call, SubmissionQuerySet.SENDABLE) is not None


def test_a_call_of_a_request_that_is_still_prepared_cannot_be_claimed(call: Submission) -> None:
    PrivacyRequest.objects.update(status=RequestStatus.PREPARING)
    assert claim(call, SubmissionQuerySet.SENDABLE) is None


# --- The last look before the first byte ---


def test_the_first_byte_is_noted_while_the_claim_holds(call: Submission) -> None:
    held = claimed(call)
    assert held.still_held()
    now = row(call)
    assert is_about(now["first_byte_at"], timezone.now())
    assert now["first_sent_at"] == now["first_byte_at"]


def test_the_earliest_first_byte_of_any_attempt_is_kept(call: Submission) -> None:
    earlier = timezone.now() - timedelta(hours=3)
    change(call, first_sent_at=earlier)
    assert claimed(call).still_held()
    assert row(call)["first_sent_at"] == earlier
    assert is_about(row(call)["first_byte_at"], timezone.now())


def test_nothing_may_be_sent_after_the_deadline(call: Submission, settings: LazySettings) -> None:
    settings.CLAIM_SECONDS = 0
    held = claimed(call)
    before = row(call)
    assert not held.still_held()
    assert row(call) == before


@pytest.mark.parametrize("state", [state for state in CallState if state != CallState.SENDING])
def test_nothing_may_be_sent_when_the_row_has_moved_on(call: Submission, state: CallState) -> None:
    held = claimed(call)
    change(call, state=state)
    before = row(call)
    assert not held.still_held()
    assert row(call) == before


def test_nothing_may_be_sent_when_another_has_the_claim(call: Submission) -> None:
    held = claimed(call)
    change(call, claim_token=uuid4())
    assert not held.still_held()
    assert row(call)["first_byte_at"] is None


# --- Settle ---


@pytest.mark.parametrize("state", [CallState.SENT, CallState.REJECTED, CallState.UNKNOWN, CallState.QUEUED])
def test_the_one_who_has_the_claim_settles_the_call(call: Submission, state: CallState) -> None:
    assert claimed(call).settle(state, last_error="why", http_status=200)
    now = row(call)
    assert (now["state"], now["last_error"], now["http_status"]) == (state, "why", 200)


def test_a_call_is_settled_once(call: Submission) -> None:
    held = claimed(call)
    assert held.settle(CallState.SENT, **sent_fields(200))
    before = row(call)
    assert not held.settle(CallState.REJECTED, last_error="late")
    assert row(call) == before


def test_a_late_answer_settles_what_the_sweep_has_called_unknown(call: Submission) -> None:
    held = claimed(call)
    assert held.still_held()
    change(call, claimed_at=timezone.now() - timedelta(hours=1))
    assert release_stale(Submission.objects.all()) == [(call.pk, CallState.UNKNOWN)]
    assert held.settle(CallState.SENT, **sent_fields(200))
    now = row(call)
    assert (now["state"], now["last_error"], now["unknown_since"], now["next_look_at"]) == (CallState.SENT, "", None, None)


def test_a_late_answer_does_not_settle_what_was_claimed_anew(call: Submission) -> None:
    late = claimed(call)
    change(call, state=CallState.UNKNOWN)
    change(call, state=CallState.QUEUED, **queued_fields(0, "not_found_in_list"))
    fresh = claimed(call)
    before = row(call)
    assert not late.settle(CallState.SENT, **sent_fields(200))
    assert row(call) == before
    assert fresh.settle(CallState.SENT, **sent_fields(200))


@pytest.mark.parametrize("state", [CallState.QUEUED, CallState.SENT, CallState.REJECTED, CallState.CANCELLED])
def test_a_late_answer_does_not_move_what_has_left(call: Submission, state: CallState) -> None:
    late = claimed(call)
    change(call, state=state)
    before = row(call)
    assert not late.settle(CallState.SENT, **sent_fields(200))
    assert row(call) == before


# --- What each outcome writes ---


def test_a_sent_call_waits_for_nothing(call: Submission) -> None:
    change(call, **(unknown_fields("timeout") | {"token_refused": True, "person_reason": PersonReason.NONE_FOUND}))
    change(call, state=CallState.SENT, **sent_fields(202))
    now = row(call)
    assert is_about(now["settled_at"], timezone.now())
    assert (now["http_status"], now["last_error"], now["person_reason"], now["token_refused"]) == (202, "", "", False)
    assert (now["unknown_since"], now["next_look_at"]) == (None, None)


def test_a_queued_call_is_due_after_its_delay(call: Submission) -> None:
    change(call, first_byte_at=timezone.now(), **unknown_fields("timeout"))
    change(call, state=CallState.QUEUED, **queued_fields(90, "throttled", 429))
    now = row(call)
    assert is_about(now["next_attempt_at"], timezone.now() + timedelta(seconds=90))
    assert (now["last_error"], now["http_status"]) == ("throttled", 429)
    assert (now["first_byte_at"], now["unknown_since"], now["next_look_at"]) == (None, None, None)


def test_an_unknown_call_is_looked_for_after_the_first_delay(call: Submission, settings: LazySettings) -> None:
    settings.LOOK_AFTER_SECONDS = [300.0, 1800.0]
    change(call, looks_done=2, person_reason=PersonReason.SOME_FOUND)
    change(call, state=CallState.UNKNOWN, **unknown_fields("timeout", 504))
    now = row(call)
    assert is_about(now["unknown_since"], timezone.now())
    assert now["next_look_at"] - now["unknown_since"] == timedelta(seconds=300)
    assert (now["looks_done"], now["person_reason"], now["last_error"], now["http_status"]) == (0, "", "timeout", 504)


# --- Calls whose process died ---


def test_a_call_whose_claim_ran_out_becomes_unknown(call: Submission, settings: LazySettings) -> None:
    held = claimed(call)
    assert held.still_held()
    change(call, claimed_at=timezone.now() - timedelta(seconds=settings.CLAIM_SECONDS + 1))
    assert release_stale(Submission.objects.all()) == [(call.pk, CallState.UNKNOWN)]
    now = row(call)
    assert (now["state"], now["last_error"], now["claim_token"]) == (CallState.UNKNOWN, "claim_ran_out", held.token)
    assert now["next_look_at"] > timezone.now()
    assert release_stale(Submission.objects.all()) == []


def test_a_call_that_never_came_to_its_first_byte_goes_back_into_the_queue(call: Submission) -> None:
    held = claimed(call)
    change(call, claimed_at=timezone.now() - timedelta(hours=1))
    assert release_stale(Submission.objects.all()) == [(call.pk, CallState.QUEUED)]
    now = row(call)
    assert (now["last_error"], now["claim_token"], now["unknown_since"]) == ("claim_ran_out", None, None)
    assert now["next_attempt_at"] > timezone.now()
    # Whoever held the claim may live on: it can neither send any more, nor say what became of the call.
    assert not held.still_held()
    assert not held.settle(CallState.SENT, **sent_fields(200))
    change(call, next_attempt_at=timezone.now())
    fresh = claimed(call)
    assert not held.still_held()
    assert fresh.still_held()


def test_a_call_that_was_on_its_way_before_is_looked_for_though_this_attempt_sent_nothing(call: Submission) -> None:
    change(call, first_sent_at=timezone.now() - timedelta(days=1))
    claimed(call)
    change(call, claimed_at=timezone.now() - timedelta(hours=1))
    assert release_stale(Submission.objects.all()) == [(call.pk, CallState.UNKNOWN)]


def test_a_call_within_its_claim_is_left_alone(call: Submission, settings: LazySettings) -> None:
    claimed(call)
    change(call, claimed_at=timezone.now() - timedelta(seconds=settings.CLAIM_SECONDS - 60))
    before = row(call)
    assert release_stale(Submission.objects.all()) == []
    assert row(call) == before


@pytest.mark.parametrize("state", [state for state in CallState if state != CallState.SENDING])
def test_only_a_call_that_is_being_sent_can_go_stale(call: Submission, state: CallState) -> None:
    change(call, state=state, claimed_at=timezone.now() - timedelta(days=1), claim_token=uuid4())
    before = row(call)
    assert release_stale(Submission.objects.all()) == []
    assert row(call) == before


# --- After a restore ---


@pytest.mark.parametrize("state", OPEN_STATES)
def test_after_a_restore_no_open_call_is_believed(call: Submission, state: CallState) -> None:
    held = claimed(call)
    change(call, state=state, person_reason=PersonReason.NONE_FOUND, looks_done=3)
    assert mark_unfinished_as_unknown(Submission.objects.all()) == 1
    now = row(call)
    assert (now["state"], now["last_error"], now["claim_token"]) == (CallState.UNKNOWN, "restored_from_backup", None)
    assert (now["looks_done"], now["person_reason"]) == (0, "")
    assert now["next_look_at"] <= timezone.now()
    # Far enough back to find what was sent between the backup and the restore.
    assert now["first_sent_at"] == now["created_at"]
    assert not held.still_held()
    assert not held.settle(CallState.SENT, **sent_fields(200))
    assert claim(call) is None


def test_after_a_restore_the_first_byte_that_is_known_stands(call: Submission) -> None:
    sent_at = timezone.now() - timedelta(days=2)
    change(call, state=CallState.UNKNOWN, first_sent_at=sent_at)
    mark_unfinished_as_unknown(Submission.objects.all())
    assert row(call)["first_sent_at"] == sent_at


@pytest.mark.parametrize("state", TERMINAL_STATES)
def test_after_a_restore_what_was_finished_stays(call: Submission, state: CallState) -> None:
    change(call, state=state)
    before = row(call)
    assert mark_unfinished_as_unknown(Submission.objects.all()) == 0
    assert row(call) == before


# --- When to look, when to try again ---


def test_the_looks_come_at_their_times_and_end(settings: LazySettings) -> None:
    settings.LOOK_AFTER_SECONDS = [300.0, 1800.0, 21600.0]
    since = timezone.now()
    times = [next_look(since, done) for done in range(4)]
    assert times == [since + timedelta(seconds=seconds) for seconds in (300, 1800, 21600)] + [None]
    assert next_look(since, 7) is None


def test_a_look_that_is_overdue_is_due_now(settings: LazySettings) -> None:
    settings.LOOK_AFTER_SECONDS = [300.0, 1800.0]
    due = next_look(timezone.now() - timedelta(days=1), 1)
    assert due is not None
    assert due < timezone.now()


def test_a_look_comes_too_late_when_the_list_does_not_reach_back(settings: LazySettings) -> None:
    settings.ADOBE_LOOK_BACK_DAYS = 45
    now = timezone.now()
    assert not look_is_too_late(None)
    assert not look_is_too_late(now - timedelta(days=45) + NO_TIME)
    assert look_is_too_late(now - timedelta(days=45) - NO_TIME)


@given(st.integers(-5, 10_000), st.floats(0.1, 100), st.floats(100, 10_000))
def test_the_back_off_doubles_within_its_bounds(attempts: int, first: float, longest: float) -> None:
    base = min(first * 2 ** min(max(attempts - 1, 0), 16), longest)
    seconds = backoff(attempts, first=first, longest=longest)
    assert base <= seconds <= base * 1.25
    assert first <= seconds <= longest * 1.25


def test_the_back_off_grows_and_spreads_out() -> None:
    assert [5 * 2**number <= backoff(number + 1) < 5 * 2**number * 1.25 + 0.01 for number in range(7)] == [True] * 7
    assert 900 <= backoff(40) <= 1125
    assert len({backoff(3) for _ in range(50)}) > 10
