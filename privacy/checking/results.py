"""What a check finds: findings, and the numbers of what a file asks for."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final

from privacy.schema import Envelope, Finding

FINDING_LIMIT: Final = 500


@dataclass(frozen=True)
class OpenMatch:
    """A person of the file whose same action is already open in another request."""

    row: int
    key: str | None
    action: str
    request_number: str


@dataclass
class Summary:
    """What the file asks for, in numbers."""

    people: int = 0
    access_people: int = 0
    delete_people: int = 0
    opt_out_people: int = 0
    identities: int = 0
    identities_by_namespace: dict[str, int] = field(default_factory=dict)
    masked_examples: dict[str, list[str]] = field(default_factory=dict)
    jobs: int = 0
    access_delete_calls: int = 0
    opt_out_calls: int = 0

    @property
    def has_opt_out(self) -> bool:
        """Whether anybody opts out of sale."""
        return self.opt_out_people > 0

    @property
    def has_access_or_delete(self) -> bool:
        """Whether anybody asks for access or deletion."""
        return self.people > self.opt_out_people

    @property
    def needs_two_requests(self) -> bool:
        """Adobe takes opt-outs only in a call of their own."""
        return self.has_opt_out and self.has_access_or_delete


@dataclass(frozen=True)
class CheckResult:
    """What a check found. `findings` holds the first 500; the counts hold all."""

    findings: tuple[Finding, ...]
    error_count: int
    warning_count: int
    counts_by_code: dict[str, int]
    envelope: Envelope | None
    summary: Summary
    # False when the file is no request file at all: then there is one finding, and nothing of the file is worth keeping.
    readable: bool = True

    def to_dict(self) -> dict[str, Any]:
        """For storage and for pages."""
        derived = {name: getattr(self.summary, name) for name in ("has_opt_out", "has_access_or_delete", "needs_two_requests")}
        return {
            "findings": [asdict(finding) for finding in self.findings],
            "error_count": self.error_count,
            "warning_count": self.warning_count,
            "counts_by_code": self.counts_by_code,
            "envelope": self.envelope.to_dict() if self.envelope else None,
            "summary": asdict(self.summary) | derived,
            "readable": self.readable,
        }

    @classmethod
    def from_dict(cls, stored: dict[str, Any]) -> CheckResult:
        """The reverse of `to_dict`."""
        names = Summary.__dataclass_fields__
        return cls(
            tuple(Finding(**finding) for finding in stored["findings"]),
            stored["error_count"],
            stored["warning_count"],
            stored["counts_by_code"],
            Envelope.from_dict(stored["envelope"]) if stored["envelope"] else None,
            Summary(**{name: value for name, value in stored["summary"].items() if name in names}),
            stored["readable"],
        )


def unreadable(code: str, message: str) -> CheckResult:
    """The result for a file of which nothing can be said but one sentence."""
    finding = Finding("error", code, "", None, None, message, "")
    return CheckResult((finding,), 1, 0, {code: 1}, None, Summary(), readable=False)


class Findings:
    """Keeps the first findings and counts all. `of_table`: nobody has the file that their paths would lead into."""

    def __init__(self, *, of_table: bool = False) -> None:
        self._of_table = of_table
        self.kept: list[Finding] = []
        self.by_level: Counter[str] = Counter()
        self.by_code: Counter[str] = Counter()

    def add(self, *findings: Finding) -> None:
        """Take these."""
        for finding in findings:
            self.by_level[finding.level] += 1
            self.by_code[finding.code] += 1
            if len(self.kept) < FINDING_LIMIT:
                self.kept.append(replace(finding, path="") if self._of_table else finding)
