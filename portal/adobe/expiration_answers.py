"""Answers of the Data Hygiene API about dataset expirations, read leniently. Pure: bytes in, frozen records out.

What may name a person (names, descriptions, authors) is left out of every `repr`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from portal.adobe.answers import Fields, Unreadable, read_object

PENDING, EXECUTING, COMPLETED, CANCELLED, OTHER = "pending", "executing", "completed", "cancelled", "other"

# Data Hygiene API, dataset expiration: `executed` is the word of an older edition.
_STATUSES = {
    "pending": PENDING,
    "executing": EXECUTING,
    "completed": COMPLETED,
    "executed": COMPLETED,
    "cancelled": CANCELLED,
    "canceled": CANCELLED,
}
# Older payloads call the id `workorderId`.
_ID_FIELDS = ("ttlId", "workorderId")


@dataclass(frozen=True)
class HistoryEntry:
    """One change of an expiration. `status` is Adobe's word: created, updated, cancelled, or one of the execution."""

    status: str
    expiry: datetime | None
    updated_at: datetime | None
    updated_by: str = field(repr=False)


@dataclass(frozen=True)
class ExpirationAnswer:
    """One dataset expiration. `status` is one of this module's words, `status_word` is Adobe's own.

    `history` holds Adobe's entries as they came, oldest first; None when the answer was not one with a history.
    """

    ttl_id: str
    dataset_id: str
    dataset_name: str = field(repr=False)
    sandbox_name: str
    name: str = field(repr=False)
    description: str = field(repr=False)
    status: str
    status_word: str
    expiry: datetime | None
    updated_at: datetime | None
    updated_by: str = field(repr=False)
    history: tuple[Mapping[str, Any], ...] | None = field(repr=False)


@dataclass(frozen=True)
class ExpirationPage:
    """One page of a listing. What Adobe does not say of its size is None."""

    expirations: tuple[ExpirationAnswer, ...]
    total_pages: int | None
    total: int | None


def read_expiration(raw: bytes) -> ExpirationAnswer:
    """Answer to POST, PUT, GET and DELETE of one expiration. Raises Unreadable, also when it names no dataset."""
    return _expiration(Fields(read_object(raw)))


def read_expiration_page(raw: bytes) -> ExpirationPage:
    """Answer to GET /ttl in both of its shapes: `results` with the number of pages, and the older `ttlDetails`.

    An entry that cannot be read makes the page unreadable, because one that is overlooked would be taken for gone. Raises
    Unreadable.
    """
    answer = Fields(read_object(raw))
    entries = answer.list("results", "ttlDetails")
    if entries is None:
        raise Unreadable("no list of expirations in the answer to a listing")
    total = answer.number("total_count")
    return ExpirationPage(
        tuple(_expiration(Fields(entry)) for entry in entries),
        answer.number("total_pages"),
        answer.number("totalRecords") if total is None else total,
    )


def read_history_entry(entry: Any) -> HistoryEntry:
    """One entry of `ExpirationAnswer.history`."""
    fields = Fields(entry)
    return HistoryEntry(fields.text("status"), fields.date("expiry"), fields.date("updatedAt"), fields.text("updatedBy"))


def _expiration(answer: Fields) -> ExpirationAnswer:
    dataset_id = answer.identifier("datasetId")
    if not dataset_id:
        raise Unreadable("an expiration without a dataset")
    word = answer.text("status")
    return ExpirationAnswer(
        ttl_id=next((found for name in _ID_FIELDS if (found := answer.identifier(name))), ""),
        dataset_id=dataset_id,
        dataset_name=answer.text("datasetName"),
        sandbox_name=answer.text("sandboxName"),
        name=answer.text("displayName"),
        description=answer.text("description"),
        status=_STATUSES.get(word.strip().lower(), OTHER),
        status_word=word,
        expiry=answer.date("expiry"),
        updated_at=answer.date("updatedAt"),
        updated_by=answer.text("updatedBy"),
        history=_history(answer.list("history")),
    )


def _history(entries: list[Any] | None) -> tuple[Mapping[str, Any], ...] | None:
    return None if entries is None else tuple(entry for entry in entries if isinstance(entry, Mapping))
