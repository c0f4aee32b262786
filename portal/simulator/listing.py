"""`GET /jobs`: one law's jobs, page by page, without their products.

The undocumented parts are switches: the order, the date that the filters look at, and what an alias of a law lists.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from aiohttp import web

from portal.simulator import gateway, limits, refusals
from portal.simulator.calls import Call
from portal.simulator.faults import Fault, lag, moved_start
from portal.simulator.jobs import Job
from portal.simulator.organizations import Organization
from portal.simulator.reading import basics
from portal.simulator.refusals import json_response
from portal.simulator.switches import Switches
from portal.simulator.validation import Invalid, read_regulation
from portal.simulator.vocabulary import LEGACY_REGULATIONS, OPT_OUT_READ, READ
from portal.simulator.world import World

LONGEST_SPAN_DAYS = 30
_STATUS_NUMBERS = {"1": "complete", "2": "processing", "3": "submitted", "4": "error"}


@dataclass(frozen=True)
class Query:
    """What a list call asks for. `page` counts from 0 whatever the era; `since` and `until` are instants."""

    regulation: str
    page: int
    size: int
    status: str | None
    since: float
    until: float


async def list_jobs(world: World, call: Call) -> web.Response:
    """200 with one page; `totalRecords` is the number returned. Raises Refusal."""
    organization = gateway.check_caller(world, call.request)
    gateway.require(world, organization, READ, OPT_OUT_READ)
    at = world.clock.now()
    try:
        query = read_query(world.switches, call.request, at)
    except Invalid as error:
        raise refusals.privacy(world.switches["error_style"], 400, "400001", f"Bad request. {error}") from error
    limits.check(world, call)
    fault = world.faults.take("list", call)
    entries = _entries(world, organization, query, at, fault)
    if fault is not None and entries == _entries(world, organization, query, at, None):
        world.faults.give_back(fault)
    body: dict[str, Any] = {"totalRecords": len(entries), "jobDetails": entries}
    return json_response(body)


def _entries(world: World, organization: Organization, query: Query, at: float, fault: Fault | None) -> list[dict[str, Any]]:
    seen = at - lag(fault)
    page = _page(world, organization, query, seen, fault)
    return [basics(world.switches, organization, job, seen) for job in page]


def read_query(switches: Switches, request: web.Request, at: float) -> Query:
    """Raises Invalid."""
    given = request.query
    default, largest = (int(part) for part in switches["list_size"].split("/"))
    size = _whole(given.get("size"), default, "size")
    if not 1 <= size <= largest:
        raise Invalid(f"size must be from 1 to {largest}")
    regulation = read_regulation(switches, given.get("regulation"))
    if switches["alias_listing"] == "both":
        regulation = LEGACY_REGULATIONS.get(regulation, regulation)
    since, until = _read_dates(switches, request, at)
    return Query(regulation, _read_page(switches, given.get("page")), size, _read_status(switches, request), since, until)


def _whole(text: str | None, default: int, name: str) -> int:
    if text is None:
        return default
    if not (text.isascii() and text.isdigit()):
        raise Invalid(f"{name} must be a whole number")
    return int(text)


def _read_page(switches: Switches, text: str | None) -> int:
    if switches["first_page"] == "0":
        return _whole(text, 0, "page")
    page = _whole(text, 1, "page")
    if page == 0 and switches["first_page"] == "1-strict":
        raise Invalid("page starts at 1")
    return max(0, page - 1)


def _read_status(switches: Switches, request: web.Request) -> str | None:
    text = request.query.get("status")
    if text is None:
        return None
    status = _STATUS_NUMBERS.get(text, text) if switches["status_style"] == "numeric" else text
    allowed = ["processing", "complete", "error"] + (["submitted"] if switches["list_status"] == "spec" else [])
    if status not in allowed:
        raise Invalid(f"status must be one of: {', '.join(allowed)}")
    return status


def _read_dates(switches: Switches, request: web.Request, at: float) -> tuple[float, float]:
    """GMT days, both ends included; without dates the last few days up to now."""
    given = request.query
    single = given.get("filterDate")
    first, last = given.get("fromDate"), given.get("toDate")
    if single is not None:
        if first is not None or last is not None:
            raise Invalid("filterDate cannot be used with fromDate and toDate")
        first = last = single
    if first is None and last is None:
        return at - switches.number("default_days") * 86_400, at + 1
    if first is None or last is None:
        raise Invalid("fromDate and toDate must be used together")
    return _span(switches, _day(first), _day(last), at)


def _span(switches: Switches, first: date, last: date, at: float) -> tuple[float, float]:
    if last < first:
        raise Invalid("toDate must not be before fromDate")
    if (last - first).days > LONGEST_SPAN_DAYS:
        raise Invalid(f"fromDate and toDate must not be more than {LONGEST_SPAN_DAYS} days apart")
    look_back = switches.number("look_back")
    if (datetime.fromtimestamp(at, UTC).date() - first).days > look_back:
        raise Invalid(f"dates must not be more than {look_back} days ago")
    return _midnight(first), _midnight(last + timedelta(days=1))


def _day(text: str) -> date:
    try:
        day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).date()
    except ValueError as error:
        raise Invalid("dates must be YYYY-MM-DD") from error
    if text != day.isoformat():  # `2024-1-5` and the like
        raise Invalid("dates must be YYYY-MM-DD")
    return day


def _midnight(day: date) -> float:
    return datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()


def _page(world: World, organization: Organization, query: Query, seen: float, fault: Fault | None) -> list[Job]:
    """One page of the list as it was at `seen`."""
    jobs = _window(world, organization, query, seen)
    start = moved_start(query.page * query.size, query.size, fault)
    if start is None:
        return []
    if world.switches["list_order"] == "oldest":
        return jobs[start : start + query.size]
    end = len(jobs) - start
    return jobs[max(0, end - query.size) : end][::-1] if end > 0 else []


def _window(world: World, organization: Organization, query: Query, seen: float) -> list[Job]:
    """The jobs that match, oldest first. Only a filter by status or by change date looks at every one of them."""
    jobs = world.jobs.listed(organization.ims_org, query.regulation)
    jobs = jobs[: bisect_right(jobs, seen, key=_created)]
    if world.switches["list_date"] == "created":
        jobs = jobs[bisect_left(jobs, query.since, key=_created) : bisect_left(jobs, query.until, key=_created)]
    else:
        jobs = [job for job in jobs if query.since <= job.modified(seen) < query.until]
    return _readable(world, organization, query, jobs, seen)


def _readable(world: World, organization: Organization, query: Query, jobs: list[Job], at: float) -> list[Job]:
    days = world.switches.number("job_retention_days")
    # Nothing can have gone as long as the oldest job of the window is younger than what is kept after completion.
    if jobs and at - jobs[0].created > days * 86_400:
        jobs = [job for job in jobs if job.is_kept(at, days)]
    if query.status is not None:
        jobs = [job for job in jobs if job.status(at) == query.status]
    if not {READ, OPT_OUT_READ} <= organization.permissions:
        permitted = organization.permissions
        jobs = [job for job in jobs if gateway.reading_permission(job.action) in permitted]
    return jobs


def _created(job: Job) -> float:
    return job.created
