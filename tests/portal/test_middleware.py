"""The portal's own middleware: correlation, sign-in, caches. (Files that nobody keeps: test_uploads.py.)"""

from __future__ import annotations

import re

import pytest
from django.urls import reverse

from portal.models import User
from tests.pages import Browser, Page

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("media")]
LIST = "/requests/"


# --- Correlation ---


def test_every_answer_names_its_correlation_id() -> None:
    first, second = (Browser().get("/sign-in/").headers["X-Request-ID"] for _ in range(2))
    assert re.fullmatch(r"[0-9a-f]{32}", first)
    assert first != second


def test_a_plain_id_of_the_caller_is_kept() -> None:
    assert Browser().get("/sign-in/", headers={"X-Request-ID": "proxy-0001.a"}).headers["X-Request-ID"] == "proxy-0001.a"


@pytest.mark.parametrize("given", ["short", "x" * 65, "a b c d e f g h", "jane@example.com", "<script>alert</script>"])
def test_any_other_id_of_the_caller_is_replaced(given: str) -> None:
    assert re.fullmatch(r"[0-9a-f]{32}", Browser().get("/sign-in/", headers={"X-Request-ID": given}).headers["X-Request-ID"])


# --- Signing in ---


def test_nobody_is_led_to_sign_in_and_on_to_the_page_they_asked_for() -> None:
    answer = Browser().get(f"{LIST}?status=open&law=gdpr")
    assert answer.headers["Location"] == "/sign-in/?next=/requests/%3Fstatus%3Dopen%26law%3Dgdpr"


@pytest.mark.parametrize(
    ("sent_from", "next_page"),
    [
        ("http://testserver/uploads/new/", "/uploads/new/"),
        ("http://testserver/requests/?status=open#top", "/requests/%3Fstatus%3Dopen"),
        ("http://testserver", "/"),
        ("https://elsewhere.example/uploads/new/", "/"),
        ("http://testserver//elsewhere.example/", "/elsewhere.example/"),
        ("javascript:alert(1)", "/"),
        ("", "/"),
    ],
)
def test_who_sent_a_form_after_the_session_is_led_back_to_the_page_of_the_form(sent_from: str, next_page: str) -> None:
    answer = Browser().post("/uploads/new/", {"received_on": "2026-11-02"}, headers={"Referer": sent_from} if sent_from else {})
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/sign-in/?next={next_page}")


def test_a_next_page_elsewhere_is_not_followed(officer: User) -> None:
    browser = Browser()
    fields = {"username": "officer", "password": "correct horse battery", "next": "//elsewhere.example/"}
    assert browser.post("/sign-in/", fields).headers["Location"] == "/"


@pytest.mark.parametrize("address", ["/requests/", "/uploads/", "/requests/PR-2026-000001/progress/", "/admin/"])
def test_a_live_part_is_told_in_its_own_place_that_the_session_is_over(address: str) -> None:
    answer = Browser().get(address, headers={"HX-Request": "true"})
    # htmx stops asking when it is answered 286, and swaps where the headers say.
    assert answer.status_code == 286
    assert (answer.headers["HX-Retarget"], answer.headers["HX-Reselect"]) == ("#session", "#signed-out")
    assert "Location" not in answer.headers
    page = Page.of(answer)
    assert page.root.one(id="signed-out").text.startswith("You were signed out.")
    assert reverse("sign-in") in page.links


def test_a_person_who_was_switched_off_is_nobody(officer: User) -> None:
    browser = Browser.of(officer)
    assert browser.get(LIST).status_code == 200
    User.objects.update(is_active=False)
    assert browser.get(LIST).status_code == 302


@pytest.mark.parametrize("address", ["/sign-in/", "/nothing/here/"])
def test_some_pages_need_no_session(address: str) -> None:
    assert Browser().get(address).status_code in {200, 404}


# --- Caches ---


@pytest.mark.parametrize(
    ("address", "status"),
    [(LIST, 200), ("/requests/PR-2026-999999/", 404), ("/uploads/template.json", 200), ("/", 200), ("/nothing/", 404)],
)
def test_no_cache_keeps_what_a_signed_in_person_sees(officer: User, address: str, status: int) -> None:
    answer = Browser.of(officer).get(address)
    assert answer.status_code == status
    assert {"no-store", "private"} <= {part.strip() for part in answer.headers["Cache-Control"].split(",")}


def test_a_refusal_is_kept_by_no_cache_either(viewer: User) -> None:
    answer = Browser.of(viewer).get("/uploads/new/")
    assert (answer.status_code, "no-store" in answer.headers["Cache-Control"]) == (403, True)


# --- What a browser may load and run ---


@pytest.mark.parametrize("address", ["/sign-in/", LIST, "/nothing/here/"])
def test_a_page_may_load_and_run_only_what_the_portal_serves(officer: User, address: str) -> None:
    headers = Browser.of(officer).get(address).headers
    policy = dict(directive.strip().split(" ", 1) for directive in headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == policy["form-action"] == "'self'"
    assert policy["frame-ancestors"] == policy["object-src"] == policy["base-uri"] == "'none'"
    assert "script-src" not in policy
    assert "style-src" not in policy
    assert (headers["X-Frame-Options"], headers["X-Content-Type-Options"]) == ("DENY", "nosniff")
    assert headers["Referrer-Policy"] == "same-origin"
