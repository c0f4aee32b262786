"""From a file, a form or a payload to what an opt-out names.

A file is JSON in the shape of Adobe's call, or CSV with a namespace and a value in each row. It is read whole, so its size is
limited.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from django.contrib.humanize.templatetags.humanize import intcomma
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from ijson import ObjectBuilder

from portal.reading import MAX_DEPTH, FileProblem, Readable, read_json
from portal.reading.kinds import FileKind, wrong_page
from portal.reading.text import BOM, refuse_other_formats
from privacy.consent.entities import STANDARD, Checked, Collector
from privacy.schema import shown

MOST_BYTES = 8 * 1024 * 1024
MOST_VALUES = 100_000
SEPARATORS = (",", ";", "\t", "|")
_LOOKED_AT = 20
_MOST_EVENTS = 4 * MOST_VALUES
_NAMESPACE_COLUMN = frozenset({"namespace", "namespace code", "identity namespace"})
_VALUE_COLUMN = frozenset({"value", "values", "id", "identity", "identity value"})
_OF_THE_CALL = frozenset({"optoutofsale", "entities"})
# What Adobe's specification allows beside them: the organization is compared, references are our own.
_ORGANIZATION = frozenset({"orgid", "imsorgid"})
_REFERENCES = frozenset({"requestid", "transactionid"})
_TOO_MANY = _("There are more than %(most_values)s values, the most that one opt-out takes here. Split it into several.") % {
    "most_values": intcomma(MOST_VALUES)
}


def read_file(stream: Readable, ims_org_id: str) -> Checked:
    """What a file names. Raises FileProblem when it cannot be read at all; the message may name a part of the file."""
    content = _whole(stream)
    if not content.strip():
        raise FileProblem("empty", _("The file is empty. Choose the file again, or export it again."))
    _refuse_others(content)
    if content.removeprefix(BOM).lstrip()[:1] in (b"{", b"["):
        payload: Any = next(read_json(io.BytesIO(content), _Whole()), None)
        return check_payload(payload, ims_org_id)
    return _check_csv(content)


def read_typed(namespace: str, lines: str) -> Checked:
    """What a form names: values of one namespace, one a line. Raises FileProblem for too many."""
    found = Collector()
    name = found.namespace(namespace, "namespace", "Namespace")
    filled = [(number, line) for number, line in enumerate(lines.splitlines(), start=1) if line.strip()]
    if len(filled) > MOST_VALUES:
        raise FileProblem("too-many", _TOO_MANY)
    for number, line in filled if name else ():
        found.add(name or "", line, "", f"Line {number:,}")
    return found.checked()


# --- JSON ---


def check_payload(payload: Any, ims_org_id: str) -> Checked:
    """What the body of a consent call names. Raises FileProblem for too many values."""
    found = Collector()
    if not isinstance(payload, Mapping):
        found.error("not-an-object", "", _("An opt-out is one JSON object, { … }."), _("Put optOutOfSale and entities into it."))
        return found.checked()
    if elsewhere := wrong_page(payload, FileKind.OPT_OUT):
        found.error("other-kind", "", *elsewhere)
        return found.checked()
    members = _members(payload, "", found)
    found.opt_out_of_sale = _meaning(members.get("optoutofsale"), found)
    _compare_organization(members, ims_org_id, found)
    known = _OF_THE_CALL | _ORGANIZATION | _REFERENCES
    found.left_out = len(members.keys() - known) + len(members.keys() & _REFERENCES)
    name, entities = members.get("entities", ("entities", None))
    if not isinstance(entities, list):
        found.error("entities", name, _("entities is missing, or is not a list."), _('Write it as "entities": [ … ].'))
        return found.checked()
    _add_entities(entities, name, found)
    return found.checked()


def _members(entry: Mapping[str, Any], path: str, found: Collector) -> dict[str, tuple[str, Any]]:
    """The members by name in any casing, each with the name as it is spelled; one that stands in two spellings is an error."""
    members: dict[str, tuple[str, Any]] = {}
    for name, value in entry.items():
        first, _value = members.setdefault(name.casefold(), (name, value))
        if first != name:
            message = _("%(shown)s and %(shown_2)s are two spellings of one member.") % {
                "shown": shown(first),
                "shown_2": shown(name),
            }
            found.error("twice", path or name, message, _("Keep one of them, so that it is clear which counts."))
    return members


def _meaning(member: tuple[str, Any] | None, found: Collector) -> bool:
    name, value = member or ("optOutOfSale", None)
    if isinstance(value, str) and value.strip().casefold() in ("true", "false"):
        value = value.strip().casefold() == "true"
    if isinstance(value, bool):
        return value
    words = _("is missing") if value is None else _("must be true or false")
    found.error("opt-out-of-sale", name, _("optOutOfSale %(words)s.") % {"words": words}, _("Write true to opt out."))
    return True


def _compare_organization(members: Mapping[str, tuple[str, Any]], ims_org_id: str, found: Collector) -> None:
    for each in _ORGANIZATION & members.keys():
        name, value = members[each]
        if not isinstance(value, str) or value.strip().casefold() != ims_org_id.casefold():
            message = _("%(name)s is not the IMS organization that was chosen, %(ims_org_id)s.") % {
                "name": name,
                "ims_org_id": ims_org_id,
            }
            found.error("organization", name, message, _("Choose the other organization, or correct it."))


def _add_entities(entities: list[Any], at: str, found: Collector) -> None:
    taken = 0
    for place, entity in enumerate(entities):
        path, where = f"{at}[{place}]", f"Entity {place + 1:,}"
        if not isinstance(entity, Mapping):
            found.error(
                "entity",
                path,
                _("%(where)s must be an object.") % {"where": where},
                _("Write a nameSpace and values in curly brackets."),
            )
            continue
        members = _members(entity, path, found)
        found.left_out += len(members.keys() - {"namespace", "values"})
        spelled, given = members.get("namespace", ("nameSpace", None))
        namespace = found.namespace(given, f"{path}.{spelled}", where)
        spelled, values = members.get("values", ("values", None))
        if not isinstance(values, list) or not values:
            found.error(
                "values",
                f"{path}.{spelled}",
                _("%(where)s: values is missing, empty, or not a list.") % {"where": where},
                _("Give at least one."),
            )
            continue
        taken += len(values)
        if taken > MOST_VALUES:
            raise FileProblem("too-many", _TOO_MANY)
        for number, value in enumerate(values if namespace else ()):
            found.add(
                namespace or "",
                value,
                f"{path}.{spelled}[{number}]",
                _("%(where)s, value %(number)s") % {"where": where, "number": intcomma(number + 1)},
            )


class _Whole:
    """Builds the one value of a file from parser events; names that stand twice and endless nesting are refused."""

    def __init__(self) -> None:
        self._builder = ObjectBuilder()
        self._names: list[set[str]] = []
        self._events = 0

    @property
    def is_open(self) -> bool:
        """Whether the file's value has begun and not ended."""
        return bool(self._names)

    def take(self, events: Iterable[tuple[str, Any]]) -> Iterator[Any]:
        """The value, once it is complete. Raises FileProblem."""
        for event, value in events:
            self._watch(event, value)
            self._builder.event(event, value)
            if not self._names:
                yield self._builder.value

    def _watch(self, event: str, value: Any) -> None:
        self._events += 1
        if self._events > _MOST_EVENTS:
            raise FileProblem("too-many", _TOO_MANY)
        if event == "map_key":
            if value in self._names[-1]:
                message = _(
                    "The key “%(shown)s” stands twice in one object. Keep one of them, so that it is clear which counts."
                ) % {"shown": shown(value)}
                raise FileProblem("duplicate-json-key", message)
            self._names[-1].add(value)
        elif event in ("start_map", "start_array"):
            self._names.append(set())
            if len(self._names) > MAX_DEPTH:
                raise FileProblem(
                    "too-deep",
                    _("The file is nested deeper than %(max_depth)s levels. An opt-out needs four.") % {"max_depth": MAX_DEPTH},
                )
        elif event in ("end_map", "end_array"):
            self._names.pop()


