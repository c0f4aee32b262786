"""`python -m tests.bench workers`: jobs a minute with 1, 2, 4 and 8 worker processes at 200 ms latency, on PostgreSQL and Redis.

A real Celery worker with so many processes sends calls of 20 people each: so few that waiting for Adobe is most of the work, as
with the details and downloads that a worker does all day. How full the cores are is printed beside it, and whose they were.
"""

from __future__ import annotations

import sys

from tests.bench.services import django_on_services


def main() -> int:
    with django_on_services() as paths:
        from tests.bench.working import run  # noqa: PLC0415 - its models need the environment that was made above

        return run(*paths)


if __name__ == "__main__":
    sys.exit(main())
