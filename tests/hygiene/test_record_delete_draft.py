"""A record delete before it is confirmed: findings or preview, the typed confirmation, discarding."""

from __future__ import annotations

import json

import pytest

from hygiene import intake
from hygiene.models import RecordDelete, WorkOrder
from hygiene.statuses import RecordDeleteStatus
from portal.models import DataKey, Organization, User
from tests.actors import Actors, covers, everything_kept, stored_files
from tests.hygiene.deletes import WANTED, addresses, again, begun, draft, page_of, read_quotas, send
from tests.pages import Browser, Page

pytestmark = pytest.mark.django_db


# --- Looking at it ---


@covers("hygiene:record-delete-detail")
def test_those_of_its_organization_see_it(actors: Actors, organization: Organization, officer: User) -> None:
    made = draft(organization, officer)
    actors.open(page_of(made))
    assert "An officer of Acme can confirm it." in actors.viewer.page(page_of(made)).text
    assert actors.viewer.page(page_of(made)).forms == {}


def test_the_preview_says_what_will_happen_before_it_happens(browser: Browser, organization: Organization, officer: User) -> None:
    organization.max_identities_per_work_order = 2
    organization.save()
    read_quotas(organization, daily=1000, used=400)
    made = draft(organization, officer, lines=addresses(5) + "\nGONE1@example.com")
    page = browser.page(page_of(made))
    assert page.title == "Check what will be deleted"
    assert [item.text for item in page.root.one("ul", class_="figures").all("li")] == [
        "5identities",
        "3work orders at Adobe",
        "1dataset",
    ]
    facts = page.facts()
    assert facts["Duplicates"] == "1 removed"
    assert facts["Work orders"] == "3. One takes at most 2 identities."
    assert "Up to 30 days" in facts["Adobe takes"]
    assert "400 used, 405 with this record delete, of 1,000" in page.section("quota").text
    assert "It cannot be cancelled or undone at Adobe." in page.section("confirm").text
    assert "Type 5, the number of identities" in page.section("confirm").text
    assert "g…1@e…m" in page.section("identities").text
    assert "gone1@example.com" not in page.html


def test_what_does_not_fit_into_the_quota_is_said_with_its_day(
    browser: Browser, organization: Organization, officer: User
) -> None:
    organization.max_identities_per_work_order = 2
    organization.save()
    read_quotas(organization, daily=100, used=97)
    page = browser.page(page_of(draft(organization, officer, lines=addresses(4))))
    assert "2 identities go today. 2 wait for the quota until" in page.section("confirm").text
    assert "It does not fit whole." in page.section("quota").text
    bars = [bar["aria-label"] for bar in page.section("quota").all("svg")]
    assert bars[0] == "Identities in record deletes, today: 97 used before, 101 after, of 100"


def test_without_a_reading_of_the_quota_it_says_so(browser: Browser, organization: Organization, officer: User) -> None:
    assert "were not read yet" in browser.page(page_of(draft(organization, officer))).section("quota").text


def test_findings_name_their_place_and_what_they_quote_only_to_whom_the_file_belongs(
    actors: Actors, organization: Organization
) -> None:
    file = json.dumps([{"namespaceCode": "email", "value": 5_551_234_567}]).encode()
    made = begun(send(actors.officer, organization, file))
    page = actors.officer.page(page_of(made))
    assert page.title == "These identities have errors"
    assert "“5551234567” is a number" in page.text
    assert "Row 1" in page.text
    assert "5551234567" not in actors.viewer.page(page_of(made)).html
    assert page.forms.keys() == {page_of(made, "discard")}


def test_one_whose_key_is_gone_says_so_and_can_be_discarded(browser: Browser, organization: Organization, officer: User) -> None:
    made = draft(organization, officer)
    other = draft(organization, officer)
    RecordDelete.objects.filter(pk=made.pk).update(result_sealed=RecordDelete.objects.get(pk=other.pk).result_sealed)
    page = browser.page(page_of(made))
    assert "What is stored about this record delete cannot be opened." in page.text
    assert page.forms.keys() == {page_of(made, "discard")}


