"""The account page: language, time zone, e-mails, calendar and password."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.urls import reverse

from portal.account.forms import zones
from portal.models import AuditEvent, Notice, NoticeKind, Organization, User
from portal.notices import Telling, tell
from tests.actors import Actors, covers
from tests.pages import Browser, Page
from tests.people import PASSWORD

pytestmark = pytest.mark.django_db
NEW_PASSWORD = "another battery of horses"


@covers("account", "account-password")
def test_everybody_has_one_and_changes_their_own(actors: Actors, officer: User, viewer: User, colleague: User) -> None:
    for name in ("account", "account-password"):
        assert actors.nobody.get(reverse(name)).headers["Location"].startswith(reverse("sign-in"))
        for browser in (actors.officer, actors.viewer, actors.stranger):
            browser.page(reverse(name))
    actors.stranger.post(reverse("account"), {"language": "nl", "time_zone": "Asia/Tokyo", "notice_mail": "none"})
    for person in (officer, viewer, colleague):
        person.refresh_from_db()
    assert (colleague.language, colleague.time_zone, colleague.notice_mail) == ("nl", "Asia/Tokyo", "none")
    assert (officer.language, officer.time_zone, viewer.language) == ("", "", "")


def test_pages_come_in_the_chosen_language(browser: Browser, officer: User) -> None:
    headers = {"Accept-Language": "nl"}
    address = reverse("account")
    assert Page.of(browser.get(address, headers=headers)).root.one("html")["lang"] == "nl"
    browser.post(address, {"language": "sv", "notice_mail": "digest"})
    answer = browser.get(address, headers=headers)
    assert Page.of(answer).root.one("html")["lang"] == "sv"
    assert answer.headers["Content-Language"] == "sv"
    # The next request of the same thread is not spoiled by it.
    assert Page.of(Browser().get(reverse("sign-in"), headers=headers)).root.one("html")["lang"] == "nl"


def test_times_are_shown_in_the_chosen_zone_with_utc_on_hover(
    browser: Browser, officer: User, organization: Organization
) -> None:
    tell(Telling(NoticeKind.COMPLETE, organization.pk, "PR-1", "/", "1", [officer.pk]))
    Notice.objects.update(at=datetime(2026, 7, 1, 22, 30, tzinfo=UTC))
    browser.post(reverse("account"), {"time_zone": "Europe/Stockholm", "notice_mail": "digest"})
    page = browser.page(reverse("notices"))
    time = page.section("new").one("time")
    assert time.text == "2 Jul 2026, 00:30 CEST"
    assert time["title"] == "1 Jul 2026, 22:30 UTC"
    # Scripts show the same zone.
    assert page.root.one("html")["data-zone"] == "Europe/Stockholm"
    browser.post(reverse("account"), {"time_zone": "", "notice_mail": "digest"})
    assert browser.page(reverse("notices")).section("new").one("time").text == "1 Jul 2026, 22:30 UTC"


def test_nonsense_is_refused_and_what_was_chosen_stays_on_the_form(browser: Browser, officer: User) -> None:
    answer = browser.post(reverse("account"), {"language": "sv", "time_zone": "Mars/Base", "notice_mail": "digest"})
    assert answer.status_code == 422
    page = Page.of(answer)
    assert "Your choices are not kept yet" in page.text
    assert [option["value"] for option in page.root.one("select", name="language").all("option", selected="")] == ["sv"]
    officer.refresh_from_db()
    assert officer.language == ""


def test_zones_are_grouped_and_known() -> None:
    groups = dict(zones())
    assert ("Europe/Stockholm", "Stockholm") in groups["Europe"]
    assert ("America/Argentina/Buenos_Aires", "Argentina, Buenos Aires") in groups["America"]
    assert sum(len(places) for places in groups.values()) > 300


def test_a_password_is_changed_with_the_old_one_only(browser: Browser, officer: User) -> None:
    address = reverse("account-password")
    form = {"new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD}
    browser.post(address, {"old_password": "wrong", **form})
    officer.refresh_from_db()
    assert officer.check_password(PASSWORD)
    elsewhere = Browser.of(officer)
    assert browser.post(address, {"old_password": PASSWORD, **form}).status_code == 302
    officer.refresh_from_db()
    assert officer.check_password(NEW_PASSWORD)
    browser.page(reverse("account"))
    assert elsewhere.get(reverse("account")).status_code == 302
    assert AuditEvent.objects.get(action="user.password_changed").actor_name == officer.username
