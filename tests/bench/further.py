"""What else one run does: one record delete of 100,000 identities, and 1,000 requests of 10 people each through the API."""

from __future__ import annotations

import io
import json
import time
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import urllib3

from hygiene import intake as hygiene_intake
from hygiene.models import RecordDelete, WorkOrder
from hygiene.schema import Wanted
from hygiene.statuses import RecordDeleteStatus
from portal import tokens, uploads
from portal.models import Organization, Scope, User
from portal.outbound import CallState
from privacy.models import PrivacyRequest, Submission
from privacy.statuses import RequestStatus
from tests.bench.measure import Report
from tests.stack import Stack

PEOPLE_A_CREATE = 10
# As many as one integration would have open at once.
CONNECTIONS = 4
DATASET = "6707eb36eef4d42ab86d9fbe"


class Further:
    """Runs on the stack of the main run, when that is done."""

    def __init__(self, stack: Stack, report: Report, organization: Organization, officer: User, *, people: int) -> None:
        self.stack, self.report, self.organization, self.officer = stack, report, organization, officer
        self.identities, self.creates = people * 10, max(people // 10, 1)
        self.patience = 240 + people * 0.1

    def everything(self) -> None:
        """One after the other."""
        self.record_delete()
        self.api_creates()

    # --- Record delete ---

    def record_delete(self) -> None:
        """From a file to the work orders being taken, and to their end."""
        values = [f"member{number}@example.com" for number in range(self.identities)]
        content = json.dumps({"namespacesIdentities": [{"namespace": {"code": "email"}, "ids": values}]}).encode()
        wanted = Wanted(name="Bench", description="", datasets=(DATASET,), profile_only=False)
        stored = uploads.store(io.BytesIO(content), name="identities.json", size=len(content))
        with self.report.phase("record delete checked"):
            made = hygiene_intake.take_in(stored, wanted, organization=self.organization, user=self.officer)
            self._wait_for(made, RecordDeleteStatus.READY)
        made.refresh_from_db()
        with self.report.phase("record delete prepared and sent"):
            hygiene_intake.confirm(made, self.officer)
            self.stack.wait_until(lambda: _all_sent(made), self.patience, "the work orders to be taken")
        fewest = -(-self.identities // self.organization.max_identities_per_work_order)
        orders = WorkOrder.objects.filter(record_delete=made).count()
        self.report.expect(f"as the fewest work orders possible, {fewest}", holds=orders == fewest, found=orders)
        self._look_at_orders(Counter(values))
        with self.report.phase("record delete followed to its end"):
            self.stack.simulator.control("workorders/finish", {})
            WorkOrder.objects.filter(record_delete=made).update(next_poll_at=made.confirmed_at)
            self._wait_for(made, RecordDeleteStatus.COMPLETE)

    def _wait_for(self, made: RecordDelete, status: str) -> None:
        row = RecordDelete.objects.filter(pk=made.pk, status=status)
        self.stack.wait_until(row.exists, self.patience, f"the record delete to be {status}")

    def _look_at_orders(self, expected: Counter[str]) -> None:
        entries = self.stack.simulator.control("ledger/workorders")["entries"]
        sent = Counter(value for entry in entries for value in _values_of(entry))
        self.report.expect("every identity in Adobe's ledger exactly once", holds=sent == expected, found=sum(sent.values()))

    # --- API ---

    def api_creates(self) -> None:
        """Each a request of its own, confirmed at once; then all of them at Adobe."""
        before = len(self.stack.simulator.ledger())
        address = self.stack.start_web(workers=2)
        _, text = tokens.make(
            name="bench", organization=self.organization, scopes=[Scope.SUBMIT], lifetime=timedelta(hours=1), user=None
        )
        pool = urllib3.PoolManager(maxsize=CONNECTIONS, headers={"Authorization": f"Bearer {text}"})
        began = time.monotonic()
        with ThreadPoolExecutor(CONNECTIONS) as threads:
            statuses = Counter(threads.map(lambda number: _create(pool, address, number), range(self.creates)))
        seconds = time.monotonic() - began
        self.report.note_phase(f"{self.creates:,} API creates of {PEOPLE_A_CREATE} people", seconds)
        self.report.note("api_creates_a_second", round(self.creates / seconds, 1))
        self.report.expect("every create is answered with 201", holds=statuses == {201: self.creates}, found=dict(statuses))
        with self.report.phase("all of them prepared and sent"):
            self.stack.wait_until(_nothing_waits, self.patience, "the API's requests to be sent")
        jobs = len(self.stack.simulator.ledger()) - before
        expected = self.creates * PEOPLE_A_CREATE
        self.report.expect(f"Adobe has {expected:,} jobs more", holds=jobs == expected, found=jobs)


def _all_sent(made: RecordDelete) -> bool:
    orders = WorkOrder.objects.filter(record_delete=made)
    return orders.exists() and not orders.exclude(state=CallState.SENT).exists()


def _values_of(entry: dict[str, Any]) -> list[str]:
    return [value for group in entry["namespacesIdentities"] for value in group["ids"]]


def _create(pool: urllib3.PoolManager, address: str, number: int) -> int:
    users = [
        {
            "key": f"api-{number}-{person}",
            "action": ["access"],
            "userIDs": [{"namespace": "email", "value": f"api{number}.{person}@example.com", "type": "standard"}],
        }
        for person in range(PEOPLE_A_CREATE)
    ]
    body = json.dumps({"users": users, "include": ["analytics"], "regulation": "gdpr"})
    headers = {"Content-Type": "application/json", "Idempotency-Key": str(uuid.uuid4())} | dict(pool.headers)
    return pool.request("POST", f"{address}/api/v1/requests?confirm=true", body=body, headers=headers, retries=False).status


def _nothing_waits() -> bool:
    preparing = PrivacyRequest.objects.filter(status=RequestStatus.PREPARING).exists()
    return not preparing and not Submission.objects.exclude(state=CallState.SENT).exists()
