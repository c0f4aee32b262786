"""What happened, in plain words: events of the audit trail as sentences. Each app brings the words of its own events."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.contrib.humanize.templatetags.humanize import intcomma
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop

from portal.models import AuditEvent
from portal.outbound import LIST_UNREAD, LIST_UNREAD_WORDS, PersonReason

MOST_ENTRIES = 100
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
# Why a call to Adobe did not go as it should: the words that outbound calls of both apps leave in the trail.
CALL_REASONS = {
    "forbidden": noop("Adobe says that the credential may not do that"),
    "credentials": noop("Adobe refused the credential"),
    "missing_org_header": noop("Adobe missed the organization's id"),
    "wrong_address": noop("there is no such service at the address"),
    "limit": noop("Adobe says that a limit is reached"),
    "cannot_decrypt": noop("its keys do not open here"),
    "claim_ran_out": noop("the worker that was sending it stopped"),
    "timeout": noop("no answer came in time"),
    "cut": noop("the connection was cut before the answer"),
    "server_error": noop("Adobe answered with an error of its own"),
    "unreadable": noop("Adobe's answer could not be read"),
    "restored_from_backup": noop("a backup was restored"),
    "throttled": noop("Adobe asked to slow down"),
    "paced": noop("the organization's calls a minute were used up"),
    "day_limit": noop("the organization's jobs of the day were used up"),
    "unauthorized": noop("Adobe refused the access token"),
    "connect": noop("no connection to Adobe came about"),
    "dns": noop("Adobe's address was not found"),
    "tls": noop("no trusted connection to Adobe came about"),
    "token": noop("no access token could be had"),
    "claim_lost": noop("another worker had taken it over"),
    "found_in_list": noop("Adobe's list shows it"),
    "not_found_in_list": noop("Adobe's list does not show it"),
    "not_found": noop("Adobe no longer has it"),
    LIST_UNREAD: LIST_UNREAD_WORDS,
}


@dataclass(frozen=True)
class Entry:
    """One line: what happened, how it turned out (a tone), when, and who did it (empty: the portal by itself)."""

    words: str
    tone: str
    at: datetime
    who: str


@dataclass(frozen=True)
class Vocabulary:
    """The words of one app's events.

    `sentences`: action -> (sentence, tone). A sentence takes details by name, numbers with their noun: `{people:person|people}`.
    `reasons` and `decisions`: code words of details in words of a page, where need be as `name=word`. `of_adobe`: actions that
    tell what Adobe did.
    """

    sentences: Mapping[str, tuple[str, str]]
    reasons: Mapping[str, str] = field(default_factory=dict)
    decisions: Mapping[str, str] = field(default_factory=dict)
    of_adobe: frozenset[str] = frozenset()

    def told(self, events: Iterable[AuditEvent]) -> list[Entry]:
        """Each event as a sentence. One whose action has no sentence is told by its own name."""
        return [Entry(*self._sentence(event), event.at, self._who(event)) for event in events]

    def _who(self, event: AuditEvent) -> str:
        return event.actor_name or ("Adobe" if event.action in self.of_adobe else "")

    def _sentence(self, event: AuditEvent) -> tuple[str, str]:
        words, tone = self.sentences.get(event.action, (event.action.replace(".", " ").replace("_", " ").capitalize(), ""))
        return _(words).format_map(_Details({name: self._shown(name, value) for name, value in event.details.items()})), tone

    def _shown(self, name: str, value: Any) -> str | int:
        if isinstance(value, int) and not isinstance(value, bool):
            return _Count(value)
        if name == "reason":
            return _Word(self._reason(str(value)))
        if isinstance(value, str) and _DAY.fullmatch(value):
            return _Word(date_format(date.fromisoformat(value), "j M Y"))
        known = self.decisions.get(f"{name}={value}") or self.decisions.get(str(value))
        return _Word(_(known) if known else value)

    def _reason(self, word: str) -> str:
        if word in PersonReason.values:
            return str(PersonReason(word).label)
        known = self.reasons.get(word) or CALL_REASONS.get(word)
        return _(known) if known else word.replace("_", " ")


class _Count(int):
    """A number with its noun: `format(_Count(1), "person|people")` is "1 person"."""

    def __format__(self, nouns: str) -> str:
        one, _bar, many = nouns.partition("|")
        return f"{intcomma(int(self))} {one if self == 1 else many}".strip()


class _Word(str):
    """Any other value; a noun beside it is passed over."""

    def __format__(self, nouns: str) -> str:
        return str(self)


class _Some(str):
    """A number or word that an event does not hold; takes any noun."""

    def __format__(self, nouns: str) -> str:
        return _("some %(things)s") % {"things": nouns.partition("|")[2]} if nouns.partition("|")[2] else _("some")


class _Details(dict[str, Any]):
    """Values as a sentence shows them; one that is missing reads as "some"."""

    def __missing__(self, name: str) -> str:
        return _Some()
