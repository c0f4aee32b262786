"""A call of which Adobe has a part must not go back into the queue as a whole, whatever its own process was told."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from django.utils import timezone

from portal import connections
from portal.adobe import errors
from portal.adobe.answers import CreatedJobs
from portal.adobe.privacy_service import PrivacyService
from portal.models import Organization, User
from portal.outbound import CallState
from privacy import reconciling, submission
from privacy.models import Submission
from tests.conftest import Simulator
from tests.files import confirmed_request, payload, people
from tests.steps import let_pass, work

pytestmark = pytest.mark.django_db(transaction=True)

JOBS = {"method": "POST", "path": "/data/core/privacy/jobs"}


@pytest.mark.parametrize("swept", [True, False])
def test_a_second_attempt_that_sent_nothing_does_not_queue_what_the_first_brought(
    transactional_db: None,
    simulator: Simulator,
    organization: Organization,
    officer: User,
    monkeypatch: pytest.MonkeyPatch,
    swept: bool,
) -> None:
    confirmed_request(organization, officer, payload(people(3, "access")))
    simulator.fault("accept_then_cut", match=JOBS, times=1)
    work("submit")
    early = Submission.objects.select_related("request__organization__data_key").get()
    listed = reconciling.listed_jobs(connections.service_for(early.request.organization), early)
    simulator.fault("list_lag", seconds=10**6)
    for _ in range(3):
        let_pass(timedelta(hours=7))
        reconciling.look_next()
    assert Submission.objects.get().state == CallState.QUEUED
    create = PrivacyService.create_jobs

    def slow_to_begin(self: PrivacyService, *body: object, **more: object) -> CreatedJobs:
        """Meanwhile a look finds the first part of what the attempt before brought to Adobe."""
        monkeypatch.setattr(PrivacyService, "create_jobs", create)
        if swept:
            Submission.objects.update(claimed_at=timezone.now() - timedelta(hours=1))
            submission.sweep_stale()
            current = Submission.objects.select_related("request__organization__data_key").get()
            reconciling._apply(current, listed[:1])
            raise errors.ClaimLost
        reconciling._apply(early, listed[:1])
        raise errors.Throttled(None, http_status=429)

    monkeypatch.setattr(PrivacyService, "create_jobs", slow_to_begin)
    submission.send_next()
    simulator.control("faults", method="DELETE")
    for _ in range(4):
        let_pass(timedelta(hours=7))
        work("submit", "look")
    assert set(Counter((entry["key"], entry["action"]) for entry in simulator.ledger()).values()) == {1}
    assert Submission.objects.get().state == CallState.SENT
