"""Tasks that run by the clock."""

from __future__ import annotations

import pytest

from portal import registry, tasks
from portal.models import StepRun

pytestmark = pytest.mark.django_db


def test_of_what_is_done_at_night_one_failure_stops_none_of_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[str] = []

    def fail() -> None:
        begun.append("fails")
        raise LookupError("of its own making")

    monkeypatch.setattr(registry, "_daily", [lambda: begun.append("first"), fail, lambda: begun.append("last")])
    with pytest.raises(LookupError):
        tasks.daily()
    assert begun == ["first", "fails", "last"]
    run = StepRun.objects.get(step="daily")
    assert (run.error, run.failed_at) == ("LookupError", run.ended_at)
