"""What was confirmed goes out, also when an administrator lowers the organization's limits before it is prepared."""

from __future__ import annotations

import json

import pytest

from portal.models import Organization, User
from privacy import intake
from privacy.models import PrivacyRequest
from privacy.statuses import RequestStatus
from tests.files import payload, people, stored_upload

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_person_with_more_identities_than_a_lowered_limit_gets_a_call_of_their_own(
    transactional_db: None, organization: Organization, officer: User
) -> None:
    users = people(3, "access")
    users[1]["userIDs"] += [{"namespace": "email", "value": f"more{n}@example.com", "type": "standard"} for n in range(4)]
    upload = stored_upload(organization, officer, json.dumps(payload(users)).encode())
    assert intake.check(upload).error_count == 0
    intake.confirm(upload, officer)
    Organization.objects.update(max_identities_per_call=3)
    assert intake.prepare_next() == 1
    request = PrivacyRequest.objects.get()
    assert (request.status, request.people) == (RequestStatus.SENDING, 3)
    assert list(request.submissions.order_by("ordinal").values_list("people", flat=True)) == [1, 1, 1]
