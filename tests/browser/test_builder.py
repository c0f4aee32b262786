"""Building a request in a browser: by keyboard alone, by paste from a spreadsheet, in two windows, without scripts."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visitor
from tests.browser.keyboard import press_until, until_focused
from tests.browser.looking import faults
from tests.stack import Stack

pytestmark = pytest.mark.browser

Visit = Callable[..., Visitor]

PASTE = """([id, text]) => {
    const field = document.getElementById(id);
    const clipboard = new DataTransfer();
    clipboard.setData("text/plain", text);
    field.focus();
    field.dispatchEvent(new ClipboardEvent("paste", {clipboardData: clipboard, bubbles: true, cancelable: true}));
}"""


def begin(visitor: Visitor) -> Page:
    """Open a new draft."""
    page = visitor.open("/make/")
    page.get_by_role("button", name="Build a request").click()
    page.wait_for_url("**/drafts/*-*/")
    return page


def choose(page: Page, *products: str) -> None:
    """Law, action and products."""
    page.get_by_label("Access", exact=True).check()
    page.get_by_label("Law", exact=True).select_option("gdpr")
    for product in products or ("profileService",):
        page.locator(f"#product-{product}").check()


def saved(page: Page, version: int) -> None:
    """Wait until the portal has saved what was typed at least so often."""
    page.wait_for_function("(least) => Number(document.querySelector('[name=version]').value) >= least", arg=version)


def keys_at_adobe(stack: Stack, prefix: str) -> list[str]:
    """The officer's keys that Adobe was given."""
    return sorted({job["key"].split("#")[0] for job in stack.simulator.ledger() if job["key"].startswith(prefix)})


def test_a_request_is_built_with_the_keyboard_alone(visit: Visit, stack: Stack) -> None:
    page = visit("officer").open("/make/")
    keyboard = page.keyboard
    press_until(page, "Build a request")
    keyboard.press("Enter")
    page.get_by_role("heading", name="Build a request").wait_for()
    until_focused(page, "action-access")
    keyboard.press("Space")
    until_focused(page, "law")
    keyboard.type("General Data")
    until_focused(page, "product-profileService")
    keyboard.press("Space")
    until_focused(page, "key-1")
    for number, name in enumerate(("board-1", "board-2", "board-3"), 1):
        expect(page.locator(f"#key-{number}")).to_be_focused()
        keyboard.type(name)
        if number == 1:
            until_focused(page, "namespace-1-1")
            keyboard.type("Email")
        until_focused(page, f"value-{number}-1")
        keyboard.type(f"{name}@example.com")
        if number < 3:
            keyboard.press("Enter")
    # The namespace came along with each new row.
    expect(page.locator("#namespace-3-1")).to_have_value("Email")
    press_until(page, "Check and preview")
    keyboard.press("Enter")
    page.get_by_role("heading", name="Check what will be sent").wait_for()
    press_until(page, "Send 3 people to Adobe")
    keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("PR-")
    stack.wait_until(lambda: keys_at_adobe(stack, "board-") == ["board-1", "board-2", "board-3"], 30)


def test_columns_of_a_spreadsheet_are_pasted_into_rows(visit: Visit, stack: Stack) -> None:
    page = begin(visit("officer"))
    choose(page)
    page.locator("#namespace-1-1").fill("Email")
    page.locator("#person-1").get_by_role("button", name="Add an identity").click()
    page.locator("#namespace-1-2").fill("crm")
    page.locator("#type-1-2").select_option("custom")
    rows = [f"paste-{number}\tpaste{number}@example.com\t00{number}" for number in range(1, 61)]
    page.evaluate(PASTE, ["key-1", "\r\n".join(rows) + "\r\n"])
    expect(page.locator(".person")).to_have_count(60)
    expect(page.locator("#value-60-1")).to_have_value("paste60@example.com")
    expect(page.locator("#value-60-2")).to_have_value("0060")
    expect(page.locator("#type-60-2")).to_have_value("custom")
    # One column alone goes down from the field where it is pasted.
    page.evaluate(PASTE, ["value-59-1", "other59@example.com\nother60@example.com\nother61@example.com"])
    expect(page.locator("#value-61-1")).to_have_value("other61@example.com")
    expect(page.locator("#namespace-61-1")).to_have_value("Email")
    page.locator("#person-61").get_by_role("button", name="Remove row 61").click()
    expect(page.locator(".person")).to_have_count(60)
    page.get_by_role("button", name="Check and preview").click()
    expect(page.locator(".figures li").first).to_have_text("60people")
    page.get_by_role("button", name="Send 60 people to Adobe").click()
    stack.wait_until(lambda: len(keys_at_adobe(stack, "paste-")) == 60, 30)


