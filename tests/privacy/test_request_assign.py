"""A request is given to oneself, to a colleague who may handle it, or to nobody; who is given it is told."""

from __future__ import annotations

import pytest

from portal.models import Notice, NoticeKind, Organization, User
from privacy.models import PrivacyRequest
from privacy.statuses import RequestStatus
from tests.actors import Actors, covers
from tests.handling import message_of, received, told
from tests.pages import Browser
from tests.people import make_user
from tests.states import address_of, again

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("media")]


@pytest.fixture
def request_row(organization: Organization, officer: User) -> PrivacyRequest:
    return received(organization, officer)


@pytest.fixture
def ada(organization: Organization) -> User:
    ada = make_user("ada", "Officer", organization)
    User.objects.filter(pk=ada.pk).update(first_name="Ada", last_name="Byron")
    return ada


def give(browser: Browser, request: PrivacyRequest, to: object) -> str:
    """What the page says afterwards."""
    browser.post(address_of("request-assign", request), {"assignee": str(to)})
    return message_of(browser, address_of("request-detail", request))


@covers("privacy:request-assign")
def test_only_an_officer_of_the_organization_may(actors: Actors, request_row: PrivacyRequest, officer: User) -> None:
    actors.act(address_of("request-assign", request_row), {"assignee": "me"})
    assert again(request_row).assignee == officer
    assert told("request.assigned") == [{"number": request_row.number, "to": "officer"}]
    page = actors.viewer.page(address_of("request-detail", request_row))
    assert page.section("assignee").text == "Looks after it officer"
    # Who takes a request is not told of it.
    assert not Notice.objects.exists()


def test_a_colleague_is_given_it_and_told_once(browser: Browser, request_row: PrivacyRequest, ada: User) -> None:
    assert give(browser, request_row, ada.pk) == f"Ada Byron looks after {request_row.number}."
    give(browser, request_row, ada.pk)
    assert again(request_row).assignee == ada
    assert len(told("request.assigned")) == 1
    assert list(Notice.objects.values_list("user", "kind", "number")) == [(ada.pk, NoticeKind.ASSIGNED, request_row.number)]
    page = browser.page(address_of("request-detail", request_row))
    assert "Ada Byron looks after it" in page.text
    assert page.root.one("select", id="assign-to").one("option", selected="").text == "Ada Byron"


def test_nobody_looks_after_it_any_more(browser: Browser, request_row: PrivacyRequest) -> None:
    give(browser, request_row, "me")
    assert give(browser, request_row, "") == f"Nobody looks after {request_row.number} now."
    assert again(request_row).assignee is None
    assert told("request.unassigned") == [{}]


def test_only_people_who_may_handle_it_are_offered_and_taken(
    browser: Browser, request_row: PrivacyRequest, organization: Organization, ada: User, viewer: User, colleague: User
) -> None:
    gone = make_user("gone", "Officer", organization)
    User.objects.filter(pk=gone.pk).update(is_active=False)
    page = browser.page(address_of("request-detail", request_row))
    assert [one.text for one in page.root.one("select", id="assign-to").all("option")] == ["Nobody", "officer", "Ada Byron"]
    for other in (viewer.pk, colleague.pk, gone.pk, 999_999, "nonsense", "²"):
        assert give(browser, request_row, other) == "Choose a colleague who may handle this request."
    assert again(request_row).assignee is None


@pytest.mark.parametrize("status", [RequestStatus.CANCELLED, RequestStatus.SHREDDED])
def test_a_closed_request_is_given_to_nobody(browser: Browser, request_row: PrivacyRequest, status: RequestStatus) -> None:
    PrivacyRequest.objects.update(status=status)
    give(browser, request_row, "me")
    assert again(request_row).assignee is None
