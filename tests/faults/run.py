"""One fault run: rounds of work under fire, a quiet end in which people decide what waits for them, and the verdict."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from django.db import connection
from django.db.models import Q

from hygiene.models import WorkOrder
from hygiene.statuses import WORK_ORDER_AT_ADOBE_OPEN
from portal import audit
from portal.models import Organization
from portal.outbound import OPEN_STATES
from portal.permissions import OFFICER
from privacy.models import ConsentCall, Job, PrivacyRequest, ResultArchive, Submission
from privacy.statuses import JOB_AT_ADOBE_OPEN, ArchiveStatus, RequestStatus
from tests.conftest import make_organization
from tests.faults import report
from tests.faults.accounting import Confirmed, Kind, Ledgers, Verdict, judge, standing
from tests.faults.cells import DYING, Cell, Deed
from tests.faults.database import patiently
from tests.faults.field import SPEED, Field
from tests.faults.schedule import Errand, Plan, Round, rounds_of
from tests.faults.staff import DecidingOfficer, let_an_hour_pass
from tests.faults.strikes import Strikes
from tests.faults.tally import Tally
from tests.faults.times import WHOLE, Times
from tests.faults.work import Office, new_organization
from tests.people import make_user
from tests.servers import Keeper
from tests.stack import Stack

SHOWN_FINDINGS = 40


@dataclass(frozen=True)
class Size:
    """How large a run is. `needed`: how often each cell must strike; the seconds are real time."""

    times: Times = WHOLE
    workers: int = 4
    needed: int = 20
    minutes: float = 35
    # What strikes rarest takes two minutes a time, two at once: a worker that stands frozen past every look, and lives.
    mop_up_minutes: float = 25
    settle_seconds: float = 900


def run(folder: Path, keeper: Keeper, plan: Plan, size: Size, variables: dict[str, str]) -> int:
    """The exit status. The last line of what is printed is the sum of it."""
    options = ["--speed", SPEED, "--switch", "list_size=25/100", "--seed", str(plan.seed)]
    with Stack(folder, simulator_options=options, **variables) as stack:
        field = Field(keeper, stack, folder, size.times, workers=size.workers)
        with field.small_disk():
            try:
                return Run(field, plan, size).everything()
            finally:
                field.stop()
                connection.close()


class Run:
    """The phases, in order."""

    def __init__(self, field: Field, plan: Plan, size: Size) -> None:
        self.field, self.plan, self.size = field, plan, size
        self.confirmed, self.tally = Confirmed(), Tally()
        self.began = time.monotonic()

    def everything(self) -> int:
        """Rounds, the quiet end, the verdict."""
        self._say(f"seed {self.plan.seed} (FAULTS_SEED={self.plan.seed} replays this schedule of faults)")
        self._say(f"times: {', '.join(f'{name}={value}' for name, value in self.size.times.settings.items())}")
        self._say(f"disk: {'a small one, really filled' if self.field.disk_is_real else 'writing fails as on a full one'}")
        home = make_organization(self.field.stack.simulator.address)
        self.officer = make_user("officer", OFFICER, home)
        self.field.start()
        with Strikes(self.field, self.tally) as strikes:
            for one in rounds_of(self.plan):
                if self._minutes() > self.size.minutes:
                    self._say(f"the time is over before round {one.number}")
                    break
                self._round(one, strikes)
            self._mop_up(strikes)
            strikes.quiet_down()
            patiently(let_an_hour_pass)
            mark = patiently(standing.mark)
            officer = DecidingOfficer(self.officer, self.field)
            self._settle(strikes, officer)
            verdict = self._verdict(strikes, mark)
        return self._tell(verdict, officer, self.plan.cells)

    def _round(self, one: Round, strikes: Strikes) -> None:
        organization = new_organization(self.field, one.number, self.officer, self.plan)
        office = self.office = Office(self.field, organization, one.number, self.confirmed)
        strikes.work_with(office)
        for step in one.steps:
            strikes.carry_on()
            time.sleep(step.pause)
            match step.what:
                case Errand.PEOPLE:
                    office.people(self.plan.people_per_upload)
                case Errand.RECORD_DELETE:
                    office.record_delete()
                case Errand.OPT_OUT:
                    office.opt_out()
                case Errand.BACK_UP:
                    strikes.back_up()
                case Cell():
                    strikes.strike(step.what, step.dice)
        struck = report.hits(self.plan.cells, self.tally)
        self._say(
            f"round {one.number} of {self.plan.rounds}: {struck} faults struck, {self.confirmed.people.total()} jobs confirmed"
        )

    def _mop_up(self, strikes: Strikes) -> None:
        """What has not struck often enough is tried again, with a little more work each time."""
        until = time.monotonic() + self.size.mop_up_minutes * 60
        dice = random.Random(self.plan.seed)
        while (short := report.too_few(self.plan.cells, self.tally, self.size.needed)) and time.monotonic() < until:
            self.office.people(self.plan.people_per_call * 2)
            self.office.opt_out()
            # A fault may wait for any kind of call.
            self.office.record_delete()
            for cell in short:
                strikes.carry_on()
                if cell.deed is Deed.RESTORE:
                    strikes.back_up()
                if cell.needs_a_stale_claim:
                    # No other fault makes one any more.
                    strikes.strike(DYING, dice.random())
                strikes.strike(cell, dice.random())
            time.sleep(self.plan.pause * 3)

    # --- The quiet end ---

    def _settle(self, strikes: Strikes, officer: DecidingOfficer) -> None:
        """Nothing disturbs; until nothing moves and nobody is asked, or for a bounded time."""
        until = time.monotonic() + self.size.settle_seconds
        while time.monotonic() < until:
            strikes.carry_on()
            decided = patiently(officer.decide_all)
            moving = patiently(moving_rows)
            if not decided and not moving:
                return
            time.sleep(1)
        self._say(f"not settled within {self.size.settle_seconds:.0f} s: {patiently(moving_rows)} rows still move")

    def _verdict(self, strikes: Strikes, mark: standing.Mark) -> Verdict:
        ledgers = Ledgers.of(self.field.stack.simulator)
        return patiently(lambda: judge(self.confirmed, ledgers, mark, thawed=strikes.thawed_at_first_byte))

    def _tell(self, verdict: Verdict, officer: DecidingOfficer, cells: Sequence[Cell]) -> int:
        short = report.too_few(cells, self.tally, self.size.needed)
        chain = audit.verify()
        self._say("", *report.table(cells, self.tally, self.size.needed), "")
        for words, number in sorted(self.tally.notes.items()):
            self._say(f"note: {words}: {number}")
        decisions = ", ".join(f"{words} {number}" for words, number in sorted(officer.decisions.items()))
        self._say(f"decided by the officer at the end: {decisions or 'nothing'}")
        self._say(f"numbers: {', '.join(f'{name} {number}' for name, number in sorted(verdict.numbers.items()))}")
        self._say(report.residue(self.tally, verdict))
        # Those first that fail the run.
        for finding in sorted(verdict.findings, key=lambda one: one.kind is Kind.RESIDUE)[:SHOWN_FINDINGS]:
            self._say(str(finding))
        self._say(f"audit trail: {'whole' if chain.ok else chain.reason}; {Organization.objects.count()} organizations")
        if short:
            self._say(f"struck fewer than {self.size.needed} times: {'; '.join(map(str, short))}")
        self._say(f"took {self._minutes():.1f} minutes")
        print(verdict.last_line(report.hits(cells, self.tally)), flush=True)
        return 0 if verdict.holds and chain.ok and not short else 1

    def _minutes(self) -> float:
        return (time.monotonic() - self.began) / 60

    def _say(self, *lines: str) -> None:
        print("\n".join(lines), flush=True)


def moving_rows() -> int:
    """Open calls that wait for no person, requests in preparation, jobs and work orders at Adobe, results to be fetched."""
    waits_for_nobody = Q(state__in=OPEN_STATES, person_reason="")
    calls = sum(model._default_manager.filter(waits_for_nobody).count() for model in (Submission, WorkOrder, ConsentCall))
    preparing = PrivacyRequest.objects.filter(status=RequestStatus.PREPARING).count()
    jobs = Job.objects.filter(status__in=JOB_AT_ADOBE_OPEN).count()
    orders = WorkOrder.objects.filter(status__in=WORK_ORDER_AT_ADOBE_OPEN).count()
    results = ResultArchive.objects.filter(status=ArchiveStatus.WAITING).count()
    return calls + preparing + jobs + orders + results
