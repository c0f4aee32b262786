"""The home page: everybody's first page, which says what needs them and opens it."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db.models.functions import Now

from portal import heartbeats, registry
from portal.home import Need, Part
from portal.home.panels import counted
from portal.models import Heartbeat, Organization, ProcessKind, User
from tests.actors import Actors, covers
from tests.admins import make_administrator, signed_in
from tests.conftest import OTHER_IMS_ORG, make_organization
from tests.pages import Browser, Page
from tests.people import make_user

pytestmark = pytest.mark.django_db


def pressing(page: Page) -> dict[str, tuple[str, str]]:
    """What needs a person: words -> (number, address)."""
    found = {}
    for need in page.root.all("li", class_="need"):
        links = need.all("a")
        label = need.one("span", class_="need-label").text
        found[label] = (need.one("strong").text, links[0]["href"] if links else "")
    return found


def quiet(page: Page) -> list[str]:
    """What there is nothing of."""
    (quiet_needs,) = page.root.all("ul", class_="quiet-needs")
    return [line.text for line in quiet_needs.all("li")]


@covers("home")
def test_it_is_everybodys_first_page(actors: Actors) -> None:
    actors.open("/", stranger=200)
    assert actors.viewer.page("/").title == "Home"


def test_nobody_sees_anything_of_another_organization(actors: Actors, organization: Organization) -> None:
    organization.hold("by_hand")
    assert pressing(actors.officer.page("/")) == {"On hold": ("1", "")}
    stranger = actors.stranger.page("/", organization=organization.ims_org_id)
    assert pressing(stranger) == {}
    assert "No organization on hold" in quiet(stranger)


def test_who_has_no_organization_is_told_whom_to_ask() -> None:
    page = Browser.of(make_user("new", "Officer")).page("/")
    assert "You were not given an organization yet" in page.text
    assert not page.root.all("section")


def test_it_says_so_when_no_part_of_the_portal_is_on(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_home", [])
    assert "No part of the portal is switched on here." in browser.page("/").text


def test_when_nothing_presses_it_says_so_and_names_what_was_looked_at(browser: Browser) -> None:
    page = browser.page("/")
    assert "Nothing needs you now." in page.text
    assert pressing(page) == {}
    assert {"Nothing overdue", "No organization on hold", "No quota nearly used"} <= set(quiet(page))


def test_the_header_leads_to_home_first_and_marks_only_where_one_is(browser: Browser) -> None:
    for address, here in (("/", "Home"), ("/requests/", "Requests")):
        nav = browser.page(address).root.one("nav", aria_label="Main")
        assert (nav.all("a")[0].text, nav.all("a")[0]["href"]) == ("Home", "/")
        assert [link.text for link in nav.all("a", aria_current="page")] == [here]


# --- What it is narrowed to stands in its address ---


def test_each_choice_keeps_the_others(browser: Browser, officer: User) -> None:
    other = make_organization(ims_org_id=OTHER_IMS_ORG, name="Other")
    officer.organizations.add(other)
    asked = {"organization": other.ims_org_id, "law": "gdpr", "days": "90", "whose": "mine"}
    page = browser.page("/", **asked)
    chips = {chip.text: parse_qs(urlsplit(chip["href"]).query) for chip in page.root.all("a", class_="chip")}
    assert chips["7 days"] == {name: [value] for name, value in (asked | {"days": "7"}).items()}
    assert chips["Everybody's"] == {name: [value] for name, value in asked.items() if name != "whose"}
    form = page.root.one("form", class_="home-form")
    assert [chosen["value"] for chosen in form.all("option", selected="")] == [other.ims_org_id, "gdpr"]
    hidden = {field["name"]: field["value"] for field in form.all("input", type="hidden")}
    assert hidden == {"days": "90", "whose": "mine"}
    current = [chip.text for chip in page.root.all("a", class_="chip", aria_current="true")]
    assert current == ["Mine", "90 days"]


@pytest.mark.parametrize(
    "nonsense", [{"days": "-1"}, {"days": "x"}, {"law": "murphy"}, {"organization": "none"}, {"whose": "god"}]
)
def test_what_makes_no_sense_counts_as_not_said(browser: Browser, nonsense: dict[str, str]) -> None:
    page = browser.page("/", **nonsense)
    assert [chip.text for chip in page.root.all("a", class_="chip", aria_current="true")] == ["Everybody's", "30 days"]


def test_an_organization_that_was_chosen_is_the_only_one_that_counts(browser: Browser, officer: User) -> None:
    other = make_organization(ims_org_id=OTHER_IMS_ORG, name="Other")
    officer.organizations.add(other)
    other.hold("by_hand")
    assert pressing(browser.page("/"))["On hold"][0] == "1"
    acme = officer.organizations.exclude(pk=other.pk).get()
    assert pressing(browser.page("/", organization=acme.ims_org_id)) == {}


# --- What the portal itself brings ---


def test_only_those_who_may_look_at_processes_hear_of_them(actors: Actors, organization: Organization) -> None:
    assert "Beat is silent" not in actors.officer.page("/").text
    administrator = Browser.of(make_administrator("boss", organization))
    assert {"No worker is alive", "Beat is silent"} <= set(pressing(administrator.page("/")))


def test_a_silent_worker_leads_to_the_page_of_health(organization: Organization) -> None:
    administrator = Browser.of(make_administrator("boss", organization))
    for name, kind in (("one", ProcessKind.WORKER), ("two", ProcessKind.WORKER), ("beat", ProcessKind.BEAT)):
        heartbeats.begin(name, kind)
    page = administrator.page("/")
    assert not {"Silent workers", "No worker is alive", "Beat is silent"} & set(pressing(page))
    assert {"No worker silent", "A worker is alive", "Beat is alive"} <= set(quiet(page))
    Heartbeat.objects.filter(pk="one").update(seen_at=Now() - timedelta(hours=1))
    page = administrator.page("/")
    assert pressing(page)["Silent workers"] == ("1", "/health/")
    assert "A worker is alive" in quiet(page)


def test_the_hold_leads_those_who_can_resume_it_to_its_row(organization: Organization) -> None:
    organization.hold("by_hand")
    user = make_administrator("boss", organization)
    number, address = pressing(Browser.of(user).page("/"))["On hold"]
    assert number == "1"
    assert organization.name in signed_in(user).get(address).content.decode()


# --- How needs are counted ---


def test_needs_that_are_rows_are_counted_in_one_statement(django_assert_num_queries: object, organization: Organization) -> None:
    make_organization(ims_org_id=OTHER_IMS_ORG, name="Other")
    users = User.objects.filter(pk=make_user("one", "Viewer", organization).pk)

    def need(count: object, of: str = "") -> Need:
        return Need("a", "b", "c", count, of=of)  # type: ignore[arg-type]

    needs = [
        need(7),
        need(Organization.objects.all()),
        need(users),
        need(Organization.objects.none()),
        # Two rows of one organization: counted once.
        need(Organization.members.through.objects.filter(organization=organization), "organization"),
    ]
    make_user("two", "Viewer", organization)
    with django_assert_num_queries(1):  # type: ignore[operator]
        assert [one.count for one in counted(needs)] == [7, 2, 1, 0, 1]


def test_numbers_alone_need_no_statement(django_assert_num_queries: object) -> None:
    with django_assert_num_queries(0):  # type: ignore[operator]
        assert [one.count for one in counted([Need("a", "b", "c", 0), Need("a", "b", "c", 3)])] == [0, 3]


def test_parts_stand_in_their_order(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    def brings(words: str) -> Part:
        return Part(needs=[Need(words, "", "", 1)])

    monkeypatch.setattr(registry, "_home", [])
    registry.add_home(lambda _narrowed: brings("later"), order=20)
    registry.add_home(lambda _narrowed: brings("first"), order=10)
    assert list(pressing(browser.page("/"))) == ["first", "later"]


def test_the_person_is_named_beside_the_way_out(actors: Actors, officer: User) -> None:
    User.objects.filter(pk=officer.pk).update(first_name="Ada", last_name="Byron")
    assert "Ada Byron" in Page.of(actors.officer.get("/requests/")).root.one("div", class_="who").text


def test_only_staff_is_shown_the_way_to_the_administration(actors: Actors, viewer: User) -> None:
    assert "/admin/" not in actors.viewer.page("/requests/").links
    User.objects.filter(pk=viewer.pk).update(is_staff=True)
    assert "/admin/" in actors.viewer.page("/requests/").links


def test_every_page_says_when_an_organization_is_on_hold(actors: Actors, organization: Organization) -> None:
    organization.hold("credential_refused", "Oauth token is not valid")
    for person, shown in ((actors.officer, True), (actors.viewer, True), (actors.stranger, False)):
        text = person.page("/uploads/").text
        assert ("Acme is on hold since" in text) is shown
        assert ("Oauth token is not valid" in text) is shown
    assert "An administrator of the portal can resume it." in actors.officer.page("/uploads/").text
