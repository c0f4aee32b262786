"""Searching as a person does: typing into the box, and reading the page that it leads to."""

from __future__ import annotations

from typing import Any

from tests.pages import Browser, Element, Page


def search(browser: Browser, text: str) -> Any:
    """Send what was typed; the answer to the POST."""
    return browser.post("/search/", {"text": text})


def result_of(browser: Browser, text: str) -> Page:
    """The page of results."""
    answer = search(browser, text)
    assert answer.status_code == 302, answer.status_code
    return browser.page(answer.headers["Location"])


def found(page: Page, name: str) -> list[str]:
    """The words of the rows of one kind, in order; nothing when there is no such kind on the page."""
    sections = page.root.all("section", aria_labelledby=name)
    return [row.text for section in sections for row in section.one("tbody").all("tr")]


def kinds(page: Page) -> list[str]:
    """Of which kinds there are rows."""
    return [section["aria-labelledby"] for section in page.root.all("section") if section.all("tbody")]


def links_of(page: Page, name: str) -> list[str]:
    """Where the rows of one kind lead."""
    section: Element = page.section(name)
    return [link["href"] for link in section.all("a", class_="row-link")]
