"""Tasks done with the keyboard alone: nothing is clicked. Builder, tables, search and lists have theirs in their own modules."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visitor
from tests.browser.keyboard import press_until, until_focused
from tests.files import payload, people
from tests.handling import today
from tests.hygiene_files import DATASET
from tests.stack import Stack

pytestmark = pytest.mark.browser

Visit = Callable[..., Visitor]
Write = Callable[..., Path]


def press(page: Page, words: str) -> None:
    """Go to the link or the button that says so, and use it."""
    press_until(page, words)
    page.keyboard.press("Enter")


def write(page: Page, field: str, *lines: str) -> None:
    """Go to the field and type, each line with Enter before it but the first."""
    until_focused(page, field)
    for number, line in enumerate(lines):
        if number:
            page.keyboard.press("Enter")
        page.keyboard.type(line)


def upload(page: Page, file: Path, count: str) -> None:
    """From the page that takes a file to the request. The file alone is given by the browser: its dialog is the system's own."""
    page.get_by_label("Drop request files here, or choose them").set_input_files(file)
    press(page, "Check the file")
    page.get_by_role("heading", name="Check what will be sent").wait_for()
    press(page, f"Send {count} to Adobe")
    expect(page.get_by_role("heading", level=1)).to_contain_text("PR-")


def test_a_person_signs_in_and_sends_a_file(visit: Visit, request_file: Write) -> None:
    page = visit().open("/sign-in/")
    expect(page.get_by_label("User name")).to_be_focused()
    page.keyboard.type("officer")
    page.keyboard.press("Tab")
    page.keyboard.type("correct horse battery")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Sign out").wait_for()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    press(page, "Make a request")
    page.get_by_role("heading", level=1, name="Make a request").wait_for()
    press(page, "Upload a request file")
    upload(page, request_file(payload(people(1, "access", prefix="key"))), "1 person")


def test_a_request_is_extended_asked_again_and_answered(visit: Visit, stack: Stack, request_file: Write) -> None:
    visitor = visit("officer")
    page = visitor.open("/uploads/new/")
    users = [*people(1, "access"), *people(1, "access", prefix="badformat")]
    upload(page, request_file(payload(users)), "2 people")
    address = page.url
    stack.wait_until(lambda: len(stack.simulator.ledger()) >= 2, 30)
    stack.simulator.control("finish", {})
    expect(page.locator("#progress .pill").first).to_contain_text("Finished with errors", timeout=30_000)
    page.reload()

    press(page, "Extend the date…")
    page.get_by_role("heading", name="Extend the date of the answer").wait_for()
    write(page, "id_reason", "Several systems to search")
    press(page, "Extend the date")
    expect(page.locator(".notice-success")).to_contain_text("is now due on")

    # Only who failed, and only what failed, is asked again.
    press(page, "Ask again for what failed…")
    page.get_by_role("heading", name="Ask Adobe again for what failed").wait_for()
    press(page, "Ask again for 1 person")
    expect(page.get_by_role("heading", level=1)).to_contain_text("PR-")
    assert page.url != address
    stack.wait_until(lambda: len(again_at_adobe(stack)) == 2, 30)
    expect(page.get_by_text(address.rstrip("/").rsplit("/", 1)[1]).first).to_be_visible()

    page.goto(address)
    press(page, "Record the answer")
    page.get_by_role("heading", name="The answer to the person").wait_for()
    write(page, "id_answered_on", today().strftime("%m%d%Y"))
    write(page, "id_outcome", "Answered in full")
    write(page, "id_channel", "Letter")
    press(page, "Write the answer down")
    expect(page.locator(".notice-success")).to_contain_text("is answered")


def again_at_adobe(stack: Stack) -> list[str]:
    """The jobs about the person whose first job failed."""
    return [job["jobId"] for job in stack.simulator.ledger() if job["key"].startswith("badformat-")]


def test_records_are_deleted(visit: Visit, stack: Stack) -> None:
    page = visit("officer").open("/record-deletes/")
    press(page, "Begin the first record delete")
    page.get_by_role("heading", level=1, name="New record delete").wait_for()
    write(page, "id_namespace", "email")
    write(page, "id_identities", "oddservice1@example.com", "gone2@example.com")
    write(page, "id_datasets", DATASET)
    press(page, "Check the identities")
    page.get_by_role("heading", name="Check what will be deleted").wait_for()
    write(page, "typed", "2")
    press(page, "Delete 2 identities at Adobe")
    expect(page.locator("#progress")).to_contain_text("Adobe is working", timeout=30_000)
    stack.simulator.control("workorders/finish", {})
    expect(page.locator("#progress .pill").first).to_contain_text("Complete", timeout=30_000)
    # Adobe was asked for it, so it counts.
    page.goto(page.url.partition("/record-deletes/")[0] + "/quotas/")
    press(page, "Read them at Adobe now")
    expect(page.get_by_text("2 of 1,000,000 used")).to_be_visible()


def test_people_opt_out_of_sale(visit: Visit) -> None:
    page = visit("officer").open("/opt-outs/")
    press(page, "Make the first opt-out")
    page.get_by_role("heading", level=1, name="New opt-out of sale").wait_for()
    write(page, "id_identities", "refused@example.com")
    press(page, "Check the identities")
    page.wait_for_url("**/opt-outs/OO-*/")
    press(page, "Send 1 opt-out to Adobe")
    expect(page.locator("#progress .pill").first).to_contain_text("Refused by Adobe", timeout=30_000)


def test_a_dataset_is_scheduled_to_go(visit: Visit) -> None:
    page = visit("officer").open("/expirations/new/")
    write(page, "id_dataset_id", DATASET)
    until_focused(page, "id_expires_at")
    day = today() + timedelta(days=90)
    page.keyboard.type(day.strftime("%m%d%Y"))
    page.keyboard.press("ArrowRight")
    page.keyboard.type("0600PM")
    expect(page.locator("#id_expires_at")).to_have_value(f"{day.isoformat()}T18:00")
    write(page, "id_name", "Old trial data")
    write(page, "id_typed", DATASET)
    press_until(page, "Schedule the removal of this dataset")
    # Twice: it is scheduled once.
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    expect(page.locator("#progress .pill").first).to_contain_text("Pending", timeout=30_000)
    page.goto(page.url.partition("/expirations/")[0] + "/expirations/")
    expect(page.locator("tbody tr")).to_have_count(1)
