"""The list of uploads: what still waits for somebody, or all of it."""

from __future__ import annotations

import pytest

from portal.models import Organization, User
from privacy import intake
from privacy.models import Upload
from privacy.statuses import UploadStatus
from tests.actors import Actors, covers
from tests.admins import queries_of
from tests.conftest import OTHER_IMS_ORG, make_organization
from tests.files import stored_upload
from tests.pages import Browser, Page
from tests.people import make_user
from tests.uploading import request_file, send, uploaded

pytestmark = pytest.mark.django_db
ADDRESS = "/uploads/"


@pytest.fixture
def one_of_each(browser: Browser, organization: Organization, officer: User) -> dict[str, Upload]:
    """An upload in each state."""
    made = {
        "ready": uploaded(browser, organization, names=["ready.json"]),
        "refused": uploaded(browser, organization, request_file(regulation="moon-law"), names=["refused.json"]),
        "waiting": stored_upload(organization, officer, request_file()),
        "checking": stored_upload(organization, officer, request_file()),
        "confirmed": uploaded(browser, organization, names=["confirmed.json"]),
        "discarded": uploaded(browser, organization, names=["discarded.json"]),
    }
    Upload.objects.filter(pk=made["checking"].pk).update(status=UploadStatus.CHECKING)
    intake.confirm(made["confirmed"], officer)
    intake.discard(made["discarded"], officer)
    return made


def states(page: Page) -> list[str]:
    """The state of each row, from the top."""
    return [row.one("span", class_="pill").text for row in page.rows]


@covers("privacy:upload-list")
def test_everybody_may_look_and_sees_the_uploads_of_their_own_organizations(actors: Actors, organization: Organization) -> None:
    uploaded(actors.officer, organization)
    actors.open(ADDRESS, stranger=200)
    assert [len(person.page(ADDRESS).rows) for person in (actors.officer, actors.viewer, actors.stranger)] == [1, 1, 0]


def test_it_shows_what_still_waits_newest_first(browser: Browser, one_of_each: dict[str, Upload]) -> None:
    page = browser.page(ADDRESS)
    assert states(page) == ["Being checked", "Waiting to be checked", "Has errors", "Ready to confirm"]
    assert "4 of 4 uploads" in page.text


def test_it_shows_all_when_asked_and_marks_which_of_the_two(browser: Browser, one_of_each: dict[str, Upload]) -> None:
    page = browser.page(ADDRESS, show="all")
    assert sorted(states(page)) == sorted(str(UploadStatus(name).label) for name in one_of_each)
    assert [chip.text for chip in page.root.all("a", class_="chip", aria_current="true")] == ["All"]
    assert [chip.text for chip in browser.page(ADDRESS).root.all("a", class_="chip", aria_current="true")] == ["Waiting"]


def test_each_row_leads_to_its_upload(browser: Browser, one_of_each: dict[str, Upload]) -> None:
    links = browser.page(ADDRESS, show="all").links
    for upload in one_of_each.values():
        address = f"/uploads/{upload.pk}/"
        assert address in links
        assert browser.get(address).status_code == 200
    assert links[f"/uploads/{one_of_each['refused'].pk}/"] == "refused.json"


def test_a_discarded_file_has_no_name_any_more(browser: Browser, one_of_each: dict[str, Upload]) -> None:
    page = browser.page(ADDRESS, show="all")
    assert page.links[f"/uploads/{one_of_each['discarded'].pk}/"] == "Removed file"
    assert "discarded.json" not in page.html


def test_an_empty_list_says_what_belongs_here(actors: Actors) -> None:
    page = actors.officer.page(ADDRESS)
    assert "No upload waits for a decision." in page.text
    assert "/uploads/new/" in page.links
    assert "Nobody has uploaded a file yet." in actors.officer.page(ADDRESS, show="all").text
    assert "/uploads/new/" not in actors.viewer.page(ADDRESS).links


def test_a_long_list_has_pages_that_keep_what_is_shown(browser: Browser, organization: Organization, officer: User) -> None:
    Upload.objects.bulk_create(
        Upload(organization=organization, uploaded_by=officer, received_on="2026-11-02", status="discarded") for _ in range(53)
    )
    first = browser.page(ADDRESS, show="all")
    assert (len(first.rows), "50 of 53 uploads" in first.text) == (50, True)
    (older,) = [address for address, words in first.links.items() if words == "Older"]
    second = browser.page(ADDRESS + older)
    assert len(second.rows) == 3
    assert "show=all" in older
    assert not set(first.links) & {address for address in second.links if address.startswith("/uploads/0")}


def test_uploads_of_several_organizations_stand_together(browser: Browser, organization: Organization, officer: User) -> None:
    other = make_organization(ims_org_id=OTHER_IMS_ORG, name="Other")
    make_user("colleague", "Officer", other)
    officer.organizations.add(other)
    uploaded(browser, organization)
    uploaded(browser, other)
    assert {row.one("td", data_label="Organization").text for row in browser.page(ADDRESS).rows} == {"Acme", "Other"}


def test_it_costs_the_same_with_many_rows(browser: Browser, organization: Organization) -> None:
    send(browser, organization, *(request_file(1) for _ in range(3)))
    few = queries_of(browser, ADDRESS)
    send(browser, organization, *(request_file(1) for _ in range(27)))
    assert len(browser.page(ADDRESS).rows) == 30
    assert queries_of(browser, ADDRESS) == few


def test_a_name_that_does_not_open_hides_no_other_upload(browser: Browser, organization: Organization) -> None:
    damaged, sound = uploaded(browser, organization), uploaded(browser, organization, names=["sound.json"])
    Upload.objects.filter(pk=damaged.pk).update(file_name_sealed=b"damaged")
    links = browser.page("/uploads/").links
    assert links[f"/uploads/{damaged.pk}/"] == "A file without a name"
    assert links[f"/uploads/{sound.pk}/"] == "sound.json"
