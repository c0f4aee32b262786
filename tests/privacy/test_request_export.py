"""Every request that matches, as CSV."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from portal.lists import exporting
from portal.models import AuditEvent, Organization, User
from privacy.models import PrivacyRequest
from tests.actors import Actors, covers
from tests.conftest import OTHER_IMS_ORG, make_organization
from tests.lists import exported, only_with_the_right_to_export
from tests.pages import Browser
from tests.people import make_user
from tests.privacy.test_request_list import plain_requests

pytestmark = pytest.mark.django_db
ADDRESS = "/requests/export/"


@covers("privacy:request-export")
def test_those_who_may_export_get_the_rows_that_they_see(actors: Actors, organization: Organization, officer: User) -> None:
    plain_requests(organization, officer, {}, {})
    only_with_the_right_to_export(actors, ADDRESS)
    assert "Export 2 requests as CSV" in actors.officer.page("/requests/").text
    assert "as CSV" not in actors.viewer.page("/requests/").text


def test_a_row_says_everything_that_is_no_personal_data(browser: Browser, organization: Organization, officer: User) -> None:
    answered = {"answered_on": date(2026, 11, 20), "due_on": date(2026, 11, 19), "outcome": "granted", "assignee": officer}
    plain_requests(organization, officer, {"people": 1200, "products": ["analytics", "aam"], **answered})
    (row,) = exported(browser, ADDRESS)
    expected = {
        "number": "PR-2026-000001",
        "organization": "Acme",
        "law": "gdpr",
        "status": "preparing",
        "answered_on": "2026-11-20",
        "on_time": "no",
        "people": "1200",
        "products": "analytics aam",
        "assignee": "officer",
    }
    assert {name: row[name] for name in expected} == expected


def test_filter_and_order_are_those_of_the_list(browser: Browser, organization: Organization, officer: User) -> None:
    kinds = [{"due_on": date(2026, 12, day), "regulation": "ccpa"} for day in (5, 3, 4)]
    plain_requests(organization, officer, *kinds, {"due_on": date(2026, 12, 1)})
    rows = exported(browser, ADDRESS, "?law=ccpa&order=due&columns=law&after=nonsense")
    assert [row["due_on"] for row in rows] == ["2026-12-03", "2026-12-04", "2026-12-05"]


def test_a_long_export_is_whole_and_read_in_parts(
    browser: Browser, organization: Organization, officer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "PART", 10)
    plain_requests(organization, officer, *({} for _ in range(35)))
    assert [row["number"] for row in exported(browser, ADDRESS)] == [f"PR-2026-{place:06}" for place in range(35, 0, -1)]


def test_the_trail_says_who_took_how_many(browser: Browser, organization: Organization, officer: User) -> None:
    plain_requests(organization, officer, {}, {}, {"regulation": "ccpa"})
    exported(browser, ADDRESS, "?law=gdpr")
    began, ended = AuditEvent.objects.filter(action__startswith="list.export").order_by("at")
    assert (began.action, began.actor_name, began.organization_id) == ("list.exported", "officer", str(organization.pk))
    assert (began.details["list"], began.details["filters"]) == ("privacy:request-list", "law=gdpr")
    assert (ended.action, ended.details["rows"], ended.details["whole"]) == ("list.export_ended", 2, True)


# Its end lets go of the connection, as the end of every answer does.
@pytest.mark.django_db(transaction=True)
def test_a_transfer_that_breaks_off_is_told_as_such(browser: Browser, organization: Organization, officer: User) -> None:
    plain_requests(organization, officer, {}, {})
    answer: Any = browser.post(ADDRESS, {"query": ""})
    lines = iter(answer.streaming_content)
    next(lines), next(lines)
    answer.close()
    ended = AuditEvent.objects.get(action="list.export_ended")
    assert (ended.details["rows"], ended.details["whole"]) == (1, False)


def test_a_spreadsheet_takes_no_cell_for_a_formula(media: object, organization: Organization) -> None:
    evil = make_organization(ims_org_id=OTHER_IMS_ORG, name='=HYPERLINK("https://example.com")')
    person = make_user("exporter", "Officer", evil)
    plain_requests(evil, person, {})
    (row,) = exported(Browser.of(person), ADDRESS)
    assert row["organization"] == '\'=HYPERLINK("https://example.com")'


def test_requests_have_no_identities_to_show(browser: Browser, organization: Organization, officer: User) -> None:
    plain_requests(organization, officer, {})
    assert browser.post(ADDRESS, {"query": "", "clear": "on"}).status_code == 403
    assert PrivacyRequest.objects.count() == 1
