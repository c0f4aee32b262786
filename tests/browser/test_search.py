"""The search box in a real Chromium: by keyboard alone from any page to what an officer reads when the person calls."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visitor
from tests.stack import Stack

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
MAKE = """
from portal.models import Organization, User
from tests.files import confirmed_request, payload, people
organization, officer = Organization.objects.get(name="Acme"), User.objects.get(username="officer")
for _ in range(2):
    confirmed_request(organization, officer, payload(people(2)))
"""


@pytest.fixture(scope="module")
def made(stack: Stack) -> None:
    """Two requests that name the same two people."""
    stack.manage("shell", "--no-imports", "--command", MAKE)


def search_by_keys(page: Page, text: str) -> None:
    """Press the key, type, and send."""
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox", name=re.compile("Search for an identity"))).to_be_focused()
    page.keyboard.type(text)
    page.keyboard.press("Enter")


def test_from_any_page_to_the_person_by_keyboard_alone(visit: Callable[..., Visitor], made: None) -> None:
    page = visit("officer").open("/uploads/")
    search_by_keys(page, "Person1@Example.com")
    page.wait_for_url(re.compile(r"/search/[0-9a-f-]{36}/$"))
    expect(page.get_by_role("heading", name="People")).to_be_visible()
    page.get_by_role("link", name="Person 1 of").first.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("^Person 1 of PR-"))
    expect(page.get_by_role("heading", name="When the person calls")).to_be_visible()
    assert "person1@example.com" not in page.content().lower()
    page.get_by_role("button", name="Show the identities").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Identities are shown in clear.")).to_be_visible()
    assert "person1@example.com" in page.content()


def test_back_leads_to_the_result_and_the_address_can_be_opened_again(visit: Callable[..., Visitor], made: None) -> None:
    visitor = visit("officer")
    page = visitor.open("/uploads/")
    search_by_keys(page, "person-2")
    page.wait_for_url(re.compile(r"/search/[0-9a-f-]{36}/$"))
    address = page.url
    page.get_by_role("link", name="Person 2 of").first.click()
    page.wait_for_url(re.compile("/people/"))
    page.go_back()
    assert page.url == address
    expect(page.get_by_label("Identity, key, id or number")).to_have_value("person-2")
    assert "person-2" not in address


@pytest.mark.parametrize("width", [1280, 360])
def test_it_works_without_javascript_and_on_a_phone(visit: Callable[..., Visitor], made: None, width: int) -> None:
    page = visit("officer", java_script_enabled=False, viewport={"width": width, "height": 800}).open("/uploads/")
    page.get_by_role("searchbox").fill("person1@example.com")
    page.get_by_role("button", name="Search the portal").click()
    page.wait_for_url(re.compile(r"/search/[0-9a-f-]{36}/$"))
    page.get_by_role("link", name="Person 1 of").first.click()
    page.wait_for_url(re.compile("/people/"))
    assert page.evaluate("document.documentElement.scrollWidth") <= width
