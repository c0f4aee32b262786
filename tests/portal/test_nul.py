"""A NUL in an address is refused before any query sees it: PostgreSQL takes none."""

from __future__ import annotations

import pytest
from django.test import Client

from portal.models import User

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("address", ["/requests/?law=%00", "/requests/?a=1&a=%00", "/requests/x%00/", "/requests/%00/jobs/"])
def test_an_address_with_a_nul_is_a_bad_request(client: Client, officer: User, address: str) -> None:
    client.force_login(officer)
    assert client.get(address).status_code == 400
