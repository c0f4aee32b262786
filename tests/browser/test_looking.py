"""What looking at a page finds, and that it leaves nothing out to be quick."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from tests.browser.looking import DESK, faults, faults_on_paper

pytestmark = pytest.mark.browser

PAGE = """<!doctype html><html lang="en"><head><title>A page</title><meta name="viewport" content="width=device-width">
<style>body {{ background: #fff; color: #000 }} {style}</style></head><body><main><h1>A page</h1>{content}</main></body></html>"""
WORDS = "<p>Words to read</p>"
CASES = {
    "a colour of both schemes": ("p { color: #bbb }", WORDS, "1280 light", "color-contrast"),
    "a colour in the dark": ("@media (prefers-color-scheme: dark) { p { color: #ccc } }", WORDS, "1280 dark", "color-contrast"),
    "a colour on a phone": ("@media (max-width: 400px) { p { color: #ddd } }", WORDS, "360 dark", "color-contrast"),
    "a colour on a phone in light": (
        "@media (max-width: 400px) and (prefers-color-scheme: light) { p { color: #eee } }",
        WORDS,
        "360 light",
        "color-contrast",
    ),
    "what only a phone shows": (
        "img { display: none } @media (max-width: 400px) { img { display: block; width: 9px; height: 9px } }",
        "<img src='data:,'>",
        "360 dark",
        "image-alt",
    ),
    "a target too small for a finger": (
        "button { height: 40px; margin: 9px } @media (max-width: 400px) { button { all: unset; font: 8px/1 serif } }",
        "<button>One</button> <button>Two</button><br><button>Three</button>",
        "360 dark",
        "target-size",
    ),
    "what stands out when everything is twice as large": (
        "p { min-width: 700px } @media (max-width: 400px) { p { min-width: 0 } }",
        WORDS,
        "zoomed",
        "P.",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_it_finds(chromium: Browser, case: str) -> None:
    style, content, how, what = CASES[case]
    page = chromium.new_context(viewport=DESK).new_page()
    page.set_content(PAGE.format(style="", content=WORDS))
    assert faults(page) == {}
    page.set_content(PAGE.format(style=style, content=content))
    found = faults(page)
    assert next(iter(found)) == how
    assert any(what in wrong for wrong in found[how])
    assert page.viewport_size == DESK
    page.context.close()


def test_it_finds_what_paper_loses(chromium: Browser) -> None:
    page = chromium.new_context(viewport=DESK).new_page()
    style = (
        "@media print { section { display: none } } p { overflow: hidden; height: 3px } details::details-content { height: 0 }"
    )
    folded = "<details><summary>More</summary><p>Folded</p></details>"
    content = f"<section><h2>Gone</h2></section><p>Cut off</p>{folded}<button>Use</button>"
    page.set_content(PAGE.format(style=style, content=content))
    found = " | ".join(faults_on_paper(page))
    for words in ("lost: Gone", "cut off: P. Cut off", "folded: MoreFolded", "for hands: button"):
        assert words in found
    page.context.close()
