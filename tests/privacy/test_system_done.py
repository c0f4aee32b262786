"""The checklist of systems that Adobe does not cover: per organization, marked as done, undone, each once."""

from __future__ import annotations

import pytest

from portal.models import Organization, User
from privacy.models import OtherSystem, PrivacyRequest, SystemDone
from privacy.statuses import RequestStatus
from tests.actors import Actors, covers
from tests.admins import make_administrator
from tests.handling import received, told
from tests.pages import Browser
from tests.states import address_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("media")]


@pytest.fixture
def request_row(organization: Organization, officer: User) -> PrivacyRequest:
    return received(organization, officer)


@pytest.fixture
def shop(organization: Organization) -> OtherSystem:
    return OtherSystem.objects.create(organization=organization, name="Shop", advice="Ask the shop team")


def lines(browser: Browser, request: PrivacyRequest) -> list[str]:
    section = browser.page(address_of("request-detail", request)).section("systems")
    return [one.one("div").text for one in section.all("li")]


@covers("privacy:system-done")
def test_only_an_officer_of_the_organization_may(
    actors: Actors, request_row: PrivacyRequest, shop: OtherSystem, officer: User
) -> None:
    address = address_of("system-done", request_row, shop.pk)
    assert lines(actors.viewer, request_row) == ["Open Shop Ask the shop team"]
    actors.act(address, {"decision": "done"})
    assert SystemDone.objects.get().by == officer
    (line,) = lines(actors.viewer, request_row)
    assert line.startswith("Done Shop ")
    assert line.endswith(" by officer")
    assert address not in actors.viewer.page(address_of("request-detail", request_row)).forms


def test_it_is_done_and_undone_once_each(browser: Browser, request_row: PrivacyRequest, shop: OtherSystem) -> None:
    address = address_of("system-done", request_row, shop.pk)
    for decision in ("done", "done", "undo", "undo"):
        browser.post(address, {"decision": decision})
    assert not SystemDone.objects.exists()
    assert told("request.system_done") == told("request.system_undone") == [{"system": "Shop"}]


def test_a_system_of_another_organization_is_no_page(browser: Browser, request_row: PrivacyRequest, colleague: User) -> None:
    other = OtherSystem.objects.create(organization=colleague.organizations.get(), name="Theirs")
    assert browser.post(address_of("system-done", request_row, other.pk)).status_code == 404
    assert not SystemDone.objects.exists()


def test_what_is_out_of_use_is_listed_only_where_it_was_done(
    browser: Browser, request_row: PrivacyRequest, shop: OtherSystem, organization: Organization, officer: User
) -> None:
    browser.post(address_of("system-done", request_row, shop.pk), {"decision": "done"})
    OtherSystem.objects.update(is_used=False)
    assert len(lines(browser, request_row)) == 1
    later = received(organization, officer)
    page = browser.page(address_of("request-detail", later))
    assert page.root.all("section", aria_labelledby="systems") == []


@pytest.mark.parametrize("status", [RequestStatus.CANCELLED, RequestStatus.SHREDDED])
def test_a_closed_request_is_left_alone(
    browser: Browser, request_row: PrivacyRequest, shop: OtherSystem, status: RequestStatus
) -> None:
    PrivacyRequest.objects.update(status=status)
    browser.post(address_of("system-done", request_row, shop.pk), {"decision": "done"})
    assert not SystemDone.objects.exists()


def test_an_administrator_is_led_to_name_the_first_system(request_row: PrivacyRequest, organization: Organization) -> None:
    browser = Browser.of(make_administrator("administrator", organization))
    section = browser.page(address_of("request-detail", request_row)).section("systems")
    assert section.one("a")["href"] == "/admin/privacy/othersystem/"
