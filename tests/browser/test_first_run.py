"""An empty portal leads who set it up through organization, connection, colleagues and the first request."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visitor
from tests.browser.looking import faults
from tests.conftest import IMS_ORG
from tests.files import payload, people
from tests.people import PASSWORD
from tests.stack import Stack

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def stack(processes: Stack) -> Stack:
    """The stack, with nothing in it but the person who set it up."""
    processes.drive("begin-empty", "root")
    processes.simulator.reset()
    return processes


def steps(page: Page) -> list[str]:
    """What home says of each step."""
    page.get_by_role("heading", name="From here to the first request").wait_for()
    return [words.split()[0] for words in page.locator(".first-steps .pill").all_inner_texts()]


def save(page: Page) -> None:
    """A form of the administration."""
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".messagelist .success")).to_be_visible()


def test_from_an_empty_portal_to_the_first_request(
    visit: Callable[..., Visitor], stack: Stack, request_file: Callable[..., Path]
) -> None:
    visitor = visit("root")
    page = visitor.open("/")
    assert steps(page) == ["To", "To", "To", "To"]
    assert faults(page) == {}

    page.get_by_role("link", name="Add an organization").click()
    fields = {"name": "Acme", "ims_org_id": IMS_ORG, "client_id": "simulator-client", "client_secret": "simulator-secret"}
    for name, value in (fields | dict.fromkeys(("gateway_url", "ims_url"), stack.simulator.address)).items():
        page.locator(f"#id_{name}").fill(value)
    for code in ("analytics", "profileService"):
        page.locator(f"input[name=product_codes][value={code}]").check()
    save(page)

    visitor.open("/")
    assert steps(page) == ["Done", "To", "To", "To"]
    page.get_by_role("link", name="Open the organization").click()
    page.get_by_role("button", name="Test the connection").click()
    expect(page.get_by_text("Every step passed")).to_be_visible(timeout=30_000)

    visitor.open("/")
    assert steps(page) == ["Done", "Done", "To", "To"]
    page.get_by_role("link", name="Add a user").click()
    page.get_by_label("Username").fill("first-officer")
    page.get_by_label("Password:", exact=True).fill(PASSWORD)
    page.get_by_label("Password confirmation").fill(PASSWORD)
    page.get_by_role("option", name="Acme").click()
    page.get_by_role("button", name="Choose selected organizations").click()
    save(page)

    visitor.open("/")
    assert steps(page) == ["Done", "Done", "Done", "To"]
    page.locator(".first-steps").get_by_role("link", name="Make a request").click()
    page.get_by_role("link", name="Upload a request file").click()
    page.get_by_label("Drop request files here, or choose them").set_input_files(request_file(payload(people(1, "access"))))
    page.get_by_role("button", name="Check the file").click()
    page.get_by_role("button", name="Send 1 person to Adobe").click()
    page.wait_for_url("**/requests/PR-*/")
    stack.wait_until(lambda: len(stack.simulator.ledger()) == 1, 30)
    visitor.open("/")
    expect(page.get_by_role("heading", name="From here to the first request")).to_have_count(0)
