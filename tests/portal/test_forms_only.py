"""Addresses that only take forms, opened as a page: they lead to the page of the form, and do nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from uuid import UUID

import pytest
from django.urls import URLPattern, URLResolver, get_resolver, resolve, reverse

from portal.models import User
from tests.actors import Actors, nothing_changes
from tests.pages import Browser

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("media")]
PAGE = {"Accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"}
ARGUMENTS = {"pk": UUID(int=1), "number": "PR-2026-000001", "ordinal": 1, "source_id": UUID(int=1)}
# Their forms stand where the address does not say it.
ELSEWHERE = {"privacy:draft-new": "privacy:make", "privacy:result-again": "privacy:job-detail", "sign-out": "home"}
OTHER_PAGES = {
    "account",
    "home",
    "notices",
    "privacy:make",
    "privacy:person",
    "privacy:report",
    "privacy:all-jobs",
    "hygiene:all-work-orders",
}


def addresses(patterns: Iterable[URLPattern | URLResolver], namespace: str = "") -> Iterator[tuple[str, str]]:
    """(name, address) of everything but the API and the admin."""
    for pattern in patterns:
        if isinstance(pattern, URLPattern):
            arguments = {name: ARGUMENTS[name] for name in pattern.pattern.converters if name in ARGUMENTS}
            if len(arguments) == len(pattern.pattern.converters):
                yield f"{namespace}{pattern.name}", reverse(f"{namespace}{pattern.name}", kwargs=arguments)
        elif pattern.namespace in {"privacy", "hygiene"}:
            yield from addresses(pattern.url_patterns, f"{pattern.namespace}:")


def forms_only(browser: Browser) -> dict[str, str]:
    """What a program is told to be no page."""
    found = dict(addresses(get_resolver().url_patterns))
    return {name: address for name, address in found.items() if browser.get(address).status_code == 405}


def test_each_leads_to_a_page_and_changes_nothing(officer: User) -> None:
    browser = Browser.of(officer)
    led = {}
    for name, address in forms_only(browser).items():
        where = address
        with nothing_changes(f"opening {address}"):
            while browser.get(where).status_code == 405:
                answer = browser.get(where, headers=PAGE)
                assert answer.status_code == 302, where
                where = answer.headers["Location"]
        led[name] = resolve(where).view_name
    assert len(led) > 30
    assert {name: led[name] for name in ELSEWHERE} == ELSEWHERE
    odd = {name: page for name, page in led.items() if not page.endswith(("-list", "-detail")) and page not in OTHER_PAGES}
    assert odd == {}
    # No act of one thing leads to the page of another kind of thing.
    assert {page.split(":")[0] for name, page in led.items() if name.startswith("hygiene:")} == {"hygiene"}


def test_a_stranger_learns_nothing_and_nobody_signs_in_first(actors: Actors) -> None:
    address = reverse("privacy:request-assign", args=["PR-2026-000001"])
    answer = actors.stranger.get(address, headers=PAGE, follow=True)
    assert (answer.redirect_chain, answer.status_code) == ([("/requests/PR-2026-000001/", 302)], 404)
    answer = actors.nobody.get(address, headers=PAGE)
    assert answer.headers["Location"] == f"/sign-in/?next={address}"


@pytest.mark.parametrize(
    ("method", "headers"), [("get", {}), ("get", {"Accept": "application/json"}), ("put", PAGE), ("delete", PAGE)]
)
def test_what_asks_for_no_page_is_told_that_the_method_is_not_taken(officer: User, method: str, headers: dict[str, str]) -> None:
    assert getattr(Browser.of(officer), method)("/drafts/new/", headers=headers).status_code == 405


def test_the_api_answers_as_an_api(officer: User) -> None:
    answer = Browser.of(officer).get("/api/v1/requests/PR-2026-000001/cancel", headers=PAGE)
    assert (answer.status_code, answer.headers["Content-Type"]) == (405, "application/problem+json")
