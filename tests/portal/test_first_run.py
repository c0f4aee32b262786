"""An empty portal leads an administrator to the first request; what is done is read from rows."""

from __future__ import annotations

import pytest
from django.template.loader import render_to_string

from portal import audit, first_run
from portal.models import Organization, User
from privacy.models import PrivacyRequest
from tests.files import confirmed_request, payload, people
from tests.pages import Page
from tests.people import make_user

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("media")]


@pytest.fixture
def root() -> User:
    """Who set the portal up, by `createsuperuser`."""
    return User.objects.create_superuser("root", password="correct horse battery")


def done(user: User) -> list[bool]:
    """Which of the steps are done, in their order."""
    return [step.is_done for step in first_run.steps(user)]


def shown(user: User) -> Page:
    """The panel, as the home page includes it."""
    return Page(render_to_string("portal/_first_run.html", {"first_run": first_run.steps(user)}))


def test_in_an_empty_portal_the_organization_comes_first(root: User) -> None:
    assert done(root) == [False, False, False, False]
    assert [step.is_next for step in first_run.steps(root)] == [True, False, False, False]
    # Neither a connection nor a request without an organization.
    assert set(shown(root).links) == {"/admin/portal/organization/add/", "/admin/portal/user/add/"}


def test_each_step_is_done_when_its_rows_are_there(root: User, organization: Organization) -> None:
    assert done(root) == [True, False, False, False]
    audit.record(
        "organization.tested",
        actor=root,
        organization=organization,
        obj=organization,
        details={"ok": False, "failed_step": "dns"},
    )
    assert done(root) == [True, False, False, False]
    audit.record(
        "organization.tested", actor=root, organization=organization, obj=organization, details={"ok": True, "failed_step": ""}
    )
    assert done(root) == [True, True, False, False]
    make_user("officer", "Officer", organization)
    assert done(root) == [True, True, True, False]
    assert [step.is_next for step in first_run.steps(root)] == [False, False, False, True]


def test_the_panel_leads_on_from_where_one_is(root: User, organization: Organization) -> None:
    page = shown(root)
    assert page.pills == ["Done", "To do", "To do", "To do"]
    assert f"/admin/portal/organization/{organization.pk}/change/" in page.links
    assert "/make/" in page.links


def test_it_is_gone_with_the_first_request(root: User, organization: Organization, officer: User) -> None:
    confirmed_request(organization, officer, payload(people(1)))
    assert PrivacyRequest.objects.exists()
    assert first_run.steps(root) == []
    assert "first request" not in shown(root).text


def test_it_leads_only_who_can_do_it(officer: User, viewer: User, root: User) -> None:
    assert first_run.steps(officer) == first_run.steps(viewer) == []
    assert len(first_run.steps(root)) == 4
