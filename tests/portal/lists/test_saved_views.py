"""Saved views: kept from a list, opened by oneself and by those they are shared with, changed by nobody else."""

from __future__ import annotations

import pytest
from django.urls import reverse

from portal.models import AuditEvent, Organization, SavedView, User
from tests.actors import Actors, covers
from tests.conftest import OTHER_IMS_ORG, make_organization
from tests.pages import Browser, Page
from tests.people import make_user
from tests.privacy.test_request_list import numbers, plain_requests

pytestmark = pytest.mark.django_db
LIST, VIEWS, SAVE = "/requests/", "/views/", "/views/save/"
REQUESTS = "privacy:request-list"


def keep(browser: Browser, name: str = "Overdue, mine", query: str = "?due=overdue&assignee=me", shared_with: object = "") -> str:
    """Keep a view of the requests: where that leads."""
    sent = {"list": REQUESTS, "name": name, "query": query, "shared_with": str(shared_with)}
    answer = browser.post(SAVE, sent)
    assert answer.status_code == 302
    return str(answer.headers["Location"])


def offered(page: Page) -> dict[str, str]:
    """The views in the menu of a list: address -> words."""
    menus = page.root.all("ul", aria_label="Saved views")
    return {link["href"]: link.text for menu in menus for link in menu.all("a") if link["href"] != VIEWS}


@covers("view-save")
def test_a_look_is_kept_and_offered_on_its_list(actors: Actors, organization: Organization, officer: User) -> None:
    actors.refuse_methods(SAVE, allowed=("post",))
    assert actors.nobody.post(SAVE).headers["Location"].startswith("/sign-in/")
    plain_requests(organization, officer, {"regulation": "ccpa"}, {})
    assert (
        keep(actors.officer, "California", "?law=ccpa&columns=law,people&after=x&nonsense=y")
        == f"{LIST}?law=ccpa&columns=law,people"
    )
    view = SavedView.objects.get()
    assert (view.owner, view.list_name, view.query) == (officer, REQUESTS, {"law": "ccpa", "columns": "law,people"})
    assert offered(actors.officer.page(LIST)) == {"?law=ccpa&columns=law,people": "California"}
    assert numbers(actors.officer.page(LIST + "?law=ccpa&columns=law,people")) == ["PR-2026-000001"]
    # A viewer may keep views, too; those of others are not offered to anybody.
    assert offered(actors.viewer.page(LIST)) == {}
    keep(actors.viewer)
    assert set(offered(actors.viewer.page(LIST)).values()) == {"Overdue, mine"}


def test_only_what_the_list_knows_is_kept(browser: Browser) -> None:
    keep(browser, query="?law=david%40example.com&status=david&assignee=d&due=soon&organization=x%40y&columns=david&order=z")
    assert SavedView.objects.get().query == {}


def test_the_same_name_again_changes_what_it_means(browser: Browser) -> None:
    keep(browser, "Mine", "?assignee=me")
    keep(browser, " Mine ", "?assignee=me&due=week")
    assert SavedView.objects.get().query == {"assignee": "me", "due": "week"}


@pytest.mark.parametrize("name", ["", " ", "x" * 81])
def test_a_view_needs_a_name_of_some_length(browser: Browser, name: str) -> None:
    words = browser.page(keep(browser, name)).root.one("div", class_="notice-error").text
    assert "the view" in words
    assert not SavedView.objects.exists()


def test_there_are_no_views_of_what_is_no_list(browser: Browser) -> None:
    assert browser.post(SAVE, {"list": "nonsense", "name": "x"}).status_code == 404


def test_views_of_a_list_that_is_closed_to_the_person_are_not_kept(media: object, organization: Organization) -> None:
    person = User.objects.create_user("nothing")
    person.organizations.add(organization)
    assert Browser.of(person).post(SAVE, {"list": REQUESTS, "name": "x"}).status_code == 403


@covers("view-list")
def test_shared_views_are_seen_by_everybody_of_the_organization_and_nobody_else(
    actors: Actors, organization: Organization, officer: User
) -> None:
    actors.open(VIEWS, stranger=200)
    assert "No saved views yet" in actors.officer.page(VIEWS).text
    plain_requests(organization, officer, {"regulation": "ccpa"})
    keep(actors.officer, "Ours", "?due=week", organization.pk)
    keep(actors.officer, "Mine", "?due=month")
    assert offered(actors.viewer.page(LIST)) == {"?due=week": "Ours shared in Acme"}
    page = actors.viewer.page(VIEWS)
    assert f"{reverse(REQUESTS)}?due=week" in page.links
    assert ("made by officer" in page.text, "Mine" in page.text) == (True, False)
    assert page.forms == {}
    assert "Ours" not in actors.stranger.page(VIEWS).text
    assert "Ours" not in actors.stranger.page(LIST).text


def test_nobody_shares_with_an_organization_that_is_not_theirs(browser: Browser) -> None:
    other = make_organization(ims_org_id=OTHER_IMS_ORG, name="Other")
    location = keep(browser, shared_with=other.pk)
    assert "Choose one of your organizations" in browser.page(location).text
    assert not SavedView.objects.exists()


@covers("view-change")
def test_who_made_it_renames_and_shares_it(actors: Actors, organization: Organization) -> None:
    keep(actors.officer)
    view = SavedView.objects.get()
    sent = {"name": "Late", "shared_with": str(organization.pk)}
    # To a colleague it is somebody else's, shared or not.
    actors.act(f"/views/{view.pk}/change/", sent, viewer=404)
    view.refresh_from_db()
    assert (view.name, view.shared_with) == ("Late", organization)
    assert actors.viewer.post(f"/views/{view.pk}/change/", sent).status_code == 404
    told = AuditEvent.objects.filter(action__startswith="view.").order_by("at")
    assert list(told.values_list("action", flat=True)) == ["view.saved", "view.changed"]


def test_two_views_of_a_list_have_two_names(browser: Browser) -> None:
    keep(browser, "A")
    keep(browser, "B")
    answer = browser.post(f"/views/{SavedView.objects.get(name='A').pk}/change/", {"name": "B"})
    assert answer.status_code == 422
    assert "Another of your views of this list has that name." in Page.of(answer).text
    assert set(SavedView.objects.values_list("name", flat=True)) == {"A", "B"}


@covers("view-delete")
def test_who_made_it_deletes_it(actors: Actors, organization: Organization) -> None:
    keep(actors.officer, shared_with=organization.pk)
    actors.act(f"/views/{SavedView.objects.get().pk}/delete/", viewer=404)
    assert not SavedView.objects.exists()


def test_a_view_of_somebody_who_lost_the_organization_is_not_theirs_any_more(media: object, organization: Organization) -> None:
    owner, reader = (make_user(name, "Officer", organization) for name in ("owner", "reader"))
    keep(Browser.of(owner), "Ours", shared_with=organization.pk)
    browser = Browser.of(reader)
    assert "Ours" in browser.page(VIEWS).text
    reader.organizations.clear()
    assert "Ours" not in browser.page(VIEWS).text
