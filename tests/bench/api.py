"""`python -m tests.bench api`: what a create costs that carries 1, 50 or 1,000 people, on PostgreSQL.

The web's part is measured in a real gunicorn worker (from /proc) over HTTP: authentication, encryption of the body, the whole
check, confirming, the answer, and its keeping under an Idempotency-Key. Its statements are counted in this process, by Django's
own log of them, with those that begin and end transactions. Preparing is a worker's part and is measured by itself: with
`confirm=true` a create is answered before it.

In the end BENCH_PEOPLE people (10,000) are created in bodies of 50, and prepared: `cpu_seconds` is what all of that took.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import django

from tests import servers
from tests.stack_environment import stack_environment


def main() -> int:
    """The exit status."""
    with tempfile.TemporaryDirectory(prefix="portal-bench-") as folder, servers.running() as real:
        os.environ.update(stack_environment(Path(folder), API_CALLS_PER_MINUTE="0", **real.environment))
        django.setup()
        from tests.bench.api_run import run  # noqa: PLC0415 - its models need the environment that was made above

        return run(Path(folder), real.environment)


if __name__ == "__main__":
    sys.exit(main())
