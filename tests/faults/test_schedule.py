"""The schedule of a fault run hangs on its seed alone, has every fault often enough, and confirms all before the backup."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from portal.fail_points import FailPoint
from tests.faults.cells import CELLS, RESIDUE, Cell, Deed
from tests.faults.channel import Act, Channel, Order
from tests.faults.schedule import Errand, Plan, Round, rounds_of

PLAN = Plan(seed=7, rounds=5, cells=CELLS, times=6, people=1000)


@pytest.fixture(scope="module")
def rounds() -> list[Round]:
    """One schedule."""
    return rounds_of(PLAN)


def test_a_seed_replays_its_schedule(rounds: list[Round]) -> None:
    assert rounds_of(PLAN) == rounds
    assert rounds_of(Plan(seed=8, rounds=5, cells=CELLS, times=6, people=1000)) != rounds


def test_every_fault_comes_as_often_as_it_should(rounds: list[Round]) -> None:
    planned = Counter(step.what.words for one in rounds for step in one.steps if isinstance(step.what, Cell))
    assert planned == {cell.words: PLAN.times for cell in CELLS}


def test_every_fail_point_has_a_kill_and_an_error() -> None:
    wanted = {(point, act) for point in FailPoint for act in (Act.KILL, Act.ERROR)}
    assert wanted <= {(cell.point, cell.act) for cell in CELLS}


def test_there_is_work_for_everybody(rounds: list[Round]) -> None:
    uploads = sum(step.what is Errand.PEOPLE for one in rounds for step in one.steps)
    assert uploads * PLAN.people_per_upload >= PLAN.people


def test_all_is_confirmed_before_the_backup_that_is_restored(rounds: list[Round]) -> None:
    places = [_places(one) for one in rounds]
    assert sum(len(restores) for _, _, restores, _ in places) == PLAN.times
    for handed_in, backups, restores, _ in places:
        assert len(backups) == len(restores)
        assert all(max(handed_in) < backup < restore for backup, restore in zip(backups, restores, strict=True))


@pytest.mark.parametrize("count", [1, 5])
def test_no_restore_sweeps_away_what_is_to_stand_longer_than_every_look(count: int) -> None:
    for one in rounds_of(Plan(seed=7, rounds=count, cells=CELLS, times=6, people=1000)):
        _, _, restores, residues = _places(one)
        assert all(residue > restore for residue in residues for restore in restores)


def _places(one: Round) -> tuple[list[int], list[int], list[int], list[int]]:
    """Where in a round work is handed in, backups are taken and restored, and the residue begins."""
    steps = list(enumerate(step.what for step in one.steps))
    return (
        [place for place, what in steps if isinstance(what, Errand) and what is not Errand.BACK_UP],
        [place for place, what in steps if what is Errand.BACK_UP],
        [place for place, what in steps if isinstance(what, Cell) and what.deed is Deed.RESTORE],
        [place for place, what in steps if what is RESIDUE],
    )


def test_an_order_is_carried_out_by_one_worker_alone(tmp_path: Path) -> None:
    harness, worker = Channel(tmp_path), Channel(tmp_path)
    harness.prepare(list(FailPoint))
    order = Order("order-1", FailPoint.AFTER_CLAIM, Act.FREEZE, 3)
    harness.give(order)
    assert worker.take(FailPoint.AFTER_ANSWER, "call") is None
    assert worker.take(FailPoint.AFTER_CLAIM, "call") == order
    assert worker.take(FailPoint.AFTER_CLAIM, "call") is None
    struck = harness.struck()["order-1"]
    assert (struck.order, struck.call) == (order, "call")


def test_a_clock_is_moved_for_one_worker_alone(tmp_path: Path) -> None:
    channel = Channel(tmp_path)
    channel.prepare(list(FailPoint))
    channel.set_clock("one", -3600)
    assert (channel.clock("one"), channel.clock("two"), channel.clock("")) == (-3600, 0, 0)
