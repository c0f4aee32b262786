"""The bench itself, small: the same processes, the same kill, the same expectations."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.stack import ROOT

PEOPLE = 100


def test_a_small_run_holds_every_promise(tmp_path: Path) -> None:
    environment = os.environ | {"BENCH_PEOPLE": str(PEOPLE), "BENCH_FOLDER": str(tmp_path)}
    command = [sys.executable, "-m", "tests.bench", "main"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=240)
    failed = [line for line in done.stdout.splitlines() if line.startswith("FAIL")]
    assert failed == []
    assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    figures = json.loads(done.stdout.splitlines()[-1])
    assert (figures["ok"], figures["jobs"], figures["results_compared"]) == (True, 2 * PEOPLE, PEOPLE)
