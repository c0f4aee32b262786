"""`GET /jobs`: pages, dates, statuses and laws."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from tests.conftest import Simulator
from tests.portal.simulator.wire import DAY, JOBS, Adobe, Answer, identity, now, person

pytestmark = pytest.mark.usefixtures("noon")


def refusal(answer: Answer) -> str:
    assert (answer.status, answer.json["error_code"]) == (400, "400001")
    return str(answer.json["message"]).removeprefix("Bad request. ")


def pages(adobe: Adobe, **query: Any) -> Iterator[list[str]]:
    """Page after page until an empty one, as Adobe's envelope demands: it has no next link."""
    page = 0
    while found := adobe.listed(page=page, **query):
        yield found
        page += 1


def today(simulator: Simulator) -> date:
    return now(simulator).date()


def test_it_answers_in_the_documented_envelope(adobe: Adobe) -> None:
    (job_id,) = adobe.create(person(key="ada#1"))
    detail = adobe.job(job_id)
    answer = adobe.listing()
    assert answer.status == 200
    assert answer.json == {
        "totalRecords": 1,
        "jobDetails": [
            {
                "jobId": job_id,
                "requestId": detail["requestId"],
                "userKey": "ada#1",
                "action": "access",
                "status": "submitted",
                "submittedBy": detail["submittedBy"],
                "createdDate": detail["createdDate"],
                "lastModifiedDate": detail["lastModifiedDate"],
            }
        ],
    }


def test_an_empty_list_has_the_same_envelope(adobe: Adobe) -> None:
    assert adobe.listing().said == (200, {"totalRecords": 0, "jobDetails": []})


def test_a_job_without_a_key_is_listed_without_one(adobe: Adobe) -> None:
    adobe.create(person(key=None))
    assert "userKey" not in adobe.listing().json["jobDetails"][0]


def test_pages_count_from_zero_and_the_newest_comes_first(adobe: Adobe) -> None:
    created = [adobe.create(person(key=str(n)))[0] for n in range(5)]
    assert list(pages(adobe, size=2)) == [created[:2:-1], created[2:0:-1], created[:1]]
    assert adobe.listed(size=2) == adobe.listed(size=2, page=0) == created[:2:-1]


def test_total_records_is_the_number_returned(adobe: Adobe) -> None:
    adobe.create(*[person(key=str(n)) for n in range(5)])
    assert [adobe.listing(size=2, page=page).json["totalRecords"] for page in range(4)] == [2, 2, 1, 0]


def test_the_jobs_of_one_request_are_all_listed_once(adobe: Adobe) -> None:
    created = adobe.create(*[person("access", "delete", key=str(n)) for n in range(150)])
    found = [job_id for page in pages(adobe, size=70) for job_id in page]
    assert sorted(found) == sorted(created)
    assert found == created[::-1]


def test_a_page_has_100_jobs_by_default_and_1000_at_most(adobe: Adobe) -> None:
    adobe.create(*[person("access", "delete", key=str(n)) for n in range(501)])
    assert len(adobe.listed()) == 100
    assert len(adobe.listed(size=1000)) == 1000
    assert len(adobe.listed(size=1000, page=1)) == 2
    assert refusal(adobe.listing(size=1001)) == "size must be from 1 to 1000"


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"size": 0}, "size must be from 1 to 1000"),
        ({"size": "many"}, "size must be a whole number"),
        ({"size": "-1"}, "size must be a whole number"),
        ({"size": "²"}, "size must be a whole number"),
        ({"page": "-1"}, "page must be a whole number"),
        ({"page": "first"}, "page must be a whole number"),
        ({"status": "cancelled"}, "status must be one of: processing, complete, error, submitted"),
        ({"status": "1"}, "status must be one of: processing, complete, error, submitted"),
        ({"fromDate": "2024-01-01"}, "fromDate and toDate must be used together"),
        ({"toDate": "2024-01-01"}, "fromDate and toDate must be used together"),
        ({"fromDate": "01/02/2024", "toDate": "2024-01-03"}, "dates must be YYYY-MM-DD"),
        ({"fromDate": "2024-1-2", "toDate": "2024-01-03"}, "dates must be YYYY-MM-DD"),
        ({"fromDate": "2024-02-30", "toDate": "2024-03-01"}, "dates must be YYYY-MM-DD"),
        ({"filterDate": "2024-01-01T00:00:00Z"}, "dates must be YYYY-MM-DD"),
        ({"filterDate": ""}, "dates must be YYYY-MM-DD"),
    ],
)
def test_it_refuses_a_query_that_makes_no_sense(adobe: Adobe, query: dict[str, Any], words: str) -> None:
    assert refusal(adobe.listing(**query)) == words


@pytest.mark.parametrize("query", ["", "?regulation=", "?regulation=GDPR", "?regulation=dpdpa", "?size=10"])
def test_it_needs_a_law_that_it_knows(adobe: Adobe, query: str) -> None:
    words = refusal(adobe.call("GET", f"{JOBS}{query}"))
    assert len(re.findall(r"[a-z0-9_]+(?=,|$)", words.partition("Accepted values: ")[2])) == 47


