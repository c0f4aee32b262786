"""One answer that cannot be kept must not take down what Adobe said about the other jobs of its batch."""

from __future__ import annotations

import json

import pytest

from portal.adobe.answers import JobAnswer, read_job
from portal.adobe.privacy_service import PrivacyService
from portal.models import Organization, User
from privacy import polling
from privacy.models import Job
from tests.conftest import Simulator
from tests.files import confirmed_request, payload, people
from tests.steps import everything_due, work

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(
    "odd",
    [
        {"status": "half a pair \ud800"},
        {"status": "complete", "lastModifiedDate": "9999-12-31T23:00:00Z", "downloadUrl": "https://example.com/a.zip"},
        {"status": "processing", "productResponses": [{"product": "\ud800", "productStatusResponse": {"status": "submitted"}}]},
    ],
)
def test_it_keeps_the_others(
    transactional_db: None,
    simulator: Simulator,
    organization: Organization,
    officer: User,
    monkeypatch: pytest.MonkeyPatch,
    odd: dict[str, object],
) -> None:
    confirmed_request(organization, officer, payload(people(3, "access")))
    work("submit")
    everything_due()
    poison = Job.objects.order_by("next_poll_at", "pk").values_list("adobe_job_id", flat=True)[1]
    ask = PrivacyService.job

    def answer(self: PrivacyService, job_id: str) -> JobAnswer:
        return read_job(json.dumps({"jobId": job_id} | odd).encode()) if job_id == poison else ask(self, job_id)

    monkeypatch.setattr(PrivacyService, "job", answer)
    assert polling.detail_next() == 3
    assert Job.objects.exclude(adobe_job_id=poison).filter(detail_at=None).count() == 0
    assert Job.objects.get(adobe_job_id=poison).last_error == "BadAnswer"
