"""The rows of the table: every kind of fault, and every fail point with each act. An empty row fails the run."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from portal.fail_points import FailPoint
from tests.faults.channel import Act


class Way(StrEnum):
    """How a fault is brought about, and so what counts as a hit."""

    # A worker finds an order at a fail point and carries it out.
    POINT = "fail point"
    # The local Adobe spoils a call, and counts it.
    ADOBE = "Adobe"
    # The harness does it.
    DEED = "deed"


class Deed(StrEnum):
    """What the harness does itself; the words are the table's."""

    KILL_WORKER = "kill -9 a worker, its main process and its children"
    KILL_WORKER_MAIN = "kill -9 a worker's main process alone"
    KILL_BEAT = "kill -9 beat"
    KILL_WEB = "kill -9 the site (gunicorn's main process and its children)"
    KILL_SUPERVISOR = "kill -9 the supervisor (the parent of all of them)"
    EMPTY_REDIS = "FLUSHALL Redis"
    CRASH_POSTGRES = "restart PostgreSQL in the middle of transactions"
    FULL_DISK = "fill the disk of the media folder"
    FREEZE_WORKER = "freeze a worker past its claims"
    SWEEP_TWICE = "the sweep twice at once"
    RESTORE = "restore a backup from half-way (after_restore)"
    CLOCK_FORWARD = "a worker's clock an hour forward, and back"
    CLOCK_BACK = "a worker's clock an hour back, and forward"


@dataclass(frozen=True)
class Cell:
    """One row. `quick`: it costs little time, so the short form has it too."""

    way: Way
    words: str
    quick: bool = True
    deed: Deed | None = None
    point: FailPoint | None = None
    act: Act = Act.KILL
    # A freeze that is longer than every look: the call goes out anew meanwhile.
    past_looks: bool = False
    # The simulator's name for it.
    adobe: str = ""

    def __str__(self) -> str:
        return self.words

    @property
    def needs_a_stale_claim(self) -> bool:
        """Whether it strikes where the sweep takes a claim away: for that a process must have died or stood before."""
        return self.point is FailPoint.IN_SWEEP or self.deed is Deed.SWEEP_TWICE


ADOBE: dict[str, str] = {
    "refuse": "connection refused",
    "unauthorized": "401",
    "forbidden": "403",
    "throttle": "429 with Retry-After in seconds",
    "throttle_date": "429 with Retry-After as a date",
    "error500": "500",
    "error503": "503",
    "cut_before_answer": "cut before the answer, nothing done",
    "accept_then_cut": "accepted, then cut",
    "garbage": "accepted, then garbage",
    "slow": "slow, some too slow",
    "list_lag": "the list lags behind by a minute",
    "list_repeat_page": "the list repeats a page",
    "list_miss_page": "the list misses a page",
    "token_down": "the token endpoint is down",
    "truncated_zip": "a result is truncated",
    "cut_zip": "a result breaks off",
    "events:duplicate": "events come twice",
    "events:reorder": "events come out of order",
    "events:forge": "events with a forged signature",
    "events:forge_client": "events for another client",
    "events:lose": "events are lost",
}
# In these points a process can stand for long; in the last one it is the known residue when it stands past every look.
FREEZING = (
    FailPoint.AFTER_CLAIM,
    FailPoint.BEFORE_LAST_LOOK,
    FailPoint.BEFORE_FIRST_BYTE,
    FailPoint.AFTER_ANSWER,
    FailPoint.BEFORE_SETTLED,
)
SLOW_DEEDS = (Deed.RESTORE, Deed.KILL_SUPERVISOR, Deed.FREEZE_WORKER, Deed.CLOCK_BACK)
SLOW_POINTS = (FailPoint.IN_SWEEP, FailPoint.BEFORE_LOOK_APPLIED, FailPoint.BEFORE_LOOK_COMMITTED, FailPoint.AFTER_LOOK_APPLIED)


def _cells() -> list[Cell]:
    points = [
        Cell(Way.POINT, f"{act} at {point}", quick=act is Act.KILL and point not in SLOW_POINTS, point=point, act=act)
        for point in FailPoint
        for act in (Act.KILL, Act.ERROR)
    ]
    freezes = [
        Cell(Way.POINT, f"{Act.FREEZE} past the claim at {point}", quick=False, point=point, act=Act.FREEZE) for point in FREEZING
    ]
    first_byte = FailPoint.BEFORE_FIRST_BYTE
    residue = Cell(
        Way.POINT, f"{Act.FREEZE} past every look at {first_byte}", quick=False, point=first_byte, act=Act.FREEZE, past_looks=True
    )
    deeds = [Cell(Way.DEED, deed, quick=deed not in SLOW_DEEDS, deed=deed) for deed in Deed]
    adobe = [Cell(Way.ADOBE, f"Adobe: {words}", quick=name != "list_lag", adobe=name) for name, words in ADOBE.items()]
    return [*points, *freezes, residue, *deeds, *adobe]


CELLS = _cells()
RESIDUE = next(cell for cell in CELLS if cell.past_looks)
# A worker that dies with a claim in its hand.
DYING = next(cell for cell in CELLS if cell.point is FailPoint.AFTER_CLAIM and cell.act is Act.KILL)