def test_each_law_has_a_list_of_its_own(adobe: Adobe) -> None:
    laws = ("gdpr", "ccpa", "cpra_ca_usa", "cpra_usa")
    created = {law: adobe.create(person(), regulation=law) for law in laws}
    assert {law: adobe.listed(regulation=law) for law in laws} == created


def test_each_organization_has_a_list_of_its_own(adobe: Adobe, stranger: Adobe) -> None:
    ours, theirs = adobe.create(person()), stranger.create(person())
    assert (adobe.listed(), stranger.listed()) == (ours, theirs)


def test_it_filters_by_status(simulator: Simulator, adobe: Adobe) -> None:
    fresh, working, done, failed = (
        adobe.create(person(ids=[identity(value)]))[0]
        for value in ("neverstarts@example.com", "stuck@example.com", "ada@example.com", "error@example.com")
    )
    simulator.advance(DAY / 12)
    simulator.control("finish", {"jobIds": [done, failed]})
    found = {status: adobe.listed(status=status) for status in ("submitted", "processing", "complete", "error")}
    assert found == {"submitted": [fresh], "processing": [working], "complete": [done], "error": [failed]}
    assert adobe.listed() == [failed, done, working, fresh]


def test_a_filter_by_status_pages_over_what_it_leaves(simulator: Simulator, adobe: Adobe) -> None:
    created = [adobe.create(person(key=str(n)))[0] for n in range(6)]
    simulator.control("finish", {"jobIds": created[::2]})
    assert list(pages(adobe, status="complete", size=2)) == [[created[4], created[2]], [created[0]]]


def test_without_dates_it_covers_seven_days(simulator: Simulator, adobe: Adobe) -> None:
    created = adobe.create(person())
    simulator.advance(7 * DAY - 60)
    assert adobe.listed() == created
    simulator.advance(120)
    assert adobe.listed() == []


def test_dates_are_whole_days_and_both_ends_count(simulator: Simulator, adobe: Adobe) -> None:
    (first,) = adobe.create(person())
    simulator.advance(DAY)
    (second,) = adobe.create(person())
    end = today(simulator)
    start = end - timedelta(days=1)
    spans = {(start, end): [second, first], (start, start): [first], (end, end): [second]}
    for (since, until), expected in spans.items():
        assert adobe.listed(fromDate=since, toDate=until) == expected
    assert adobe.listed(filterDate=start) == [first]
    assert adobe.listed(filterDate=end) == [second]
    assert adobe.listed(filterDate=end + timedelta(days=1)) == []


def test_dates_are_in_gmt(simulator: Simulator, adobe: Adobe) -> None:
    simulator.advance(DAY / 2 - 60)
    (late,) = adobe.create(person())
    simulator.advance(120)
    (early,) = adobe.create(person())
    assert adobe.listed(filterDate=today(simulator)) == [early]
    assert adobe.listed(filterDate=today(simulator) - timedelta(days=1)) == [late]


def test_dates_are_at_most_thirty_days_apart(simulator: Simulator, adobe: Adobe) -> None:
    end = today(simulator)
    assert adobe.listed(fromDate=end - timedelta(days=30), toDate=end) == []
    answer = adobe.listing(fromDate=end - timedelta(days=31), toDate=end)
    assert refusal(answer) == "fromDate and toDate must not be more than 30 days apart"


def test_dates_look_back_45_days(simulator: Simulator, adobe: Adobe) -> None:
    end = today(simulator)
    oldest, older = end - timedelta(days=45), end - timedelta(days=46)
    assert adobe.listed(fromDate=oldest, toDate=oldest + timedelta(days=30)) == []
    assert adobe.listed(filterDate=oldest) == []
    words = "dates must not be more than 45 days ago"
    assert refusal(adobe.listing(fromDate=older, toDate=older)) == words
    assert refusal(adobe.listing(filterDate=older)) == words


def test_dates_come_in_order_and_one_kind_at_a_time(simulator: Simulator, adobe: Adobe) -> None:
    end = today(simulator)
    answer = adobe.listing(fromDate=end, toDate=end - timedelta(days=1))
    assert refusal(answer) == "toDate must not be before fromDate"
    answer = adobe.listing(fromDate=end, toDate=end, filterDate=end)
    assert refusal(answer) == "filterDate cannot be used with fromDate and toDate"


def test_an_open_job_is_found_by_date_for_45_days(simulator: Simulator, adobe: Adobe) -> None:
    created = adobe.create(person(ids=[identity("stuck@example.com")]))
    day = today(simulator)
    simulator.advance(45 * DAY)
    assert adobe.listed(filterDate=day) == created


def test_a_job_leaves_the_list_thirty_days_after_completion(simulator: Simulator, adobe: Adobe) -> None:
    (job_id,) = adobe.create(person(ids=[identity("slowproduct@example.com")]))
    day = today(simulator)
    simulator.advance(5 * DAY)
    simulator.control("finish", {"jobIds": [job_id]})
    simulator.advance(30 * DAY - 60)
    assert adobe.listed(filterDate=day) == [job_id]
    simulator.advance(120)
    assert adobe.listed(filterDate=day) == []


def test_a_forgotten_job_is_listed_no_more(simulator: Simulator, adobe: Adobe) -> None:
    first, second = adobe.create(person("access", "delete"))
    simulator.control(f"jobs/{first}", method="DELETE")
    assert adobe.listed() == [second]