@covers("hygiene:record-delete-progress")
def test_how_far_a_check_is_can_be_followed(actors: Actors, organization: Organization, officer: User) -> None:
    made = draft(organization, officer)
    actors.open(page_of(made, "progress"))
    answer = actors.officer.get(page_of(made, "progress"))
    assert answer.headers["HX-Redirect"] == page_of(made)
    RecordDelete.objects.update(status=RecordDeleteStatus.CHECKING, size=100, bytes_checked=40)
    part = Page.of(actors.officer.get(page_of(made, "progress")))
    assert part.root.one("progress")["value"] == "40"


# --- Confirming it ---


@covers("hygiene:record-delete-confirm")
def test_officers_confirm_with_the_number_of_identities(actors: Actors, organization: Organization, officer: User) -> None:
    made = draft(organization, officer)
    actors.act(page_of(made, "confirm"), {"typed": "3"})
    assert again(made).status == RecordDeleteStatus.PREPARING


@pytest.mark.parametrize("typed", ["", "2", "three", "ALL"])
def test_anything_else_sends_nothing(browser: Browser, organization: Organization, officer: User, typed: str) -> None:
    made = draft(organization, officer)
    before = everything_kept()
    answer = browser.post(page_of(made, "confirm"), {"typed": typed})
    assert answer.status_code == 422
    page = Page.of(answer)
    assert "Type 3 to confirm. Nothing was sent." in page.root.one("div", class_="error-summary").text
    assert page.root.one("input", id="typed")["value"] == typed
    assert everything_kept() == before
    assert not WorkOrder.objects.exists()


def test_for_every_dataset_the_word_all_is_typed(browser: Browser, organization: Organization, officer: User) -> None:
    made = draft(organization, officer, wanted=intake.Wanted(datasets=("ALL",)))
    assert "Type ALL, because every dataset is meant" in browser.page(page_of(made)).text
    for wrong in ("3", "all"):
        assert browser.post(page_of(made, "confirm"), {"typed": wrong}).status_code == 422
    assert browser.post(page_of(made, "confirm"), {"typed": " ALL "}).status_code == 302
    assert again(made).status == RecordDeleteStatus.PREPARING


def test_a_number_may_have_its_thousands_apart(browser: Browser, organization: Organization, officer: User) -> None:
    made = draft(organization, officer, lines=addresses(1200))
    assert browser.post(page_of(made, "confirm"), {"typed": "1,200"}).status_code == 302
    assert again(made).status == RecordDeleteStatus.PREPARING


def test_a_second_press_leads_to_what_the_first_one_began(browser: Browser, organization: Organization, officer: User) -> None:
    made = draft(organization, officer)
    for _ in range(2):
        answer = browser.post(page_of(made, "confirm"), {"typed": "3"})
        assert (answer.status_code, answer.headers["Location"]) == (302, page_of(made))


def test_one_with_errors_cannot_be_confirmed(browser: Browser, organization: Organization) -> None:
    made = begun(send(browser, organization, b"namespace,value\nemail,\n", file_name="a.csv"))
    assert made.status == RecordDeleteStatus.REFUSED
    browser.post(page_of(made, "confirm"), {"typed": str(made.identities)})
    assert again(made).status == RecordDeleteStatus.REFUSED


# --- Discarding it ---


@covers("hygiene:record-delete-discard")
def test_officers_discard_it_and_nothing_of_it_is_left(actors: Actors, organization: Organization, officer: User) -> None:
    made = draft(organization, officer, wanted=WANTED)
    actors.act(page_of(made, "discard"))
    assert stored_files() == set()
    assert not DataKey.objects.filter(owner_kind="upload").exists()
    page = actors.officer.page(page_of(made))
    assert "This record delete was discarded." in page.text
    assert "Spring cleaning" not in page.text


def test_a_confirmed_one_is_not_discarded(browser: Browser, organization: Organization, officer: User) -> None:
    made = draft(organization, officer)
    intake.confirm(made, officer)
    browser.post(page_of(made, "discard"))
    assert again(made).status == RecordDeleteStatus.PREPARING
