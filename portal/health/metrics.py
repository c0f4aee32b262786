"""The numbers for Prometheus, read from the database at the moment of the scrape: the same whichever process is asked.

Organizations are named by id. Calls are those of the last hour, as a gauge: their rows are tidied away, which no counter shows.
"""

from __future__ import annotations

import platform
from collections.abc import Iterator, Sequence

import django
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from portal import heartbeats, registry
from portal.health import picture
from portal.models import ProcessKind

__all__ = ["CONTENT_TYPE_LATEST", "scrape"]

VERSION = "0.1.0"


def scrape() -> bytes:
    """All numbers as Prometheus reads them. Raises django.db.Error."""
    chosen = CollectorRegistry(auto_describe=False)
    chosen.register(_Portal())
    return generate_latest(chosen)


class _Portal(Collector):
    def describe(self) -> Sequence[GaugeMetricFamily]:
        """Nothing: registering must not ask the database."""
        return ()

    def collect(self) -> Iterator[GaugeMetricFamily]:
        yield _gauge(
            "portal_build_info",
            "Which code answers.",
            [({"version": VERSION, "django": django.get_version(), "python": platform.python_version()}, 1)],
        )
        yield from _steps()
        yield from _processes()
        yield from _calls()
        yield _gauge(
            "portal_organizations_on_hold", "Organizations that wait for a person to resume them.", [({}, picture.on_hold())]
        )
        yield from _figures()


def _steps() -> Iterator[GaugeMetricFamily]:
    queues = picture.queues()
    depths = [({"step": queue.name}, float(queue.depth)) for queue in queues]
    ages = [({"step": queue.name}, queue.age.total_seconds()) for queue in queues]
    yield _gauge("portal_step_waiting", "Rows that are due in a step; counting stops at 10001.", depths)
    yield _gauge("portal_step_oldest_seconds", "How long ago the oldest due row of a step fell due; 0 when none is.", ages)


def _processes() -> Iterator[GaugeMetricFamily]:
    found = heartbeats.processes()
    ages = [({"name": one.name, "kind": one.kind.value}, one.age.total_seconds()) for one in found]
    skews = [({"name": one.name, "kind": one.kind.value}, one.clock_skew / 1000) for one in found]
    alive = [({"kind": kind.value}, float(sum(one.kind == kind and not one.is_silent for one in found))) for kind in ProcessKind]
    yield _gauge("portal_processes_alive", "Processes that have shown themselves lately.", alive)
    yield _gauge("portal_heartbeat_age_seconds", "How long ago a process last showed itself.", ages)
    yield _gauge("portal_clock_skew_seconds", "How far the clock of a process is ahead of the database's.", skews)


def _calls() -> Iterator[GaugeMetricFamily]:
    tallies = picture.tallies()
    labels = [{"organization": str(one.organization_id), "route": one.route, "outcome": one.outcome} for one in tallies]
    made = [(label, float(one.calls)) for label, one in zip(labels, tallies, strict=True)]
    took = [(label, one.milliseconds / 1000) for label, one in zip(labels, tallies, strict=True)]
    yield _gauge("portal_adobe_calls_last_hour", "Calls to Adobe within the last hour, by how they ended.", made)
    yield _gauge("portal_adobe_call_seconds_last_hour", "Seconds that these calls took together.", took)


def _figures() -> Iterator[GaugeMetricFamily]:
    by_name: dict[str, list[registry.Figure]] = {}
    for figure in registry.figures():
        by_name.setdefault(figure.name, []).append(figure)
    for name, figures in by_name.items():
        words = name.removeprefix("portal_").replace("_", " ").capitalize()
        yield _gauge(name, f"{words}.", [(figure.labels, figure.value) for figure in figures])


def _gauge(name: str, words: str, samples: Sequence[tuple[dict[str, str], float]]) -> GaugeMetricFamily:
    """All samples of one name have the same labels."""
    names = list(samples[0][0]) if samples else []
    family = GaugeMetricFamily(name, words, labels=names)
    for labels, value in samples:
        family.add_metric([labels[each] for each in names], value)
    return family
