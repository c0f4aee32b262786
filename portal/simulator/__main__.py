"""`python -m portal.simulator`: the simulator without Django."""

from __future__ import annotations

import sys

from portal.simulator.cli import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
