"""From the form of the builder to Adobe's books: exactly those people, identities and products, once; and no draft stays."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.utils import timezone

from portal.models import DataKey, Organization, User
from privacy import building
from privacy.models import Draft, PrivacyRequest, Upload
from privacy.statuses import Origin
from tests.conftest import Simulator
from tests.pages import Browser
from tests.steps import work

pytestmark = pytest.mark.django_db(transaction=True)


def test_what_was_built_on_screen_is_in_adobe_s_books(
    simulator: Simulator, organization: Organization, officer: User, media: Path
) -> None:
    browser = Browser.of(officer)
    draft = building.start(organization, officer)
    form = {
        "law": "gdpr",
        "products": ["profileService", "identity"],
        "actions": ["access", "delete"],
        "received_on": timezone.localdate().isoformat(),
        "version": "1",
        "page": "one",
        "key-1": "first",
        "namespace-1-1": "Email",
        "type-1-1": "standard",
        "value-1-1": "first@example.com",
        "namespace-1-2": "crm",
        "type-1-2": "custom",
        "value-1-2": "0042",
        "key-2": "",
        "namespace-2-1": "ECID",
        "type-2-1": "standard",
        "value-2-1": "44363657679975868102107212",
    }
    address = browser.post(f"/drafts/{draft.pk}/", form | {"do": "check"}).headers["Location"]
    assert simulator.ledger() == []
    browser.post(f"{address}confirm/")
    work("prepare", "submit")
    request = PrivacyRequest.objects.get()
    assert request.origin == Origin.BUILDER
    jobs = simulator.ledger()
    assert sorted((job["key"].split("#")[0], job["action"]) for job in jobs) == [
        (f"{request.number}-2", "access"),
        (f"{request.number}-2", "delete"),
        ("first", "access"),
        ("first", "delete"),
    ]
    assert {(*job["include"], job["regulation"]) for job in jobs} == {("profileService", "identity", "gdpr")}
    assert not Draft.objects.exists()
    assert not DataKey.objects.filter(owner_kind="draft").exists()
    assert Upload.objects.get().origin == Origin.BUILDER
