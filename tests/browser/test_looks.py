"""Every page fits a small screen, can be read in both colour schemes and by assistive technology (WCAG 2.2 AA, by axe-core)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import URLPattern, URLResolver, get_resolver
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visitor
from tests.files import payload, people
from tests.stack import Stack

pytestmark = pytest.mark.browser

Visit = Callable[..., Visitor]
Write = Callable[..., Path]
SMALLEST = 360
RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}}


@pytest.fixture
def paths(visit: Visit, stack: Stack, request_file: Write) -> dict[str, str]:
    """The pages worth looking at, by what they show."""
    page = visit("officer").page
    found = {"list": "/requests/", "uploads": "/uploads/?show=all", "upload": "/uploads/new/"}
    found |= {"home": "/", "report": "/report/", "laws": "/laws/", "products": "/products/", "elsewhere": "/elsewhere/"}

    def upload(body: dict[str, Any]) -> str:
        page.goto(f"{stack.web_address}/uploads/new/")
        page.get_by_label("Drop request files here, or choose them").set_input_files(request_file(body))
        page.get_by_role("button", name="Check the file").click()
        page.wait_for_url("**/uploads/*-*/")
        return page.url.removeprefix(stack.web_address)

    found["errors"] = upload(payload([*people(2, prefix="twice"), *people(2, prefix="twice")], regulation="gdrp"))
    found["two"] = upload(payload([*people(1, "delete"), *people(1, "opt-out-of-sale", prefix="out")], regulation="ccpa"))
    users = [*people(2), *people(1, prefix="badformat"), *people(1, prefix="notfound"), *people(1, prefix="partial")]
    found["preview"] = upload(payload(users, include=["analytics", "audienceManager", "profileService"]))
    page.get_by_role("button", name="Send 5 people to Adobe").click()
    page.wait_for_url("**/requests/PR-*/")
    found["request"] = page.url.removeprefix(stack.web_address)
    found["jobs"], found["shred"] = f"{found['request']}jobs/", f"{found['request']}shred/"
    stack.wait_until(lambda: len(stack.simulator.ledger()) >= 10, 30)
    stack.simulator.control("finish", {})
    expect(page.locator("#progress .pill").first).to_contain_text("Finished with errors", timeout=30_000)
    page.goto(f"{stack.web_address}{found['jobs']}?state=failed")
    found["job"] = page.locator("a.row-link").first.get_attribute("href") or ""
    found |= record_deletes(page, stack) | opt_outs(page, stack) | expirations(page, stack)
    named = set(found.values())
    return found | {name: path for name, path in plain_pages(page, stack).items() if path not in named}


def record_deletes(page: Page, stack: Stack) -> dict[str, str]:
    """The pages of record deletes: one that waits to be confirmed, one that Adobe has done."""

    def begin() -> str:
        page.goto(f"{stack.web_address}/record-deletes/new/")
        page.get_by_label("Namespace").fill("email")
        page.get_by_label("Identities", exact=True).fill("oddservice1@example.com\ngone2@example.com")
        page.get_by_label("Ids of these datasets").fill("7eab61f3e5c34810a49a1ab3")
        page.get_by_role("button", name="Check the identities").click()
        page.wait_for_url("**/record-deletes/RD-*/")
        return page.url.removeprefix(stack.web_address)

    found = {"deletes": "/record-deletes/", "new delete": "/record-deletes/new/", "delete preview": begin(), "delete": begin()}
    page.get_by_label("Type 2, the number of identities").fill("2")
    page.get_by_role("button", name="Delete 2 identities at Adobe").click()
    expect(page.locator("#progress")).to_contain_text("Adobe is working", timeout=30_000)
    stack.simulator.control("workorders/finish", {})
    expect(page.locator("#progress .pill").first).to_contain_text("Complete", timeout=30_000)
    found["work order"] = page.locator("a.row-link").first.get_attribute("href") or ""
    return found


def opt_outs(page: Page, stack: Stack) -> dict[str, str]:
    """The pages of opt-outs: one that waits to be confirmed, one that Adobe has refused."""

    def begin(line: str) -> str:
        page.goto(f"{stack.web_address}/opt-outs/new/")
        page.get_by_label("Identities, one a line").fill(line)
        page.get_by_role("button", name="Check the identities").click()
        page.wait_for_url("**/opt-outs/OO-*/")
        return page.url.removeprefix(stack.web_address)

    found = {"opt-outs": "/opt-outs/", "opt-out jobs": "/opt-outs/?way=jobs", "new opt-out": "/opt-outs/new/"}
    found |= {"opt-out preview": begin("somebody@example.com"), "opt-out": begin("refused@example.com")}
    page.get_by_role("button", name="Send 1 opt-out to Adobe").click()
    expect(page.locator("#progress .pill").first).to_contain_text("Refused by Adobe", timeout=30_000)
    return found


def expirations(page: Page, stack: Stack) -> dict[str, str]:
    """The pages of dataset expirations and quotas, after Adobe was asked for them."""
    found = {"expirations": "/expirations/", "new expiration": "/expirations/new/", "quotas": "/quotas/"}
    page.goto(f"{stack.web_address}/expirations/new/")
    page.get_by_label("Dataset id", exact=True).fill("7eab61f3e5c34810a49a1ab3")
    page.get_by_label("Remove it on").fill((datetime.now(UTC) + timedelta(days=90)).strftime("%Y-%m-%dT%H:%M"))
    page.get_by_label("Name", exact=True).fill("Old trial data")
    page.get_by_label("Type the dataset id once more").fill("7eab61f3e5c34810a49a1ab3")
    # Twice: the second click must fall on the same button, whose words are shorter by then, and not on the link beside it.
    page.get_by_role("button", name="Schedule the removal of this dataset").dblclick()
    expect(page.locator("#progress")).to_be_visible()
    found["expiration"] = page.url.removeprefix(stack.web_address)
    expect(page.locator("#progress .pill").first).to_contain_text("Pending", timeout=30_000)
    found["change expiration"] = f"{found['expiration']}change/"
    page.goto(f"{stack.web_address}/quotas/")
    page.get_by_role("button", name="Read them at Adobe now").click()
    expect(page.get_by_text("1 of 75 used")).to_be_visible()
    return found


def plain_pages(page: Page, stack: Stack) -> dict[str, str]:
    """Every page whose address takes nothing, so that a new one is looked at without being named here."""
    found: dict[str, str] = {}
    for pattern in get_resolver().url_patterns:
        inner = pattern.url_patterns if isinstance(pattern, URLResolver) else [pattern]
        for one in inner:
            path = f"/{pattern.pattern if isinstance(pattern, URLResolver) else ''}{one.pattern}"
            if "<" in path or path.startswith(("/admin/", "/api/", "/sign-out/")) or not isinstance(one, URLPattern):
                continue
            answer = page.request.get(f"{stack.web_address}{path}", max_redirects=0)
            is_whole = answer.headers.get("content-type", "").startswith("text/html") and "<html" in answer.text()
            if answer.status == 200 and is_whole:
                found[path] = path
    return found


@pytest.fixture
def screens(visit: Visit) -> list[Visitor]:
    """The same officer on a phone and at a desk, one in daylight and one in the dark: colours do not depend on the size."""
    phone, desk = {"width": SMALLEST, "height": 780}, {"width": 1280, "height": 900}
    return [visit("officer", viewport=phone, color_scheme="light"), visit("officer", viewport=desk, color_scheme="dark")]


def too_wide(page: Page) -> list[str]:
    """What stands out beyond the right edge, with how far."""
    found: list[str] = page.evaluate(
        """() => document.documentElement.scrollWidth <= document.documentElement.clientWidth ? [] :
        [...document.querySelectorAll("main *")].filter((e) => e.getBoundingClientRect().right > innerWidth + 1)
        .map((e) => `${e.tagName}.${e.className} ${Math.round(e.getBoundingClientRect().right)}`)"""
    )
    return found


def complaints(page: Page) -> list[str]:
    """What axe-core finds wrong."""
    violations = Axe().run(page, options=RULES).response["violations"]
    return [f"{one['id']}: {node['html'][:150]} {node['failureSummary']}" for one in violations for node in one["nodes"]]


def test_every_page_fits_and_can_be_read(paths: dict[str, str], screens: list[Visitor]) -> None:
    found: dict[str, list[str]] = {}
    for number, screen in enumerate(screens):
        for name, path in paths.items():
            page = screen.open(path)
            if wrong := too_wide(page) + complaints(page):
                found[f"{name} on screen {number}"] = wrong
    assert found == {}


def test_the_page_of_the_portal_s_health_fits_and_can_be_read(visit: Visit, stack: Stack) -> None:
    phone, desk = {"width": SMALLEST, "height": 780}, {"width": 1280, "height": 900}
    for size, scheme in ((phone, "light"), (desk, "dark")):
        page = visit("admin", viewport=size, color_scheme=scheme).open("/health/")
        expect(page.locator("#processes-title ~ .table-wrap .pill").first).to_contain_text("Alive", timeout=30_000)
        assert too_wide(page) == []
        assert complaints(page) == []


def test_the_main_job_can_be_done_with_the_keyboard_alone(visit: Visit, stack: Stack, request_file: Write) -> None:
    page = visit().open("/sign-in/")
    expect(page.get_by_label("User name")).to_be_focused()
    page.keyboard.type("officer")
    page.keyboard.press("Tab")
    page.keyboard.type("correct horse battery")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Sign out").wait_for()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    press_until(page, "Make a request")
    page.keyboard.press("Enter")
    page.get_by_role("heading", level=1, name="Make a request").wait_for()
    press_until(page, "Upload a request file")
    page.keyboard.press("Enter")
    page.get_by_label("Drop request files here, or choose them").set_input_files(
        request_file(payload(people(1, "access", prefix="key")))
    )
    press_until(page, "Check the file")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Check what will be sent").wait_for()
    press_until(page, "Send 1 person to Adobe")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("PR-")


def press_until(page: Page, words: str) -> None:
    """Press Tab until what has the focus says `words`."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if words in page.evaluate("document.activeElement.textContent.trim()"):
            return
    raise AssertionError(f"{words!r} cannot be reached with Tab")
