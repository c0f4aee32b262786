"""Which fault comes when: worked out from the seed alone, so that a seed replays it.

A run has rounds. In each, work is handed in bit by bit while faults strike; a backup is taken once all of it is confirmed, and
some time later the database is put back to it. What the processes make of a schedule hangs on the machine, too.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from tests.faults.cells import RESIDUE, Cell, Deed


class Errand(StrEnum):
    """What is no fault."""

    PEOPLE = "people"
    RECORD_DELETE = "record delete"
    OPT_OUT = "opt-out"
    BACK_UP = "back up"


@dataclass(frozen=True)
class Step:
    """A fault or an errand, after a pause. `dice` (0 to 1) decides what the step leaves open, such as which worker."""

    what: Cell | Errand
    pause: float
    dice: float


@dataclass(frozen=True)
class Plan:
    """How much there is to do. `cells` each come so often over the whole run; `uploads` etc. are of each round."""

    seed: int
    rounds: int
    cells: Sequence[Cell]
    times: int
    people: int
    uploads: int = 10
    record_deletes: int = 3
    opt_outs: int = 15
    people_per_call: int = 10
    pause: float = 0.8
    # Whether organizations send deletes again without asking; None: every other one does.
    resends: bool | None = None

    def resends_in(self, round_number: int) -> bool:
        """Whether the organization of this round sends deletes again without asking."""
        return round_number % 2 == 0 if self.resends is None else self.resends

    @property
    def people_per_upload(self) -> int:
        """In every upload of every round; at least `people` altogether."""
        return -(-self.people // (self.rounds * self.uploads))


@dataclass
class Round:
    """The steps of one round."""

    number: int
    steps: list[Step] = field(default_factory=list)


def rounds_of(plan: Plan) -> list[Round]:
    """The whole schedule."""
    dice = random.Random(plan.seed)
    shares: list[list[Cell]] = [[] for _ in range(plan.rounds)]
    for cell in plan.cells:
        # Every round has nearly as many of each as every other one that has it.
        among = _rounds_for(cell, plan.rounds)
        offset = dice.randrange(len(among))
        for place in range(plan.times):
            shares[among[(place + offset) % len(among)]].append(cell)
    return [Round(number, _steps(plan, cells, dice)) for number, cells in enumerate(shares, 1)]


def _rounds_for(cell: Cell, rounds: int) -> Sequence[int]:
    """A restore sweeps away every frozen process, and one that is to stand longer than every look stands into the next round."""
    if rounds > 1 and cell is RESIDUE:
        return range(0, rounds, 2)
    return range(1, rounds, 2) if rounds > 1 and cell.deed is Deed.RESTORE else range(rounds)


def _steps(plan: Plan, cells: list[Cell], dice: random.Random) -> list[Step]:
    errands = [Errand.PEOPLE] * plan.uploads + [Errand.RECORD_DELETE] * plan.record_deletes + [Errand.OPT_OUT] * plan.opt_outs
    restores = [cell for cell in cells if cell.deed is Deed.RESTORE]
    residues = [cell for cell in cells if cell is RESIDUE]
    others = [cell for cell in cells if cell not in (*restores, *residues)]
    dice.shuffle(others)
    dice.shuffle(errands)
    # Something is always under way, and everything is confirmed before the backup.
    before, after = others[: len(others) * 2 // 3], others[len(others) * 2 // 3 :]
    first = errands.index(Errand.PEOPLE)
    errands[0], errands[first] = errands[first], errands[0]
    ordered: list[Cell | Errand] = [*errands[:2]]
    if not restores:
        ordered += residues
        residues = []
    ordered += _merged(errands[2:], before, dice)
    for restore in restores:
        some, after = after[: len(after) // 2], after[len(after) // 2 :]
        ordered += [Errand.BACK_UP, *some, restore]
    # A process that is to stand longer than every look must not be swept away by a restore.
    ordered += [*residues, *after]
    return [Step(what, dice.uniform(0.2, 1.0) * plan.pause, dice.random()) for what in ordered]


def _merged(errands: list[Errand], cells: list[Cell], dice: random.Random) -> list[Cell | Errand]:
    """Both in their own order, mixed by chance."""
    places = [True] * len(errands) + [False] * len(cells)
    dice.shuffle(places)
    one, other = iter(errands), iter(cells)
    return [next(one) if is_errand else next(other) for is_errand in places]
