"""The laws a privacy request can be made under, by every code that Adobe has for them. Pure: the rows come from `catalog`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from functools import cached_property

from privacy.deadlines import Deadline

# Written in samples of the Marketo and Customer Attributes pages; the service takes it neither in a request nor in a list.
_IN_SAMPLES = {"pdpa": "pdpa_tha"}


@dataclass(frozen=True)
class Regulation:
    """One law: the code Adobe takes today, what people call it, and older codes that the service still takes for it.

    `misspellings` stand in Adobe's files or on its screens and are refused by the service. `deadlines` are by action; an action
    without one has no due date. What is not offered is still known by its name, but no new request can be made under it.
    """

    code: str
    name: str
    aliases: tuple[str, ...] = ()
    misspellings: tuple[str, ...] = ()
    deadlines: Mapping[str, Deadline] = field(default_factory=dict)
    is_offered: bool = True


@dataclass(frozen=True)
class Regulations:
    """All laws. Codes are found in any casing."""

    entries: tuple[Regulation, ...]

    @cached_property
    def by_code(self) -> dict[str, Regulation]:
        """By today's code in small letters."""
        return {law.code.casefold(): law for law in self.entries}

    @cached_property
    def _by_older_code(self) -> dict[str, Regulation]:
        older = {alias: code for alias, code in _IN_SAMPLES.items() if code in self.by_code}
        aliases = {alias.casefold(): law for law in self.entries for alias in law.aliases}
        return {alias: self.by_code[code] for alias, code in older.items()} | aliases

    @cached_property
    def _by_misspelling(self) -> dict[str, Regulation]:
        return {text.casefold(): law for law in self.entries for text in law.misspellings}

    def find(self, text: str) -> Regulation | None:
        """The law of a code, today's or an older one; None when there is none."""
        folded = text.strip().casefold()
        return self.by_code.get(folded) or self._by_older_code.get(folded)

    def is_legacy(self, text: str) -> bool:
        """Whether this is an older code. Adobe said in 2025 that these would stop working; today's is sent in its place."""
        folded = text.strip().casefold()
        return folded in self._by_older_code and folded not in self.by_code

    def nearest(self, text: str) -> Regulation | None:
        """The law most likely meant by a wrong code, or None when nothing is near."""
        folded = text.strip().casefold()
        if folded in self._by_misspelling:
            return self._by_misspelling[folded]
        close = get_close_matches(folded, [*self.by_code, *self._by_older_code], n=1, cutoff=0.6)
        return self.find(close[0]) if close else None

    def name(self, code: str) -> str:
        """What people call the law; the code itself when it is not known."""
        law = self.by_code.get(code.casefold())
        return law.name if law else code

    def codes_of(self, code: str) -> list[str]:
        """The code given, then every other code of the same law that the service takes: it may list a job under any of them."""
        same = [law for law in self.entries if code in (law.code, *law.aliases)]
        return list(dict.fromkeys([code, *(each for law in same for each in (law.code, *law.aliases))]))

    def deadline(self, code: str, action: str) -> Deadline | None:
        """The rule for a law and an action; None for a law that is not known and where it gives no number."""
        law = self.by_code.get(code.casefold())
        return law.deadlines.get(action) if law else None

    def due_on(self, code: str, action: str, received_on: date) -> date | None:
        """The last day on which an answer is in time, or None."""
        deadline = self.deadline(code, action)
        return deadline.after(received_on) if deadline else None

    def earliest_due(self, code: str, actions: Iterable[str], received_on: date) -> date | None:
        """The first of the due dates of several actions, or None when none of them has one."""
        dates = (self.due_on(code, action, received_on) for action in set(actions))
        return min((each for each in dates if each is not None), default=None)
