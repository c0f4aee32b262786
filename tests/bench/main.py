"""`python -m tests.bench main`: what the portal does with 10,000 people (20,000 jobs) on SQLite, and whether every promise holds.

Real processes: a simulator, two Celery workers and beat over the filesystem broker. One worker is killed (SIGKILL) in the middle
of a POST. Prints how long each phase took, the calls to Adobe, memory and sizes; the last line is JSON. The exit status is 1 when
an expectation fails. BENCH_PEOPLE sets another size; BENCH_FOLDER keeps the data and logs in that folder.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

import django

from tests.stack_environment import stack_environment

# As in production, but for the listing: a quarter of an hour would be all that is measured.
VARIABLES = {
    "SWEEP_EVERY_SECONDS": "2",
    "LIST_EVERY_SECONDS": "15",
    "DETAIL_FIRST_SECONDS": "120",
    "AUDIT_SEAL_EVERY_SECONDS": "10",
}


def main() -> int:
    with ExitStack() as cleanup:
        folder = Path(os.environ.get("BENCH_FOLDER") or tempfile.mkdtemp(prefix="portal-bench-"))
        if "BENCH_FOLDER" not in os.environ:
            cleanup.callback(shutil.rmtree, folder)
        os.environ.update(stack_environment(folder, **VARIABLES))
        django.setup()
        from tests.bench.run import run  # noqa: PLC0415 - its models need the environment that was made above

        return run(folder, int(os.environ.get("BENCH_PEOPLE", "10000")), VARIABLES)


if __name__ == "__main__":
    sys.exit(main())
