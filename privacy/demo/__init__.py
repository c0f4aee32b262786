"""What this app brings to `make demo`: sample request files, the run of request files through to the end, and
events of the local Adobe.
"""

from __future__ import annotations

from portal import registry
from privacy.demo import events
from privacy.demo.once import run_once
from privacy.demo.samples import write_samples


def register() -> None:
    """Let the demo show this app."""
    registry.add_demo(registry.DemoStory(write_samples=write_samples, run_once=run_once, connect=events.connect))
