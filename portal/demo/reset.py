"""`make demo-reset`: forgets all that the demo has kept. Needs nothing but Python itself."""

from __future__ import annotations

import fcntl
import os
import shutil
import sys
from pathlib import Path

from portal.demo.environment import KEY_FILES, demo_folder


def main() -> int:
    """0 when nothing is left."""
    folder = demo_folder(os.environ)
    if not folder.exists():
        sys.stdout.write("The demo has kept nothing.\n")
        return 0
    if not (folder / KEY_FILES["MASTER_KEYS"]).exists():
        sys.stderr.write(f"{folder} does not look like the demo's folder: nothing was removed.\n")
        return 1
    if _is_in_use(folder):
        sys.stderr.write(f"The demo is running in {folder}: stop it first.\n")
        return 1
    shutil.rmtree(folder)
    sys.stdout.write("The demo starts afresh next time.\n")
    return 0


def _is_in_use(folder: Path) -> bool:
    with (folder / "demo.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


if __name__ == "__main__":
    sys.exit(main())
