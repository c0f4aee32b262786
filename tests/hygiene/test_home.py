"""What the home page shows of data hygiene: orders whose outcome is not known, and quotas that run out."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.utils import timezone

from hygiene.models import DatasetExpiration, ExpirationOrder, QuotaReading, RecordDelete, WorkOrder
from portal.models import Organization, User
from portal.outbound import CallState
from tests.actors import Actors
from tests.pages import Browser
from tests.portal.test_home import pressing, quiet

pytestmark = pytest.mark.django_db
DAILY = "dailyConsumerDeleteIdentitiesQuota"


def reading(organization: Organization, consumed: int, limit: int, **fields: Any) -> QuotaReading:
    """What Adobe said of the identities of a day."""
    quotas = [{"name": DAILY, "description": "", "consumed": consumed, "quota": limit}]
    made: QuotaReading = QuotaReading.objects.create(organization=organization, quotas=quotas, **fields)
    return made


@pytest.mark.parametrize(("consumed", "limit", "presses"), [(90, 100, True), (100, 100, True), (89, 100, False), (0, 0, False)])
def test_a_quota_that_is_nearly_used(
    browser: Browser, organization: Organization, consumed: int, limit: int, presses: bool
) -> None:
    reading(organization, consumed, limit)
    page = browser.page("/")
    assert pressing(page) == ({"Quotas nearly used": ("1", "/quotas/")} if presses else {})
    assert ("No quota nearly used" in quiet(page)) is not presses


def test_the_last_reading_counts_and_a_new_day_begins_anew(browser: Browser, organization: Organization) -> None:
    reading(organization, 100, 100, read_at=timezone.now() - timedelta(days=2))
    assert pressing(browser.page("/")) == {}
    reading(organization, 100, 100)
    reading(organization, 1, 100, read_at=timezone.now() - timedelta(days=1))
    assert "Quotas nearly used" in pressing(browser.page("/"))


def work_order(organization: Organization, user: User, **fields: Any) -> WorkOrder:
    """One of unknown outcome."""
    delete = RecordDelete.objects.create(
        number="RD-2026-000001", organization=organization, created_by=user, status="sending", datasets=["ALL"]
    )
    made: WorkOrder = WorkOrder.objects.create(
        organization=organization, record_delete=delete, ordinal=1, identities=1, reference="[PP-X]", **fields
    )
    return made


def test_orders_of_unknown_outcome_open_their_rows(actors: Actors, organization: Organization, officer: User) -> None:
    work_order(organization, officer, state=CallState.UNKNOWN)
    number, address = pressing(actors.viewer.page("/"))["Work orders of unknown outcome"]
    assert (number, urlsplit(address).path, urlsplit(address).query) == ("1", "/work-orders/", "state=unknown")
    assert pressing(actors.stranger.page("/")) == {}


def test_an_order_whose_outcome_is_known_presses_nobody(browser: Browser, organization: Organization, officer: User) -> None:
    work_order(organization, officer, state=CallState.SENT)
    assert pressing(browser.page("/")) == {}


def test_changes_of_expirations_of_unknown_outcome(browser: Browser, organization: Organization, officer: User) -> None:
    assert "No expiration of unknown outcome" in quiet(browser.page("/"))
    expiration = DatasetExpiration.objects.create(organization=organization, dataset_id="5b020a27e7040801dedbf46e")
    ExpirationOrder.objects.create(
        organization=organization, expiration=expiration, kind="create", asked_by=officer, state=CallState.UNKNOWN
    )
    assert pressing(browser.page("/"))["Expirations of unknown outcome"] == ("1", "/expirations/")
