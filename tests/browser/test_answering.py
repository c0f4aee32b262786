"""An officer moves the date of an answer, sees to another system, writes a note that no live update takes, and answers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visitor
from tests.browser.looking import faults
from tests.files import payload, people
from tests.handling import today
from tests.stack import Stack

pytestmark = pytest.mark.browser

Visit = Callable[..., Visitor]
Write = Callable[..., Path]


def begin(page: Page, stack: Stack, file: Path) -> str:
    """Upload a file and send it; the address of the request."""
    page.goto(f"{stack.web_address}/uploads/new/")
    page.get_by_label("Drop request files here, or choose them").set_input_files(file)
    page.get_by_role("button", name="Check the file").click()
    page.get_by_role("button", name="Send 2 people to Adobe").click()
    page.wait_for_url("**/requests/PR-*/")
    return page.url


def test_the_date_is_extended_and_the_person_answered(visit: Visit, stack: Stack, request_file: Write) -> None:
    page = visit("officer").page
    address = begin(page, stack, request_file(payload(people(2, prefix="answered"))))
    expect(page.locator("#progress .pill").first).to_contain_text("Adobe is working", timeout=30_000)
    type_a_note_through_swaps(page)
    extend(page)

    stack.simulator.control("finish", {})
    expect(page.get_by_role("heading", name="Adobe is done: answer the person")).to_be_visible(timeout=30_000)
    page.locator("#record-answer").click()
    page.get_by_label("Answered on").fill((today() + timedelta(days=1)).isoformat())
    page.get_by_label("What the person was told").select_option("Partly refused")
    page.locator("form[data-once]").last.evaluate("(form) => { form.noValidate = true; }")
    page.get_by_role("button", name="Write the answer down").click()
    expect(page.locator(".error-summary")).to_contain_text("This day has not come yet.")
    expect(page.locator(".error-summary")).to_be_focused()
    assert faults(page) == {}
    expect(page.get_by_label("What the person was told")).to_have_value("partly")

    page.get_by_label("Answered on").fill(today().isoformat())
    page.get_by_label("Legal ground of a refusal").fill("GDPR Art. 17(3)(b)")
    page.get_by_label("Sent by").select_option("Letter")
    page.get_by_role("button", name="Write the answer down").click()
    expect(page.locator(".notice-success")).to_contain_text("is answered")
    assert page.url.partition("#")[0] == address
    expect(page.get_by_role("heading", name="Adobe is done: answer the person")).to_have_count(0)
    expect(page.locator("section[aria-labelledby='answer']")).to_contain_text("in time")
    expect(page.locator("section[aria-labelledby='happened']")).to_contain_text("Partly refused, Letter")


def type_a_note_through_swaps(page: Page) -> None:
    """The live parts renew themselves; what is being typed stays, with the focus."""
    note = page.get_by_label("New note")
    note.click()
    note.press_sequentially("She called")
    page.evaluate("document.querySelector('#progress').dataset.old = '1'")
    page.locator("#progress:not([data-old])").wait_for(timeout=15_000)
    expect(note).to_be_focused()
    note.press_sequentially(" twice")
    page.get_by_role("button", name="Keep the note").click()
    expect(page.locator("section[aria-labelledby='notes'] li")).to_contain_text("She called twice")


def extend(page: Page) -> None:
    page.get_by_role("link", name="Extend the date…").click()
    page.get_by_label("Reason").fill("Several systems to search")
    page.get_by_role("button", name="Extend the date").click()
    expect(page.locator(".notice-success")).to_contain_text("is now due on")
    expect(page.locator("section[aria-labelledby='deadline']")).to_contain_text("Several systems to search")
    expect(page.locator("section[aria-labelledby='happened']")).to_contain_text("The due date was extended by")
