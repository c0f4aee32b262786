"""Doubled jobs are an alarm, also when a person decides about the rest of the call before all of it is found."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from portal.models import Organization, User
from portal.outbound import PersonReason
from privacy import reconciling
from privacy.models import Submission
from privacy.statuses import RequestStatus
from tests.conftest import Simulator
from tests.files import confirmed_request, payload, people
from tests.steps import let_pass, work

pytestmark = pytest.mark.django_db(transaction=True)

JOBS = {"method": "POST", "path": "/data/core/privacy/jobs"}


@pytest.mark.parametrize("decide", [reconciling.send_missing, reconciling.give_up])
def test_a_decision_about_a_part_does_not_hide_what_is_doubled(
    transactional_db: None,
    simulator: Simulator,
    organization: Organization,
    officer: User,
    decide: Callable[[Submission, User], Any],
) -> None:
    request = confirmed_request(organization, officer, payload(people(3)))
    simulator.fault("double", match=JOBS, times=1)
    simulator.fault("accept_then_cut", match=JOBS, times=1)
    work("submit")
    lost = simulator.ledger()[0]["key"]
    for entry in simulator.ledger():
        if entry["key"] == lost:
            simulator.control(f"jobs/{entry['jobId']}", method="DELETE")
    for _ in range(3):
        let_pass(timedelta(hours=7))
        work("look")
    call = request.submissions.get()
    assert call.person_reason == PersonReason.SOME_FOUND
    decide(call, officer)
    call.refresh_from_db()
    request.refresh_from_db()
    assert (call.person_reason, request.status) == (PersonReason.DOUBLED, RequestStatus.ATTENTION)
