"""The way in: user name and password, the same answer to every wrong try, and a pause after too many."""

from __future__ import annotations

from typing import Any

import pytest
from axes.models import AccessAttempt
from django.conf import LazySettings, settings

from portal.models import AuditEvent, User
from tests.actors import Actors, covers
from tests.pages import Browser, Page
from tests.people import PASSWORD

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("media")]
ADDRESS = "/sign-in/"
WRONG = "not the password of anybody"


def try_in(browser: Browser, name: str, password: str, **more: str) -> Any:
    """Send the sign-in form."""
    return browser.post(ADDRESS, {"username": name, "password": password, **more})


def is_in(browser: Browser) -> bool:
    """Whether this browser has a session of a person."""
    return browser.get("/requests/").status_code == 200


@covers("sign-in")
def test_it_is_open_to_everybody_and_leads_on_who_is_in_already(actors: Actors) -> None:
    assert actors.nobody.get(ADDRESS).status_code == 200
    for person in (actors.officer, actors.viewer, actors.stranger):
        assert person.get(ADDRESS).headers["Location"] == "/"


def test_the_right_password_leads_to_the_first_page(officer: User) -> None:
    browser = Browser()
    answer = try_in(browser, "officer", PASSWORD)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")
    assert is_in(browser)
    assert [(event.action, event.actor_name) for event in AuditEvent.objects.all()] == [("user.signed_in", "officer")]


def test_it_leads_on_to_the_page_that_was_asked_for(officer: User) -> None:
    browser = Browser()
    page = Page.of(browser.get("/requests/?status=open", follow=True))
    assert "Sign in to go on to the page you asked for." in page.text
    (form,) = page.forms.values()
    assert try_in(browser, "officer", PASSWORD, next=form.fields["next"]).headers["Location"] == "/requests/?status=open"


def test_every_wrong_try_is_answered_alike(officer: User) -> None:
    User.objects.create_user("gone", password=PASSWORD, is_active=False)
    pages = [Page.of(try_in(Browser(), *names)) for names in [("officer", WRONG), ("nobody-here", WRONG), ("gone", PASSWORD)]]
    assert len({page.text for page in pages}) == 1
    assert "The user name and the password do not belong together, or the account is switched off." in pages[0].text
    assert all(WRONG not in page.html and PASSWORD not in page.html for page in pages)


def test_a_wrong_try_keeps_the_user_name_that_was_typed(officer: User) -> None:
    (form,) = Page.of(try_in(Browser(), "officer", WRONG)).forms.values()
    assert (form.fields["username"], form.fields["password"]) == ("officer", "")


def test_a_wrong_try_stands_in_the_trail_without_what_was_typed(officer: User, caplog: pytest.LogCaptureFixture) -> None:
    try_in(Browser(), "a-name-that-was-typed", WRONG)
    (event,) = AuditEvent.objects.all()
    assert (event.action, event.actor_name, event.details) == ("user.sign_in_refused", "", {})
    assert "a-name-that-was-typed" not in repr(list(AccessAttempt.objects.values()))
    assert "a-name-that-was-typed" not in caplog.text
    assert WRONG not in caplog.text


def test_too_many_wrong_tries_are_turned_away_for_a_while(officer: User, viewer: User) -> None:
    browser = Browser()
    for _ in range(settings.AXES_FAILURE_LIMIT - 1):
        assert try_in(browser, "officer", WRONG).status_code == 200
    answer = try_in(browser, "officer", WRONG)
    assert (answer.status_code, Page.of(answer).title) == (429, "Too many tries")
    assert try_in(browser, "officer", PASSWORD).status_code == 429
    assert not is_in(browser)
    # Neither another person here nor the same person elsewhere pays for it.
    assert try_in(Browser(), "viewer", PASSWORD).status_code == 302
    assert try_in(Browser(REMOTE_ADDR="192.0.2.7"), "officer", PASSWORD).status_code == 302


def test_the_number_of_tries_is_the_setting(officer: User, settings: LazySettings) -> None:
    settings.AXES_FAILURE_LIMIT = 2
    assert [try_in(Browser(), "officer", WRONG).status_code for _ in range(3)] == [200, 429, 429]


def test_the_right_password_forgives_the_tries_before_it(officer: User, settings: LazySettings) -> None:
    settings.AXES_FAILURE_LIMIT = 3
    for password in (WRONG, WRONG, PASSWORD, WRONG, WRONG):
        assert try_in(Browser(), "officer", password).status_code in {200, 302}


def test_the_session_cookie_is_kept_from_scripts_and_other_sites(officer: User) -> None:
    cookie = try_in(Browser(), "officer", PASSWORD).cookies["sessionid"]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")


def test_it_takes_no_form_without_a_token(officer: User) -> None:
    answer = try_in(Browser(enforce_csrf_checks=True), "officer", PASSWORD)
    assert (answer.status_code, Page.of(answer).title) == (403, "This form is no longer valid")


# --- Whether the session still stands, asked before a form goes ---


@covers("session")
def test_a_page_can_ask_whether_its_person_is_still_known(actors: Actors) -> None:
    for known in (actors.officer, actors.viewer, actors.stranger):
        answer = known.get("/session/")
        assert (answer.status_code, answer.content) == (204, b"")
    answer = actors.nobody.get("/session/")
    assert (answer.status_code, "no-store" in answer.headers["Cache-Control"]) == (401, True)
    assert "You were signed out." in answer.content.decode()
    actors.refuse_methods("/session/", allowed=("get",))
