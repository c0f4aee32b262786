"""The page of the report, its numbers and the rows behind them, and the report as CSV."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from portal.models import AuditEvent, Organization, User
from privacy.models import PrivacyRequest
from privacy.statuses import Outcome
from tests.actors import Actors, covers, nothing_changes
from tests.admins import make_administrator
from tests.conftest import OTHER_IMS_ORG, make_organization
from tests.pages import Browser, Element, Page
from tests.privacy.history.rows import plain_request

pytestmark = pytest.mark.django_db
ADDRESS, EXPORT = "/report/", "/report/export/"


def this_month(day: int = 1) -> date:
    """A day of it."""
    return timezone.now().date().replace(day=day)


def answered(organization: Organization, days: int, law: str = "gdpr", **fields: Any) -> PrivacyRequest:
    """A request of this month that was answered so many days after its receipt, and was due after 30."""
    received_on = this_month()
    given = {"due_on": received_on + timedelta(days=30), "outcome": Outcome.GRANTED} | fields
    return plain_request(organization, law, received_on=received_on, answered_on=received_on + timedelta(days=days), **given)


def table(page: Page, caption: str) -> Element:
    """The table of this caption."""
    return next(one for one in page.root.all("table", class_="report-table") if one.one("caption").text == caption)


def numbers_of(row: Element) -> list[str]:
    """What stands in its columns."""
    return [cell.text for cell in row.all("td")]


def whole(page: Page) -> list[str]:
    """The numbers of the whole period."""
    return numbers_of(table(page, "By month of receipt").one("tfoot").one("tr"))


@covers("privacy:report")
def test_everybody_may_look_at_the_report_of_their_own_organizations(actors: Actors, organization: Organization) -> None:
    answered(organization, 3)
    actors.open(ADDRESS, stranger=200)
    assert [whole(person.page(ADDRESS))[0] for person in (actors.officer, actors.viewer)] == ["1", "1"]
    assert whole(actors.stranger.page(ADDRESS, organization=organization.ims_org_id))[0] == "0"


def test_its_columns(browser: Browser, organization: Organization) -> None:
    for days in (2, 4, 31):
        answered(organization, days)
    answered(organization, 5, outcome=Outcome.REFUSED)
    plain_request(organization, received_on=this_month())
    page = browser.page(ADDRESS)
    heads = [head.text for head in table(page, "By month of receipt").one("thead").all("th")]
    assert heads == [
        "Month",
        "Received",
        "Answered",
        "In time",
        "Late",
        "Extended",
        "Partly refused",
        "Refused",
        "Not answered yet",
        "In time, of 100",
        "Median days",
        "9 of 10 within",
    ]
    assert whole(page) == ["5", "4", "3", "1", "0", "0", "1", "1", "75", "4", "31"]


def test_each_number_opens_the_requests_that_it_counts(browser: Browser, organization: Organization, officer: User) -> None:
    officer.organizations.add(make_organization(ims_org_id=OTHER_IMS_ORG, name="Other"))
    for days in (2, 4, 31):
        answered(organization, days)
    answered(organization, 5, "ccpa", outcome=Outcome.REFUSED)
    answered(organization, 5, outcome=Outcome.PARTLY, due_on=None)
    plain_request(organization, received_on=this_month())
    plain_request(organization, received_on=this_month(), status="shredded")
    plain_request(organization, received_on=this_month(), status="cancelled")
    plain_request(organization, received_on=this_month() - timedelta(days=600))
    links = [
        link for link in browser.page(ADDRESS).root.one("main").all("a") if "report=" in link["href"] and link.text.isdigit()
    ]
    assert len(links) > 30
    for link in links:
        assert len(browser.page(link["href"]).rows) == int(link.text), link["href"]


def test_what_is_neither_in_time_nor_late_is_said_with_its_rows(browser: Browser, organization: Organization) -> None:
    answered(organization, 5, due_on=None)
    plain_request(organization, received_on=this_month(), status="shredded")
    section = browser.page(ADDRESS).section("counting-title")
    links = {link.text: link["href"] for link in section.all("a")}
    assert list(links) == [
        "1 was answered without a due date: neither in time nor late.",
        "The personal data of 1 was removed before an answer was written down.",
    ]
    for address in links.values():
        assert len(browser.page(address).rows) == 1


def test_an_empty_report_is_all_nothing_and_has_no_chart(browser: Browser) -> None:
    page = browser.page(ADDRESS)
    assert whole(page) == ["0"] * 8 + ["none"] * 3
    assert len(table(page, "By month of receipt").one("tbody").all("tr")) == 12
    assert page.root.all("figure") == []


def test_who_has_no_organization_is_told_whom_to_ask(organization: Organization, officer: User) -> None:
    officer.organizations.clear()
    assert "You were not given an organization yet" in Browser.of(officer).page(ADDRESS).text


def test_every_choice_stands_in_the_address_and_in_the_form(browser: Browser, organization: Organization) -> None:
    asked = {"from": "2026-02", "to": "2026-05", "law": "gdpr", "count": "people"}
    page = browser.page(ADDRESS, **asked)
    form = page.root.one("form", class_="home-form")
    fields = {field["name"]: field["value"] for field in form.all("input")}
    assert fields == {"from": "2026-02", "to": "2026-05", "count": "people"}
    assert [option["value"] for option in form.all("option", selected="")] == ["gdpr"]
    assert page.forms[EXPORT].fields.items() >= asked.items()
    assert [chip.text for chip in page.root.all("a", class_="chip", aria_current="true")] == ["People in them"]


def test_a_period_that_makes_no_sense_is_said_at_the_top_and_kept(browser: Browser) -> None:
    page = browser.page(ADDRESS, **{"from": "2026-12", "to": "2026-11"})
    summary = page.root.one("div", class_="error-summary")
    assert "The first month comes after the last one." in summary.text
    assert summary.one("a")["href"] == "#report-from"
    fields = {field["name"]: (field["value"], field["aria-invalid"]) for field in page.root.all("input", type="month")}
    assert fields == {"from": ("2026-12", "true"), "to": ("2026-11", "true")}


# --- CSV ---


def export(browser: Browser, **query: str) -> list[dict[str, str]]:
    """The rows of the CSV."""
    answer: Any = browser.post(EXPORT, query)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


@covers("privacy:report-export")
def test_only_those_who_may_export_do(actors: Actors, organization: Organization) -> None:
    answered(organization, 3)
    actors.refuse_methods(EXPORT, allowed=("post",))
    assert actors.nobody.post(EXPORT).headers["Location"].startswith("/sign-in/?next=")
    with nothing_changes("an export of a viewer"):
        assert actors.viewer.post(EXPORT).status_code == 403
    assert len(export(actors.officer)) == 1
    # A stranger has a report, too: of their own organizations.
    assert export(actors.stranger, organization=organization.ims_org_id) == []


def test_it_has_a_row_for_each_organization_law_and_month(organization: Organization, officer: User) -> None:
    other = make_organization(ims_org_id=OTHER_IMS_ORG, name="=Other")
    officer.organizations.add(other)
    answered(organization, 2, people=10)
    answered(organization, 31, people=2)
    answered(organization, 5, "ccpa")
    answered(other, 7)
    rows = export(Browser.of(officer))
    month = f"{this_month():%Y-%m}"
    assert [(row["organization"], row["law"], row["month"], row["received"]) for row in rows] == [
        # A spreadsheet takes no name for a formula.
        ("'=Other", "gdpr", month, "1"),
        ("Acme", "ccpa", month, "1"),
        ("Acme", "gdpr", month, "2"),
    ]
    acme = rows[2]
    assert {name: acme[name] for name in ("in_time", "late", "received_people", "in_time_people", "late_people")} == {
        "in_time": "1",
        "late": "1",
        "received_people": "12",
        "in_time_people": "10",
        "late_people": "2",
    }
    days = [acme[f"{name}{of}"] for of in ("", "_people") for name in ("median_days", "days_of_9_in_10")]
    assert days == ["2", "31", "2", "31"]


def test_its_rows_add_up_to_the_page(browser: Browser, organization: Organization) -> None:
    for days, law in ((2, "gdpr"), (40, "gdpr"), (3, "ccpa")):
        answered(organization, days, law)
    plain_request(organization, received_on=this_month() - timedelta(days=40))
    rows = export(browser)
    received, were_answered, in_time, late = (
        str(sum(int(row[head]) for row in rows)) for head in ("received", "answered", "in_time", "late")
    )
    assert whole(browser.page(ADDRESS))[:4] == [received, were_answered, in_time, late] == ["4", "3", "2", "1"]


def test_an_export_is_written_down_with_what_was_asked_for(browser: Browser, organization: Organization, officer: User) -> None:
    answered(organization, 2)
    month = f"{this_month():%Y-%m}"
    export(browser, **{"from": month, "to": month, "law": "gdpr"})
    event = AuditEvent.objects.get(action="report.exported")
    assert event.actor_id == str(officer.pk)
    assert event.details == {"from": month, "to": month, "law": "gdpr", "requests": 1}


def test_home_leads_to_it(organization: Organization) -> None:
    assert Browser.of(make_administrator("boss", organization)).page("/").links[ADDRESS] == "Report"
