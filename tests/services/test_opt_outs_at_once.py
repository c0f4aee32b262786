"""An opt-out is cancelled, confirmed or sent by several people and workers at the same moment, on PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Barrier

import pytest
from django.db import connection

from portal.models import Organization, User
from portal.outbound import CallState
from privacy.consent import intake, sending
from privacy.intake import NotPossible
from privacy.models import ConsentCall, OptOut
from privacy.statuses import OptOutStatus
from tests.conftest import Simulator
from tests.opt_outs import again, confirmed, draft, only_call, payload, taken

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]
ROUNDS = 12


def at_once(*acts: Callable[[], object]) -> None:
    """Begin all of them at the same moment, each with a connection of its own."""
    start = Barrier(len(acts))

    def run(act: Callable[[], object]) -> None:
        try:
            start.wait(timeout=30)
            with suppress(NotPossible):
                act()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        for done in [pool.submit(run, act) for act in acts]:
            done.result()


def test_it_is_either_cancelled_or_sent(
    transactional_db: None, simulator: Simulator, organization: Organization, officer: User
) -> None:
    for number in range(ROUNDS):
        opt_out = confirmed(organization, officer, payload(f"p{number}@example.com", ecids=()))
        call = only_call(opt_out)
        at_once(lambda one=opt_out: intake.cancel(one, officer), lambda pk=call.pk: sending.send(pk))  # type: ignore[misc]
        arrived = [entry for entry in taken(simulator) if entry["transactionId"] == f"{opt_out.number}-1"]
        ends = (only_call(opt_out).state, again(opt_out).status, len(arrived))
        assert ends in {(CallState.CANCELLED, OptOutStatus.CANCELLED, 0), (CallState.SENT, OptOutStatus.SENT, 1)}


def test_two_presses_and_several_workers_send_it_once(
    transactional_db: None, simulator: Simulator, organization: Organization, officer: User
) -> None:
    opt_out = draft(organization, officer)
    at_once(*[lambda: intake.confirm(OptOut.objects.get(pk=opt_out.pk), officer)] * 4)
    assert ConsentCall.objects.count() == 1
    at_once(*[sending.send_next] * 4)
    assert len(taken(simulator)) == 1
    assert again(opt_out).status == OptOutStatus.SENT
