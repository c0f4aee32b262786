"""`python -m tests.bench intake`: 100,000 people (400,000 identities) from file to prepared requests, on PostgreSQL.

Ours: the file is received (encrypted as it arrives), checked (every field, duplicates, and every identity against the open jobs
of the organization) and confirmed, and every person, digest, job and call is written, sealed, under its lease. That is what
"confirmed" covers here. The floor, measured in the same run on the same server: json.loads of the file and one COPY a table of
the same rows, unencrypted, into tables with the same columns, indexes and foreign keys. Each side is a process of its own.

BENCH_PEOPLE sets another size; BENCH_MEMORY_PEOPLE the larger one at which memory is measured again (0: not at all).
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from tests import servers
from tests.bench import crowd
from tests.bench.costs import Measured
from tests.bench.measure import Report
from tests.stack_environment import stack_environment

PEOPLE = 100_000
MOST_TIMES_THE_FLOOR = 3.0
MOST_MEMORY_MB = 300
# Memory at the larger size may be this much above that at the smaller one.
FLAT_MB = 40


def main() -> int:
    """Compare, print, judge."""
    people = int(os.environ.get("BENCH_PEOPLE", str(PEOPLE)))
    more = int(os.environ.get("BENCH_MEMORY_PEOPLE", str(people * 3)))
    report = Report()
    with tempfile.TemporaryDirectory(prefix="portal-bench-") as folder:
        ours, floor = _both(Path(folder), people)
        report.note("people", people)
        report.note("identities", people * crowd.IDENTITIES)
        report.note("file_mb", round(ours.figures["file_bytes"] / 1e6, 1))
        for side, measured in (("ours", ours), ("floor", floor)):
            for name, cost in measured.parts.items():
                print(f"{side:<6} {name:<37} {cost}", flush=True)
            print(f"{side:<6} {'in all':<37} {measured.total}", flush=True)
        _compare(report, ours, floor)
        if more > people:
            larger, _ = _both(Path(folder), more, floor=False)
            report.note(f"peak_memory_mb_at_{more}", larger.peak_mb)
            grown = larger.peak_mb - ours.peak_mb
            report.expect(f"memory is flat: {grown:+.1f} MB at {more:,} people", holds=grown < FLAT_MB, found=grown)
            report.expect(f"and below {MOST_MEMORY_MB} MB", holds=larger.peak_mb < MOST_MEMORY_MB, found=larger.peak_mb)
    print(report.last_line(), flush=True)
    return 1 if report.failures else 0


def _both(folder: Path, people: int, *, floor: bool = True) -> tuple[Measured, Measured]:
    """What ours costs, and the floor, one after the other on a server that nobody else uses."""
    file = folder / f"{people}.json"
    crowd.write(file, people)
    with servers.running() as real, tempfile.TemporaryDirectory(dir=folder) as data:
        environment = stack_environment(Path(data), UPLOAD_MAX_BYTES=str(10 * 1024**3), **real.environment)
        ours = Measured.of("tests.bench.intake_ours", str(file), **environment)
        below = Measured.of("tests.bench.intake_floor", str(file), **environment) if floor else Measured({}, 0, {})
    file.unlink()
    return ours, below


def _compare(report: Report, ours: Measured, floor: Measured) -> None:
    cpu, wall = ours.total.cpu / floor.total.cpu, ours.total.wall / floor.total.wall
    report.note("cpu_seconds", round(ours.total.cpu, 2))
    report.note("floor_cpu_seconds", round(floor.total.cpu, 2))
    report.note("times_the_floor_wall", round(wall, 2))
    report.note("times_the_floor_cpu", round(cpu, 2))
    report.note("peak_memory_mb", ours.peak_mb)
    report.note("floor_peak_memory_mb", floor.peak_mb)
    for name in ("tables_mb", "file_stored_mb"):
        report.note(name, ours.figures[name])
    report.note("floor_tables_mb", floor.figures["tables_mb"])
    report.note("log_written_mb", round(ours.total.wal_bytes / 1e6, 1))
    report.note("floor_log_written_mb", round(floor.total.wal_bytes / 1e6, 1))
    report.expect("both sides wrote the same rows", holds=ours.figures["rows"] == floor.figures["rows"], found=floor.figures)
    report.expect(f"within {MOST_TIMES_THE_FLOOR} times the floor", holds=wall <= MOST_TIMES_THE_FLOOR, found=round(wall, 2))
    report.expect(f"within {MOST_TIMES_THE_FLOOR} times its CPU", holds=cpu <= MOST_TIMES_THE_FLOOR, found=round(cpu, 2))
    report.expect(f"memory below {MOST_MEMORY_MB} MB", holds=ours.peak_mb < MOST_MEMORY_MB, found=ours.peak_mb)


if __name__ == "__main__":
    sys.exit(main())
