"""Working a page with the keyboard alone."""

from __future__ import annotations

from playwright.sync_api import Page

# More than any page has before its main part and in it.
MOST_PRESSES = 90
WORDS = "document.activeElement.matches('a, button, summary') ? document.activeElement.textContent.trim() : ''"


def press_until(page: Page, words: str) -> None:
    """Press Tab until a link or a button that says `words` has the focus."""
    passed: list[str] = []
    for _ in range(MOST_PRESSES):
        page.keyboard.press("Tab")
        passed.append(page.evaluate(WORDS))
        if words in passed[-1]:
            return
    raise AssertionError(f"{words!r} cannot be reached with Tab, which led to {passed}")


def until_focused(page: Page, element_id: str) -> None:
    """Press Tab until this field has the focus."""
    for _ in range(MOST_PRESSES):
        if page.evaluate("document.activeElement.id") == element_id:
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{element_id} cannot be reached with Tab")
