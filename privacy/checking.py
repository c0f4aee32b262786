"""Checks a whole file: every finding at once, and a summary of what it asks for. Memory does not grow with the file.

Duplicates are found by 8-byte hashes, one for each person and kind; only candidates are read a second time, and compared.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final

from portal.masking import mask
from portal.reading.kinds import FileKind, wrong_page
from privacy import envelopes, pass_namespaces
from privacy.duplicates import Duplicates, Names
from privacy.known import Catalog
from privacy.products import CJM_COMPANIONS
from privacy.reading import FileProblem, Member, Readable, UserItem, UsersStart, read_file
from privacy.schema import (
    OPT_OUT,
    Envelope,
    Finding,
    Identity,
    OrganizationRules,
    Person,
    key_of,
    read_person,
    shown,
    where,
)
from privacy.splitting import MAX_IDENTITIES, MAX_PEOPLE, Splitter

FINDING_LIMIT: Final = 500
LOOK_UP_BATCH: Final = 2000
EXAMPLES: Final = 3
# A file names a handful of namespaces; beyond this many they are counted together, so that memory stays the same.
NAMESPACE_LIMIT: Final = 200
OTHER_NAMESPACES: Final = "other namespaces"


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


class _Findings:
    """Keeps the first findings and counts all."""

    def __init__(self) -> None:
        self.kept: list[Finding] = []
        self.by_level: Counter[str] = Counter()
        self.by_code: Counter[str] = Counter()

    def add(self, *findings: Finding) -> None:
        for finding in findings:
            self.by_level[finding.level] += 1
            self.by_code[finding.code] += 1
            if len(self.kept) < FINDING_LIMIT:
                self.kept.append(finding)


def check_file(
    open_stream: Callable[[], Readable],
    rules: OrganizationRules,
    catalog: Catalog,
    *,
    find_open: Callable[[Sequence[Person]], Iterable[OpenMatch]] = lambda _: (),
    progress: Callable[[int], None] = lambda _: None,
    max_people_per_call: int = MAX_PEOPLE,
    max_identities_per_call: int = MAX_IDENTITIES,
) -> CheckResult:
    """Everything that is wrong with a file, what is worth knowing, and what it asks for. Changes nothing."""
    most = min(rules.max_identities_per_person, max_identities_per_call)
    rules = replace(rules, max_identities_per_person=most)
    check = _Check(rules, catalog, find_open, max_people_per_call, max_identities_per_call)
    try:
        for item in read_file(open_stream(), progress=progress):
            check.take(item)
    except FileProblem as problem:
        return unreadable(problem.code, problem.message)
    envelope = check.finish()
    check.find_duplicates(open_stream)
    return check.result(envelope)


def unreadable(code: str, message: str) -> CheckResult:
    """The result for a file of which nothing can be said but one sentence."""
    finding = Finding("error", code, "", None, None, message, "")
    return CheckResult((finding,), 1, 0, {code: 1}, None, Summary(), readable=False)


def read_people(open_stream: Callable[[], Readable]) -> Iterator[Person]:
    """The people of a file that was checked. Raises ValueError when it does not hold what was checked."""
    anything = OrganizationRules("", frozenset(), 10_000)
    for item in read_file(open_stream()):
        if isinstance(item, UserItem):
            person, findings = read_person(item.row, item.value, anything)
            if person is None:
                raise ValueError(f"row {item.row} of a checked file has errors: {findings[0].code}")
            yield person


@dataclass
class _Named:
    """One namespace and type of the file: where it is named first, as it is written there, and how often."""

    row: int
    place: int
    text: str
    count: int = 0

    @property
    def path(self) -> str:
        """The person who names it first."""
        return f"users[{self.row - 1}]"

    @property
    def how_many(self) -> str:
        """In words."""
        return f"{self.count:,}, first in row {self.row:,}"


class _Check:
    """One pass over a file."""

    def __init__(
        self,
        rules: OrganizationRules,
        catalog: Catalog,
        find_open: Callable[[Sequence[Person]], Iterable[OpenMatch]],
        max_people: int,
        max_identities: int,
    ) -> None:
        self.findings = _Findings()
        self.summary = Summary()
        self._rules = rules
        self._catalog = catalog
        self._find_open = find_open
        self._members: dict[str, Any] = {}
        self._has_users = False
        self._duplicates = Duplicates()
        self._waiting: list[Person] = []
        self._splitters = {opt_out: Splitter(max_people, max_identities) for opt_out in (False, True)}
        # By canonical namespace and type.
        self._namespaces: dict[tuple[str, str], _Named] = {}
        # Those meant for Adobe Pass, by namespace as it is written and type: their casing matters.
        self._pass: dict[tuple[str, str], _Named] = {}
        # By namespace as it is written, type and canonical namespace: those that have their examples are counted only.
        self._more: dict[tuple[str, str, str], int] = {}

    def take(self, item: Member | UsersStart | UserItem) -> None:
        match item:
            case Member():
                self._members[item.name] = item.value if item.name in envelopes.KNOWN else None
            case UsersStart():
                self._has_users = True
            case UserItem():
                self._take_user(item)

    def _take_user(self, item: UserItem) -> None:
        person, findings = read_person(item.row, item.value, self._rules)
        self.summary.people += 1
        if person is None:
            self.findings.add(*findings)
            self._duplicates.note(key_of(item.value), None, [])
            return
        names = person.names()
        self._duplicates.note(person.key, person, names)
        self._count(person, names)
        self._waiting.append(person)
        if len(self._waiting) >= LOOK_UP_BATCH:
            self._look_up()

    def _count(self, person: Person, names: Names) -> None:
        summary, actions = self.summary, person.actions
        summary.access_people += "access" in actions
        summary.delete_people += "delete" in actions
        summary.opt_out_people += OPT_OUT in actions
        summary.jobs += len(actions)
        summary.identities += len(names)
        self._splitters[OPT_OUT in actions].add(len(names))
        for place, (identity, (namespace, _)) in enumerate(zip(person.identities, names, strict=True)):
            spelling = (identity.namespace, identity.type, namespace)
            if spelling in self._more:
                self._more[spelling] += 1
            else:
                self._meet(person.row, place, identity, namespace)

    def _meet(self, row: int, place: int, identity: Identity, canonical: str) -> None:
        """Count an identity of a namespace that is new, or one of very many, and take it for an example."""
        self._note_pass(row, place, identity)
        if len(self._namespaces) >= NAMESPACE_LIMIT and (canonical, identity.type) not in self._namespaces:
            self._add(OTHER_NAMESPACES, 1)
        else:
            named = _Named(row, place, shown(identity.namespace))
            self._namespaces.setdefault((canonical, identity.type), named).count += 1
            self._add(canonical, 1)
        name = canonical if (canonical, identity.type) in self._namespaces else OTHER_NAMESPACES
        examples = self.summary.masked_examples.setdefault(name, [])
        if len(examples) < EXAMPLES:
            examples.append(mask(identity.value))
        elif name == canonical and len(self._more) < NAMESPACE_LIMIT:
            self._more[identity.namespace, identity.type, canonical] = 0

    def _add(self, name: str, count: int) -> None:
        by_namespace = self.summary.identities_by_namespace
        by_namespace[name] = by_namespace.get(name, 0) + count

    def _add_more(self) -> None:
        """Those that were counted quickly."""
        for (namespace, type_, canonical), count in self._more.items():
            self._add(canonical, count)
            self._namespaces[canonical, type_].count += count
            if (namespace, type_) in self._pass:
                self._pass[namespace, type_].count += count
        self._more.clear()

    def _note_pass(self, row: int, place: int, identity: Identity) -> None:
        if len(self._pass) < NAMESPACE_LIMIT and pass_namespaces.is_meant(identity.namespace):
            named = _Named(row, place, shown(identity.namespace))
            self._pass.setdefault((identity.namespace, identity.type), named).count += 1

    def _look_up(self) -> None:
        if not self._waiting:
            return
        # A person may be found by each of their identities: said once, and in the order of the file.
        found = set(self._find_open(self._waiting))
        for match in sorted(found, key=lambda match: (match.row, match.action, match.request_number)):
            message = f"{where(match.row, match.key)}: the same {match.action} is already open in {match.request_number}."
            hint = "Leave this person out, or confirm to ask Adobe twice."
            path = f"users[{match.row - 1}]"
            self.findings.add(Finding("warning", "already-open", path, match.row, match.key, message, hint))
        self._waiting = []

    def finish(self) -> Envelope | None:
        """What needs the whole file."""
        self._look_up()
        self._add_more()
        if not self._has_users and (elsewhere := wrong_page(self._members, FileKind.REQUEST)):
            self._error("", "other-kind", *elsewhere)
            return None
        if not self._has_users and "users" not in self._members:
            self._error("users", "missing", "users is missing.", "Add the list of people.")
        elif not self._has_users:
            self._error("users", "list_type", "users must be a list.", "Put the people in square brackets.")
        elif not self.summary.people:
            self._error("users", "too_short", "users is empty.", "Name at least one person.")
        self.summary.access_delete_calls = self._splitters[False].calls
        self.summary.opt_out_calls = self._splitters[True].calls
        envelope, findings = envelopes.read_envelope(self._members, self._rules, self._catalog)
        self.findings.add(*findings)
        if envelope is not None:
            self._compare(envelope)
        return envelope

    def _compare(self, envelope: Envelope) -> None:
        """Warnings about people and products together."""
        missing = [code for code in CJM_COMPANIONS if code not in envelope.products]
        if "cjm" in envelope.products and self.summary.delete_people and missing:
            message = "A delete in Journey Optimizer stays in processing for ever without its companions."
            self._warn("include", "cjm-alone", message, f"Add {', '.join(missing)}.")
        products = [self._catalog.products.by_code[code] for code in envelope.products]
        for product in products:
            if self.summary.has_opt_out and product.supports_opt_out is False:
                message = f"{product.name} does not take part in opt-out of sale."
                self._warn("include", "no-opt-out", message, "It will answer that this does not apply.")
        self._compare_pass(pass_namespaces.PRODUCT in envelope.products)
        for (namespace, type_), named in self._namespaces.items():
            if any(product.takes(namespace, type_) for product in products) or pass_namespaces.is_meant(namespace):
                continue
            name = shown(namespace)
            message = f"None of the products takes {name} identities of type {type_} ({named.how_many})."
            hint = "Adobe will answer that it does not know them. Check the namespace and its type."
            if envelope.products == (pass_namespaces.PRODUCT,):
                hint = f"Adobe Pass takes the provider (MVPD) in the namespace. {pass_namespaces.hint(named.text)}"
            self.findings.add(Finding("warning", "namespace", f"{named.path}.userIDs", named.row, None, message, hint))

    def _compare_pass(self, is_asked: bool) -> None:
        """Adobe Pass finds nobody under a namespace that is written in another way, and says that it is done."""
        if self._pass and not is_asked:
            message = "Identities of Adobe Pass are named, and Adobe Pass is not among the products."
            self._warn("include", "pass-not-asked", message, f"Add {pass_namespaces.PRODUCT}, or leave these identities out.")
            return
        for (namespace, type_), named in self._pass.items():
            if problem := pass_namespaces.problem(namespace, type_):
                path = f"{named.path}.userIDs[{named.place}].{'type' if problem.endswith(pass_namespaces.TYPE) else 'namespace'}"
                message = f"The identity {named.text} of Adobe Pass ({named.how_many}) {problem}."
                hint = pass_namespaces.hint(namespace)
                self.findings.add(Finding("error", "pass-namespace", path, named.row, None, message, hint))

    def _error(self, path: str, code: str, message: str, hint: str) -> None:
        self.findings.add(Finding("error", code, path, None, None, message, hint))

    def _warn(self, path: str, code: str, message: str, hint: str) -> None:
        self.findings.add(Finding("warning", code, path, None, None, message, hint))

    def find_duplicates(self, open_stream: Callable[[], Readable]) -> None:
        """Read the candidates a second time, and only when there are any."""
        keys, people = self._duplicates.keys.repeated(), self._duplicates.people.repeated()
        if not keys and not people:
            return
        seen: dict[object, int] = {}
        for item in read_file(open_stream()):
            if isinstance(item, UserItem):
                self._compare_with_seen(item, keys, people, seen)

    def _compare_with_seen(self, item: UserItem, keys: set[int], people: set[int], seen: dict[object, int]) -> None:
        row, path, key = item.row, f"users[{item.row - 1}]", key_of(item.value)
        if key and hash(key) in keys:
            first = seen.setdefault(key, row)
            if first != row:
                message = f"{where(row, key)}: row {first:,} has the same key."
                hint = "Give every person a key of their own."
                self.findings.add(Finding("error", "duplicate-key", f"{path}.key", row, key, message, hint))
        person, _ = read_person(row, item.value, self._rules)
        if person is None:
            return
        names = person.names()
        if self._duplicates.hash_person(person, names) in people:
            first = seen.setdefault((*sorted(person.actions), *sorted(names)), row)
            if first != row:
                message = f"{where(row, key)}: row {first:,} has the same identities and actions."
                hint = "Remove one of the two."
                self.findings.add(Finding("error", "duplicate-person", path, row, key, message, hint))

    def result(self, envelope: Envelope | None) -> CheckResult:
        found = self.findings
        return CheckResult(
            tuple(found.kept), found.by_level["error"], found.by_level["warning"], dict(found.by_code), envelope, self.summary
        )
