"""What a verdict is made of. Findings name ids only: of our rows, and of Adobe's jobs and work orders."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    """What can be wrong at the end of a run."""

    # Confirmed, not in the ledger, and not visibly with a person.
    LOST = "lost"
    # More in the ledger than was confirmed: of one person and action, one reference, one identity.
    DOUBLED = "doubled"
    # Neither moving nor with a person.
    STUCK = "stuck"
    # Our state differs from Adobe's.
    WRONG = "wrong"
    # Doubled by a process that was frozen between the last look at its claim and the first byte. Told apart, not hidden.
    RESIDUE = "residue"


@dataclass(frozen=True)
class Finding:
    """One thing that is not as it should be."""

    kind: Kind
    why: str
    ids: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.kind}: {self.why}: {' '.join(self.ids)}"


@dataclass
class Notes:
    """What the parts of a verdict gather: findings, and numbers by name."""

    findings: list[Finding] = field(default_factory=list)
    numbers: Counter[str] = field(default_factory=Counter)

    def found(self, kind: Kind, why: str, *ids: object) -> None:
        """Note a finding; ids are turned to text."""
        self.findings.append(Finding(kind, why, tuple(str(one) for one in ids)))


@dataclass(frozen=True)
class Verdict:
    """All findings, and numbers by name: `jobs_confirmed`, `jobs_in_ledger`, the same of `identities` and `opt_outs`;

    `with_a_person`, and of those `with_a_person_though_adobe_has_it`; `moving`, rows that are due soon or change.
    """

    findings: tuple[Finding, ...]
    numbers: Counter[str]

    def count(self, kind: Kind) -> int:
        """How many findings of this kind there are."""
        return sum(finding.kind == kind for finding in self.findings)

    @property
    def holds(self) -> bool:
        """Nothing lost, doubled, stuck or wrong. Residue does not count, nor what still moves."""
        return not any(self.count(kind) for kind in Kind if kind is not Kind.RESIDUE)

    def last_line(self, injected: int) -> str:
        """The last line of a run."""
        confirmed, ledger = self.numbers["jobs_confirmed"], self.numbers["jobs_in_ledger"]
        parts = ", ".join(f"{kind} {self.count(kind)}" for kind in Kind if kind is not Kind.RESIDUE)
        return f"faults: {injected} injected, {confirmed} jobs confirmed, {ledger} in the ledger, {parts}"
