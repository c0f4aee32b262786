"""`python -m tests.bench follow`: 100,000 open jobs through a day in which 5 % change once, on PostgreSQL.

The day passes in minutes: Adobe's clock and ours are moved together, a minute at a time, and after each minute the steps that are
due are worked. Calls are counted by the simulator. Against them: one GET a job every 15 minutes, as a script over the public
Python wrapper does. Then the same day with events on, and what one pass through the whole list costs. BENCH_PEOPLE sets another
number of jobs.
"""

from __future__ import annotations

import sys

from tests.bench.services import django_on_services

# As in production; the stacks of the tests are in more of a hurry.
VARIABLES = {
    "LIST_EVERY_SECONDS": "900",
    "DETAIL_FIRST_SECONDS": "120",
    "LIST_WITH_EVENTS_EVERY_SECONDS": "3600",
}


def main() -> int:
    with django_on_services(**VARIABLES) as paths:
        from tests.bench.following import run  # noqa: PLC0415 - its models need the environment that was made above

        return run(*paths)


if __name__ == "__main__":
    sys.exit(main())
