"""`python -m tests.faults`: the real stack under hundreds of faults, and the proof that nothing was lost and nothing doubled.

PostgreSQL, Redis, gunicorn, several Celery workers, beat and the local Adobe run as processes; people, record deletes and
opt-outs go through while the faults of a schedule strike. Prints a table of what struck how often; an empty row fails. The last
line is

    faults: N injected, C jobs confirmed, L in the ledger, lost 0, doubled 0, stuck 0, wrong 0

    FAULTS_SEED=…       replays the schedule of a run          FAULTS_PEOPLE=10000   how many people
    FAULTS_ROUNDS=22    how many rounds                        FAULTS_MINUTES=35     no round begins later
    FAULTS_NEEDED=20    how often each fault must strike       FAULTS_SHORT=1        one small round of the quick faults
    FAULTS_FOLDER=…     keeps data and logs there
"""

from __future__ import annotations

import os
import secrets
import shutil
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

import django
import psycopg

from tests import servers
from tests.faults.cells import CELLS
from tests.faults.channel import FOLDER_VARIABLE
from tests.faults.schedule import Plan
from tests.faults.times import SHORT, WHOLE
from tests.stack_environment import stack_environment

DATABASE = "faults"


def main() -> int:
    """The exit status of the run."""
    with ExitStack() as cleanup:
        folder = Path(os.environ.get("FAULTS_FOLDER") or tempfile.mkdtemp(prefix="portal-faults-"))
        folder.mkdir(parents=True, exist_ok=True)
        if "FAULTS_FOLDER" not in os.environ:
            cleanup.callback(shutil.rmtree, folder, ignore_errors=True)
        keeper = cleanup.enter_context(servers.kept(durable=True))
        with psycopg.connect(keeper.servers.database_url, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {DATABASE}")
        variables = {
            "DATABASE_URL": f"{keeper.servers.database_url.rpartition('/')[0]}/{DATABASE}",
            "BROKER_URL": keeper.servers.broker_url,
            FOLDER_VARIABLE: str(folder / "channel"),
            **(SHORT if _is_short() else WHOLE).settings,
        }
        os.environ.update(stack_environment(folder, **variables))
        django.setup()
        from tests.faults import run  # noqa: PLC0415 - its models need the environment that was made above

        if _is_short():
            size = run.Size(SHORT, workers=2, needed=1, settle_seconds=120, mop_up_minutes=2)
        else:
            size = run.Size(needed=_number("FAULTS_NEEDED", 20), minutes=_number("FAULTS_MINUTES", 35))
        return run.run(folder, keeper, _plan(), size, variables)


def _plan() -> Plan:
    seed = _number("FAULTS_SEED", secrets.randbelow(1_000_000))
    if _is_short():
        quick = [cell for cell in CELLS if cell.quick]
        return Plan(
            seed,
            1,
            quick,
            times=1,
            people=60,
            uploads=6,
            record_deletes=3,
            opt_outs=4,
            people_per_call=2,
            pause=0.3,
            resends=True,
        )
    needed = _number("FAULTS_NEEDED", 20)
    # A few more than needed: not every fault finds something to strike.
    times = needed + needed // 10
    return Plan(seed, _number("FAULTS_ROUNDS", 22), CELLS, times=times, people=_number("FAULTS_PEOPLE", 10_000))


def _is_short() -> bool:
    return os.environ.get("FAULTS_SHORT", "") == "1"


def _number(name: str, default: int) -> int:
    return int(os.environ.get(name) or default)


if __name__ == "__main__":
    sys.exit(main())
