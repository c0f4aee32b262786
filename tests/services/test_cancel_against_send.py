"""Cancelling a request at the moment at which a worker sends it: one of the two wins, and nobody is told the other thing."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

from portal.models import Organization, User
from portal.outbound import CallState
from privacy import recalling, submission
from privacy.intake import NotPossible
from privacy.models import PrivacyRequest
from privacy.statuses import JobStatus, RequestStatus
from tests.conftest import Simulator
from tests.files import confirmed_request, payload, people
from tests.states import again

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]

TIMES = 20


def at_the_same_moment(request: PrivacyRequest, user: User) -> bool:
    """A person cancels and a worker sends. Returns whether the person was told that it is cancelled."""
    barrier = threading.Barrier(2)

    def cancel() -> bool:
        barrier.wait()
        try:
            recalling.cancel(request, user)
        except NotPossible:
            return False
        return True

    def send() -> int:
        barrier.wait()
        return submission.send_next()

    def run(act: Any) -> Any:
        try:
            return act()
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        cancelled, _ = pool.map(run, (cancel, send))
    return bool(cancelled)


def test_it_is_cancelled_and_adobe_has_nothing_or_it_is_sent_and_the_person_is_told(
    transactional_db: None, simulator: Simulator, organization: Organization, officer: User
) -> None:
    organization.max_people_per_call = 1
    organization.save(update_fields=["max_people_per_call"])
    for number in range(TIMES):
        request = confirmed_request(organization, officer, payload(people(2, "access", prefix=f"round{number}-")))
        before = len(simulator.ledger())
        cancelled = at_the_same_moment(request, officer)
        states = set(request.submissions.values_list("state", flat=True))
        at_adobe = len(simulator.ledger()) - before
        if cancelled:
            assert (again(request).status, states, at_adobe) == (RequestStatus.CANCELLED, {CallState.CANCELLED}, 0)
            assert set(request.jobs.values_list("status", flat=True)) == {JobStatus.NOT_SENT}
        else:
            assert (states, at_adobe) == ({CallState.SENT, CallState.QUEUED}, 1)
            submission.send_next()
