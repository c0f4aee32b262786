"""Lists in a browser: act on many rows, export what matches, keep a view; also without a script."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visitor
from tests.browser.looking import faults
from tests.browser.test_main_story import choose
from tests.files import payload, people

pytestmark = pytest.mark.browser
Visit = Callable[..., Visitor]
Write = Callable[..., Path]


def make_request(page: Page, visitor: Visitor, file: Path, count: int) -> str:
    """Carry a file through to a request: its number."""
    visitor.open("/uploads/new/")
    choose(page, file)
    page.get_by_role("button", name=f"Send {count} people to Adobe").click()
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_contain_text("PR-")
    return heading.inner_text().strip()


def exported(page: Page, button: str) -> list[dict[str, str]]:
    """The rows of the file that the browser downloads."""
    with page.expect_download() as waiting:
        page.get_by_role("button", name=button).click()
    text = Path(waiting.value.path()).read_text(encoding="utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def test_many_rows_are_acted_on_exported_and_kept_as_a_view(visit: Visit, request_file: Write) -> None:
    visitor = visit("officer")
    page = visitor.page
    numbers = [make_request(page, visitor, request_file(payload(people(2, prefix=name)), f"{name}.json"), 2) for name in "ab"]

    visitor.open("/requests/")
    page.get_by_text("Tick every row of this page").click()
    expect(page.get_by_label(f"Tick {numbers[0]}")).to_be_checked()
    page.get_by_label(f"Tick {numbers[1]}").uncheck()
    page.get_by_role("button", name="Note the acknowledgement").click()
    expect(page.get_by_text("Today is written down as the day")).to_be_visible()
    assert faults(page) == {}
    page.get_by_role("button", name="Note it for 1 request", exact=True).dblclick()
    expect(page.get_by_text("Noted for 1 request.")).to_be_visible()

    rows = {row["number"]: row for row in exported(page, "Export 2 requests as CSV")}
    assert [bool(rows[number]["acknowledged_on"]) for number in numbers] == [True, False]

    # By keyboard alone: open a menu, choose, close another with Escape.
    menu = page.locator("summary", has_text="Due: All")
    menu.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{visitor.address}/requests/?due=overdue")
    expect(page.get_by_text("No request fits.")).to_be_visible()
    keep = page.locator("summary", has_text="Keep this view")
    keep.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Name of the view")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_label("Name of the view")).to_be_hidden()
    expect(keep).to_be_focused()
    page.keyboard.press("Enter")
    page.get_by_label("Name of the view").fill("Overdue")
    page.keyboard.press("Enter")
    expect(page.get_by_text("The view is kept.")).to_be_visible()
    visitor.open("/jobs/")
    visitor.open("/requests/")
    page.locator("summary", has_text="Saved views").click()
    page.get_by_role("link", name="Overdue", exact=True).last.click()
    expect(page).to_have_url(f"{visitor.address}/requests/?due=overdue")


def test_people_are_exported_masked_and_in_clear_for_who_asks(visit: Visit, request_file: Write) -> None:
    visitor = visit("officer")
    page = visitor.page
    make_request(page, visitor, request_file(payload(people(2, prefix="clear")), "clear.json"), 2)
    visitor.open("/people/")
    button = page.locator(".list-export button").inner_text()
    assert not any("clear1@example.com" in str(row) for row in exported(page, button))
    page.get_by_label("with identities in clear").check()
    assert any("clear1@example.com" in row["identities"] for row in exported(page, button))


def test_all_of_it_works_without_a_script_and_on_a_phone(visit: Visit, request_file: Write) -> None:
    scripted = visit("officer")
    number = make_request(scripted.page, scripted, request_file(payload(people(2, prefix="plain")), "plain.json"), 2)
    visitor = visit("officer", java_script_enabled=False, viewport={"width": 360, "height": 740})
    page = visitor.open("/requests/")
    page.get_by_role("link", name="Tick every row of this page").click()
    expect(page.get_by_label(f"Tick {number}")).to_be_checked()
    page.get_by_role("button", name="Give to a colleague").click()
    page.get_by_role("button", name="to this colleague").click()
    expect(page.get_by_text("given away")).to_be_visible()
    page.locator("summary", has_text="Choose columns").click()
    page.get_by_label("Products", exact=True).check()
    page.get_by_role("button", name="Show these columns").click()
    expect(page.locator("td[data-label=Products]").first).to_be_visible()
