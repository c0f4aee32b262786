"""Every create payload of Adobe's documents goes, as a file and through the API, to the local Adobe and onto a page."""

from __future__ import annotations

import copy
import json
from collections import Counter
from collections.abc import Callable
from typing import Any

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

HandIn = Callable[[dict[str, Any], Organization, User], None]
pytestmark = pytest.mark.django_db(transaction=True)


def upload(body: dict[str, Any], organization: Organization, officer: User) -> None:
    """As the page takes it."""
    stored = stored_upload(organization, officer, json.dumps(body).encode())
    assert intake.check(stored).error_count == 0
    intake.confirm(stored, officer)


def call_the_api(body: dict[str, Any], organization: Organization, officer: User) -> None:
    """As an internal system sends it."""
    answer = Browser.of(officer).post("/api/v1/requests?confirm=true", json.dumps(body), content_type="application/json")
    assert answer.status_code == 201, answer.content


@pytest.mark.parametrize("hand_in", [upload, call_the_api])
def test_every_payload_reaches_adobe_once_and_its_answer_reaches_the_page(
    transactional_db: None, simulator: Simulator, organization: Organization, officer: User, hand_in: HandIn
) -> None:
    expected: Counter[tuple[str, int]] = Counter()
    for body in PAYLOADS.values():
        hand_in(copy.deepcopy(body), organization, officer)
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
