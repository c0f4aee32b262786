"""`python -m tests.bench events`: signed events that one web process accepts a second, on PostgreSQL.

Against it, in the same gunicorn process and behind the same middleware: a view that reads the same body and answers 200. An event
counts as accepted when its signature was found good and it is stored. The four turns alternate, so that both sides see the same
machine. BENCH_EVENTS sets another number of deliveries a turn.
"""

from __future__ import annotations

import sys

from tests.bench.services import django_on_services


def main() -> int:
    with django_on_services() as paths:
        from tests.bench.delivering import run  # noqa: PLC0415 - its models need the environment that was made above

        return run(*paths)


if __name__ == "__main__":
    sys.exit(main())
