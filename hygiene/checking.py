"""Checks a whole file: every finding at once, and a summary of what it asks for. Of identities only digests are held."""

from __future__ import annotations

import hashlib
import secrets
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop

from hygiene.envelopes import KNOWN, read_envelope
from hygiene.reading import FileProblem, Given, ListStart, Member, Readable, read_file
from hygiene.schema import ALL, Finding, Identity, Wanted, read_identity
from hygiene.splitting import MOST_IDENTITIES, orders_for
from portal.masking import mask
from portal.reading.kinds import FileKind, wrong_page

FINDING_LIMIT: Final = 500
EXAMPLES: Final = 3
# A file names a handful of namespaces; beyond this many they are counted together, so that memory stays the same.
NAMESPACE_LIMIT: Final = 200
OTHER_NAMESPACES: Final = noop("other namespaces")
# Adobe's own words (Data Hygiene API, record delete work orders).
BOTH_LISTS: Final = "Identities and NamespacesIdentities are not allowed at the same time"
NO_IDENTITIES: Final = "Identities are Empty for Delete Identity request."


@dataclass
class Summary:
    """What the file asks for, in numbers; duplicates are counted apart. Examples are masked."""

    namespaces: dict[str, int] = field(default_factory=dict)
    examples: dict[str, list[str]] = field(default_factory=dict)
    identities: int = 0
    duplicates_removed: int = 0
    work_orders: int = 0


@dataclass(frozen=True)
class CheckResult:
    """What a check found. `findings` holds the first 500; the counts hold all."""

    findings: tuple[Finding, ...]
    error_count: int
    warning_count: int
    wanted: Wanted
    summary: Summary
    # False when the file is no record delete at all: then there is one finding, and nothing of the file is worth keeping.
    readable: bool = True

    def to_dict(self) -> dict[str, Any]:
        """For storage and for pages."""
        return {
            "findings": [finding.to_dict() for finding in self.findings],
            "summary": {
                "namespaces": self.summary.namespaces,
                "examples": self.summary.examples,
                "identities": self.summary.identities,
                "duplicates_removed": self.summary.duplicates_removed,
                "work_orders": self.summary.work_orders,
            },
        }


class Seen:
    """Tells whether an identity came before. Holds 16 bytes of a keyed hash for each, never the identity."""

    def __init__(self) -> None:
        self._secret = secrets.token_bytes(16)
        self._digests: set[bytes] = set()

    def add(self, identity: Identity) -> bool:
        """True the first time."""
        namespace, value = (part.encode("utf-8", "surrogatepass") for part in identity.canonical)
        content = len(namespace).to_bytes(4, "big") + namespace + value
        digest = hashlib.blake2b(content, digest_size=16, key=self._secret).digest()
        before = len(self._digests)
        self._digests.add(digest)
        return len(self._digests) > before


def check_file(
    open_stream: Callable[[], Readable],
    form: Wanted,
    *,
    progress: Callable[[int], None] = lambda _: None,
    most_identities: int = MOST_IDENTITIES,
) -> CheckResult:
    """Everything that is wrong with a file and what it asks for, `form` being what the officer filled in. Changes nothing."""
    check = _Check()
    try:
        for item in read_file(open_stream, progress=progress):
            check.take(item)
    except FileProblem as problem:
        return unreadable(problem.code, problem.message, form)
    return check.result(form, most_identities)


def unreadable(code: str, message: str, form: Wanted) -> CheckResult:
    """The result for a file of which nothing can be said but one sentence."""
    return CheckResult((Finding("error", code, "", None, message, ""),), 1, 0, form, Summary(), readable=False)


def with_warnings(result: CheckResult, warnings: Sequence[Finding]) -> CheckResult:
    """The result with what is known from elsewhere, put first."""
    findings = (*warnings, *result.findings)[:FINDING_LIMIT]
    return replace(result, findings=findings, warning_count=result.warning_count + len(warnings))


