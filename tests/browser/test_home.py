"""The home page in a real browser: from a number, a column of a chart or a row of its table to what it counts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visitor
from tests.files import payload, people
from tests.stack import Stack

pytestmark = pytest.mark.browser

Visit = Callable[..., Visitor]


def sent_request(page: Page, stack: Stack, file: Path) -> None:
    """Upload the file and send it."""
    page.goto(f"{stack.web_address}/uploads/new/")
    page.get_by_label("Drop request files here, or choose them").set_input_files(file)
    page.get_by_role("button", name="Check the file").click()
    page.get_by_role("button", name="Send 3 people to Adobe").click()
    page.wait_for_url("**/requests/PR-*/")


def test_from_what_is_seen_at_a_glance_to_its_rows(visit: Visit, stack: Stack, request_file: Callable[..., Path]) -> None:
    page = visit("officer").open("/")
    expect(page.get_by_text("Nothing needs you now.")).to_be_visible()
    sent_request(page, stack, request_file(payload(people(3, "access"))))
    stack.wait_until(lambda: stack.rows("SELECT 1 FROM privacy_dayfigure WHERE kind = 'submitted'") != [], 60)
    page.goto(f"{stack.web_address}/")

    # Both charts have a name and say what they show.
    due = page.get_by_role("img", name="Unanswered requests by days left")
    days = page.get_by_role("img", name="Jobs sent and jobs failed by day")
    expect(due).to_have_accessible_name(
        "Unanswered requests by days left Unanswered requests: 1. Overdue: 0. Due within 7 days: 0."
    )
    expect(days).to_be_visible()

    # A click on a column opens what it counts.
    page.locator("section", has=page.get_by_role("heading", name="Sent and failed")).locator(".chart-places a").first.click()
    page.wait_for_url("**/jobs/?sent=*")
    expect(page.locator("tbody tr")).to_have_count(3)

    # By keyboard the table behind the chart leads there.
    page.go_back()
    summary = page.get_by_text("Unanswered requests by days left as a table")
    summary.focus()
    page.keyboard.press("Enter")
    link = page.locator("section", has=summary).locator("td a")
    link.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/requests/?due=*")
    expect(page.locator("tbody tr")).to_have_count(1)


def test_without_scripts_every_choice_works_and_stands_in_the_address(visit: Visit) -> None:
    page = visit("officer", java_script_enabled=False).open("/")
    page.get_by_role("link", name="90 days").click()
    page.get_by_role("link", name="Mine").click()
    page.get_by_label("Law").select_option("gdpr")
    page.get_by_role("button", name="Show these").click()
    for choice in ("days=90", "whose=mine", "law=gdpr"):
        assert choice in page.url
    expect(page.get_by_role("link", name="90 days")).to_have_attribute("aria-current", "true")


def test_the_report_is_downloaded_as_csv(visit: Visit) -> None:
    page = visit("officer").open("/")
    page.get_by_role("link", name="Report", exact=True).click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the report as CSV").click()
    assert download.value.suggested_filename.startswith("report-")
    assert Path(download.value.path()).read_text(encoding="utf-8-sig").startswith("organization,law,month,received,")
