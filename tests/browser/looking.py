"""How a page looks: nothing stands out of it at a desk, at 200 % zoom and on a phone, and axe-core finds nothing wrong.

Every rule is asked at a desk, and on a phone whatever depends on the size or is shown there only; every colour of words on every
ground is asked once, in whichever scheme and size it comes up.
"""

from __future__ import annotations

from typing import Any, Literal

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, ViewportSize

DESK: ViewportSize = {"width": 1280, "height": 900}
# What is left of the desk for the page, in its own pixels, when everything is twice as large.
ZOOMED: ViewportSize = {"width": 640, "height": 450}
PHONE: ViewportSize = {"width": 360, "height": 780}
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
CONTRAST = "color-contrast"
# What another size can change although it shows nothing new.
BY_SIZE = ["target-size", "scrollable-region-focusable", "link-in-text-block"]
LOOKS: list[tuple[ViewportSize, Literal["light", "dark"]]] = [
    (DESK, "light"),
    (DESK, "dark"),
    (PHONE, "dark"),
    (PHONE, "light"),
]
RUN = "([part, options]) => axe.run(part, options).then((found) => found.violations)"
# Colours may fade from one scheme into the other; what is judged is where they end.
STAND_STILL = "() => Promise.all(document.getAnimations().map((one) => one.finished.catch(() => null))).then(() => null)"
AXE = Axe()
WHOLE = "html"
# Whether something is shown that was not before, and in which colours and sizes words stand on which grounds.
SHOWN = """(isFirst) => {
    if (isFirst) window.shown = new Set();
    const every = [...document.body.querySelectorAll("*")].filter((one) => one.checkVisibility());
    const isNew = every.some((one) => !window.shown.has(one));
    const colours = new Set();
    const known = new Map([[null, []]]);
    const groundsOf = (part) => {
        if (!known.has(part)) {
            const { backgroundColor, backgroundImage, opacity } = getComputedStyle(part);
            const own = [backgroundColor, backgroundImage, opacity];
            const told = own.filter((ground) => !["rgba(0, 0, 0, 0)", "none", "1"].includes(ground));
            const covers = backgroundColor.startsWith("rgb(");
            // Of what a ground covers, nothing shines through it, but the whole may be faint.
            const below = groundsOf(part.parentElement).filter((ground) => !covers || !isNaN(ground));
            known.set(part, [...told, ...below]);
        }
        return known.get(part);
    };
    for (const one of every) {
        window.shown.add(one);
        if (!one.value && ![...one.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim())) continue;
        const { color, fontSize, fontWeight } = getComputedStyle(one);
        colours.add([color, fontSize, fontWeight, ...groundsOf(one)].join(" "));
    }
    return [isNew, [...colours]];
}"""
# The colours that axe-core has found nothing wrong with: it need not look at them again. Half of its time goes there.
_fine: set[str] = set()


def too_wide(page: Page) -> list[str]:
    """What stands out beyond the right edge, with how far."""
    found: list[str] = page.evaluate(
        """() => document.documentElement.scrollWidth <= document.documentElement.clientWidth ? [] :
        [...document.querySelectorAll("main *")].filter((e) => e.getBoundingClientRect().right > innerWidth + 1)
        .map((e) => `${e.tagName}.${e.className} ${Math.round(e.getBoundingClientRect().right)}`)
        .concat(`the page is ${document.documentElement.scrollWidth} wide`)"""
    )
    return found


def faults(page: Page, part: str = WHOLE) -> dict[str, list[str]]:
    """What is wrong with the page as it stands, by how it is looked at. It is not loaded again, and is left as it was.

    `part` is all that axe-core looks at: the frame of the administration is Django's.
    """
    before = page.viewport_size
    assert before is not None
    page.evaluate(AXE.axe_script)
    found: dict[str, list[str]] = {}
    for number, (size, scheme) in enumerate(LOOKS):
        page.set_viewport_size(size)
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.evaluate(STAND_STILL)
        found[f"{size['width']} {scheme}"] = too_wide(page) + _complaints(page, part, number)
    page.set_viewport_size(ZOOMED)
    found["zoomed"] = too_wide(page)
    page.emulate_media(color_scheme="light", reduced_motion="no-preference")
    page.set_viewport_size(before)
    return {how: wrong for how, wrong in found.items() if wrong}


def _complaints(page: Page, part: str, number: int) -> list[str]:
    """What axe-core finds wrong, asked for no more than the looks before have left open."""
    is_new, colours = page.evaluate(SHOWN, number == 0)
    open_colours = set(colours) - _fine
    size_is_new = number == 0 or LOOKS[number][0] != LOOKS[number - 1][0]
    rules = (BY_SIZE if size_is_new else []) + ([CONTRAST] if open_colours else [])
    # It would read the sheets that Django's import by styles of its own, which the policy of the page refuses.
    options: dict[str, Any] = {"resultTypes": ["violations"], "preload": part == WHOLE}
    if is_new:
        options |= {"runOnly": {"type": "tag", "values": TAGS}, "rules": {CONTRAST: {"enabled": bool(open_colours)}}}
    elif rules:
        options |= {"runOnly": {"type": "rule", "values": rules}}
    else:
        return []
    violations = page.evaluate(RUN, [part, options])
    if not any(one["id"] == CONTRAST for one in violations):
        _fine.update(open_colours)
    return [f"{one['id']}: {node['html'][:150]} {node['failureSummary']}" for one in violations for node in one["nodes"]]


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
