"""Datasets that are about to be removed are told of, while their expiration can still be cancelled."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from hygiene import expirations, reminding
from hygiene.models import DatasetExpiration
from portal import registry
from portal.models import Notice, Organization, User
from tests.conftest import Simulator
from tests.hygiene.expirations import DATASET, again, asked, made_elsewhere, pending
from tests.pages import Browser

pytestmark = pytest.mark.django_db


def told_when_removed_in(hours: float) -> list[str]:
    """Which reminders there are when it is that long until the removal."""
    DatasetExpiration.objects.update(expires_at=timezone.now() + timedelta(hours=hours))
    reminding.tell_of_removals()
    return [notice.once.split(":")[0] for notice in Notice.objects.order_by("at", "pk")]


@pytest.mark.parametrize(
    ("hours", "told"), [(8 * 24, []), (6 * 24, ["removal"]), (49, ["removal"]), (47, ["tomorrow"]), (-1, [])]
)
def test_people_are_told_a_week_before_and_while_it_can_be_cancelled(
    organization: Organization, officer: User, simulator: Simulator, hours: float, told: list[str]
) -> None:
    pending(organization, officer)
    assert told_when_removed_in(hours) == told


def test_each_reminder_comes_once_for_each_date(organization: Organization, officer: User, simulator: Simulator) -> None:
    pending(organization, officer)
    DatasetExpiration.objects.update(expires_at=timezone.now() + timedelta(days=5))
    for _ in range(3):
        reminding.tell_of_removals()
    notice = Notice.objects.get()
    assert (notice.user, notice.kind, notice.number) == (officer, "dataset_expiring", f"Dataset {DATASET}")
    DatasetExpiration.objects.update(expires_at=timezone.now() + timedelta(days=6.5))
    reminding.tell_of_removals()
    assert Notice.objects.count() == 2


def test_what_is_not_at_adobe_or_is_being_cancelled_or_is_nobodys_is_not_told(
    organization: Organization, officer: User, simulator: Simulator
) -> None:
    expirations.cancel(pending(organization, officer, "cancelled", days=3), officer)
    made_elsewhere(organization, "theirs", days=3)
    asked(organization, officer, "waits", days=3)
    expirations.read_list(organization)
    reminding.tell_of_removals()
    assert not Notice.objects.exists()


def test_the_day_is_that_of_the_organization_and_the_page_says_it(
    organization: Organization, officer: User, simulator: Simulator, browser: Browser
) -> None:
    organization.time_zone = "Pacific/Kiritimati"
    organization.save()
    row = pending(organization, officer)
    noon = timezone.now().replace(hour=12, minute=0, second=0, microsecond=0) + timedelta(days=4)
    DatasetExpiration.objects.update(expires_at=noon)
    reminding.tell_of_removals()
    assert Notice.objects.get().due_on == noon.date() + timedelta(days=1)
    words = browser.page("/notices/").text
    assert "Dataset about to be removed" in words
    assert "cancel the expiration" in words
    assert again(row).status == "pending"


def test_the_night_tells_of_them() -> None:
    assert reminding.tell_of_removals in registry.daily()
