"""Everybody who matches, as CSV: masked, and in clear only for those who may see it and ask for it."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission

from portal.models import AuditEvent, Organization, User
from tests.actors import Actors, covers
from tests.files import confirmed_request, payload, people
from tests.lists import exported, only_with_the_right_to_export
from tests.pages import Browser
from tests.people import make_user

pytestmark = pytest.mark.django_db
ADDRESS = "/people/export/"


@covers("privacy:person-export")
def test_those_who_may_export_get_the_people_that_they_see(actors: Actors, organization: Organization, officer: User) -> None:
    confirmed_request(organization, officer, payload(people(1)))
    only_with_the_right_to_export(actors, ADDRESS)


def test_identities_are_masked_unless_they_are_asked_for(browser: Browser, organization: Organization, officer: User) -> None:
    confirmed_request(organization, officer, payload(people(1)))
    (masked,) = exported(browser, ADDRESS)
    assert "p…1@e…m" in masked["identities_masked"]
    assert "person1@example.com" not in str(masked)
    (clear,) = exported(browser, ADDRESS, clear="on")
    assert "person1@example.com" in clear["identities"]
    assert clear["key"] == "person-1"
    told = AuditEvent.objects.filter(action="list.export_ended").order_by("at").values_list("details", flat=True)
    assert [(one["rows"], one["clear"]) for one in told] == [(1, False), (1, True)]


def test_without_the_right_nothing_is_shown_in_clear(media: object, organization: Organization, officer: User) -> None:
    confirmed_request(organization, officer, payload(people(1)))
    exporter = make_user("exporter", "Viewer", organization)
    exporter.user_permissions.add(Permission.objects.get(codename="export_privacyrequest"))
    browser = Browser.of(exporter)
    assert browser.post(ADDRESS, {"query": "", "clear": "on"}).status_code == 403
    assert "with identities in clear" not in browser.page("/people/").text
    assert "person1@example.com" not in str(exported(browser, ADDRESS))
