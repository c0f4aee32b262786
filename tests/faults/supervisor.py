"""`python -m tests.faults.supervisor PLAN`: starts the processes of a plan, and each again when it has ended, as systemd does.

It is a process of its own so that it can be killed: the kernel then ends what it started, as when a machine goes down, and
whoever started it starts it again.

    PLAN: {"folder": where logs and pids go, "processes": [{"name", "command", "environment"}]}

`<folder>/<name>.pid` holds the pid of each process that runs; it leads a process group of its own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

PAUSE_SECONDS = 0.2


@dataclass
class Child:
    """One process of the plan."""

    folder: Path
    name: str
    command: list[str]
    environment: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    def keep_running(self) -> None:
        """Start it when it does not run."""
        if self.process is not None and self.process.poll() is None:
            return
        with (self.folder / f"{self.name}.log").open("ab") as log:
            self.process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", *self.command],
                env=os.environ | self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        draft = self.folder / f"{self.name}.pid.new"
        draft.write_text(str(self.process.pid))
        draft.rename(self.folder / f"{self.name}.pid")


def main(plan_file: str) -> None:
    """Run until killed."""
    plan = json.loads(Path(plan_file).read_text())
    children = [Child(Path(plan["folder"]), **one) for one in plan["processes"]]
    sys.stdout.write("supervisor: running\n")
    sys.stdout.flush()
    while True:
        for child in children:
            child.keep_running()
        time.sleep(PAUSE_SECONDS)


if __name__ == "__main__":
    main(sys.argv[1])
