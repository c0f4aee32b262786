"""Every page fits every screen, can be read in both colour schemes and by assistive technology (WCAG 2.2 AA), and can be printed.

The portal holds some of everything, in the states that pages show, and nobody works on it: each page stands still.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visitor
from tests.browser.looking import faults, faults_on_paper
from tests.stack import Stack

pytestmark = pytest.mark.browser

Visit = Callable[..., Visitor]
# Of each page's list there are so many: enough for every state to be among them.
MANY = 4
# What a browser is given at these addresses is a file or a part of a page.
NO_PAGES = {
    "calendar",
    "health-now",
    "hygiene:expiration-progress",
    "hygiene:record-delete-progress",
    "hygiene:record-delete-template",
    "privacy:opt-out-progress",
    "privacy:opt-out-template-csv",
    "privacy:opt-out-template-json",
    "privacy:request-people",
    "privacy:request-progress",
    "privacy:sync-progress",
    "privacy:table-bad-rows",
    "privacy:upload-dry-run-report",
    "privacy:upload-template",
}


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A site alone, without workers."""
    with Stack(tmp_path_factory.mktemp("looks")) as running:
        running.seed()
        running.start_web()
        yield running


@pytest.fixture(scope="module")
def pages(stack: Stack) -> dict[str, str]:
    """The address of every page, by its name and its state. tests/test_query_counts.py sees to it that none is left out."""
    every: dict[str, str] = stack.drive("grow", str(MANY))
    assert set(every) >= NO_PAGES
    # A list looks the same whatever it is filtered by.
    return {name: address for name, address in every.items() if name not in NO_PAGES and "?" not in address}


def test_every_page_fits_and_can_be_read(pages: dict[str, str], visit: Visit) -> None:
    officer = visit("officer")
    found: dict[str, dict[str, list[str]]] = {}
    for name, address in pages.items():
        page = officer.open(address)
        if wrong := faults(page):
            found[name] = wrong
    assert found == {}


def test_what_a_stranger_sees_fits_and_can_be_read(visit: Visit) -> None:
    stranger = visit()
    page = stranger.open("/sign-in/")
    assert faults(page) == {}
    page.get_by_label("User name").fill("nobody")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert faults(page) == {}
    assert faults(visit("viewer").open("/not-there/")) == {}


@pytest.mark.parametrize("address", ["runtimesetting/", "runtimesetting/LIST_EVERY_SECONDS/change/", "steprun/"])
def test_our_pages_in_the_administration_fit_and_can_be_read(visit: Visit, address: str) -> None:
    assert faults(visit("admin").open(f"/admin/portal/{address}"), part="#content") == {}


@pytest.mark.parametrize("name", ["privacy:request-detail", "privacy:report", "privacy:person"])
def test_what_is_printed_has_all_of_it_and_no_buttons(pages: dict[str, str], visit: Visit, name: str) -> None:
    assert faults_on_paper(visit("officer").open(pages[name])) == []
