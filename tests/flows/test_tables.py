"""From a table to Adobe: what stands in its rows is what Adobe is asked, once, and bad rows are never sent."""

from __future__ import annotations

import pytest

from portal.models import Organization
from privacy.models import DataSubject, Job
from tests.conftest import Simulator
from tests.pages import Browser
from tests.steps import work
from tests.tables import LONG, Cells, address, csv_bytes, read, taken, xlsx_bytes

pytestmark = pytest.mark.django_db

ROWS: list[Cells] = [
    LONG,
    ("case-1", "Email", "ann@example.com", "standard", "access, delete"),
    ("case-2", "Email", "bo@example.com", "", "delete"),
    ("case-1", "ECID", "44363657679975868102109072127612345678", "", ""),
    ("case-3", "", "nobody", "", "delete"),
]


@pytest.mark.parametrize("content", [csv_bytes(ROWS, encoding="utf-16", separator=";"), xlsx_bytes(ROWS)], ids=["csv", "xlsx"])
def test_a_table_reaches_adobe_without_its_bad_rows(
    simulator: Simulator, browser: Browser, organization: Organization, content: bytes
) -> None:
    table = read(browser, taken(browser, organization, content))
    assert simulator.ledger() == []
    browser.post(address("go-on", table))
    table.refresh_from_db()
    assert table.upload is not None
    browser.post(f"/uploads/{table.upload.pk}/confirm/")
    work("prepare", "submit")
    ledger = simulator.ledger()
    assert sorted((job["key"].split("#")[0], job["action"]) for job in ledger) == [
        ("case-1", "access"),
        ("case-1", "delete"),
        ("case-2", "delete"),
    ]
    assert Job.objects.count() == 3
    subjects = DataSubject.objects.select_related("request__data_key")
    identities = {one["value"] for subject in subjects for one in subject.identities}
    assert identities == {"ann@example.com", "bo@example.com", "44363657679975868102109072127612345678"}
