"""Going through a whole file, and once more through the people who may stand in it twice."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

from django.contrib.humanize.templatetags.humanize import intcomma
from django.utils.translation import gettext as _

from portal.reading.kinds import FileKind, wrong_page
from privacy import envelopes
from privacy.checking.namespaces import Namespaces
from privacy.checking.results import CheckResult, Findings, OpenMatch, Summary, unreadable
from privacy.duplicates import Duplicates, Names
from privacy.known import Catalog
from privacy.products import CJM_COMPANIONS
from privacy.reading import FileProblem, Member, Readable, UserItem, UsersStart, counted_by_table, read_file
from privacy.schema import OPT_OUT, Envelope, Finding, OrganizationRules, Person, key_of, read_person, where
from privacy.splitting import MAX_IDENTITIES, MAX_PEOPLE, Splitter

LOOK_UP_BATCH: Final = 2000


def check_file(
    open_stream: Callable[[], Readable],
    rules: OrganizationRules,
    catalog: Catalog,
    *,
    find_open: Callable[[Sequence[Person]], Iterable[OpenMatch]] = lambda _: (),
    progress: Callable[[int], None] = lambda _: None,
    max_people_per_call: int = MAX_PEOPLE,
    max_identities_per_call: int = MAX_IDENTITIES,
    of_table: bool = False,
) -> CheckResult:
    """Everything that is wrong with a file, what is worth knowing, and what it asks for. Changes nothing.

    `of_table`: the portal has made it of a table, and people are named by the rows of that.
    """
    most = min(rules.max_identities_per_person, max_identities_per_call)
    rules = replace(rules, max_identities_per_person=most)
    check = _Check(rules, catalog, find_open, max_people_per_call, max_identities_per_call, of_table=of_table)
    try:
        for item in _items(open_stream, of_table=of_table, progress=progress):
            check.take(item)
    except FileProblem as problem:
        return unreadable(problem.code, problem.message)
    envelope = check.finish()
    check.find_duplicates(open_stream)
    return check.result(envelope)


def _items(
    open_stream: Callable[[], Readable], *, of_table: bool, progress: Callable[[int], None] = lambda _: None
) -> Iterator[Member | UsersStart | UserItem]:
    """What stands in a file. Raises FileProblem."""
    items = read_file(open_stream(), progress=progress)
    return counted_by_table(items) if of_table else items


def read_people(
    open_stream: Callable[[], Readable], *, progress: Callable[[int], None] = lambda _: None, of_table: bool = False
) -> Iterator[Person]:
    """The people of a file that was checked. Raises ValueError when it does not hold what was checked."""
    anything = OrganizationRules("", frozenset(), 10_000)
    for item in _items(open_stream, of_table=of_table, progress=progress):
        if isinstance(item, UserItem):
            person, findings = read_person(item.row, item.value, anything, item.place)
            if person is None:
                raise ValueError(f"row {item.row} of a checked file has errors: {findings[0].code}")
            yield person


def summarize(
    people: Iterable[Person], *, max_people_per_call: int = MAX_PEOPLE, max_identities_per_call: int = MAX_IDENTITIES
) -> Summary:
    """What these people ask for, in numbers: of a file that was checked, when some of its people are left out."""
    counting = Counting(max_people_per_call, max_identities_per_call)
    for person in people:
        counting.add(person, person.names())
    return counting.finish()


class Counting:
    """Counts into a summary, one person after another."""

    def __init__(self, max_people: int, max_identities: int) -> None:
        self.summary = Summary()
        self.namespaces = Namespaces(self.summary)
        self._splitters = {opt_out: Splitter(max_people, max_identities) for opt_out in (False, True)}

    def add(self, person: Person, names: Names) -> None:
        """One more; `names` are theirs in canonical form."""
        self.summary.people += 1
        summary, actions = self.summary, person.actions
        summary.access_people += "access" in actions
        summary.delete_people += "delete" in actions
        summary.opt_out_people += OPT_OUT in actions
        summary.jobs += len(actions)
        summary.identities += len(names)
        self._splitters[OPT_OUT in actions].add(len(names))
        self.namespaces.count(person, names)

    def finish(self) -> Summary:
        """The summary, once everybody was counted."""
        self.namespaces.settle()
        self.summary.access_delete_calls = self._splitters[False].calls
        self.summary.opt_out_calls = self._splitters[True].calls
        return self.summary


class _Check:
    """One pass over a file."""

    def __init__(
        self,
        rules: OrganizationRules,
        catalog: Catalog,
        find_open: Callable[[Sequence[Person]], Iterable[OpenMatch]],
        max_people: int,
        max_identities: int,
        *,
        of_table: bool,
    ) -> None:
        self.findings = Findings(of_table=of_table)
        self._of_table = of_table
        self._counting = Counting(max_people, max_identities)
        self.summary = self._counting.summary
        self._rules = rules
        self._catalog = catalog
        self._find_open = find_open
        self._members: dict[str, Any] = {}
        self._has_users = False
        self._duplicates = Duplicates()
        self._waiting: list[Person] = []

    def take(self, item: Member | UsersStart | UserItem) -> None:
        match item:
            case Member():
                self._members[item.name] = item.value if item.name in envelopes.KNOWN else None
            case UsersStart():
                self._has_users = True
            case UserItem():
                self._take_user(item)

    def _take_user(self, item: UserItem) -> None:
        person, findings = read_person(item.row, item.value, self._rules, item.place)
        if person is None:
            self.summary.people += 1
            self.findings.add(*findings)
            self._duplicates.note(key_of(item.value), None, [])
            return
        names = person.names()
        self._duplicates.note(person.key, person, names)
        self._counting.add(person, names)
        self._waiting.append(person)
        if len(self._waiting) >= LOOK_UP_BATCH:
            self._look_up()

    def _look_up(self) -> None:
        if not self._waiting:
            return
        # A person may be found by each of their identities: said once, and in the order of the file.
        found = set(self._find_open(self._waiting))
        for match in sorted(found, key=lambda match: (match.row, match.action, match.request_number)):
            message = _("%(where)s: the same %(action)s is already open in %(request_number)s.") % {
                "where": where(match.row, match.key),
                "action": match.action,
                "request_number": match.request_number,
            }
            hint = _("Leave this person out, or confirm to ask Adobe twice.")
            path = f"users[{match.row - 1}]"
            self.findings.add(Finding("warning", "already-open", path, match.row, match.key, message, hint))
        self._waiting = []

    def finish(self) -> Envelope | None:
        """What needs the whole file."""
        self._look_up()
        self._counting.finish()
        if not self._has_users and (elsewhere := wrong_page(self._members, FileKind.REQUEST)):
            self._error("", "other-kind", *elsewhere)
            return None
        if not self._has_users and "users" not in self._members:
            self._error("users", "missing", _("users is missing."), _("Add the list of people."))
        elif not self._has_users:
            self._error("users", "list_type", _("users must be a list."), _("Put the people in square brackets."))
        elif not self.summary.people:
            self._error("users", "too_short", _("users is empty."), _("Name at least one person."))
        envelope, findings = envelopes.read_envelope(self._members, self._rules, self._catalog)
        self.findings.add(*findings)
        if envelope is not None:
            self._compare(envelope)
        return envelope

    def _compare(self, envelope: Envelope) -> None:
        """Warnings about people and products together."""
        missing = [code for code in CJM_COMPANIONS if code not in envelope.products]
        if "cjm" in envelope.products and self.summary.delete_people and missing:
            message = _("A delete in Journey Optimizer stays in processing for ever without its companions.")
            self._warn("include", "cjm-alone", message, _("Add %(missing)s.") % {"missing": ", ".join(missing)})
        products = [self._catalog.products.by_code[code] for code in envelope.products]
        for product in products:
            if self.summary.has_opt_out and product.supports_opt_out is False:
                message = _("%(name)s does not take part in opt-out of sale.") % {"name": product.name}
                self._warn("include", "no-opt-out", message, _("It will answer that this does not apply."))
        self.findings.add(*self._counting.namespaces.findings(products))

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
        for item in _items(open_stream, of_table=self._of_table):
            if isinstance(item, UserItem):
                self._compare_with_seen(item, keys, people, seen)

    def _compare_with_seen(self, item: UserItem, keys: set[int], people: set[int], seen: dict[object, int]) -> None:
        row, path, key = item.row, f"users[{item.row - 1}]", key_of(item.value)
        if key and hash(key) in keys:
            first = seen.setdefault(key, row)
            if first != row:
                message = _("%(where)s: row %(first)s has the same key.") % {"where": where(row, key), "first": intcomma(first)}
                hint = _("Give every person a key of their own.")
                self.findings.add(Finding("error", "duplicate-key", f"{path}.key", row, key, message, hint))
        person, _findings = read_person(row, item.value, self._rules)
        if person is None:
            return
        names = person.names()
        if self._duplicates.hash_person(person, names) in people:
            first = seen.setdefault((*sorted(person.actions), *sorted(names)), row)
            if first != row:
                message = _("%(where)s: row %(first)s has the same identities and actions.") % {
                    "where": where(row, key),
                    "first": intcomma(first),
                }
                hint = _("Remove one of the two.")
                self.findings.add(Finding("error", "duplicate-person", path, row, key, message, hint))

    def result(self, envelope: Envelope | None) -> CheckResult:
        found = self.findings
        return CheckResult(
            tuple(found.kept), found.by_level["error"], found.by_level["warning"], dict(found.by_code), envelope, self.summary
        )
