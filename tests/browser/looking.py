"""How a page looks: nothing stands out of it, at a desk, at 200 % zoom and on a phone; it can be read in light and in dark."""

from __future__ import annotations

from typing import Any, Literal

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, ViewportSize

DESK: ViewportSize = {"width": 1280, "height": 900}
# What is left of the desk for the page, in its own pixels, when everything is twice as large.
ZOOMED: ViewportSize = {"width": 640, "height": 450}
PHONE: ViewportSize = {"width": 360, "height": 780}
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
EVERYTHING: dict[str, Any] = {"runOnly": {"type": "tag", "values": TAGS}, "resultTypes": ["violations"]}
# Between light and dark nothing but colours changes.
COLOURS: dict[str, Any] = {"runOnly": {"type": "rule", "values": ["color-contrast"]}, "resultTypes": ["violations"]}
# Every rule in both sizes, every colour in both schemes and sizes.
LOOKS: list[tuple[ViewportSize, Literal["light", "dark"], dict[str, Any]]] = [
    (DESK, "light", EVERYTHING),
    (DESK, "dark", COLOURS),
    (PHONE, "dark", EVERYTHING),
    (PHONE, "light", COLOURS),
]
RUN = "(options) => axe.run(options).then((found) => found.violations)"
AXE = Axe()


def too_wide(page: Page) -> list[str]:
    """What stands out beyond the right edge, with how far."""
    found: list[str] = page.evaluate(
        """() => document.documentElement.scrollWidth <= document.documentElement.clientWidth ? [] :
        [...document.querySelectorAll("main *")].filter((e) => e.getBoundingClientRect().right > innerWidth + 1)
        .map((e) => `${e.tagName}.${e.className} ${Math.round(e.getBoundingClientRect().right)}`)
        .concat(`the page is ${document.documentElement.scrollWidth} wide`)"""
    )
    return found


def complaints(page: Page, options: dict[str, Any] = EVERYTHING) -> list[str]:
    """What axe-core finds wrong."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.axe_script)
    violations = page.evaluate(RUN, options)
    return [f"{one['id']}: {node['html'][:150]} {node['failureSummary']}" for one in violations for node in one["nodes"]]


def faults(page: Page) -> dict[str, list[str]]:
    """What is wrong with the page as it stands, by how it is looked at. It is not loaded again, and is left as it was."""
    before = page.viewport_size
    assert before is not None
    found: dict[str, list[str]] = {}
    for size, scheme, options in LOOKS:
        page.set_viewport_size(size)
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        found[f"{size['width']} {scheme}"] = too_wide(page) + complaints(page, options)
    page.set_viewport_size(ZOOMED)
    found["zoomed"] = too_wide(page)
    page.emulate_media(color_scheme="light", reduced_motion="no-preference")
    page.set_viewport_size(before)
    return {how: wrong for how, wrong in found.items() if wrong}


HEADINGS = """() => [...document.querySelectorAll("main :is(h1, h2, h3)")]
    .filter((one) => one.checkVisibility() && !one.closest(".screen-only, form")).map((one) => one.textContent.trim())"""
CUT_OFF = """() => [...document.querySelectorAll("main *")].filter((one) => {
    const hides = one.checkVisibility() && one.clientWidth > 1 && getComputedStyle(one).overflow !== "visible";
    return hides && (one.scrollWidth > one.clientWidth + 1 || one.scrollHeight > one.clientHeight + 1);
}).map((one) => `cut off: ${one.tagName}.${one.className} ${one.textContent.trim().slice(0, 60)}`)"""
FOLDED = """() => [...document.querySelectorAll("main details:not([open])")].filter((one) => one.checkVisibility())
    .filter((one) => [...one.children].slice(1).some((part) => !part.checkVisibility({contentVisibilityAuto: true})))
    .map((one) => `folded: ${one.textContent.trim().slice(0, 60)}`)"""
FOR_HANDS = ("nav", "form", "button", ".button", ".foot", ".skip")


def faults_on_paper(page: Page) -> list[str]:
    """What is lost, cut off or folded on a sheet of A4 between its margins, and what is there that only a hand can use."""
    before = page.viewport_size
    assert before is not None
    headings = page.evaluate(HEADINGS)
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 718, "height": 1000})
    printed = page.evaluate(HEADINGS)
    found = [f"lost: {words}" for words in headings if words not in printed]
    found += [*too_wide(page), *page.evaluate(CUT_OFF), *page.evaluate(FOLDED)]
    found += [f"for hands: {one}" for one in FOR_HANDS if page.locator(f"{one}:visible").count()]
    page.emulate_media(media="screen")
    page.set_viewport_size(before)
    return found
