"""A call that waits for a person, and whose jobs Adobe lists after all: what the listing shows is not sent a second time."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from datetime import timedelta

import pytest

from portal.models import Organization, User
from portal.outbound import CallState, PersonReason
from privacy import reconciling
from privacy.models import Submission
from tests.conftest import Simulator
from tests.files import confirmed_request, payload, people
from tests.steps import everything_due, let_pass, work

pytestmark = pytest.mark.django_db(transaction=True)

JOBS = {"method": "POST", "path": "/data/core/privacy/jobs"}


@pytest.fixture
def given_up_looking(transactional_db: None, simulator: Simulator, organization: Organization, officer: User) -> Submission:
    """Adobe took the call, its list lagged behind all looks, and another request's jobs keep the law listed."""
    confirmed_request(organization, officer, payload(people(1, prefix="other")))
    work("submit")
    request = confirmed_request(organization, officer, payload(people(3)))
    simulator.fault("accept_then_cut", match=JOBS, times=1)
    work("submit")
    simulator.fault("list_lag", seconds=10**6)
    for _ in range(3):
        let_pass(timedelta(hours=7))
        work("look")
    call = request.submissions.get()
    assert (call.state, call.person_reason) == (CallState.UNKNOWN, PersonReason.NONE_FOUND)
    simulator.control("faults", method="DELETE")
    return call


def test_what_the_listing_shows_later_is_not_sent_again(
    given_up_looking: Submission, simulator: Simulator, officer: User
) -> None:
    everything_due()
    work("list")
    with suppress(reconciling.CannotDecide):
        reconciling.send_missing(given_up_looking, officer)
    work("submit")
    assert set(Counter((entry["key"], entry["action"]) for entry in simulator.ledger()).values()) == {1}


def test_a_call_that_the_listing_shows_whole_needs_no_person(given_up_looking: Submission, simulator: Simulator) -> None:
    everything_due()
    work("list")
    given_up_looking.refresh_from_db()
    assert (given_up_looking.state, given_up_looking.person_reason) == (CallState.SENT, "")
