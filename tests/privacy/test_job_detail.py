"""One job: what each product said, in words, with nobody's data in clear."""

from __future__ import annotations

import pytest

from portal.models import Organization, User
from privacy.models import Job, PrivacyRequest, ResultArchive
from tests.actors import Actors, covers
from tests.conftest import Simulator
from tests.files import confirmed_request, payload, people
from tests.pages import Browser, Page
from tests.states import address_of, finish, job_of, sent_request

pytestmark = pytest.mark.django_db


@covers("privacy:job-detail")
def test_it_is_for_everybody_of_the_organization(actors: Actors, organization: Organization, officer: User) -> None:
    job = job_of(confirmed_request(organization, officer, payload(people(1))))
    actors.open(address_of("job-detail", job))


def test_it_scratch(browser: Browser, simulator: Simulator, organization: Organization, officer: User) -> None:
    request = sent_request(organization, officer)
    finish(simulator)
    page = browser.page(address_of("job-detail", job_of(request)))
    print(page.text)
    for name in ("request-detail", "job-list", "request-shred", "request-progress"):
        page = browser.page(address_of(name, request))
        print(page.text)
    assert 0
