"""`python -m tests.bench [NAME ...]`: measures the portal; without a name, everything, one after the other.

Each bench is the module of its name here and a process of its own, so that none measures the memory of another. It prints what
it finds; its last line is JSON, and its exit status is 1 when an expectation fails. BENCH_PEOPLE sets another size where a bench
has one, BENCH_JOBS that of pages.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]

BENCHES = {
    "main": "10,000 people on SQLite, end to end, with a kill in the middle",
    "intake": "from a file to prepared requests, against json.loads and COPY",
    "api": "creating through the API: CPU and statements",
    "submit": "100 POSTs of 1,000 people each, against a bare pool",
    "follow": "100,000 open jobs through a day: calls to Adobe, and what a pass through its list costs",
    "workers": "jobs a minute with 1, 2, 4 and 8 workers",
    "events": "signed events accepted a second, against a view that does nothing",
    "pages": "every list, search and detail page at 1,000,000 jobs, over the same at 10,000",
    "sizing": "bytes a person, memory a process",
    "growth": "ten times the size against the size",
}


def main(arguments: Sequence[str]) -> int:
    """Run the benches that are named."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench",
        description=__doc__,
        epilog="\n".join(f"{name:<10}{words}" for name, words in BENCHES.items()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHES))
    names = parser.parse_args(arguments).names or list(BENCHES)
    if unknown := [name for name in names if name not in BENCHES]:
        parser.error(f"no such bench: {', '.join(unknown)}")
    failed = [name for name in names if run(name)]
    if failed:
        sys.stderr.write(f"Expectations failed in: {', '.join(failed)}\n")
    return 1 if failed else 0


def run(name: str) -> int:
    """One bench in a process of its own. Returns its exit status."""
    sys.stdout.write(f"\n--- {name}: {BENCHES[name]} ---\n")
    sys.stdout.flush()
    return subprocess.run([sys.executable, "-m", f"tests.bench.{name}"], cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
