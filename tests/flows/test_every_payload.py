"""Every create payload of Adobe's documents goes from a file to the local Adobe and back, and its page shows what came."""

from __future__ import annotations

import copy
import json
from collections import Counter

import pytest

from portal.models import Organization, User
from privacy import intake
from privacy.models import Job, PrivacyRequest
from privacy.statuses import JobStatus
from tests.conftest import Simulator
from tests.files import stored_upload
from tests.pages import Browser
from tests.privacy.test_payloads import PAYLOADS
from tests.states import address_of, finish
from tests.steps import work

pytestmark = pytest.mark.django_db(transaction=True)


def test_every_payload_reaches_adobe_once_and_its_answer_reaches_the_page(
    transactional_db: None, simulator: Simulator, organization: Organization, officer: User
) -> None:
    expected: Counter[tuple[str, int]] = Counter()
    for body in PAYLOADS.values():
        upload = stored_upload(organization, officer, json.dumps(copy.deepcopy(body)).encode())
        assert intake.check(upload).error_count == 0
        intake.confirm(upload, officer)
        for user in body["users"]:
            for action in user["action"]:
                expected[action, len(body["include"])] += 1
    work("prepare", "submit")
    sent = Counter((entry["action"], len(entry["include"])) for entry in simulator.ledger())
    assert sent == expected
    finish(simulator)
    assert set(Job.objects.values_list("status", flat=True)) == {JobStatus.COMPLETE}
    browser = Browser.of(officer)
    for request in PrivacyRequest.objects.order_by("number"):
        job = request.jobs.select_related("request").order_by("pk")[0]
        page = browser.page(address_of("job-detail", job))
        for response in job.product_responses.all():
            assert response.code.removeprefix("PRVCY-").split("-")[0] in page.text, (request.number, response.product)
