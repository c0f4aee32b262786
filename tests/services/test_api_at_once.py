"""Two calls under one Idempotency-Key at the same moment, on PostgreSQL: the work is done once, and both get its answer."""

from __future__ import annotations

from pathlib import Path

import pytest

from portal.models import IdempotencyKey, Organization
from privacy.models import PrivacyRequest
from tests.api import Api, make_token
from tests.files import payload, people
from tests.services.test_at_once import at_once

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]


def test_the_second_waits_and_gets_the_answer_of_the_first(organization: Organization, media: Path) -> None:
    _, text = make_token(organization)
    answers = at_once(lambda: Api(text).post("/api/v1/requests?confirm=true", payload(people(3)), key="one"))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert sum(answer.headers.get("Idempotency-Replayed") == "true" for answer in answers) == len(answers) - 1
    assert (PrivacyRequest.objects.count(), IdempotencyKey.objects.count()) == (1, 1)
