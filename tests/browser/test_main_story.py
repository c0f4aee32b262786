"""The whole job in a browser: a file becomes jobs, each product progresses, the result is downloaded; strangers see nothing."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visitor
from tests.files import payload, people
from tests.stack import Stack

pytestmark = pytest.mark.browser

PICTURES = Path(__file__).parent / "pictures"
Visit = Callable[..., Visitor]
Write = Callable[..., Path]

DROP = """async ([name, text]) => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([text], name, {type: "application/json"}));
    const zone = document.querySelector(".drop");
    for (const kind of ["dragenter", "dragover", "drop"]) {
        zone.dispatchEvent(new DragEvent(kind, {dataTransfer: transfer, bubbles: true, cancelable: true}));
    }
}"""

RENEW = """() => {
    const progress = document.querySelector("#progress");
    progress.dataset.old = "1";
    progress.dispatchEvent(new Event("look"));
}"""


def picture(page: Page, name: str, tmp_path: Path) -> None:
    """Take a picture; `TAKE_PICTURES=1` puts it into the repository, for README.md."""
    taken = tmp_path / f"{name}.png"
    page.screenshot(path=taken)
    if os.environ.get("TAKE_PICTURES") == "1":
        PICTURES.mkdir(exist_ok=True)
        shutil.copy(taken, PICTURES / taken.name)


def choose(page: Page, file: Path) -> None:
    """Choose a file with the file picker and have it checked."""
    page.get_by_label("Drop request files here, or choose them").set_input_files(file)
    page.get_by_role("button", name="Check the file").click()


def mixed() -> dict[str, Any]:
    """Six people, two of whom Analytics does not know."""
    known, unknown = people(4), people(2, prefix="notfound")
    return payload([*known, *unknown], include=["analytics", "profileService", "identity"])


@pytest.mark.db_main
def test_an_officer_carries_a_file_through_to_the_result(visit: Visit, stack: Stack, request_file: Write, tmp_path: Path) -> None:
    page = visit("officer").open("/")
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Make a request").click()
    page.get_by_role("link", name="Upload a request file").click()

    file = request_file(mixed())
    page.locator(".drop[data-ready]").wait_for()
    page.evaluate(DROP, [file.name, file.read_text()])
    expect(page.locator(".chosen")).to_contain_text("people.json")
    page.get_by_role("button", name="Check the file").click()

    expect(page.get_by_role("heading", name="Check what will be sent")).to_be_visible()
    expect(page.locator(".figures li")).to_have_text(["6people", "12jobs at Adobe", "1call to Adobe", "3products"])
    expect(page.get_by_text("This deletes the data of 6 people in 3 products. Adobe cannot undo it.")).to_be_visible()
    expect(page.locator("main")).not_to_contain_text("person1@example.com")
    assert stack.simulator.ledger() == []
    picture(page, "preview", tmp_path)
    page.get_by_role("button", name="Send 6 people to Adobe").click()

    expect(page.get_by_role("heading", level=1)).to_contain_text("PR-")
    expect(page.get_by_text("Adobe is working", exact=True)).to_be_visible(timeout=30_000)
    assert len(stack.simulator.ledger()) == 12

    type_through_five_swaps(page)
    open_through_a_swap(page)

    page.get_by_label("Adobe's job id").fill("")
    progress = page.locator("#progress")
    # Some products answer within minutes, some take weeks: for a picture with bars of different lengths. Less than a day, so
    # that the jobs of later tests are not made on a day that we do not list yet.
    stack.simulator.advance(20 * 3600)
    expect(progress.get_by_role("link", name="waiting").first).not_to_have_text("12 waiting", timeout=30_000)
    first = [job["jobId"] for job in stack.simulator.ledger()][:6]
    stack.simulator.control("finish", {"jobIds": first})
    expect(progress).to_contain_text(re.compile(r"([6-9]|1[0-2]) of 12 jobs done"), timeout=30_000)
    for product in ("Analytics", "Real-Time Customer Profile", "Identity Service"):
        bar = progress.locator("li:not(.answer)", has_text=product)
        expect(bar).to_contain_text(re.compile(r"([6-9]|1[0-2]) of 12"))
    picture(page, "request", tmp_path)
    stack.simulator.control("finish", {})
    expect(progress.locator(".pill", has_text="Complete")).to_be_visible(timeout=30_000)
    expect(progress).to_contain_text("12 of 12 jobs done")

    download_the_first_result(page, stack, tmp_path)

    page.get_by_role("navigation", name="Main").get_by_role("link", name="Home").click()
    expect(page.get_by_text("Adobe is done: answer the person").first).to_be_visible()
    picture(page, "home", tmp_path)


def renewed(page: Page) -> None:
    """Have the live part swapped once more, as when one comes back to the page, and wait for it."""
    page.evaluate(RENEW)
    page.locator("#progress:not([data-old])").wait_for(timeout=15_000)


def type_through_five_swaps(page: Page) -> None:
    """Words typed while the live part renews itself stay, and so does the place of the cursor."""
    field = page.get_by_label("Adobe's job id")
    field.click()
    typed = ""
    for word in ("no ", "swap ", "takes ", "a ", "letter"):
        field.press_sequentially(word)
        typed += word
        renewed(page)
    expect(field).to_be_focused()
    expect(field).to_have_value(typed)
    assert page.evaluate("document.activeElement.selectionStart") == len(typed)
    expect(page.locator("#announcer")).to_contain_text("0 of 12 jobs done")


def open_through_a_swap(page: Page) -> None:
    """What was unfolded stays so."""
    calls = page.locator("#calls")
    calls.locator("summary").click()
    renewed(page)
    expect(calls).to_have_attribute("open", "")
    calls.locator("summary").click()
    renewed(page)
    expect(calls).not_to_have_attribute("open", "")


def download_the_first_result(page: Page, stack: Stack, tmp_path: Path) -> None:
    """What is downloaded is what Adobe gave, byte for byte."""
    page.get_by_role("link", name="Show the jobs").click()
    row = page.locator("tbody tr", has_text="Access").first
    link = row.get_by_role("link", name="Download")
    page.reload()
    expect(link).to_be_visible()
    job_id = row.locator("code").inner_text()
    with page.expect_download() as waiting:
        link.click()
    kept = tmp_path / "result.zip"
    waiting.value.save_as(kept)
    assert waiting.value.suggested_filename.endswith("-person-1.zip")
    assert hashlib.sha256(kept.read_bytes()).hexdigest() == stack.simulator.control(f"archives/{job_id}")["sha256"]
    row.get_by_role("link", name="Person 1", exact=True).click()
    expect(page.get_by_role("heading", name="What each product answered")).to_be_visible()
    expect(page.locator("main")).not_to_contain_text("person1@example.com")
    page.get_by_role("button", name="Show identities and the raw answer").click()
    expect(page.locator("main")).to_contain_text("person1@example.com")


def test_a_viewer_looks_and_a_stranger_sees_nothing(visit: Visit, stack: Stack, request_file: Write) -> None:
    officer = visit("officer").page
    officer.goto(f"{stack.web_address}/uploads/new/")
    choose(officer, request_file(payload(people(1, "access", prefix="viewed"))))
    officer.get_by_role("button", name="Send 1 person to Adobe").click()
    officer.wait_for_url("**/requests/PR-*/")
    path = officer.url.removeprefix(stack.web_address)
    stack.wait_until(lambda: "viewed-1" in str(stack.simulator.ledger()), 30)
    stack.simulator.control("finish", {})
    stack.wait_until(lambda: stack.value("SELECT count(*) FROM privacy_resultarchive WHERE status = 'waiting'") == 0, 30)
    expect(officer.locator("#progress .pill", has_text="Complete")).to_be_visible(timeout=30_000)

    viewer = visit("viewer")
    jobs = viewer.open(f"{path}jobs/")
    expect(jobs.locator("tbody tr")).to_have_count(1)
    expect(jobs.get_by_role("link", name="Download")).to_have_count(0)
    job_page = jobs.get_by_role("link", name="Person 1", exact=True).get_attribute("href")
    answer = viewer.page.goto(f"{stack.web_address}{job_page}result/")
    assert answer is not None
    assert answer.status == 403
    expect(viewer.page.get_by_role("heading", name="You may not do this")).to_be_visible()

    stranger = visit("colleague")
    for address in (path, f"{path}jobs/", f"{job_page}", f"{job_page}result/"):
        refused = stranger.page.goto(f"{stack.web_address}{address}")
        assert refused is not None
        assert refused.status == 404
    expect(stranger.open("/requests/").get_by_role("heading", name="No requests yet")).to_be_visible()


def test_a_lost_session_loses_nothing_that_was_typed(visit: Visit, stack: Stack, request_file: Write) -> None:
    visitor = visit("officer")
    page = visitor.open("/uploads/new/")
    choose(page, request_file(payload(people(1, "access", prefix="lost"))))
    page.get_by_role("button", name="Send 1 person to Adobe").click()
    page.wait_for_url("**/requests/PR-*/")
    page.get_by_label("Adobe's job id").fill("half a number")
    visitor.context.clear_cookies(name="sessionid")
    expect(page.get_by_text("You were signed out.")).to_be_visible(timeout=15_000)
    expect(page.get_by_label("Adobe's job id")).to_have_value("half a number")
    expect(page.get_by_role("heading", level=1)).to_contain_text("PR-")


def test_everything_but_live_updates_works_without_scripts(visit: Visit, stack: Stack, request_file: Write) -> None:
    page = visit("officer", java_script_enabled=False).open("/uploads/new/")
    choose(page, request_file(payload(people(2, "access", prefix="plain"))))
    page.get_by_role("button", name="Send 2 people to Adobe").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("PR-")
    stack.wait_until(lambda: "plain-2" in str(stack.simulator.ledger()), 30)
    page.reload()
    expect(page.locator("#progress")).to_contain_text("of 2 jobs done")
    page.get_by_role("link", name="2 open").click()
    expect(page.locator("tbody tr")).to_have_count(2)


def test_a_hidden_tab_asks_nothing(visit: Visit, stack: Stack, request_file: Write) -> None:
    page = visit("officer").open("/uploads/new/")
    choose(page, request_file(payload(people(1, "access", prefix="hidden"))))
    page.get_by_role("button", name="Send 1 person to Adobe").click()
    page.wait_for_url("**/requests/PR-*/")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "progress" in request.url else None)
    page.evaluate("Object.defineProperty(document, 'hidden', {get: () => window.away === true, configurable: true})")
    page.evaluate("window.away = true")
    page.wait_for_timeout(500)
    asked.clear()
    # Longer than a page that is looked at waits between two questions.
    page.wait_for_timeout(2500)
    assert asked == []
    with page.expect_request(lambda request: "progress" in request.url):
        page.evaluate("window.away = false; document.dispatchEvent(new Event('visibilitychange'))")
