"""`python -m tests.bench pages`: each list, search, report and detail page at a million jobs, over the same at ten thousand.

On PostgreSQL, through Django's test client and every middleware: the quickest of several loads, and how many statements a load
takes. The same rows are there at both sizes, and the rest around them. BENCH_JOBS sets another size; the smaller one is a
hundredth of it.
"""

from __future__ import annotations

import sys

from tests.bench.services import django_on_services


def main() -> int:
    with django_on_services():
        from tests.bench.looking import run  # noqa: PLC0415 - its models need the environment that was made above

        return run()


if __name__ == "__main__":
    sys.exit(main())
