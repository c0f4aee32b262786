"""What happened, in plain words: events of the audit trail as sentences. Each app brings the words of its own events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from portal.models import AuditEvent
from portal.outbound import LIST_UNREAD, LIST_UNREAD_WORDS, PersonReason

MOST_ENTRIES = 100
# Why a call to Adobe did not go as it should: the words that outbound calls of both apps leave in the trail.
CALL_REASONS = {
    "forbidden": "Adobe says that the credential may not do that",
    "credentials": "Adobe refused the credential",
    "missing_org_header": "Adobe missed the organization's id",
    "wrong_address": "there is no such service at the address",
    "limit": "Adobe says that a limit is reached",
    "cannot_decrypt": "its keys do not open here",
    "claim_ran_out": "the worker that was sending it stopped",
    "timeout": "no answer came in time",
    "cut": "the connection was cut before the answer",
    "server_error": "Adobe answered with an error of its own",
    "unreadable": "Adobe's answer could not be read",
    "restored_from_backup": "a backup was restored",
    "throttled": "Adobe asked to slow down",
    "paced": "the organization's calls a minute were used up",
    "day_limit": "the organization's jobs of the day were used up",
    "unauthorized": "Adobe refused the access token",
    "connect": "no connection to Adobe came about",
    "dns": "Adobe's address was not found",
    "tls": "no trusted connection to Adobe came about",
    "token": "no access token could be had",
    "claim_lost": "another worker had taken it over",
    "found_in_list": "Adobe's list shows it",
    "not_found_in_list": "Adobe's list does not show it",
    "not_found": "Adobe no longer has it",
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
    `reasons` and `decisions`: code words of details in words of a page.
    """

    sentences: Mapping[str, tuple[str, str]]
    reasons: Mapping[str, str] = field(default_factory=dict)
    decisions: Mapping[str, str] = field(default_factory=dict)

    def told(self, events: Iterable[AuditEvent]) -> list[Entry]:
        """Each event as a sentence. One whose action has no sentence is told by its own name."""
        return [Entry(*self._sentence(event), event.at, event.actor_name) for event in events]

    def _sentence(self, event: AuditEvent) -> tuple[str, str]:
        words, tone = self.sentences.get(event.action, (event.action.replace(".", " ").replace("_", " ").capitalize(), ""))
        return words.format_map(_Details({name: self._shown(name, value) for name, value in event.details.items()})), tone

    def _shown(self, name: str, value: Any) -> str | int:
        if isinstance(value, int) and not isinstance(value, bool):
            return _Count(value)
        if name == "reason":
            return _Word(self._reason(str(value)))
        return _Word(self.decisions.get(str(value), str(value)))

    def _reason(self, word: str) -> str:
        if word in PersonReason.values:
            return PersonReason(word).label
        return self.reasons.get(word) or CALL_REASONS.get(word) or word.replace("_", " ")


class _Count(int):
    """A number with its noun: `format(_Count(1), "person|people")` is "1 person"."""

    def __format__(self, nouns: str) -> str:
        one, _, many = nouns.partition("|")
        return f"{int(self):,} {one if self == 1 else many}".strip()


class _Word(str):
    """Any other value; a noun beside it is passed over."""

    def __format__(self, nouns: str) -> str:
        return str(self)


class _Some(str):
    """A number or word that an event does not hold; takes any noun."""

    def __format__(self, nouns: str) -> str:
        return f"some {nouns.partition('|')[2]}".strip()


class _Details(dict[str, Any]):
    """Values as a sentence shows them; one that is missing reads as "some"."""

    def __missing__(self, name: str) -> str:
        return _Some()
