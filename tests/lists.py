"""Lists in tests: exports as tables, and acts on many rows as a person carries them out."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any

from django.db.models import Model

from tests.actors import Actors, nothing_changes
from tests.pages import Browser, Page

ALL = {"which": "all"}


def only_with_the_right_to_export(actors: Actors, address: str) -> None:
    """Officers get the rows that they see, so a stranger gets none; a viewer gets nothing, and nobody is led to sign in."""
    actors.refuse_methods(address, allowed=("post",))
    assert actors.nobody.post(address, {"query": ""}).headers["Location"].startswith("/sign-in/")
    with nothing_changes(f"post {address}"):
        assert actors.viewer.post(address, {"query": ""}).status_code == 403
    assert exported(actors.stranger, address) == []
    assert exported(actors.officer, address) != []


def exported(browser: Browser, address: str, query: str = "", **fields: str) -> list[dict[str, str]]:
    """The rows of an export, each by the heads of its columns."""
    answer = browser.post(address, {"query": query, **fields})
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/csv; charset=utf-8")
    assert answer.streaming
    text = answer.getvalue().decode()
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text[1:], newline="")))


def asked(browser: Browser, address: str, act: str, rows: Sequence[Model] = (), query: str = "", **fields: str) -> Page:
    """The page that asks whether an act is meant, for ticked rows or (`which="all"`) for all that match."""
    answer = browser.post(address, {"act": act, "row": [str(row.pk) for row in rows], "query": query, **fields})
    assert answer.status_code == 200, answer.status_code
    return Page.of(answer)


def confirm(browser: Browser, page: Page, **fields: str) -> Any:
    """Press the button of that page: what it is answered."""
    form = next(form for form in page.root.one("main").all("form") if form.all("input", name="confirmed"))
    sent: dict[str, Any] = {field["name"]: field["value"] for field in form.all("input")}
    sent["row"] = [field["value"] for field in form.all("input", name="row")]
    return browser.post(form["action"], sent | fields)


def told(browser: Browser, answer: Any) -> str:
    """What the list says after an act."""
    assert answer.status_code == 302, answer.status_code
    notices = browser.page(answer.headers["Location"]).root.one("main").all("div", role="status")
    return " ".join(notice.text for notice in notices if "notice" in notice["class"] and "hidden" not in notice.attributes)
