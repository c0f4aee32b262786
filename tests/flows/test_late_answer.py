"""An answer that comes when the call was queued again or given up is no claim any more, but it is knowledge."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from django.utils import timezone

from portal.adobe.answers import CreatedJobs
from portal.adobe.privacy_service import PrivacyService
from portal.models import Organization, User
from portal.outbound import CallState, PersonReason
from privacy import reconciling, submission
from privacy.models import Submission
from privacy.statuses import RequestStatus
from tests.conftest import Simulator
from tests.files import confirmed_request, payload, people
from tests.states import again
from tests.steps import let_pass, work

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_answer_after_the_call_was_queued_again_stops_it(
    transactional_db: None, simulator: Simulator, organization: Organization, officer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    confirmed_request(organization, officer, payload(people(2, "access")))
    create = PrivacyService.create_jobs

    def frozen(self: PrivacyService, *body: object, **more: object) -> CreatedJobs:
        monkeypatch.setattr(PrivacyService, "create_jobs", create)
        answer = create(self, *body, **more)  # type: ignore[arg-type]
        # The machine sleeps for a day, and Adobe's list lags behind all that time.
        simulator.fault("list_lag", seconds=10**6)
        Submission.objects.update(claimed_at=timezone.now() - timedelta(hours=1))
        submission.sweep_stale()
        let_pass(timedelta(hours=7))
        for _ in range(3):
            reconciling.look_next()
        assert Submission.objects.get().state == CallState.QUEUED
        simulator.control("faults", method="DELETE")
        return answer

    monkeypatch.setattr(PrivacyService, "create_jobs", frozen)
    work("submit")
    for _ in range(4):
        let_pass(timedelta(hours=7))
        work("look", "submit")
    assert set(Counter((entry["key"], entry["action"]) for entry in simulator.ledger()).values()) == {1}
    assert Submission.objects.get().state == CallState.SENT


def test_an_answer_after_giving_up_is_followed(
    transactional_db: None, simulator: Simulator, organization: Organization, officer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = confirmed_request(organization, officer, payload(people(2)))
    create = PrivacyService.create_jobs

    def frozen(self: PrivacyService, *body: object, **more: object) -> CreatedJobs:
        monkeypatch.setattr(PrivacyService, "create_jobs", create)
        answer = create(self, *body, **more)  # type: ignore[arg-type]
        Submission.objects.update(claimed_at=timezone.now() - timedelta(hours=1))
        submission.sweep_stale()
        Submission.objects.update(person_reason=PersonReason.NONE_FOUND)
        reconciling.give_up(Submission.objects.get(), officer)
        assert again(request).status == RequestStatus.FAILED
        return answer

    monkeypatch.setattr(PrivacyService, "create_jobs", frozen)
    work("submit")
    assert Submission.objects.get().state == CallState.SENT
    assert (again(request).status, request.jobs.exclude(adobe_job_id=None).count()) == (RequestStatus.IN_PROGRESS, 4)
