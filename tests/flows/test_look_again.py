"""Once a person has asked for another look, the request no longer asks for a person."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal.models import Organization, User
from privacy import reconciling
from privacy.statuses import RequestStatus
from tests.conftest import Simulator
from tests.files import confirmed_request, payload, people
from tests.steps import let_pass, work

pytestmark = pytest.mark.django_db(transaction=True)


def test_looking_again_takes_the_request_out_of_attention(
    transactional_db: None, simulator: Simulator, organization: Organization, officer: User
) -> None:
    request = confirmed_request(organization, officer, payload(people(2)))
    simulator.fault("error500", match={"method": "POST", "path": "/data/core/privacy/jobs"}, times=1)
    work("submit")
    for _ in range(3):
        let_pass(timedelta(hours=7))
        work("look")
    request.refresh_from_db()
    assert request.status == RequestStatus.ATTENTION
    reconciling.look_again(request.submissions.get(), officer)
    # Adobe's list is down: the looks fail, and nothing needs a decision.
    simulator.fault("error500", match={"method": "GET", "path": "/data/core/privacy/jobs"}, times=20)
    reconciling.look_next()
    request.refresh_from_db()
    assert request.status == RequestStatus.SENDING
