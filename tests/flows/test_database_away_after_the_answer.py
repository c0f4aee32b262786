"""The database goes away when Adobe has answered and nothing of it is stored: the process that knows waits, and loses nothing."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import OperationalError, connection, transaction

from portal import fail_points
from portal.fail_points import FailPoint
from portal.models import AuditEvent, Organization, User
from portal.outbound import CallState
from portal.persistence import persist
from privacy.models import Job, Submission
from tests.conftest import Simulator
from tests.files import confirmed_request, payload, people
from tests.steps import work

pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def database_away(at: FailPoint, times: int) -> Iterator[list[FailPoint]]:
    """So often, when a call reaches this point: PostgreSQL really ends our connection; SQLite's error is raised."""
    reached: list[FailPoint] = []

    def end_the_connection(point: FailPoint, _call_id: uuid.UUID) -> None:
        if point != at:
            return
        reached.append(point)
        if len(reached) > times:
            return
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        raise OperationalError("database is locked")

    fail_points.install(end_the_connection)
    try:
        yield reached
    finally:
        fail_points.install(None)


def test_a_good_answer_is_stored_when_the_database_is_back(
    simulator: Simulator, organization: Organization, officer: User
) -> None:
    confirmed_request(organization, officer, payload(people(2)))
    with database_away(FailPoint.BEFORE_SETTLED, times=2) as reached:
        work("submit")
    call = Submission.objects.get()
    assert (len(reached), call.state, call.attempts) == (3, CallState.SENT, 1)
    assert Job.objects.filter(adobe_job_id=None).count() == 0
    assert len(simulator.ledger()) == 4
    assert AuditEvent.objects.filter(action="call.sent").count() == 1


def test_a_refusal_is_stored_when_the_database_is_back(simulator: Simulator, organization: Organization, officer: User) -> None:
    confirmed_request(organization, officer, payload(people(2)))
    simulator.fault("reject400", match={"operation": "create"}, times=1)
    with database_away(FailPoint.BEFORE_SETTLED, times=1) as reached:
        work("submit")
    assert (len(reached), Submission.objects.get().state) == (2, CallState.REJECTED)
    assert AuditEvent.objects.filter(action="call.rejected").count() == 1


def test_an_answer_is_not_written_again_inside_of_a_transaction_that_is_broken() -> None:
    tries: list[int] = []

    def fails() -> None:
        tries.append(1)
        raise OperationalError("gone")

    with pytest.raises(OperationalError), transaction.atomic():
        persist(fails)
    assert len(tries) == 1


def test_a_database_that_stays_away_is_an_error_in_the_end() -> None:
    def fails() -> None:
        raise OperationalError("gone")

    with pytest.raises(OperationalError):
        persist(fails, longest=0)
