"""The page of notices, the number in the page header, and who is told of what."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from portal import clock
from portal.models import Notice, NoticeKind, Organization, User
from portal.notices import Telling, forgetting, members_who_may, tell, tell_many
from portal.notices.views import MOST_UNREAD
from tests.actors import Actors, covers
from tests.pages import Browser, Page

pytestmark = pytest.mark.django_db


def telling(organization: Organization, *people: User, number: str = "PR-2026-000001", once: str = "") -> Telling:
    return Telling(
        kind=NoticeKind.COMPLETE,
        organization_id=organization.pk,
        number=number,
        address="/requests/",
        once=once or number,
        to=[person.pk for person in people],
        law="GDPR",
        due_on=datetime(2026, 12, 4, tzinfo=UTC).date(),
    )


def tell_each(organization: Organization, person: User, numbers: Iterable[str]) -> None:
    tell_many([telling(organization, person, number=number) for number in numbers])


# --- Telling ---


def test_a_person_is_told_once_however_often_it_is_tried(organization: Organization, officer: User) -> None:
    for _ in range(3):
        tell(telling(organization, officer, officer))
    tell(telling(organization, officer, once="another"))
    assert sorted(Notice.objects.values_list("once", flat=True)) == ["PR-2026-000001", "another"]


def test_only_active_people_of_the_organization_are_told(organization: Organization, officer: User, colleague: User) -> None:
    machine = User.objects.create_user("machine", is_integration=True)
    left = User.objects.create_user("left", is_active=False)
    organization.members.add(machine, left)
    tell(telling(organization, officer, colleague, machine, left))
    assert list(Notice.objects.values_list("user__username", flat=True)) == [officer.username]


def test_many_things_cost_as_many_queries_as_one(organization: Organization, officer: User) -> None:
    counts = []
    for size in (1, 30):
        clock.read()
        with CaptureQueriesContext(
            connection,
        ) as queries:
            tell_each(organization, officer, [f"{size}-{number}" for number in range(size)])
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert Notice.objects.count() == 31


def test_members_are_found_by_what_they_may(organization: Organization, officer: User, viewer: User, colleague: User) -> None:
    assert members_who_may("privacy.view_privacyrequest", organization.pk) == {officer.pk, viewer.pk}
    assert members_who_may("privacy.handle_privacyrequest", organization.pk) == {officer.pk}
    organization.members.remove(officer)
    assert members_who_may("privacy.handle_privacyrequest", organization.pk) == set()


def test_old_ones_are_forgotten(organization: Organization, officer: User) -> None:
    tell_each(organization, officer, ["PR-1", "PR-2"])
    Notice.objects.filter(number="PR-1").update(at=clock.read() - timedelta(days=181))
    forgetting.forget_old()
    assert [notice.number for notice in Notice.objects.all()] == ["PR-2"]


# --- The page ---


@covers("notices", "notice-open", "notice-read")
def test_everybody_sees_their_own_only(actors: Actors, organization: Organization, officer: User) -> None:
    tell(telling(organization, officer))
    notice = Notice.objects.get()
    actors.open(reverse("notices"), stranger=200)
    assert notice.number in actors.officer.page(reverse("notices")).text
    for other in (actors.viewer, actors.stranger):
        assert notice.number not in other.page(reverse("notices")).text
        assert other.get(reverse("notice-open", args=[notice.pk])).status_code == 404
        assert other.post(reverse("notice-read"), {"notice": str(notice.pk)}).status_code == 404
    assert actors.nobody.get(reverse("notice-open", args=[notice.pk])).status_code == 302
    actors.refuse_methods(reverse("notice-read"), allowed=("post",))
    notice.refresh_from_db()
    assert notice.read_at is None


def test_opening_one_leads_to_its_row_and_marks_it_as_read(organization: Organization, officer: User) -> None:
    tell(telling(organization, officer))
    browser = Browser.of(officer)
    answer = browser.get(reverse("notice-open", args=[Notice.objects.get().pk]))
    assert (answer.status_code, answer.headers["Location"]) == (302, "/requests/")
    page = browser.page(reverse("notices"))
    assert "Nothing new" in page.section("new").text
    assert "PR-2026-000001" in page.section("earlier").text


def test_one_is_marked_as_read(organization: Organization, officer: User) -> None:
    tell_each(organization, officer, ["PR-1", "PR-2"])
    browser = Browser.of(officer)
    first = Notice.objects.get(number="PR-1")
    browser.post(reverse("notice-read"), {"notice": str(first.pk)})
    assert [notice.number for notice in Notice.objects.unread()] == ["PR-2"]
    assert browser.post(reverse("notice-read"), {"notice": "nonsense"}).status_code == 404


def test_all_that_stood_on_the_page_are_marked_and_what_came_since_stays_new(organization: Organization, officer: User) -> None:
    tell_each(organization, officer, ["PR-1", "PR-2"])
    browser = Browser.of(officer)
    form = browser.page(reverse("notices")).forms[reverse("notice-read")]
    until = browser.page(reverse("notices")).root.one("input", name="until")["value"]
    assert form.method == "post"
    tell_each(organization, officer, ["PR-3"])
    browser.post(reverse("notice-read"), {"until": until})
    assert [notice.number for notice in Notice.objects.unread()] == ["PR-3"]
    browser.post(reverse("notice-read"), {"until": "nonsense"})
    assert Notice.objects.unread().count() == 1


def test_the_newest_stand_first_and_the_page_stops(organization: Organization, officer: User) -> None:
    tell_each(organization, officer, [f"PR-{number}" for number in range(MOST_UNREAD + 1)])
    Notice.objects.filter(number="PR-7").update(at=clock.read() + timedelta(minutes=1))
    page = Browser.of(officer).page(reverse("notices"))
    lines = page.section("new").all("li")
    assert len(lines) == MOST_UNREAD
    assert "PR-7 " in lines[0].text
    assert "The newest 100 are shown" in page.text


def test_an_organization_that_was_taken_away_tells_nothing_more(organization: Organization, officer: User) -> None:
    tell(telling(organization, officer))
    organization.members.remove(officer)
    browser = Browser.of(officer)
    assert "PR-2026-000001" not in browser.page(reverse("notices")).text
    assert browser.get(reverse("notice-open", args=[Notice.objects.get().pk])).status_code == 404
    assert bell(browser.page(reverse("notices"))) == "Notices"


# --- The page header ---


def bell(page: Page) -> str:
    return page.root.one("a", class_="bell").text


def test_the_header_says_how_many_are_new(organization: Organization, officer: User, viewer: User) -> None:
    tell_each(organization, officer, ["PR-1", "PR-2"])
    assert bell(Browser.of(officer).page(reverse("notices"))) == "Notices 2 unread"
    assert bell(Browser.of(viewer).page(reverse("notices"))) == "Notices"
    tell_each(organization, officer, [f"PR-{number}" for number in range(3, 120)])
    assert bell(Browser.of(officer).page(reverse("notices"))) == "Notices 99+ unread"


def test_the_number_costs_one_statement(organization: Organization, officer: User) -> None:
    browser = Browser.of(officer)
    with CaptureQueriesContext(connection) as queries:
        browser.page(reverse("notices"))
    assert sum("COUNT" in query["sql"] and "portal_notice" in query["sql"] for query in queries.captured_queries) == 2
