"""What the tests need beyond Python packages, installed when that is possible: `python -m tests.needs`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

# Debian package -> a program or path that shows it is there.
NEEDS = {
    "chromium": ["chromium"],
    "postgresql": ["/usr/lib/postgresql/*/bin/initdb"],
    "redis-server": ["redis-server"],
}


def is_there(sign: str) -> bool:
    """Whether a program is on the PATH, or a path matches."""
    if sign.startswith("/"):
        return any(Path("/").glob(sign.removeprefix("/")))
    return shutil.which(sign) is not None


def missing() -> list[str]:
    """Debian packages that are not installed."""
    return [package for package, signs in NEEDS.items() if not all(is_there(sign) for sign in signs)]


def install(packages: list[str]) -> None:
    """Install with apt, as root only."""
    quiet = {"stdout": subprocess.DEVNULL}
    # RUNLEVEL 1: the packages are not to start servers of their own; the tests start theirs (tests/servers.py).
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    subprocess.run(["apt-get", "update", "-qq"], check=False, env=environment, **quiet)  # type: ignore[call-overload]
    subprocess.run(["apt-get", "install", "-y", "-qq", *packages], check=False, env=environment, **quiet)  # type: ignore[call-overload]


def main() -> int:
    """0 when everything is there."""
    packages = missing()
    if packages and os.geteuid() == 0 and shutil.which("apt-get"):
        sys.stdout.write(f"installing for the tests: {', '.join(packages)}\n")
        sys.stdout.flush()
        install(packages)
        packages = missing()
    if packages:
        sys.stderr.write(f"The tests need these Debian packages: apt-get install {' '.join(packages)}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
