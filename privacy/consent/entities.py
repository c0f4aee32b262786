"""What an opt-out names: standard namespaces, each with values. Read leniently, sent strictly.

Source of the shape: Privacy Service API, consent. Unlike in jobs the name is spelled `nameSpace`, only Adobe's standard
namespaces are taken, and no value may stand twice.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from django.contrib.humanize.templatetags.humanize import intcomma
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop

from privacy.schema import ADOBE_NAMES, Finding, canonical_namespace, canonical_value, shown

MOST_FINDINGS = 100
LONGEST_VALUE = 1000
# Canonical name -> the name as Adobe writes it.
STANDARD = {canonical_namespace(name, "standard"): name for name in ADOBE_NAMES.values()}
_CANONICAL = {name: canonical for canonical, name in STANDARD.items()}
# What people call them, for the form; those that are asked for most stand first.
LABELS = {
    "Email": noop("E-mail address"),
    "ECID": noop("Experience Cloud ID"),
    "Phone": noop("Phone number"),
    "CORE": noop("Audience Manager UUID"),
    "AdCloud": noop("Advertising Cloud"),
    "AAID": noop("Analytics cookie"),
    "TNTID": noop("Target"),
    "GAID": noop("Google advertising ID"),
    "IDFA": noop("Apple advertising ID"),
    "WAID": noop("Windows advertising ID"),
}
# In the only sample that Adobe gives of this call it is written small.
_ON_THE_WIRE = {"Email": "email"}
_ROUNDED = re.compile(r"\d([.,]\d+)?[eE]\+\d+")


@dataclass(frozen=True)
class Entity:
    """One namespace, by Adobe's name, with its values in the order they came. `duplicates`: how many were left out."""

    namespace: str
    values: tuple[str, ...] = field(repr=False)
    duplicates: int = 0

    def to_dict(self) -> dict[str, Any]:
        """For storage."""
        return {"nameSpace": self.namespace, "values": list(self.values), "duplicates": self.duplicates}

    @classmethod
    def from_dict(cls, stored: dict[str, Any]) -> Entity:
        """The reverse of `to_dict`."""
        return cls(stored["nameSpace"], tuple(stored["values"]), stored.get("duplicates", 0))

    def wire(self) -> dict[str, Any]:
        """One entry of `entities`."""
        return {"nameSpace": _ON_THE_WIRE.get(self.namespace, self.namespace), "values": list(self.values)}


@dataclass(frozen=True)
class Checked:
    """What was asked for, or everything that is wrong with it.

    `findings` are the first of `error_count` errors; with none of them there is at least one value. `left_out`: members or
    columns that the call does not have.
    """

    entities: tuple[Entity, ...]
    findings: tuple[Finding, ...] = ()
    error_count: int = 0
    opt_out_of_sale: bool = True
    left_out: int = 0

    @property
    def values(self) -> int:
        """How many there are in all."""
        return sum(len(entity.values) for entity in self.entities)

    @property
    def duplicates(self) -> int:
        """How many values stood there a second time."""
        return sum(entity.duplicates for entity in self.entities)


@dataclass
class Collector:
    """Gathers values one by one, each once, and what is wrong with the others."""

    findings: list[Finding] = field(default_factory=list)
    error_count: int = 0
    opt_out_of_sale: bool = True
    left_out: int = 0
    _values: dict[str, dict[str, str]] = field(default_factory=dict)
    _duplicates: dict[str, int] = field(default_factory=dict)

    def error(self, code: str, path: str, message: str, hint: str) -> None:
        """Note what is wrong; beyond MOST_FINDINGS errors are only counted."""
        self.error_count += 1
        if len(self.findings) < MOST_FINDINGS:
            self.findings.append(Finding("error", code, path, None, None, message, hint))

    def namespace(self, given: Any, path: str, where: str) -> str | None:
        """Adobe's name of a namespace, or None when it is none that this call takes."""
        if not isinstance(given, str) or not given.strip():
            self.error("namespace", path, _("%(where)s: the namespace is missing.") % {"where": where}, _one_of())
            return None
        name = standard_name(given)
        if name is None:
            near = get_close_matches(given.strip().casefold(), STANDARD, n=1)
            hint = (
                _("Did you mean %(words)s? %(one_of)s") % {"words": STANDARD[near[0]], "one_of": _one_of()} if near else _one_of()
            )
            self.error(
                "namespace",
                path,
                _("%(where)s: “%(shown)s” is not a standard namespace of Adobe's.")
                % {"where": where, "shown": shown(given.strip())},
                hint,
            )
        return name

    def add(self, namespace: str, given: Any, path: str, where: str) -> None:
        """Take one value of a namespace that `namespace` has named."""
        if isinstance(given, int) and not isinstance(given, bool):
            self.error("unquoted", path, _("%(where)s: the value is a number.") % {"where": where}, _("Put it in quotes."))
            return
        if not isinstance(given, str):
            self.error("value", path, _("%(where)s: the value is not a text.") % {"where": where}, _("Write it in quotes."))
            return
        value = given.strip()
        if problem := _problem(value):
            self.error("value", path, f"{where}: {problem[0]}.", problem[1])
            return
        known = self._values.setdefault(namespace, {})
        key = canonical_value(_CANONICAL[namespace], value)
        if key in known:
            self._duplicates[namespace] = self._duplicates.get(namespace, 0) + 1
        else:
            known[key] = value

    def checked(self) -> Checked:
        """The result. No value at all, though nothing is wrong, is an error too."""
        if not self._values and not self.error_count:
            self.error("empty", "", _("There is nobody in it."), _("Give at least one namespace with one value."))
        entities = tuple(
            Entity(name, tuple(values.values()), self._duplicates.get(name, 0)) for name, values in self._values.items()
        )
        return Checked(entities, tuple(self.findings), self.error_count, self.opt_out_of_sale, self.left_out)


def standard_name(given: str) -> str | None:
    """Adobe's name for a standard namespace in any casing, or by its number (`6` is Email); None for any other."""
    return STANDARD.get(canonical_namespace(given, "standard"))


def _one_of() -> str:
    return _("Use one of: %(labels)s.") % {"labels": ", ".join(LABELS)}


def _problem(value: str) -> tuple[str, str] | None:
    """What is wrong with a value, and what to do; None when nothing is."""
    if not value:
        return _("the value is empty"), _("Fill it in, or take it out.")
    if len(value) > LONGEST_VALUE:
        return _("the value is longer than %(longest_value)s characters") % {"longest_value": intcomma(LONGEST_VALUE)}, _(
            "Check that no quote or line end is missing."
        )
    if _ROUNDED.fullmatch(value):
        return _("a spreadsheet has rounded the value"), _("Format the column as text, and fill the value in anew.")
    if not value.isprintable():
        return _("the value holds a line end or another character that cannot be seen"), _("Take it out.")
    return None


def packed(entities: Sequence[Entity], most: int) -> Iterator[tuple[Entity, ...]]:
    """The same values in order, in as few calls of at most `most` values each as there can be."""
    part: list[Entity] = []
    room = most
    for entity in entities:
        values = entity.values
        while values:
            part.append(Entity(entity.namespace, values[:room]))
            room -= len(part[-1].values)
            values = values[len(part[-1].values) :]
            if not room:
                yield tuple(part)
                part, room = [], most
    if part:
        yield tuple(part)
