"""Everything the simulator remembers, in one place, and the state file that makes it last."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from portal.simulator.calls import CallCounts
from portal.simulator.clock import Clock
from portal.simulator.events.hub import EventHub
from portal.simulator.faults import Faults
from portal.simulator.hygiene.records import ENTRIES, HygieneRecords
from portal.simulator.jobs import Job, JobStore
from portal.simulator.organizations import Organization, Organizations, parse_organization
from portal.simulator.state_file import StateFile, dump_job, load_job
from portal.simulator.switches import Switches


@dataclass(frozen=True)
class Options:
    """How the simulator was started. `latency` is seconds added to each answer of Adobe's paths."""

    host: str = "127.0.0.1"
    port: int = 0
    ims_port: int | None = None
    speed: float = 1.0
    latency: float = 0.0
    seed: str = "adobe"
    switches: dict[str, str] = field(default_factory=dict)
    organizations: list[Organization] = field(default_factory=list)
    tls_cert: Path | None = None
    tls_key: Path | None = None
    state: Path | None = None


class World:
    """The organizations, their jobs, the clock, the switches, the faults and the counts."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.seed = options.seed
        self.node = int.from_bytes(hashlib.blake2b(options.seed.encode(), digest_size=6).digest(), "big")
        self.speed = options.speed
        self.latency = options.latency
        self.switches = Switches(options.switches)
        self.organizations = Organizations(options.organizations)
        self.clock = Clock()
        self.faults = Faults(options.seed)
        self.counts = CallCounts()
        self.jobs = JobStore()
        self.calls_accepted = 0
        self.consents: list[dict[str, Any]] = []
        self.state = StateFile(options.state)
        self.events = EventHub(self.clock, options.seed)
        self.hygiene = HygieneRecords(self.state.append)

    def load(self) -> None:
        """Does again what the state file says. Raises StateError or OSError."""
        self.state.replay(self._replay)

    def advance(self, seconds: float) -> None:
        self.clock.advance(seconds)
        self.state.append({"advance": seconds})

    def register(self, organization: Organization) -> None:
        """Raises OrganizationError when its client id belongs to another organization."""
        self.organizations.put(organization)
        self.state.append({"organization": organization.described()})

    def revoke_tokens(self) -> None:
        self.organizations.revoke_tokens()
        self.state.append({"revoked": True})

    def accept(self, jobs: list[Job]) -> None:
        """Takes in the jobs of one POST; on the state file before anybody is answered."""
        self.state.append({"jobs": [dump_job(job) for job in jobs]})
        self._add(jobs)

    def take_consent(self, entry: dict[str, Any]) -> None:
        """`entry` is what the ledger says of it, but for its number."""
        self.state.append({"consent": entry})
        self._add_consent(entry)

    def forget(self, job_id: str) -> bool:
        """Adobe no longer knows this job; False when it never did."""
        self.state.append({"forget": job_id})
        return self.jobs.forget(job_id)

    def finish(self, job_ids: list[str] | None) -> int:
        """Finishes these jobs (None for all) now; how many there were."""
        at = self.clock.now()
        self.state.append({"finish": job_ids, "at": at})
        return self._finish(job_ids, at)

    def _add(self, jobs: list[Job]) -> None:
        for job in jobs:
            self.jobs.add(job)
        self.events.job_accepted(jobs)
        self.calls_accepted = max(self.calls_accepted, *(job.call for job in jobs))

    def _add_consent(self, entry: dict[str, Any]) -> None:
        self.consents.append({"n": len(self.consents) + 1, **entry})

    def _finish(self, job_ids: list[str] | None, at: float) -> int:
        jobs = self.jobs.all() if job_ids is None else [job for name in job_ids if (job := self.jobs.get(name))]
        for job in jobs:
            job.finish(at)
        self.events.job_changed(jobs, at)
        return len(jobs)

    def _replay(self, entry: dict[str, Any]) -> None:
        if "jobs" in entry:
            self._add([load_job(job) for job in entry["jobs"]])
        elif "advance" in entry:
            self.clock.advance(entry["advance"])
        elif "organization" in entry:
            self.organizations.put(parse_organization(entry["organization"]))
        elif "revoked" in entry:
            self.organizations.revoke_tokens()
        elif "forget" in entry:
            self.jobs.forget(entry["forget"])
        elif "finish" in entry:
            self._finish(entry["finish"], entry["at"])
        elif "consent" in entry:
            self._add_consent(dict(entry["consent"]))
        else:
            for kind in ENTRIES & entry.keys():
                self.hygiene.replay(kind, entry[kind])

    def reset(self) -> None:
        """As when it was started without a state file; tokens stay valid."""
        self.speed = self.options.speed
        self.latency = self.options.latency
        self.switches.reset()
        self.organizations.reset()
        self.clock.reset()
        self.faults.reset()
        self.counts.reset()
        self.jobs = JobStore()
        self.calls_accepted = 0
        self.consents = []
        self.hygiene.reset()
        self.events.reset()
        self.state.empty()