# --- CSV ---


def _check_csv(content: bytes) -> Checked:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        message = _("The file is not UTF-8: byte %(number)s does not belong to it. Save the file again as UTF-8.") % {
            "number": intcomma(error.start + 1)
        }
        raise FileProblem("not-utf8", message) from None
    found = Collector()
    try:
        _add_rows(_rows(text, _separator(text)), found)
    except csv.Error:
        raise FileProblem("not-csv", _("The file is neither JSON nor CSV that can be read. Export it again.")) from None
    return found.checked()


def _rows(text: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    """Each row that is not blank, with the line in which it ends."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    for row in reader:
        cells = [cell.strip() for cell in row]
        if any(cells):
            yield reader.line_num, cells


def _separator(text: str) -> str:
    """The one by which the most of the first rows get a namespace, or at least columns."""

    def fitting(separator: str) -> tuple[int, int]:
        rows = [cells for _, cells in islice(_rows(text, separator), _LOOKED_AT) if len(cells) > 1]
        return sum(any(_is_namespace(cell) for cell in cells) for cells in rows), len(rows)

    # Of equals the first.
    return max(SEPARATORS, key=fitting)


def _is_namespace(cell: str) -> bool:
    return cell.casefold() in STANDARD or cell.casefold() in _NAMESPACE_COLUMN


def _add_rows(rows: Iterator[tuple[int, list[str]]], found: Collector) -> None:
    columns: tuple[int, int] | None = None
    taken = 0
    for number, (line, cells) in enumerate(rows):
        if number == 0 and (columns := _named_columns(cells)):
            found.left_out = len(cells) - 2
            continue
        taken += 1
        if taken > MOST_VALUES:
            raise FileProblem("too-many", _TOO_MANY)
        _add_row(cells, columns, line, found)


def _named_columns(cells: list[str]) -> tuple[int, int] | None:
    """Where a header puts the namespace and the value; None when the first row is no header."""
    folded = [cell.casefold() for cell in cells]
    namespace = next((place for place, cell in enumerate(folded) if cell in _NAMESPACE_COLUMN), None)
    value = next((place for place, cell in enumerate(folded) if cell in _VALUE_COLUMN), None)
    return None if namespace is None or value is None else (namespace, value)


def _add_row(cells: list[str], columns: tuple[int, int] | None, line: int, found: Collector) -> None:
    where = _("Line %(line)s") % {"line": intcomma(line)}
    filled = len(cells) - next((place for place, cell in enumerate(reversed(cells)) if cell), 0)
    if columns is None and filled != 2:
        words = ngettext("%(number)s column", "%(number)s columns", filled) % {"number": intcomma(filled)}
        hint = _("Write the namespace, a comma and the value; put a value that holds a comma in double quotes.")
        found.error(
            "columns",
            f"line {line}",
            _("%(where)s: it has %(words)s. A row is a namespace and a value.") % {"where": where, "words": words},
            hint,
        )
        return
    at_namespace, at_value = columns or (0, 1)
    given = cells[at_namespace] if at_namespace < len(cells) else ""
    name = found.namespace(given, _("line %(line)s, namespace") % {"line": line}, where)
    if name:
        found.add(name, cells[at_value] if at_value < len(cells) else "", _("line %(line)s, value") % {"line": line}, where)


# --- Bytes ---


def _whole(stream: Readable) -> bytes:
    parts: list[bytes] = []
    size = 0
    while part := stream.read(64 * 1024):
        parts.append(part)
        size += len(part)
        if size > MOST_BYTES:
            most = MOST_BYTES // 1024 // 1024
            raise FileProblem(
                "too-large",
                _("The file is larger than %(most)s MB, the most that an opt-out takes. Split it into several.") % {"most": most},
            )
    return b"".join(parts)


def _refuse_others(content: bytes) -> None:
    try:
        refuse_other_formats(content)
    except FileProblem as problem:
        if problem.code == "encoding":
            raise
        message = _("The file is an archive, a spreadsheet or a PDF. Choose a JSON file, or save the sheet as CSV (UTF-8).")
        raise FileProblem(problem.code, message) from None
