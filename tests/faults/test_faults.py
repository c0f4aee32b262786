"""The short form of `make faults`: one round of the quick faults on the real stack, and the same verdict."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from tests.stack import ROOT

pytestmark = [pytest.mark.services, pytest.mark.timeout(400)]

LAST_LINE = r"faults: (\d+) injected, (\d+) jobs confirmed, (\d+) in the ledger, lost 0, doubled 0, stuck 0, wrong 0"


def test_under_faults_nothing_is_lost_and_nothing_doubled() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults"],
        cwd=ROOT,
        env=os.environ | {"FAULTS_SHORT": "1", "FAULTS_SEED": "5"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    last = re.fullmatch(LAST_LINE, done.stdout.splitlines()[-1])
    assert last is not None, done.stdout
    injected, confirmed, in_ledger = map(int, last.groups())
    assert injected >= 30
    assert confirmed == in_ledger >= 60
