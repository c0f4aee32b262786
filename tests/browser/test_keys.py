"""Single keys and the list of them; both can be switched off by who dictates or uses another aid (WCAG 2.1.4)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visitor
from tests.browser.looking import faults

pytestmark = pytest.mark.browser
Visit = Callable[..., Visitor]


def test_a_question_mark_shows_the_keys_and_escape_gives_the_focus_back(visit: Visit) -> None:
    page = visit("officer").open("/laws/")
    link = page.locator(".nav a").first
    link.focus()
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keys of this portal")
    expect(dialog).to_be_visible()
    assert faults(page) == {}
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(link).to_be_focused()


def test_the_foot_of_a_page_leads_to_the_keys_as_well(visit: Visit) -> None:
    page = visit("officer").open("/laws/")
    page.get_by_role("button", name="Keyboard shortcuts").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.get_by_role("button", name="Close the list").click()
    expect(page.get_by_role("dialog")).to_be_hidden()


def test_g_and_a_number_go_to_a_page_of_the_menu(visit: Visit) -> None:
    page = visit("officer").open("/laws/")
    second = page.locator(".nav a").nth(1).get_attribute("href")
    page.keyboard.press("g")
    page.keyboard.press("2")
    page.wait_for_url(f"**{second}")


def test_keys_that_are_typed_into_a_field_are_text(visit: Visit) -> None:
    page = visit("officer").open("/opt-outs/new/")
    field = page.get_by_label("Identities, one a line")
    field.focus()
    page.keyboard.type("g1?/")
    expect(field).to_have_value("g1?/")
    expect(page.get_by_role("dialog")).to_be_hidden()


def test_single_keys_can_be_switched_off_and_stay_off(visit: Visit) -> None:
    page = visit("officer").open("/laws/")
    page.keyboard.press("?")
    page.get_by_role("checkbox").uncheck()
    page.get_by_role("button", name="Close the list").click()
    page.reload()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.get_by_role("button", name="Keyboard shortcuts").click()
    expect(page.get_by_role("checkbox")).not_to_be_checked()
