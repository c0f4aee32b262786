"""The demo's token: printed at each start, the same as long as it is taken, and the command beside it works."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from portal import tokens
from portal.demo import integration
from portal.models import ApiToken, Organization, User
from tests.api import Api

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("media")]
ADDRESS = "http://127.0.0.1:8000"


def test_it_is_printed_and_works(organization: Organization, tmp_path: Path) -> None:
    file = tmp_path / "api-token"
    text, command, _ = integration.introduction(ADDRESS, file)
    assert command == f'curl -H "Authorization: Bearer {text}" {ADDRESS}/api/v1/requests'
    assert Api(text).get("/api/v1/requests").status_code == 200
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert integration.introduction(ADDRESS, file)[0] == text
    assert ApiToken.objects.count() == 1


def test_a_revoked_one_is_replaced(organization: Organization, officer: User, tmp_path: Path) -> None:
    file = tmp_path / "api-token"
    text = integration.introduction(ADDRESS, file)[0]
    tokens.revoke(ApiToken.objects.get(), officer)
    again = integration.introduction(ADDRESS, file)[0]
    assert again != text
    assert Api(again).get("/api/v1/requests").status_code == 200
