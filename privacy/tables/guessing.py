"""A guess of what each column is, by its name and by what stands in it. A person sees it before anything is done with it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from privacy.schema import QUALIFIERS
from privacy.tables import words
from privacy.tables.heads import Head
from privacy.tables.mapping import Column, Form, Mapping, Use

_MOST_WRONG: Final = 0.2
_BY_VALUE: Final = (
    (re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+"), "Email"),
    (re.compile(r"\d{38}"), "ECID"),
    (re.compile(r"[0-9A-F]{16}-[0-9A-F]{16}", re.IGNORECASE), "AAID"),
    (re.compile(r"\+\d[\d ()-]{6,18}"), "Phone"),
)
# `loyaltyCard (integrationCode)`, as the template has it.
_WITH_TYPE: Final = re.compile(rf"(.+?)\s*[(/]\s*({'|'.join(QUALIFIERS)})\s*\)?", re.IGNORECASE)
_LONG_NAMES: Final = ((words.NAMESPACE_NAMES, Use.NAMESPACE), (words.VALUE_NAMES, Use.VALUE), (words.TYPE_NAMES, Use.TYPE))
_NAMES: Final = ((words.KEY_NAMES, Use.KEY), (words.ACTION_NAMES, Use.ACTION))


def guess(head: Head, namespaces: Sequence[tuple[str, str]]) -> Mapping:
    """What the columns probably are. `namespaces`: the (namespace, type) that the organization's products take."""
    names = {words.folded(name) for name in head.columns}
    is_long = bool(names & words.NAMESPACE_NAMES and names & words.VALUE_NAMES)
    columns: list[Column] = []
    for place, name in enumerate(head.columns):
        values = [row.cells[place] for row in head.rows if row.cells[place]]
        column = _long_column(name) if is_long else _wide_column(name, values, namespaces)
        # A key, and what a person asks for, stand in one column only.
        taken = column.use != Use.IDENTITY and any(column.use == other.use for other in columns)
        columns.append(Column() if taken else column)
    return Mapping(Form.LONG if is_long else Form.WIDE, tuple(columns))


def _long_column(name: str) -> Column:
    return Column(_use_of(name, (*_LONG_NAMES, *_NAMES)))


def _wide_column(name: str, values: list[str], namespaces: Sequence[tuple[str, str]]) -> Column:
    if use := _use_of(name, _NAMES):
        return Column(use)
    if with_type := _WITH_TYPE.fullmatch(name):
        return Column(Use.IDENTITY, with_type[1], words.QUALIFIER_WORDS[with_type[2].casefold()])
    # `Email 2` is a second column of e-mail addresses.
    folded = words.folded(name)
    standard = words.STANDARD.get(folded) or words.STANDARD.get(folded.rstrip("0123456789"))
    if standard:
        return Column(Use.IDENTITY, standard, "standard")
    for namespace, type_ in namespaces:
        if namespace.casefold() == name.casefold():
            return Column(Use.IDENTITY, namespace, type_)
    return _by_values(values)


def _use_of(name: str, known: Sequence[tuple[frozenset[str], Use]]) -> str:
    folded = words.folded(name)
    return next((use.value for names, use in known if folded in names), Use.LEFT_OUT.value)


def _by_values(values: list[str]) -> Column:
    for pattern, namespace in _BY_VALUE:
        if values and sum(not pattern.fullmatch(value) for value in values) <= _MOST_WRONG * len(values):
            return Column(Use.IDENTITY, namespace, "standard")
    if values and all(words.actions_in(value) for value in values):
        return Column(Use.ACTION)
    return Column()
