"""The verdict of a fault run, from the truth at both ends only: what the harness confirmed, what Adobe's ledgers hold, and what
our own rows say. It believes no counter and no log of the portal's.

    confirmed = Confirmed()
    confirmed.add_people(users)                     # as the harness confirms them
    ...
    began = standing.mark()                         # from here on nothing disturbs
    ... wait: until `judge(...)` has nothing that moves, or for a bounded time ...
    verdict = judge(confirmed, Ledgers.of(simulator), began, horizon=timedelta(minutes=5), thawed={call_id: seconds})
    for finding in verdict.findings: print(finding) # ids only
    print(verdict.last_line(injected))

Runs in a process whose Django is set up on the database of the stack. Findings are of five kinds (`findings.Kind`); `persons.py`
says exactly which states count as visibly with a person.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType
from uuid import UUID

from tests.faults.accounting import results, standing
from tests.faults.accounting.findings import Finding, Kind, Notes, Verdict
from tests.faults.accounting.jobs import Jobs
from tests.faults.accounting.opt_outs import OptOuts
from tests.faults.accounting.orders import Orders
from tests.faults.accounting.persons import People
from tests.faults.accounting.truth import Confirmed, Ledgers

__all__ = ["Confirmed", "Finding", "Kind", "Ledgers", "Verdict", "judge", "standing"]


def judge(
    confirmed: Confirmed,
    ledgers: Ledgers,
    began: standing.Mark,
    *,
    horizon: timedelta = timedelta(minutes=5),
    thawed: Mapping[UUID, float] = MappingProxyType({}),
    with_results: bool = True,
) -> Verdict:
    """Compare both ends.

    `began`: the open rows when the quiet began. `horizon`: what is due later than that from now is stuck. `thawed`: calls whose
    process the harness stopped in the last instruction before the first byte for longer than every look, and when it let it go
    on. `with_results`: open every stored result.
    """
    people, notes = People(), Notes()
    Jobs(confirmed, ledgers, people, thawed, notes).look()
    Orders(confirmed, ledgers, people, thawed, notes).look()
    OptOuts(confirmed, ledgers, people, thawed, notes).look()
    if with_results:
        results.look(ledgers, notes)
    standing.look(began, horizon, people, notes)
    return Verdict(tuple(notes.findings), notes.numbers)
