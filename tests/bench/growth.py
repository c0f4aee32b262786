"""`python -m tests.bench growth`: ten times the size may cost eleven times as much, in seconds of the processor, and not more.

Runs other benches at two sizes each and compares the `cpu_seconds` of their last lines.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench.measure import Report

ROOT = Path(__file__).parents[2]
TIMES = 10
MOST_GROWTH = 11.0


@dataclass(frozen=True)
class Subject:
    """A bench and its smaller size, as BENCH_PEOPLE; other variables for both of its runs."""

    bench: str
    size: int
    variables: dict[str, str] = field(default_factory=dict)


SUBJECTS = (
    Subject("intake", 10_000, {"BENCH_MEMORY_PEOPLE": "0"}),
    Subject("api", 10_000),
)


def main() -> int:
    """The exit status. BENCH_ONLY names one bench."""
    report, only = Report(), os.environ.get("BENCH_ONLY")
    for subject in SUBJECTS:
        if only in (None, subject.bench):
            _compare(report, subject)
    print(report.last_line(), flush=True)
    return 1 if report.failures else 0


def _compare(report: Report, subject: Subject) -> None:
    small, large = (_cpu_seconds(subject, size) for size in (subject.size, subject.size * TIMES))
    report.note(f"{subject.bench}_cpu_seconds_at_{subject.size}", small)
    report.note(f"{subject.bench}_cpu_seconds_at_{subject.size * TIMES}", large)
    growth = large / small
    report.note(f"{subject.bench}_growth", round(growth, 2))
    report.expect(f"{subject.bench}: {TIMES} times the size costs {growth:.1f} times", holds=growth <= MOST_GROWTH, found=growth)


def _cpu_seconds(subject: Subject, size: int) -> float:
    """Of one run. What it expects of itself is for its own bench to say."""
    environment = os.environ | subject.variables | {"BENCH_PEOPLE": str(size)}
    command = [sys.executable, "-m", f"tests.bench.{subject.bench}"]
    done = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=False)
    return float(json.loads(done.stdout.splitlines()[-1])["cpu_seconds"])


if __name__ == "__main__":
    sys.exit(main())