def read_identities(open_stream: Callable[[], Readable], progress: Callable[[int], None] = lambda _: None) -> Iterator[Identity]:
    """The identities of a file that was checked, each once, in order. Raises ValueError for one that was not checked so."""
    seen = Seen()
    for item in read_file(open_stream, progress=progress):
        if isinstance(item, Given):
            identity, findings = read_identity(item)
            if identity is None:
                raise ValueError(f"row {item.row} of a checked file has errors: {findings[0].code}")
            if seen.add(identity):
                yield identity


class _Check:
    """One pass over a file."""

    def __init__(self) -> None:
        self._kept: list[Finding] = []
        self._levels: Counter[str] = Counter()
        self._summary = Summary()
        self._members: dict[str, Any] = {}
        self._lists: list[str] = []
        self._given = 0
        self._seen = Seen()

    def take(self, item: Member | ListStart | Given) -> None:
        match item:
            case Member():
                # Of what means nothing to us only the name is kept.
                self._members[item.name] = item.value if item.name in KNOWN else None
            case ListStart():
                self._lists.append(item.name)
            case Given():
                self._given += 1
                identity, findings = read_identity(item)
                self._add(*findings)
                if identity is not None:
                    self._count(identity)

    def result(self, form: Wanted, most_identities: int) -> CheckResult:
        # A list that is none comes as an ordinary member.
        for name in ("identities", "namespacesIdentities"):
            if name in self._members:
                del self._members[name]
                self._add(
                    Finding(
                        "error",
                        "not-a-list",
                        name,
                        None,
                        _("“%(name)s” is not a list.") % {"name": name},
                        _("Put it in square brackets."),
                    )
                )
        if not self._given and (elsewhere := wrong_page([*self._members, *self._lists], FileKind.RECORD_DELETE)):
            self._add(Finding("error", "other-kind", "", None, *elsewhere))
            return CheckResult(tuple(self._kept), 1, 0, form, self._summary)
        wanted, findings = read_envelope(self._members, form)
        self._add(*findings, *self._about_lists(), *self._about_namespaces(wanted))
        self._summary.work_orders = orders_for(self._summary.identities, most_identities)
        errors, warnings = self._levels["error"], self._levels["warning"]
        return CheckResult(tuple(self._kept), errors, warnings, wanted, self._summary)

    def _add(self, *findings: Finding) -> None:
        for finding in findings:
            self._levels[finding.level] += 1
            if len(self._kept) < FINDING_LIMIT:
                self._kept.append(finding)

    def _count(self, identity: Identity) -> None:
        summary = self._summary
        if not self._seen.add(identity):
            summary.duplicates_removed += 1
            return
        namespace = identity.canonical[0]
        if namespace not in summary.namespaces and len(summary.namespaces) >= NAMESPACE_LIMIT:
            namespace = OTHER_NAMESPACES
        summary.identities += 1
        summary.namespaces[namespace] = summary.namespaces.get(namespace, 0) + 1
        examples = summary.examples.setdefault(namespace, [])
        if len(examples) < EXAMPLES:
            examples.append(mask(identity.value))

    def _about_lists(self) -> Iterator[Finding]:
        if {"identities", "namespacesIdentities"} <= set(self._lists):
            message = _("The file holds both lists of identities. Adobe says: “%(both_lists)s”.") % {"both_lists": BOTH_LISTS}
            yield Finding("error", "both-lists", "namespacesIdentities", None, message, _("Keep one of them."))
        if not self._given:
            message = _("The file names nobody to delete. Adobe says: “%(no_identities)s”") % {"no_identities": NO_IDENTITIES}
            yield Finding(
                "error", "no-identities", self._lists[0] if self._lists else "", None, message, _("Add the identities.")
            )

    def _about_namespaces(self, wanted: Wanted) -> Iterator[Finding]:
        if len(self._summary.namespaces) > 1 and wanted.datasets and wanted.datasets != (ALL,):
            message = _(
                "The identities are of several namespaces, and single datasets are chosen. In a dataset Adobe matches only the "
                "namespace of its primary identity: the others are refused, or find nothing."
            )
            yield Finding("warning", "several-namespaces", "datasetId", None, message, _("Make one record delete a namespace."))
