"""`python -m tests.bench sizing`: what a machine must have: bytes a person on the disks, memory a process.

The real stack takes 10,000 people (each accessed and deleted, two products) from the file to the last stored result while
officers look at the pages. BENCH_PEOPLE sets another size. Nothing of it depends on how busy the machine is.
"""

from __future__ import annotations

import os
import sys

from tests.bench.services import django_on_services

# The defaults of production wait a quarter of an hour for each list.
os.environ.setdefault("SWEEP_EVERY_SECONDS", "2")
os.environ.setdefault("LIST_EVERY_SECONDS", "15")
os.environ.setdefault("DETAIL_FIRST_SECONDS", "120")


def main() -> int:
    with django_on_services() as paths:
        from tests.bench.sizes import run  # noqa: PLC0415 - its models need the environment that was made above

        return run(*paths)


if __name__ == "__main__":
    sys.exit(main())
