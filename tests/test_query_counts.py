"""What each page asks the database for: a number that stands in tests/query_counts.json, however many rows the page is about.

`WRITE_QUERY_COUNTS=1 pytest tests/test_query_counts.py` writes the numbers anew.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from uuid import UUID

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.urls.converters import IntConverter, UUIDConverter

from portal.lists import facets
from portal.models import Organization
from portal.permissions import ADMINISTRATOR, OFFICER
from privacy import catalog
from tests.grown import Addresses, Ground, grow
from tests.pages import Browser
from tests.people import make_user

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(600)]
BASELINE = Path(__file__).with_name("query_counts.json")
FEW, MANY = 3, 12
FOREVER = 3600
RENEW = "WRITE_QUERY_COUNTS"
# Pages without a line, each with its reason.
WITHOUT = {
    "favicon": "leads to a drawing, and asks nothing",
    "health-live": "answers for the process alone",
    "health-ready": "is for machines, and looks at one row of each service",
    "metrics": "is for the monitoring system, and opens by a token of its own (tests/portal/test_metrics.py)",
    "session": "says whether the session lasts, and nothing else",
    "sign-in": "is for those who are not signed in, and about no row",
    "notice-open": "leads on to another page",
    "privacy:adobe-events": "is for Adobe",
    "privacy:upload-progress": "leads on to the page of the upload once it is checked; before, it is one row",
    "privacy:table-progress": "leads on to the page of the table once it is read; before, it is one row",
    "privacy:table-template": "writes a file without rows",
    "privacy:job-result": "gives a file; tests/privacy/test_job_result.py reads it",
}
# The admin is Django's own (tests/*/test_admin.py count there); the API answers machines (tests/*/api).
WITHOUT_NAMESPACES = {"admin", "api"}

MOST = 12
# Pages that ask more often, each with its reason.
_EACH_STEP = "looks at each of some thirty steps of background work, each with a table of its own; for administrators"
_EACH_PART = "shows some twenty things about one request, each with a table of its own; none of them is asked for twice"
BEYOND = {
    "health": _EACH_STEP,
    "health-now": _EACH_STEP,
    "privacy:request-detail": _EACH_PART,
    "privacy:request-detail, answered": _EACH_PART,
    "privacy:request-detail, failed": _EACH_PART,
    "privacy:request-detail, waits for a person": _EACH_PART,
    "privacy:request-progress": _EACH_PART,
    "search-result": "looks into the index of everything that can be found by what was typed: a dozen tables",
}


@pytest.fixture(autouse=True)
def nothing_grows_old(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a process keeps for a minute it keeps for as long as the test takes."""
    monkeypatch.setattr(catalog, "KEPT_SECONDS", FOREVER)
    monkeypatch.setattr(facets, "KEPT_SECONDS", FOREVER)


@pytest.fixture
def ground(media: Path, organization: Organization) -> Ground:
    """Somebody who may open every page of the site, by the rights of groups as everybody."""
    user = make_user("everything", OFFICER, organization)
    user.groups.add(Group.objects.get(name=ADMINISTRATOR))
    user.is_staff = True
    user.save()
    return Ground(organization, user, Browser.of(user))


def measured(ground: Ground, addresses: Addresses) -> dict[str, int]:
    """How many statements each page takes."""
    opened = {name: _statements_of(ground.browser, address) for name, address in sorted(addresses.items())}
    assert {name: status for name, (status, _) in opened.items() if status != 200} == {}
    return {name: statements for name, (_, statements) in opened.items()}


def _statements_of(browser: Browser, address: str) -> tuple[int, int]:
    """With the status of the page."""
    with CaptureQueriesContext(connection) as captured:
        status = _opened(browser, address)
    return status, len(captured)


def _opened(browser: Browser, address: str) -> int:
    """Its status; of a page that is written as it is sent, the end is waited for."""
    answer = browser.get(address)
    if answer.streaming:
        answer.getvalue()
    return int(answer.status_code)


def test_few_pages_ask_more_often_than_twelve_times() -> None:
    kept = json.loads(BASELINE.read_text())
    assert {name: number for name, number in kept.items() if number > MOST and name not in BEYOND} == {}
    assert {name for name in BEYOND if kept.get(name, 0) <= MOST} == set()


def test_a_page_asks_the_same_however_many_rows_there_are(ground: Ground) -> None:
    addresses = grow(ground, FEW)
    # What a process keeps in memory is to be there before.
    measured(ground, addresses)
    few = measured(ground, addresses)
    many = measured(ground, grow(ground, MANY))
    assert {name: (number, many[name]) for name, number in few.items() if number != many[name]} == {}
    if os.environ.get(RENEW):
        BASELINE.write_text(json.dumps(many, indent=2) + "\n")
    kept = json.loads(BASELINE.read_text())
    changed = {name: f"{kept.get(name)} before, {number} now" for name, number in many.items() if kept.get(name) != number}
    assert changed == {}, f"{RENEW}=1 writes what there is now to {BASELINE.name}"
    assert set(kept) == set(many), f"{RENEW}=1 takes out what is gone"


# --- No page is left out ---


def patterns(found: Iterable[URLPattern | URLResolver], namespace: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Every page by its full name."""
    for one in found:
        if isinstance(one, URLResolver):
            if one.namespace not in WITHOUT_NAMESPACES:
                yield from patterns(one.url_patterns, f"{namespace}{one.namespace}:" if one.namespace else namespace)
        else:
            yield f"{namespace}{one.name}", one


def _any_address(name: str, pattern: URLPattern) -> str:
    values = {UUIDConverter: UUID(int=0), IntConverter: 1}
    return reverse(name, kwargs={key: values.get(type(each), "x") for key, each in pattern.pattern.converters.items()})


def test_every_page_that_can_be_opened_has_a_line(ground: Ground) -> None:
    lines = {name.partition(",")[0] for name in json.loads(BASELINE.read_text())}
    pages = dict(patterns(get_resolver().url_patterns))
    assert lines | set(WITHOUT) <= set(pages), "a line or an exemption is for a page that is gone"
    assert not lines & set(WITHOUT)
    rest = {name: _any_address(name, page) for name, page in pages.items() if name not in lines | set(WITHOUT)}
    assert "privacy:request-note" in rest
    open_ones = [name for name, address in rest.items() if ground.browser.get(address).status_code != 405]
    assert open_ones == [], "name their addresses in tests/grown, or a reason why they need no line"
