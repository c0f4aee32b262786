"""Everything of an officer who leaves goes to another: counted first, confirmed, noted, only where the other may handle it."""

from __future__ import annotations

import pytest
from django.urls import reverse

from portal import registry
from portal.models import Notice, Organization, User
from privacy.models import PrivacyRequest
from privacy.statuses import RequestStatus
from tests.actors import Actors, covers, everything_kept
from tests.admins import make_administrator, open_page, signed_in
from tests.conftest import OTHER_IMS_ORG, make_organization
from tests.handling import received, told
from tests.pages import Browser, Page
from tests.people import make_user

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("media")]
ADDRESS = reverse("privacy:hand-over")


@pytest.fixture
def leaver(organization: Organization) -> User:
    """Left already: the account is switched off."""
    user = make_user("leaver", "Officer", organization)
    User.objects.filter(pk=user.pk).update(is_active=False, first_name="Lee", last_name="Ver")
    return user


@pytest.fixture
def ada(organization: Organization) -> User:
    return make_user("ada", "Officer", organization)


def owned(organization: Organization, officer: User, owner: User, **fields: object) -> PrivacyRequest:
    request = received(organization, officer)
    PrivacyRequest.objects.filter(pk=request.pk).update(assignee=owner, **fields)
    return request


def owners() -> list[str]:
    """Who looks after each request, in the order they were made."""
    rows = PrivacyRequest.objects.order_by("number").values_list("assignee__username", flat=True)
    return [str(each) for each in rows]


@covers("privacy:hand-over")
def test_only_officers_may_and_each_only_in_the_own_organizations(
    actors: Actors, organization: Organization, officer: User, leaver: User, ada: User
) -> None:
    owned(organization, officer, leaver)
    sent = {"giver": str(leaver.pk), "taker": str(ada.pk)}
    before = everything_kept()
    for ask in ("get", "post"):
        for person, status in ((actors.viewer, 403), (actors.nobody, 302)):
            assert getattr(person, ask)(ADDRESS, sent).status_code == status
    # An officer of another organization sees none of these people, and moves nothing.
    assert "Nobody looks after a request yet" in actors.stranger.page(ADDRESS).text
    assert actors.stranger.post(ADDRESS, sent).status_code == 422
    actors.refuse_methods(ADDRESS, allowed=("get", "post"))
    assert everything_kept() == before
    assert actors.officer.post(ADDRESS, sent).status_code == 302
    assert owners() == ["ada"]


def test_it_is_counted_before_and_done_once(
    browser: Browser, organization: Organization, officer: User, leaver: User, ada: User
) -> None:
    first, _second = (owned(organization, officer, leaver) for _ in range(2))
    owned(organization, officer, officer)
    page = browser.page(ADDRESS)
    assert [one.text for one in page.root.one("select", name="giver").all("option")][1:] == [
        "officer",
        "Lee Ver (account switched off)",
    ]
    page = browser.page(ADDRESS, giver=str(leaver.pk), taker=str(ada.pk))
    assert page.section("moves").one("h2").text == "2 requests of Lee Ver would go to ada"
    form = page.forms[ADDRESS]
    assert form.buttons == ["Give 2 requests to ada"]
    answer = browser.post(form.action, form.fields)
    assert answer.headers["Location"] == f"{reverse('privacy:request-list')}?assignee={ada.pk}"
    assert owners() == ["ada", "ada", "officer"]
    assert len(told("request.assigned")) == 2
    assert told("request.assigned")[0] == {"number": first.number, "to": "ada"}
    assert Notice.objects.filter(user=ada).count() == 2
    browser.post(form.action, form.fields)
    assert len(told("request.assigned")) == 2


def test_what_is_over_stays_with_whoever_did_it(
    browser: Browser, organization: Organization, officer: User, leaver: User, ada: User
) -> None:
    owned(organization, officer, leaver, status=RequestStatus.CANCELLED)
    owned(organization, officer, leaver, status=RequestStatus.SHREDDED)
    owned(organization, officer, leaver, answered_on="2026-11-20", finished_at="2026-11-20T10:00Z")
    open_one = owned(organization, officer, leaver, answered_on="2026-11-20", status=RequestStatus.IN_PROGRESS)
    browser.post(ADDRESS, {"giver": str(leaver.pk), "taker": str(ada.pk)})
    assert owners() == ["leaver", "leaver", "leaver", "ada"]
    assert PrivacyRequest.objects.get(assignee=ada) == open_one


def test_what_the_other_may_not_see_stays_and_is_said(
    browser: Browser, organization: Organization, officer: User, leaver: User, ada: User
) -> None:
    other = make_organization(ims_org_id=OTHER_IMS_ORG, name="Other")
    officer.organizations.add(other)
    owned(organization, officer, leaver)
    owned(other, officer, leaver)
    page = browser.page(ADDRESS, giver=str(leaver.pk), taker=str(ada.pk))
    lines = [one.text for one in page.section("moves").all("li")]
    assert lines == ["1 request of Acme", "1 request of Other stay: ada was not given this organization"]
    browser.post(ADDRESS, {"giver": str(leaver.pk), "taker": str(ada.pk)})
    assert owners() == ["ada", "leaver"]


def test_two_different_people_are_needed(browser: Browser, organization: Organization, officer: User) -> None:
    owned(organization, officer, officer)
    answer = browser.post(ADDRESS, {"giver": str(officer.pk), "taker": str(officer.pk)})
    assert answer.status_code == 422
    assert Page.of(answer).root.one("p", class_="error").text == "Choose two different people."


def test_the_administration_leads_here_from_whoever_leaves(
    organization: Organization, officer: User, leaver: User, ada: User
) -> None:
    administrator = signed_in(make_administrator("administrator", organization))
    stranger = make_administrator("stranger", make_organization(ims_org_id=OTHER_IMS_ORG, name="Other"))
    page = reverse("admin:portal_user_change", args=[leaver.pk])
    link = f"{ADDRESS}?giver={leaver.pk}"
    assert link not in open_page(administrator, page).links
    for _ in range(2):
        owned(organization, officer, leaver)
    found = open_page(administrator, page)
    assert link in found.links
    assert "Give 2 requests of Lee Ver to another" in found.html
    assert link not in open_page(administrator, reverse("admin:portal_user_change", args=[ada.pk])).links
    # Whoever may not hand over, or sees none of the requests, is led nowhere.
    viewer = make_user("looker", "Viewer", organization)
    assert registry.person_links(leaver, viewer) == []
    assert registry.person_links(leaver, stranger) == []
