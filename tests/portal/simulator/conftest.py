"""Callers of the local Adobe."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.conftest import Simulator
from tests.portal.simulator.wire import Adobe, now, register


@pytest.fixture
def adobe(simulator: Simulator) -> Adobe:
    """The organization that the simulator knows out of the box."""
    return Adobe(simulator.address)


@pytest.fixture
def stranger(simulator: Simulator) -> Adobe:
    """Another organization at Adobe."""
    return register(simulator, "stranger")


@pytest.fixture
def noon(simulator: Simulator) -> None:
    """It is noon of some day at Adobe, so that no midnight falls into a test of days."""
    current = now(simulator)
    at_noon = current.replace(hour=12, minute=0, second=0, microsecond=0) + timedelta(days=1)
    simulator.advance((at_noon - current).total_seconds())
