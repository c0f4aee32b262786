"""From rows to the people of a request file, and the rows that are no person with the reason.

Reasons name rows and never what stands in them: whoever may see the table opens it at that row.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from itertools import groupby
from typing import Any, Final, NamedTuple

from django.utils.translation import gettext as _

from portal.reading import FileProblem
from privacy.schema import ADOBE_NAMES, Identity, OrganizationRules, Person, read_person
from privacy.tables import words
from privacy.tables.mapping import Form, Mapping, Use
from privacy.tables.rows import MOST_ROWS, Row

# Of a long table whose rows of a person do not stand together: they are held in memory.
MOST_SCATTERED: Final = 200_000
_ROUNDED: Final = re.compile(r"\d(?:[.,]\d+)?E\+?\d+", re.IGNORECASE)
_ADOBE_SPELLING: Final = {name.casefold(): name for name in ADOBE_NAMES.values()}


class Good(NamedTuple):
    """One person as an entry of `users`, how many rows it took, and the first of them."""

    entry: dict[str, Any]
    rows: int
    row: int


class Bad(NamedTuple):
    """One row that cannot be taken. `reason` is a sentence or two that begin with its number."""

    row: Row
    reason: str


def people(
    open_rows: Callable[[], Iterator[Row]], mapping: Mapping, rules: OrganizationRules, *, has_header: bool
) -> Iterator[Good | Bad]:
    """Everybody in the table, in its order. `open_rows` starts at the first row each time. Raises FileProblem."""
    reader = _Reader(mapping, rules)
    if mapping.form == Form.WIDE:
        for row in _below_header(open_rows(), has_header=has_header):
            yield from reader.person([row])
        return
    for group in _groups(open_rows, mapping, has_header=has_header):
        yield from reader.person(group)


def _below_header(rows: Iterator[Row], *, has_header: bool) -> Iterator[Row]:
    for place, row in enumerate(rows):
        if place > MOST_ROWS:
            message = _("The table has more than %(most)s rows. Split it into several files.")
            raise FileProblem("too-many", message % {"most": f"{MOST_ROWS:,}"})
        if place or not has_header:
            yield row


def _groups(open_rows: Callable[[], Iterator[Row]], mapping: Mapping, *, has_header: bool) -> Iterator[list[Row]]:
    """The rows of each person. Those that stand together are read as a stream; scattered ones are gathered in memory."""

    def rows() -> Iterator[Row]:
        return _below_header(open_rows(), has_header=has_header)

    def key(row: Row) -> str:
        return mapping.cell(row.cells, Use.KEY)

    if _stand_together(rows(), key):
        for _key, group in groupby(rows(), key):
            yield list(group)
        return
    gathered: dict[str, list[Row]] = {}
    for count, row in enumerate(rows(), start=1):
        if count > MOST_SCATTERED:
            message = _("Rows of one person stand apart, and there are more than %(most)s rows. Sort the table by the key.")
            raise FileProblem("scattered", message % {"most": f"{MOST_SCATTERED:,}"})
        gathered.setdefault(key(row), []).append(row)
    yield from gathered.values()


def _stand_together(rows: Iterator[Row], key: Callable[[Row], str]) -> bool:
    """Told by hashes, so that keys are not held."""
    seen: set[int] = set()
    last = ""
    for row in rows:
        name = key(row)
        if name and name != last:
            if hash(name) in seen:
                return False
            seen.add(hash(name))
        last = name
    return True


class _Reader:
    """Reads one person after another, and knows who came before."""

    def __init__(self, mapping: Mapping, rules: OrganizationRules) -> None:
        self._mapping, self._rules = mapping, rules
        # By hash -> the row that came first.
        self._keys: dict[int, int] = {}
        self._people: dict[int, int] = {}

    def person(self, rows: list[Row]) -> Iterator[Good | Bad]:
        """The person in these rows, or each of them with a reason: half a person would not be what was asked for."""
        is_long = self._mapping.form == Form.LONG
        if is_long and not self._mapping.cell(rows[0].cells, Use.KEY):
            hint = _("Row %(row)s: the key is empty, so that nobody knows whose identity this is. Fill it in.")
            yield from (Bad(row, hint % {"row": row.number}) for row in rows)
            return
        says_what = self._says_what(rows)
        reasons = {row.number: list(self._wrong_in(row, says_what=says_what)) for row in rows}
        entry: dict[str, Any] = {}
        if not any(reasons.values()):
            entry = self._entry(rows)
            reasons[rows[0].number] = list(self._wrong_about(rows[0].number, entry))
        if not any(reasons.values()):
            yield Good(entry, len(rows), rows[0].number)
            return
        first = next(number for number, found in reasons.items() if found)
        beside = _("Row %(row)s: left out too, since row %(other)s of the same person is wrong.")
        for row in rows:
            yield Bad(row, " ".join(reasons[row.number]) or beside % {"row": row.number, "other": first})

    # --- One row ---

    def _says_what(self, rows: list[Row]) -> bool:
        """Whether it is known what the person asks for; one of the rows may say it for all."""
        return bool(self._mapping.actions) or any(self._mapping.cell(row.cells, Use.ACTION) for row in rows)

    def _wrong_in(self, row: Row, *, says_what: bool) -> Iterator[str]:
        mapping, at = self._mapping, {"row": row.number}
        asked = mapping.cell(row.cells, Use.ACTION)
        if asked and words.actions_in(asked) is None:
            yield _("Row %(row)s: what the person asks for is not access, delete or opt-out-of-sale.") % at
        elif not says_what:
            yield _("Row %(row)s: what the person asks for is empty. Write access, delete or opt-out-of-sale.") % at
        values = [(namespace, row.cells[place]) for place, namespace in self._filled(row)]
        if not values and mapping.form == Form.WIDE:
            yield _("Row %(row)s: no identity stands in it. Fill in at least one.") % at
        if mapping.form == Form.LONG:
            yield from self._wrong_in_long(row)
        for namespace, value in values:
            yield from _spoiled(row.number, namespace, value)

    def _wrong_in_long(self, row: Row) -> Iterator[str]:
        mapping, at = self._mapping, {"row": row.number}
        if not mapping.cell(row.cells, Use.NAMESPACE):
            yield _("Row %(row)s: the namespace is empty. Fill it in, such as Email.") % at
        if not mapping.cell(row.cells, Use.VALUE):
            yield _("Row %(row)s: the value is empty. Fill it in.") % at
        type_ = mapping.cell(row.cells, Use.TYPE)
        if type_ and type_.casefold() not in words.QUALIFIER_WORDS:
            known = ", ".join(words.QUALIFIER_WORDS.values())
            yield _("Row %(row)s: the type is not one that Adobe knows. Use one of: %(known)s.") % (at | {"known": known})

    def _filled(self, row: Row) -> Iterator[tuple[int, str]]:
        """Where identities stand in a row, with what their namespace is called in a reason."""
        if self._mapping.form == Form.LONG:
            place = self._mapping.places[Use.VALUE]
            if place < len(row.cells) and row.cells[place]:
                yield place, ""
            return
        for place, column in self._mapping.identities:
            if place < len(row.cells) and row.cells[place]:
                yield place, column.namespace

    # --- One person ---

    def _entry(self, rows: list[Row]) -> dict[str, Any]:
        key = self._mapping.cell(rows[0].cells, Use.KEY)
        asked = [action for row in rows for action in words.actions_in(self._mapping.cell(row.cells, Use.ACTION)) or ()]
        identities = [identity for row in rows for identity in self._identities(row)]
        entry: dict[str, Any] = {"key": key} if key else {}
        return entry | {
            "action": list(dict.fromkeys(asked)) or list(self._mapping.actions),
            # The same address in two columns is one identity.
            "userIDs": [identity.to_dict() for identity in dict.fromkeys(identities)],
        }

    def _identities(self, row: Row) -> Iterator[Identity]:
        mapping = self._mapping
        if mapping.form == Form.WIDE:
            for place, _namespace in self._filled(row):
                yield Identity(mapping.columns[place].namespace, row.cells[place], mapping.columns[place].type)
            return
        given = mapping.cell(row.cells, Use.NAMESPACE)
        namespace = _ADOBE_SPELLING.get(given.casefold(), given)
        default = "standard" if namespace in _ADOBE_SPELLING.values() else "custom"
        type_ = words.QUALIFIER_WORDS.get(mapping.cell(row.cells, Use.TYPE).casefold(), default)
        yield Identity(namespace, mapping.cell(row.cells, Use.VALUE), type_)

    def _wrong_about(self, number: int, entry: dict[str, Any]) -> Iterator[str]:
        """What the rules of a request file say, and whether the person stands in the table twice."""
        without_key = {name: value for name, value in entry.items() if name != "key"}
        person, findings = read_person(number, without_key, self._rules)
        yield from (f"{finding.message} {finding.hint}" for finding in findings)
        if key := entry.get("key"):
            first = self._keys.setdefault(hash(key), number)
            if first != number:
                same = _("Row %(row)s: row %(first)s has the same key. Give every person a key of their own.")
                yield same % {"row": number, "first": first}
        if person is not None and (first := self._first_of(person)) != number:
            same = _("Row %(row)s: row %(first)s has the same identities and actions. Remove one of the two.")
            yield same % {"row": number, "first": first}

    def _first_of(self, person: Person) -> int:
        alike = hash((frozenset(person.actions), frozenset(person.names())))
        return self._people.setdefault(alike, person.row)


def _spoiled(number: int, namespace: str, value: str) -> Iterator[str]:
    """A value that a spreadsheet has changed is nobody's identity."""
    at = {"row": number, "what": namespace or _("the value")}
    if _ROUNDED.fullmatch(value):
        words_ = _("Row %(row)s: a spreadsheet has rounded %(what)s to 15 digits. Format the column as text and enter it again.")
        yield words_ % at
    elif value in _error_codes():
        yield _("Row %(row)s: %(what)s shows an error of the spreadsheet. Correct the formula.") % at


@cache
def _error_codes() -> tuple[str, ...]:
    from openpyxl.cell.cell import ERROR_CODES  # noqa: PLC0415 - a tenth of the start of every process

    return ERROR_CODES
