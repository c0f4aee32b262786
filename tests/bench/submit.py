"""`python -m tests.bench submit`: 100 POSTs of 1,000 people each at 200 ms latency, up to the jobs being stored, on PostgreSQL.

Against it, in the same run: a bare urllib3 pool that makes the same POSTs with the same bodies at the same concurrency, and keeps
nothing. Ours is as many processes as the pool has threads, each working the step that sends. BENCH_PEOPLE sets another number of
people, BENCH_CONCURRENCY another number of calls under way at once.
"""

from __future__ import annotations

import sys

from tests.bench.services import django_on_services


def main() -> int:
    with django_on_services() as paths:
        from tests.bench.submitting import run  # noqa: PLC0415 - its models need the environment that was made above

        return run(*paths)


if __name__ == "__main__":
    sys.exit(main())
