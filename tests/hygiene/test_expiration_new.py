"""Scheduling an expiration: the dataset is named twice, the time is at least a day ahead where the organization is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from hygiene.models import DatasetExpiration, ExpirationOrder
from portal.models import Organization, User
from tests.actors import Actors, covers, everything_kept
from tests.conftest import OTHER_IMS_ORG, make_organization
from tests.hygiene.expirations import DATASET, asked
from tests.pages import Browser, Page

pytestmark = pytest.mark.django_db
ADDRESS = "/expirations/new/"
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture
def berlin(organization: Organization) -> Organization:
    """Acme, in Berlin."""
    organization.time_zone = "Europe/Berlin"
    organization.save(update_fields=["time_zone"])
    return organization


def local(days: float) -> str:
    """So many days from now on a clock in Berlin, as a browser sends it."""
    return (datetime.now(BERLIN) + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M")


def filled(organization: Organization, **fields: str) -> dict[str, str]:
    """The form as it should be."""
    return {
        "organization": str(organization.pk),
        "dataset_id": DATASET,
        "typed": DATASET,
        "name": "Licence ends",
        "description": "Agreed with sales",
        "expires_at": local(30),
    } | fields


def refused(answer: Any) -> str:
    """What the error summary says; nothing was kept."""
    assert answer.status_code == 422
    assert not DatasetExpiration.objects.exists()
    return Page.of(answer).root.one("div", class_="error-summary").text


@covers("hygiene:expiration-new")
def test_only_officers_may_and_only_for_their_organizations(actors: Actors, organization: Organization) -> None:
    actors.refuse_methods(ADDRESS, allowed=("get", "post"))
    assert actors.officer.get(ADDRESS).status_code == actors.stranger.get(ADDRESS).status_code == 200
    assert actors.viewer.get(ADDRESS).status_code == 403
    before = everything_kept()
    assert actors.viewer.post(ADDRESS, filled(organization)).status_code == 403
    assert actors.nobody.post(ADDRESS, filled(organization)).status_code == 302
    assert "Choose one of your organizations." in refused(actors.stranger.post(ADDRESS, filled(organization)))
    assert everything_kept() == before


def test_it_is_kept_and_waits_to_be_sent(browser: Browser, berlin: Organization, officer: User) -> None:
    answer = browser.post(ADDRESS, filled(berlin, expires_at="2099-07-01T09:30"))
    row = DatasetExpiration.objects.select_related("organization__data_key").get()
    assert answer.headers["Location"] == f"/expirations/{row.pk}/"
    assert row.expires_at == datetime(2099, 7, 1, 7, 30, tzinfo=UTC)
    assert (row.name, row.description, row.sandbox_name, row.made_here) == ("Licence ends", "Agreed with sales", "prod", True)
    order = ExpirationOrder.objects.get()
    assert (order.kind, order.state, order.asked_by) == ("create", "queued", officer)


def test_the_page_says_what_happens_and_what_it_is_not_for(browser: Browser, berlin: Organization) -> None:
    text = browser.page(ADDRESS).text
    assert "It is not for data-subject requests." in text
    assert "Once it has run, it cannot be undone." in text
    assert "in the time zone Europe/Berlin." in text
    assert "within 2 hours" in text
    assert "After 15 days" in text


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"typed": "62759f2e"}, f"Type the id of the dataset once more, {DATASET}"),
        ({"dataset_id": "", "typed": ""}, "Enter the id of the dataset that is to go."),
        ({"dataset_id": "ALL", "typed": "ALL"}, "An expiration is for one dataset."),
        ({"dataset_id": "two words", "typed": "two words"}, "This is not the id of a dataset"),
        ({"name": ""}, "Enter a name."),
        ({"name": "n" * 256}, "A name has at most 255 characters; this one has 256."),
        ({"description": "d" * 1001}, "A description has at most 1,000 characters; this one has 1,001."),
        ({"expires_at": ""}, "Enter when the dataset is to be removed."),
        ({"expires_at": "soon"}, "Enter day and time as year-month-day"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(browser: Browser, berlin: Organization, fields: dict[str, str], words: str) -> None:
    assert words in refused(browser.post(ADDRESS, filled(berlin, **fields)))


def test_less_than_a_day_ahead_is_refused_with_the_earliest_time(browser: Browser, berlin: Organization) -> None:
    words = refused(browser.post(ADDRESS, filled(berlin, expires_at=local(0.9))))
    earliest = (timezone.now() + timedelta(hours=24, minutes=1)).astimezone(BERLIN)
    assert f"The earliest now is {earliest.day} {earliest:%b %Y}" in words
    assert "(Europe/Berlin)" in words


def test_a_dataset_has_one_expiration_at_a_time(browser: Browser, berlin: Organization, officer: User) -> None:
    asked(berlin, officer)
    answer = browser.post(ADDRESS, filled(berlin))
    assert answer.status_code == 422
    assert "This dataset has an expiration already" in Page.of(answer).text
    assert DatasetExpiration.objects.count() == 1


def test_of_several_organizations_none_is_chosen_beforehand(browser: Browser, organization: Organization, officer: User) -> None:
    officer.organizations.add(make_organization(ims_org_id=OTHER_IMS_ORG, name="Other"))
    options = browser.page(ADDRESS).root.one("select", id="id_organization").all("option")
    assert [option.text for option in options] == ["Choose the organization", "Acme", "Other"]
    assert "Choose the organization." in refused(browser.post(ADDRESS, filled(organization) | {"organization": ""}))
