"""Three tokens and what they ask about."""

from __future__ import annotations

from pathlib import Path

import pytest

from portal.models import Organization
from tests.api import Api, ApiActors
from tests.conftest import OTHER_IMS_ORG, make_organization


@pytest.fixture
def api(media: Path, organization: Organization) -> Api:
    """A system of Acme that may do everything."""
    return Api.of(organization)


@pytest.fixture
def api_actors(media: Path, organization: Organization) -> ApiActors:
    """An officer's and a viewer's token of Acme, and a stranger's."""
    return ApiActors(organization, make_organization(ims_org_id=OTHER_IMS_ORG, name="Other"))
