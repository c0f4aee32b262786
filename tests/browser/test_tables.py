"""A table in a browser: dropped, its columns chosen, its bad rows said and given back, and the rest sent."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visitor
from tests.browser.keyboard import press_until
from tests.browser.looking import PHONE, faults
from tests.stack import Stack
from tests.tables import Cells, csv_bytes, wide, xlsx_bytes

pytestmark = pytest.mark.browser

Visit = Callable[..., Visitor]
ROWS: list[Cells] = [
    ("Ärende", "E-post", "ECID", "Kundnummer", "Anteckning"),
    ("A-1", "åsa@example.com", "44363657679975868102109072127612345678", "77", "ring först"),
    ("A-2", "", "", "", ""),
    ("A-3", "örjan@example.com", "4,43637E+37", "78", ""),
    ("A-4", "bo@example.com", "", "79", ""),
]


def choose_file(page: Page, folder: Path, content: bytes, name: str) -> None:
    """Choose a table with the file picker and look at its columns."""
    path = folder / name
    path.write_bytes(content)
    page.get_by_label("Drop a CSV or XLSX file here, or choose it").set_input_files(path)
    page.get_by_role("button", name="Look at the columns").click()
    page.get_by_role("heading", name="Choose what the columns are").wait_for()


def ask(page: Page, *actions: str) -> None:
    """Law, product and what everybody asks for."""
    page.get_by_label("Law", exact=True).select_option("gdpr")
    page.get_by_label("Real-Time Customer Profile", exact=True).check()
    for action in actions:
        page.get_by_label(action, exact=True).check()


def keys_at_adobe(stack: Stack, prefix: str) -> list[str]:
    """The officer's keys that Adobe was given."""
    return sorted({job["key"].split("#")[0] for job in stack.simulator.ledger() if job["key"].startswith(prefix)})


def test_a_table_goes_to_adobe_from_a_phone_without_its_bad_rows(visit: Visit, stack: Stack, tmp_path: Path) -> None:
    page = visit("officer", viewport=PHONE).open("/tables/new/")
    choose_file(page, tmp_path, csv_bytes(ROWS, encoding="cp1252", separator=";"), "ärenden.csv")
    expect(page.get_by_text("As Windows-1252, with its columns separated by: Semicolon.")).to_be_visible()
    expect(page.get_by_label("What column B is")).to_have_value("of:standard:Email")
    # The fields of another namespace are there for the column that needs them.
    expect(page.get_by_label("Namespace D")).to_be_hidden()
    page.get_by_label("What column D is").select_option("other")
    page.get_by_label("Namespace D").fill("crm")
    page.get_by_text("The first 4 rows").click()
    expect(page.get_by_role("cell", name="ring först").last).to_be_visible()
    assert faults(page) == {}

    page.get_by_role("button", name="Read the table").click()
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.get_by_role("alert")).to_contain_text("Choose the law under which the people ask.")
    assert faults(page) == {}
    expect(page.get_by_label("Namespace D")).to_have_value("crm")
    ask(page, "Access")
    page.get_by_role("button", name="Read the table").click()

    expect(page.get_by_role("heading", name="This table has errors")).to_be_visible()
    expect(page.get_by_role("alert")).to_contain_text("2 of 4 rows are bad")
    expect(page.get_by_role("alert")).to_contain_text("Row 4: a spreadsheet has rounded ECID to 15 digits.")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the bad rows").click()
    assert "A-3;örjan@example.com" in Path(download.value.path()).read_text(encoding="utf-8-sig")

    page.get_by_role("button", name="Go on with the 2 good rows").click()
    expect(page.get_by_text("2 bad rows were left out")).to_be_visible()
    assert faults(page) == {}
    page.get_by_role("link", name="Open the upload").click()
    page.get_by_role("heading", name="Check what will be sent").wait_for()
    page.get_by_role("button", name="Send 2 people to Adobe").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("PR-")
    stack.wait_until(lambda: len(keys_at_adobe(stack, "A-")) == 2, 30)
    assert keys_at_adobe(stack, "A-") == ["A-1", "A-4"]


def test_a_large_workbook_is_read_by_a_worker_while_the_page_tells(visit: Visit, stack: Stack, tmp_path: Path) -> None:
    page = visit("officer").open("/tables/new/")
    choose_file(page, tmp_path, xlsx_bytes(wide(10_000)), "many.xlsx")
    ask(page)
    page.get_by_role("button", name="Read the table").click()
    expect(page.get_by_role("progressbar")).to_be_visible()
    page.get_by_role("button", name="Send 10,000 people to Adobe").wait_for(timeout=180_000)
    page.get_by_role("button", name="Discard it instead").click()


def test_it_can_be_done_with_the_keyboard_alone_and_without_scripts(visit: Visit, tmp_path: Path) -> None:
    page = visit("officer", java_script_enabled=False).open("/tables/")
    expect(page.get_by_role("heading", name="Tables")).to_be_visible()
    page.goto(page.url + "new/")
    choose_file(page, tmp_path, csv_bytes(wide(1)), "one.csv")
    ask(page)
    page.get_by_role("button", name="Read the table").press("Enter")
    expect(page.get_by_role("button", name="Send 1 person to Adobe")).to_be_visible()
    page.get_by_role("button", name="Discard it instead").press("Enter")
    # The next table with that header begins with what was chosen, until somebody wants a new guess.
    page.goto(page.url.split("/uploads/")[0] + "/tables/new/")
    choose_file(page, tmp_path, csv_bytes(wide(1)), "two.csv")
    expect(page.get_by_label("Real-Time Customer Profile", exact=True)).to_be_checked()
    page.get_by_role("button", name="Guess the columns anew").press("Enter")
    expect(page.get_by_label("Real-Time Customer Profile", exact=True)).not_to_be_checked()


def test_the_columns_can_be_chosen_with_the_keyboard_alone(visit: Visit, tmp_path: Path) -> None:
    page = visit("officer").open("/tables/new/")
    # A header that no other test has: nothing is chosen from last time.
    content = csv_bytes([[*row, "note"] for row in wide(1)])
    choose_file(page, tmp_path, content, "keys.csv")
    page.get_by_label("Law", exact=True).focus()
    page.keyboard.type("General")
    page.get_by_label("Real-Time Customer Profile", exact=True).focus()
    page.keyboard.press("Space")
    press_until(page, "Read the table")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Send 1 person to Adobe")).to_be_visible()
    page.goto(page.url.split("/uploads/")[0] + "/tables/new/")
    choose_file(page, tmp_path, content, "again.csv")
    expect(page.get_by_text("The columns are chosen as last time")).to_be_visible()
    assert faults(page) == {}