def test_a_namespace_chosen_after_the_paste_goes_down(visit: Visit) -> None:
    page = begin(visit("officer"))
    page.evaluate(PASTE, ["key-1", "a\ta@example.com\t1\nb\tb@example.com\t2\nc\tc@example.com\t3"])
    page.locator("#namespace-2-2").fill("own")
    page.locator("#namespace-1-2").fill("crm")
    page.locator("#type-1-2").select_option("custom")
    expect(page.locator("#namespace-3-2")).to_have_value("own")
    expect(page.locator("#namespace-2-2")).to_have_value("own")
    expect(page.locator("#type-2-2")).to_have_value("standard")
    page.locator("#namespace-1-1").fill("Email")
    page.locator("#key-1").focus()
    expect(page.locator("#namespace-3-1")).to_have_value("Email")


def test_more_than_a_draft_takes_is_said(visit: Visit) -> None:
    page = begin(visit("officer"))
    page.evaluate(PASTE, ["value-1-1", "\n".join(f"many{number}@example.com" for number in range(250))])
    expect(page.locator(".person")).to_have_count(200)
    expect(page.locator("#announcer")).to_contain_text("Put more into a table")


def test_a_row_says_what_is_wrong_as_its_field_is_left_and_nothing_typed_is_lost(visit: Visit, stack: Stack) -> None:
    page = begin(visit("officer"))
    choose(page)
    page.locator("#value-1-1").fill("no-namespace@example.com")
    page.locator("#key-1").focus()
    expect(page.locator("#faults-1")).to_contain_text("Row 1, identity 1: namespace is empty.")
    expect(page.locator("#namespace-1-1")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#key-1")).to_be_focused()
    assert faults(page) == {}
    page.locator("#namespace-1-1").fill("Email")
    page.locator("#key-1").focus()
    expect(page.locator("#faults-1")).to_be_empty()
    expect(page.locator("#namespace-1-1")).not_to_have_attribute("aria-invalid", "true")
    expect(page.locator("#saved")).to_contain_text(re.compile("Saved .*[0-9]{2}:[0-9]{2}"))
    expect(page.locator("#beside")).to_contain_text("1 month")
    page.reload()
    expect(page.locator("#value-1-1")).to_have_value("no-namespace@example.com")


def test_rows_that_are_removed_leave_the_others_whole(visit: Visit) -> None:
    page = begin(visit("officer"))
    for number in (1, 2, 3):
        page.locator(f"#key-{number}").fill(f"kept-{number}")
        page.get_by_role("button", name="Add a person").click()
    page.locator("#person-2").get_by_role("button", name="Add an identity").click()
    page.locator("#value-2-2").fill("second")
    page.locator("#person-1").get_by_role("button", name="Remove row 1").click()
    expect(page.locator("#key-1")).to_have_value("kept-2")
    expect(page.locator("#value-1-2")).to_have_value("second")
    expect(page.locator("#key-1")).to_be_focused()
    version = int(page.locator("[name=version]").input_value())
    page.locator("#key-2").fill("changed")
    page.locator("#key-1").focus()
    saved(page, version + 1)
    page.reload()
    expect(page.locator("#value-1-2")).to_have_value("second")
    expect(page.locator("#key-2")).to_have_value("changed")


def test_what_was_typed_last_is_kept_when_the_page_is_left_at_once(visit: Visit) -> None:
    page = begin(visit("officer"))
    address = page.url
    for number, words in enumerate(("by a link", "by loading it again", "by the browser's own history"), 1):
        page.locator(f"#key-{number}").fill(words)
        page.get_by_role("button", name="Add a person").click()
        # Still being typed: no change of the field, and no pause.
        page.locator(f"#value-{number}-1").press_sequentially(f"{number}@example.com")
        leave(page, number)
        if page.url != address:
            page.goto(address)
        expect(page.locator(f"#value-{number}-1")).to_have_value(f"{number}@example.com")
        # It is no other window that saved: what is typed now is kept as well.
        page.locator(f"#namespace-{number}-1").fill("Email")
        page.locator("#law").focus()
        expect(page.locator("#saved")).not_to_contain_text("another window")
    page.reload()
    for number in (1, 2, 3):
        expect(page.locator(f"#namespace-{number}-1")).to_have_value("Email")


def leave(page: Page, way: int) -> None:
    """By a link, by loading the page again, back."""
    if way == 1:
        page.get_by_role("link", name="Make a request", exact=True).first.click()
        page.get_by_role("heading", level=1, name="Make a request").wait_for()
    elif way == 2:
        page.reload()
    else:
        page.go_back()


def test_a_second_window_is_told_that_it_is_behind(visit: Visit) -> None:
    visitor = visit("officer")
    page = begin(visitor)
    other = visitor.context.new_page()
    other.goto(page.url)
    page.locator("#key-1").fill("first window")
    page.locator("#value-1-1").focus()
    saved(page, 2)
    other.locator("#key-1").fill("second window")
    other.locator("#value-1-1").focus()
    expect(other.locator("#saved")).to_contain_text("Not saved")
    other.get_by_role("button", name="Save the draft").click()
    expect(other.get_by_role("alert")).to_contain_text("This draft was saved from another window meanwhile.")
    expect(other.locator("#key-1")).to_have_value("second window")
    page.reload()
    expect(page.locator("#key-1")).to_have_value("first window")


def test_everything_of_the_builder_works_without_scripts(visit: Visit, stack: Stack) -> None:
    page = begin(visit("officer", java_script_enabled=False))
    choose(page)
    page.locator("#key-1").fill("plain-1")
    page.locator("#namespace-1-1").fill("Email")
    page.locator("#value-1-1").fill("plain1@example.com")
    page.get_by_role("button", name="Add a person").click()
    page.locator("#key-2").fill("plain-2")
    page.locator("#person-2").get_by_role("button", name="Add an identity").click()
    page.get_by_role("button", name="Check and preview").click()
    expect(page.get_by_role("alert")).to_contain_text("value is empty")
    page.locator("#value-2-1").fill("plain2@example.com")
    page.get_by_role("button", name="Check and preview").click()
    page.get_by_role("button", name="Send 2 people to Adobe").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("PR-")
    stack.wait_until(lambda: keys_at_adobe(stack, "plain-") == ["plain-1", "plain-2"], 30)


def test_people_with_an_open_request_are_left_out(visit: Visit, stack: Stack) -> None:
    visitor = visit("officer")
    for wanted in (("twice-1",), ("twice-1", "twice-2")):
        page = begin(visitor)
        choose(page)
        page.locator("#namespace-1-1").fill("Email")
        page.evaluate(PASTE, ["key-1", "\n".join(f"{name}\t{name}@example.com" for name in wanted)])
        if len(wanted) == 1:
            page.evaluate(PASTE, ["key-1", f"{wanted[0]}\t{wanted[0]}@example.com"])
        page.get_by_role("button", name="Check and preview").click()
        page.get_by_role("heading", name="Check what will be sent").wait_for()
        if len(wanted) == 1:
            page.get_by_role("button", name="Send 1 person to Adobe").click()
            stack.wait_until(lambda: keys_at_adobe(stack, "twice-") == ["twice-1"], 30)
    expect(page.get_by_role("button", name="Send 2 people to Adobe")).to_have_count(0)
    page.get_by_label("Leave out").check()
    page.get_by_role("button", name="Save these choices").click()
    page.get_by_role("button", name="Send 1 person to Adobe").click()
    stack.wait_until(lambda: keys_at_adobe(stack, "twice-") == ["twice-1", "twice-2"], 30)
    assert len([job for job in stack.simulator.ledger() if job["key"].startswith("twice-1#")]) == 1
