"""Removing the personal data of a request: said with its extent first, meant on purpose, and complete."""

from __future__ import annotations

import pytest
from django.urls import reverse

from portal.models import AuditEvent, DataKey, Organization, User
from privacy import shredding
from privacy.models import IdentityDigest, PrivacyRequest, Upload
from privacy.statuses import RequestStatus
from tests.actors import Actors, covers, everything_kept, stored_files
from tests.conftest import Simulator
from tests.files import confirmed_request, payload, people
from tests.pages import Browser, Page
from tests.states import address_of, again, finish, sent_request

pytestmark = pytest.mark.django_db


@pytest.fixture
def finished(media: object, simulator: Simulator, organization: Organization, officer: User) -> PrivacyRequest:
    """Three people whose access and deletion Adobe has finished; their results are stored."""
    request = sent_request(organization, officer)
    finish(simulator)
    return again(request)


def shred(browser: Browser, request: PrivacyRequest, typed: str) -> Page:
    """Send the form; it must be refused."""
    before = everything_kept()
    answer = browser.post(address_of("request-shred", request), {"typed": typed})
    assert answer.status_code == 422
    assert everything_kept() == before
    return Page.of(answer)


@covers("privacy:request-shred")
def test_only_an_officer_of_the_organization_may(actors: Actors, finished: PrivacyRequest) -> None:
    address = address_of("request-shred", finished)
    before = everything_kept()
    for ask in ("get", "post"):
        for person, status in ((actors.viewer, 403), (actors.stranger, 404), (actors.nobody, 302)):
            assert getattr(person, ask)(address, {"typed": finished.number}).status_code == status
    actors.refuse_methods(address, allowed=("get", "post"))
    assert actors.officer.get(address).status_code == 200
    assert everything_kept() == before
    assert actors.officer.post(address, {"typed": finished.number}).status_code == 302
    assert again(finished).status == RequestStatus.SHREDDED


def test_it_says_what_will_go_before_it_goes(browser: Browser, finished: PrivacyRequest) -> None:
    page = browser.page(address_of("request-shred", finished))
    assert (
        "This removes the identities and keys of 3 people and 3 stored results from the portal. It cannot be undone." in page.text
    )
    assert page.root.one("label", **{"for": "typed"})["for"] == "typed"
    assert page.root.one("label", **{"for": "typed"}).text == f"Type {finished.number} to confirm"
    assert page.links[address_of("request-detail", finished)] == "Keep it"


@pytest.mark.parametrize("typed", ["", "PR-2026-999999", "yes", "<b>PR</b>"])
def test_it_must_be_meant(browser: Browser, finished: PrivacyRequest, typed: str) -> None:
    page = shred(browser, finished, typed)
    sentence = f"Type the number of this request, {finished.number}, to confirm."
    assert page.root.one("div", class_="error-summary").text == f"Nothing was removed {sentence}"
    field = page.root.one(id="typed")
    assert (field["value"], field["aria-invalid"]) == (typed, "true")
    assert page.root.one(id=field["aria-describedby"]).text == sentence


@pytest.mark.parametrize("write", [str.upper, str.lower, "  {} ".format])
def test_the_number_may_be_typed_carelessly(browser: Browser, finished: PrivacyRequest, write: object) -> None:
    assert callable(write)
    assert browser.post(address_of("request-shred", finished), {"typed": write(finished.number)}).status_code == 302


def test_nothing_personal_is_left(browser: Browser, finished: PrivacyRequest) -> None:
    answer = browser.post(address_of("request-shred", finished), {"typed": finished.number})
    assert answer.headers["Location"] == address_of("request-detail", finished)
    assert f"The personal data of {finished.number} was removed." in browser.page(answer.headers["Location"]).text
    assert stored_files() == set()
    assert not DataKey.objects.filter(owner_kind__in=("request", "upload")).exists()
    assert not IdentityDigest.objects.exists()
    event = AuditEvent.objects.get(action="request.shredded")
    assert (event.actor_name, event.root_id) == ("officer", str(finished.pk))


def test_every_page_of_it_can_still_be_opened_and_shows_nothing_personal(
    actors: Actors, finished: PrivacyRequest, officer: User
) -> None:
    shredding.shred(finished, officer)
    upload = Upload.objects.get()
    addresses = [
        *(address_of(name, finished) for name in ("request-detail", "request-progress", "job-list")),
        *(address_of("job-detail", job) for job in finished.jobs.all()),
        f"/uploads/{upload.pk}/",
        *(reverse(f"privacy:{name}") for name in ("request-list", "upload-list")),
        f"{reverse('privacy:upload-list')}?show=all",
        *(
            f"{address_of('job-list', finished)}?product=analytics&state={state}"
            for state in ("done", "open", "failed", "complete")
        ),
    ]
    for person in (actors.officer, actors.viewer):
        for address in addresses:
            page = person.page(address)
            for value in ("person1@example.com", "person-1", "people.json"):
                assert value not in page.html, address
    # The forms and the way to remove it once more are gone; what was done before may be asked for, and gives nothing.
    job = finished.jobs.filter(action="access")[0]
    assert actors.officer.get(address_of("job-result", job)).status_code == 404
    assert "person1@example.com" not in actors.officer.post(address_of("job-reveal", job)).content.decode()
    assert actors.officer.post(address_of("job-refresh", job)).status_code == 302
    assert actors.officer.post(address_of("result-again", job)).status_code == 302


def test_what_is_removed_already_is_not_removed_again(browser: Browser, finished: PrivacyRequest, officer: User) -> None:
    shredding.shred(finished, officer)
    for ask in (browser.get, browser.post):
        answer = ask(address_of("request-shred", finished), {"typed": finished.number})
        assert answer.headers["Location"] == address_of("request-detail", finished)
    assert AuditEvent.objects.filter(action="request.shredded").count() == 1


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (False, "Calls of this request are still open. Wait until they are settled, or decide about them."),
        (True, "Adobe is still working on jobs of this request. Wait until all of them have ended."),
    ],
)
def test_a_request_that_still_moves_keeps_its_data(
    browser: Browser, simulator: Simulator, organization: Organization, officer: User, sent: bool, reason: str
) -> None:
    make = sent_request(organization, officer) if sent else confirmed_request(organization, officer, payload(people(2)))
    assert reason in shred(browser, make, make.number).root.one("div", class_="error-summary").text
