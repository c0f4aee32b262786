"""The truth at both ends: what the harness confirmed, and what Adobe accepted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self
from urllib.error import HTTPError

from tests.conftest import Simulator

Entry = Mapping[str, Any]
PAGE = 5000


@dataclass
class Confirmed:
    """What the harness handed in and confirmed, each as often as it did so.

    `people`: (officer's key, action). `deletes` and `opt_outs`: (namespace, value).
    """

    people: Counter[tuple[str, str]] = field(default_factory=Counter)
    deletes: Counter[tuple[str, str]] = field(default_factory=Counter)
    opt_outs: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add_people(self, users: Iterable[Entry]) -> None:
        """Entries of `users` of a file that was confirmed."""
        self.people.update((user["key"], action) for user in users for action in user["action"])

    def add_deletes(self, namespace: str, values: Iterable[str]) -> None:
        """Identities of a record delete that was confirmed."""
        self.deletes.update((namespace.casefold(), value) for value in values)

    def add_opt_outs(self, namespace: str, values: Iterable[str]) -> None:
        """Values of an opt-out that was confirmed."""
        self.opt_outs.update((namespace.casefold(), value) for value in values)


def _no_digest(job_id: str) -> str:
    return ""


@dataclass(frozen=True)
class Ledgers:
    """What Adobe ever accepted, in order, and where each job and work order is there now, by id (`states` of the simulator).

    `digest_of` gives the SHA-256 of the result that Adobe has for a job, or nothing.
    """

    jobs: list[Entry] = field(default_factory=list)
    consents: list[Entry] = field(default_factory=list)
    orders: list[Entry] = field(default_factory=list)
    job_states: Mapping[str, Entry] = field(default_factory=dict)
    order_states: Mapping[str, Entry] = field(default_factory=dict)
    digest_of: Callable[[str], str] = _no_digest

    @classmethod
    def of(cls, simulator: Simulator) -> Self:
        """Read them from a running simulator."""

        def digest_of(job_id: str) -> str:
            try:
                return str(simulator.control(f"archives/{job_id}")["sha256"])
            except HTTPError:
                return ""

        return cls(
            jobs=_everything(simulator, "ledger"),
            consents=_everything(simulator, "ledger/consents"),
            orders=_everything(simulator, "ledger/workorders"),
            job_states={entry["jobId"]: entry for entry in _everything(simulator, "states/jobs")},
            order_states={entry["workorderId"]: entry for entry in _everything(simulator, "states/workorders")},
            digest_of=digest_of,
        )


def _everything(simulator: Simulator, path: str) -> list[Entry]:
    entries: list[Entry] = []
    while True:
        page = simulator.control(f"{path}?after={len(entries)}&limit={PAGE}")
        entries.extend(page["entries"])
        if not page["entries"] or len(entries) >= page["total"]:
            return entries


def officer_key(wire_key: str) -> str:
    """The officer's key in a wire key: only a harness that chose the keys may take one apart."""
    return wire_key.rpartition("#")[0]


def was_accepted_after(entry: Entry, instant: float) -> bool:
    """Whether Adobe took it in after this moment (seconds since 1970)."""
    return datetime.fromisoformat(entry["acceptedAt"]).timestamp() > instant
