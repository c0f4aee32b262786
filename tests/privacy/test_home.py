"""What the home page shows of privacy requests: exact numbers, each of which opens its rows."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from portal.models import JobDay, Organization, User
from portal.outbound import CallState
from privacy.models import ConsentCall, OptOut, PrivacyRequest, ResultArchive, Submission
from privacy.statuses import JobStatus, Origin, Outcome, RequestStatus
from tests.actors import Actors
from tests.admins import make_administrator
from tests.conftest import OTHER_IMS_ORG, make_organization
from tests.pages import Browser, Element, Page
from tests.portal.test_home import pressing
from tests.privacy.history.rows import answer, at, end, history, plain_request, sent_jobs
from tests.steps import work

pytestmark = pytest.mark.django_db


def in_days(days: int) -> date:
    """Of UTC, in whose calendar the organizations of tests count."""
    return timezone.now().date() + timedelta(days=days)


def query_of(address: str) -> dict[str, str]:
    """The parameters of an address."""
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


def table_of(page: Page, chart: str) -> dict[str, list[tuple[str, str]]]:
    """The table behind a chart: place -> (number, address of its rows) of each series."""
    card = page.section(f"{chart}-title")
    found = {}
    for row in card.one("table").one("tbody").all("tr"):
        cells = row.all("td")
        links = [cell.all("a") for cell in cells]
        found[row.one("th").text] = [
            (cell.text, link[0]["href"] if link else "") for cell, link in zip(cells, links, strict=True)
        ]
    return found


# --- What needs a person ---


def test_each_kind_of_request_is_counted_once_and_opens_its_rows(browser: Browser, organization: Organization) -> None:
    for days, count in ((-40, 1), (-1, 2), (0, 3), (7, 4), (8, 5)):
        for _ in range(count):
            plain_request(organization, due_on=in_days(days), status=RequestStatus.IN_PROGRESS)
    for status, count in ((RequestStatus.ATTENTION, 2), (RequestStatus.FAILED, 3), (RequestStatus.COMPLETE, 4)):
        for _ in range(count):
            plain_request(organization, status=status)
    found = pressing(browser.page("/"))
    assert {words: number for words, (number, _) in found.items()} == {
        "Overdue": "3",
        "Due within 7 days": "7",
        "Wait for a decision": "2",
        "Finished with errors": "3",
        "Adobe is done: answer the person": "4",
    }
    assert {words: query_of(address) for words, (_, address) in found.items()} == {
        "Overdue": {"due": "overdue"},
        "Due within 7 days": {"due": "week"},
        "Wait for a decision": {"status": "attention"},
        "Finished with errors": {"status": "failed", "due": "open"},
        "Adobe is done: answer the person": {"status": "complete", "due": "open"},
    }


def test_a_resubmission_is_due_only_in_the_request_that_it_is_of(browser: Browser, organization: Organization) -> None:
    again: dict[str, Any] = {"origin": Origin.RESUBMISSION, "due_on": in_days(-3)}
    first = plain_request(organization, due_on=in_days(-3), status=RequestStatus.FAILED)
    plain_request(organization, resubmission_of=first, status=RequestStatus.IN_PROGRESS, **again)
    waits = plain_request(organization, resubmission_of=first, status=RequestStatus.ATTENTION, **again)
    numbers = {words: number for words, (number, _) in pressing(browser.page("/")).items()}
    assert numbers == {"Overdue": "1", "Finished with errors": "1", "Wait for a decision": "1"}
    assert waits.number not in browser.page("/requests/", due="overdue").text
    # Answered is the first: nothing is due any more, and the call waits all the same.
    PrivacyRequest.objects.filter(pk=first.pk).update(answered_on=in_days(0), outcome=Outcome.GRANTED)
    page = browser.page("/")
    assert {words: number for words, (number, _) in pressing(page).items()} == {"Wait for a decision": "1"}
    assert waits.number in browser.page("/requests/", status="attention").text
    assert waits.number not in browser.page("/requests/", due="open").text


def test_a_number_is_that_of_the_rows_behind_it(browser: Browser, organization: Organization) -> None:
    for days, status in ((-3, "in_progress"), (-2, "failed"), (2, "complete"), (5, "failed"), (90, "attention")):
        plain_request(organization, due_on=in_days(days), status=status)
    plain_request(organization, due_on=in_days(-9), status="complete", answered_on=in_days(0), outcome=Outcome.GRANTED)
    found = pressing(browser.page("/"))
    assert found["Overdue"][0] == "2"
    for words, (number, address) in found.items():
        assert len(browser.page(address).rows) == int(number), (words, address)


@pytest.mark.parametrize(
    "over",
    [
        {"answered_on": date(2026, 11, 1), "status": "failed"},
        {"answered_on": date(2026, 11, 1), "status": "in_progress"},
        {"status": "cancelled"},
        {"status": "shredded"},
    ],
)
def test_what_was_answered_or_is_over_presses_nobody(browser: Browser, organization: Organization, over: dict[str, Any]) -> None:
    plain_request(organization, due_on=in_days(-5), **over)
    page = browser.page("/")
    assert pressing(page) == {}
    assert "No request waits for an answer." in page.section("due-title").text


def test_days_are_counted_in_the_calendar_of_the_organization(browser: Browser, organization: Organization) -> None:
    east, west = "Pacific/Kiritimati", "Pacific/Pago_Pago"
    due_on = timezone.now().date() - timedelta(days=1)
    plain_request(organization, due_on=due_on)
    overdue = []
    for zone in (east, west):
        Organization.objects.update(time_zone=zone)
        overdue.append("Overdue" in pressing(browser.page("/")))
    # At any moment there is a place where yesterday of UTC is over, and at most moments one where it is not.
    now = timezone.now()
    assert overdue == [True, now.hour >= 11]


def test_mine_are_those_that_are_assigned_to_me(browser: Browser, organization: Organization, officer: User) -> None:
    plain_request(organization, due_on=in_days(-1), assignee=officer)
    for _ in range(2):
        plain_request(organization, due_on=in_days(-1))
    assert pressing(browser.page("/"))["Overdue"][0] == "3"
    number, address = pressing(browser.page("/", whose="mine"))["Overdue"]
    assert (number, query_of(address)) == ("1", {"due": "overdue", "assignee": "me"})


def test_law_and_organization_narrow_every_number_and_go_on_to_its_rows(
    browser: Browser, organization: Organization, officer: User
) -> None:
    other = make_organization(ims_org_id=OTHER_IMS_ORG, name="Other")
    officer.organizations.add(other)
    for owner, law in ((organization, "gdpr"), (organization, "ccpa"), (other, "gdpr")):
        request = plain_request(owner, law, due_on=in_days(-1))
        sent_jobs(request, 1, timezone.now())
        unknown_call(request)
    work("figures")
    asked = {"organization": other.ims_org_id, "law": "gdpr"}
    page = browser.page("/", **asked)
    found = pressing(page)
    assert {words: number for words, (number, _) in found.items()} == {
        "Overdue": "1",
        "Requests with a call of unknown outcome": "1",
    }
    assert all(asked.items() <= query_of(address).items() for _, address in found.values())
    (sent, rows), _failed = table_of(page, "days")[day_words(in_days(0))]
    assert sent == "1"
    assert asked.items() <= query_of(rows).items()
    assert table_of(page, "due")["Overdue"][0][0] == "1"


def unknown_call(request: PrivacyRequest) -> Submission:
    """A call of the request of which nobody knows what became of it."""
    call: Submission = Submission.objects.create(
        request=request,
        ordinal=request.submissions.count() + 1,
        people=1,
        expected_jobs=1,
        has_deletes=False,
        state=CallState.UNKNOWN,
    )
    return call


def day_words(day: date) -> str:
    """As the tables name it."""
    return f"{day.day} {day:%b %Y}"


def test_calls_of_unknown_outcome_are_counted_by_their_requests(browser: Browser, organization: Organization) -> None:
    one, other = plain_request(organization), plain_request(organization)
    unknown_call(one)
    unknown_call(one)
    unknown_call(other)
    number, address = pressing(browser.page("/"))["Requests with a call of unknown outcome"]
    assert (number, query_of(address)) == ("2", {"calls": "unknown"})


def test_opt_outs_of_unknown_outcome_wait_for_a_person(browser: Browser, organization: Organization, officer: User) -> None:
    opt_out = OptOut.objects.create(
        number="OO-2026-000001", organization=organization, received_on=in_days(0), created_by=officer, status="attention"
    )
    for ordinal in (1, 2):
        ConsentCall.objects.create(opt_out=opt_out, ordinal=ordinal, values=1, state=CallState.UNKNOWN)
    number, address = pressing(browser.page("/"))["Opt-outs of unknown outcome"]
    assert (number, urlsplit(address).path, query_of(address)) == ("1", "/opt-outs/", {"status": "attention"})


@pytest.mark.parametrize(
    ("status", "days", "presses"),
    [("waiting", 6, True), ("waiting", 8, False), ("stored", 6, False), ("expired", 6, False)],
)
def test_results_that_adobe_removes_soon(
    browser: Browser, organization: Organization, status: str, days: int, presses: bool
) -> None:
    request = plain_request(organization)
    (job,) = sent_jobs(request, 1, timezone.now())
    expires = timezone.now() + timedelta(days=days)
    ResultArchive.objects.create(job=job, request=request, status=status, adobe_expires_at=expires)
    assert ("Results about to expire at Adobe" in pressing(browser.page("/"))) is presses


@pytest.mark.parametrize(("limit", "jobs", "presses"), [(100, 90, True), (100, 89, False), (0, 10_000, False)])
def test_the_limit_of_a_day_that_is_nearly_used(
    browser: Browser, organization: Organization, limit: int, jobs: int, presses: bool
) -> None:
    Organization.objects.update(jobs_per_day=limit)
    JobDay.objects.create(organization=organization, day=timezone.now().date(), jobs=jobs)
    JobDay.objects.create(organization=organization, day=in_days(-1), jobs=100)
    assert ("Today's limit of jobs is nearly used" in pressing(browser.page("/"))) is presses


def test_a_stranger_is_told_of_nothing(actors: Actors, organization: Organization) -> None:
    request = plain_request(organization, due_on=in_days(-1))
    unknown_call(request)
    end(sent_jobs(request, 3, timezone.now()), timezone.now())
    work("figures")
    for person, shown in ((actors.officer, True), (actors.viewer, True), (actors.stranger, False)):
        page = person.page("/")
        assert bool(pressing(page)) is shown
        assert (request.number in page.html) is shown
        assert ("Adobe in these 30 days: 3." in page.text) is shown


def test_who_may_not_look_at_requests_sees_none_of_it(organization: Organization) -> None:
    user = User.objects.create_user("bare", password="x")
    user.organizations.add(organization)
    plain_request(organization, due_on=in_days(-1))
    page = Browser.of(user).page("/")
    assert pressing(page) == {}
    assert not page.root.all("section", aria_labelledby="due-title")


# --- Charts ---


def test_the_histogram_has_every_unanswered_request_in_one_column(browser: Browser, organization: Organization) -> None:
    days = (-100, -1, 0, 2, 3, 7, 8, 14, 15, 30, 31, 60, 61, 400)
    for left in days:
        plain_request(organization, due_on=in_days(left))
    plain_request(organization)
    table = table_of(browser.page("/"), "due")
    assert {place: numbers[0][0] for place, numbers in table.items()} == {
        "Overdue": "2",
        "0 to 2 days": "2",
        "3 to 7 days": "2",
        "8 to 14 days": "2",
        "15 to 30 days": "2",
        "31 to 60 days": "2",
        "61 days and more": "2",
        "No due date, or paused": "1",
    }
    assert query_of(table["3 to 7 days"][0][1]) == {"due": f"{in_days(3)}..{in_days(7)}"}


def test_each_column_of_the_histogram_opens_the_rows_that_it_counts(browser: Browser, organization: Organization) -> None:
    for left in (-1, 1, 2, 5, 20, 70, 80, 90):
        plain_request(organization, due_on=in_days(left))
    plain_request(organization)
    for place, ((number, address),) in table_of(browser.page("/"), "due").items():
        if number != "0":
            assert len(browser.page(address).rows) == int(number), place


def test_the_days_are_those_that_were_counted(browser: Browser, organization: Organization) -> None:
    request = plain_request(organization)
    end(sent_jobs(request, 5, at(in_days(-3))), at(in_days(-2)), JobStatus.ERROR)
    sent_jobs(request, 2, timezone.now())
    work("figures")
    page = browser.page("/", days="7")
    table = table_of(page, "days")
    assert len(table) == 7
    assert {day: [number for number, _ in numbers] for day, numbers in table.items() if numbers != [("0", "")] * 2} == {
        day_words(in_days(-3)): ["5", "0"],
        day_words(in_days(-2)): ["0", "5"],
        day_words(in_days(0)): ["2", "0"],
    }
    assert query_of(table[day_words(in_days(-2))][1][1]) == {"finished": in_days(-2).isoformat(), "state": "failed"}
    assert query_of(table[day_words(in_days(0))][0][1]) == {"sent": in_days(0).isoformat()}
    assert "these 7 days: 7. Jobs finished with errors: 5." in page.section("days-title").one("desc").text


def test_each_day_opens_the_jobs_that_it_counts(browser: Browser, organization: Organization) -> None:
    request = plain_request(organization)
    end(sent_jobs(request, 5, at(in_days(-3))), at(in_days(-2)), JobStatus.ERROR)
    sent_jobs(request, 2, timezone.now())
    work("figures")
    links = [one for numbers in table_of(browser.page("/", days="7"), "days").values() for one in numbers if one[1]]
    assert len(links) == 3
    for number, address in links:
        assert len(browser.page(address).rows) == int(number), address


def test_a_long_period_is_shown_by_weeks_that_leave_no_day_out(browser: Browser, organization: Organization) -> None:
    request = plain_request(organization)
    for ago in (0, 3, 6, 7, 100, 364, 365):
        end(sent_jobs(request, 1, at(in_days(-ago), 0)), at(in_days(-ago), 0))
    work("figures")
    page = browser.page("/", days="365")
    numbers = [int(points[0][0]) for points in table_of(page, "days").values()]
    assert len(numbers) == 53
    assert (sum(numbers), numbers[-1], numbers[-2]) == (6, 3, 1)
    assert query_of(list(table_of(page, "days").values())[-1][0][1]) == {"sent": f"{in_days(-6)}..{in_days(0)}"}


def test_every_chart_has_a_name_and_a_summary(browser: Browser, organization: Organization) -> None:
    end(sent_jobs(plain_request(organization, due_on=in_days(3)), 5, timezone.now()), timezone.now())
    work("figures")
    drawings = browser.page("/").root.all("div", class_="chart-drawing")
    assert len(drawings) == 2
    for drawing in drawings:
        picture = drawing.one("svg", role="img")
        assert picture.one("title").text
        assert picture.one("desc").text


# --- Products ---


def product_rows(page: Page) -> dict[str, dict[str, Element]]:
    """Product -> column -> cell."""
    rows = page.section("products-title").one("tbody").all("tr")
    return {row.one("th").text: {cell["data-label"]: cell for cell in row.all("td")} for row in rows}


def test_how_long_each_product_takes_is_said_with_its_numbers(browser: Browser, organization: Organization) -> None:
    history(organization, "analytics", {2: 6, 24: 3, 720: 1})
    history(organization, "profileService", {2: 2})
    rows = product_rows(browser.page("/"))
    analytics = {column: cell.text for column, cell in rows["Analytics"].items()}
    assert analytics == {
        "Half within": "2 hours",
        "9 of 10 within": "1 day",
        "Answers": "10",
        "Failed": "0",
        "Open now": "0",
        "Likely done by": "nothing open",
    }
    (profile,) = (cells for name, cells in rows.items() if "Profile" in name)
    assert profile["9 of 10 within"].text == "not known yet"


def test_what_is_open_has_a_forecast_and_opens_its_jobs(browser: Browser, organization: Organization) -> None:
    history(organization, "analytics", {24: 9, 72: 1})
    jobs = sent_jobs(plain_request(organization, products=["analytics"]), 4, timezone.now())
    answer(jobs[:1], timezone.now(), JobStatus.COMPLETE, "analytics")
    work("figures")
    cells = product_rows(browser.page("/"))["Analytics"]
    assert cells["Open now"].text == "3"
    assert query_of(cells["Open now"].one("a")["href"]) == {"state": "open", "product": "analytics"}
    likely = timezone.now() + timedelta(hours=24)
    assert cells["Likely done by"].one("time")["datetime"] == likely.date().isoformat()


def test_what_takes_longer_than_any_before_is_told_apart(browser: Browser, organization: Organization) -> None:
    request = plain_request(organization, products=["analytics"])
    sent_jobs(request, 2, timezone.now() - timedelta(days=20))
    work("figures")
    history(organization, "analytics", {24: 9})
    assert "2 take longer than any before" in product_rows(browser.page("/"))["Analytics"]["Likely done by"].text


def test_before_the_first_answer_it_says_what_will_stand_there(browser: Browser, organization: Organization) -> None:
    assert "No product has answered yet in this period." in browser.page("/").section("products-title").text


# --- What is due next ---


def test_the_requests_due_first_with_when_adobe_is_likely_done(
    browser: Browser, organization: Organization, officer: User
) -> None:
    for code in ("analytics", "profileService"):
        history(organization, code, {240: 10})
    late = plain_request(organization, due_on=in_days(3), status="in_progress", assignee=officer)
    fine = plain_request(organization, due_on=in_days(30), status="in_progress")
    over = plain_request(organization, due_on=in_days(31), status="complete")
    unknown = plain_request(organization, due_on=in_days(32), status="in_progress", products=["cjm"])
    rows = browser.page("/").section("next-title").one("tbody").all("tr")
    assert [row.one("a").text for row in rows] == [one.number for one in (late, fine, over, unknown)]
    likely = [next(cell for cell in row.all("td") if cell["data-label"] == "Adobe likely done") for row in rows]
    assert "after the due date" in likely[0].text
    assert "after the due date" not in likely[1].text
    assert [cell.text for cell in likely[2:]] == ["done", "not known"]
    assert officer.get_username() in rows[0].text


# --- Speed ---


@pytest.mark.parametrize("role", ["officer", "administrator"])
def test_it_asks_twelve_queries_at_most_however_much_there_is(
    organization: Organization, officer: User, media: None, role: str
) -> None:
    user = officer if role == "officer" else make_administrator("boss", organization)
    browser = Browser.of(user)
    Organization.objects.update(jobs_per_day=10)

    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert browser.get("/").status_code == 200
        return len([query for query in asked if not query["sql"].startswith(("SAVEPOINT", "RELEASE"))])

    plain_request(organization, due_on=in_days(1))
    browser.get("/")
    few = queries()
    for number in range(20):
        request = plain_request(organization, due_on=in_days(number - 5), assignee=officer)
        unknown_call(request)
        end(sent_jobs(request, 2, timezone.now()), timezone.now())
    work("figures")
    assert queries() == few
    assert few <= 12
