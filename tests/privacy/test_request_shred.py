"""Removing the personal data of a request: said first, typed as a sign that it is meant, then gone for good."""

from __future__ import annotations

import pytest

from portal.models import AuditEvent, Organization, User
from privacy.models import IdentityDigest, PrivacyRequest
from privacy.statuses import RequestStatus
from tests.actors import Actors, covers, stored_files
from tests.conftest import Simulator
from tests.files import people
from tests.pages import Page
from tests.states import address_of, again, finish, job_of, sent_request

pytestmark = pytest.mark.django_db


@pytest.fixture
def finished(simulator: Simulator, organization: Organization, officer: User, media: object) -> PrivacyRequest:
    """Two people whose jobs are over and whose results are stored."""
    request = sent_request(organization, officer, people(2))
    finish(simulator)
    return again(request)


@covers("privacy:request-shred")
def test_only_those_with_the_right_may(actors: Actors, finished: PrivacyRequest) -> None:
    address = address_of("request-shred", finished)
    for data in (None, {"typed": finished.number}):
        assert actors.nobody.post(address, data or {}).status_code == 302
        assert actors.viewer.get(address).status_code == 403
        assert actors.viewer.post(address, data or {}).status_code == 403
        assert actors.stranger.get(address).status_code == 404
        assert actors.stranger.post(address, data or {}).status_code == 404
    assert actors.officer.get(address).status_code == 200
    assert again(finished).status == RequestStatus.COMPLETE


def test_it_says_what_will_go(actors: Actors, finished: PrivacyRequest) -> None:
    text = actors.officer.page(address_of("request-shred", finished)).text
    assert "This removes the identities and keys of 2 people and 2 stored results from the portal. It cannot be undone." in text


def test_a_wrong_number_removes_nothing_and_stays_in_the_field(actors: Actors, finished: PrivacyRequest) -> None:
    answer = actors.officer.post(address_of("request-shred", finished), {"typed": "PR-1999"})
    assert answer.status_code == 422
    page = Page.of(answer)
    assert page.root.one("input", id="typed")["value"] == "PR-1999"
    assert f"Type the number of this request, {finished.number}, to confirm." in page.text
    assert again(finished).status == RequestStatus.COMPLETE
    assert len(stored_files()) == 2


def test_it_is_gone_and_every_page_still_opens(actors: Actors, finished: PrivacyRequest, officer: User) -> None:
    jobs = [job_of(finished, action, place) for action in ("access", "delete") for place in (1, 2)]
    answer = actors.officer.post(address_of("request-shred", finished), {"typed": finished.number.lower()})
    assert answer.headers["Location"] == address_of("request-detail", finished)
    assert stored_files() == set()
    assert not IdentityDigest.objects.exists()
    assert AuditEvent.objects.get(action="request.shredded").actor_name == officer.get_username()
    pages = [address_of(name, finished) for name in ("request-detail", "request-progress", "job-list")]
    pages += [address_of("job-detail", job) for job in jobs]
    for address in [*pages, "/requests/", "/uploads/?show=all", f"/uploads/{finished.upload_id}/"]:
        text = actors.officer.page(address).html
        assert "example.com" not in text
        assert "person-1" not in text
    assert actors.officer.get(address_of("job-result", jobs[0])).status_code == 404
    revealed = actors.officer.post(address_of("job-reveal", jobs[0]))
    assert revealed.status_code == 200
    assert b"example.com" not in revealed.content


def test_a_second_time_leads_back_to_the_request(actors: Actors, finished: PrivacyRequest) -> None:
    address = address_of("request-shred", finished)
    actors.officer.post(address, {"typed": finished.number})
    assert actors.officer.post(address, {"typed": finished.number}).headers["Location"] == address_of("request-detail", finished)
    assert AuditEvent.objects.filter(action="request.shredded").count() == 1


def test_a_request_that_still_moves_is_kept(
    actors: Actors, simulator: Simulator, organization: Organization, officer: User
) -> None:
    request = sent_request(organization, officer, people(1))
    answer = actors.officer.post(address_of("request-shred", request), {"typed": request.number})
    assert answer.status_code == 422
    assert "Adobe is still working on jobs of this request." in Page.of(answer).text
    assert again(request).data_key is not None
