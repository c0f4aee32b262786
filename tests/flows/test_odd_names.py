"""What a file may hold reaches Adobe on every database: names of any length, with any letter that JSON has."""

from __future__ import annotations

import pytest

from portal.models import Organization, User
from privacy.models import IdentityDigest
from tests.conftest import Simulator
from tests.files import confirmed_request, payload, people
from tests.flows.test_exactly_once import expected, pairs
from tests.steps import work

pytestmark = pytest.mark.django_db(transaction=True)

ODD = ["x" * 300, "nul \0 inside", "Ω\U0001f600", "jane@example.com"]


@pytest.mark.parametrize("name", ODD)
def test_a_namespace_may_be_any_text(
    transactional_db: None, simulator: Simulator, organization: Organization, officer: User, name: str
) -> None:
    body = payload(people(1))
    body["users"][0]["userIDs"].append({"namespace": name, "value": "17", "type": "custom"})
    request = confirmed_request(organization, officer, body)
    work("submit")
    assert pairs(simulator) == expected(request)
    assert sorted(IdentityDigest.objects.values_list("namespace", flat=True)) == ["", "email"]


@pytest.mark.parametrize("key", ODD)
def test_a_key_may_be_any_text(
    transactional_db: None, simulator: Simulator, organization: Organization, officer: User, key: str
) -> None:
    request = confirmed_request(organization, officer, payload([people(1)[0] | {"key": key}]))
    work("submit")
    assert pairs(simulator) == expected(request)
