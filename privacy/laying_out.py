"""Free JSON of a product's answer as rows of a page: a name, a value, and rows below it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop

from portal.adobe.answers import read_date

MOST_ROWS = 200
# A job has as many answers as products, each with its own rows.
MOST_ROWS_OF_JOB = 2000
_DEEPEST_INDENT = 5
_WORDS = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])")
_KNOWN = {
    "processed": noop("Found and processed"),
    "ignored": noop("Not found, ignored"),
    "receiptData": noop("Receipt"),
    "userContexts": noop("Identities"),
    "createdAt": noop("Created at"),
    "jobId": noop("Job id"),
    "requestId": noop("Request id"),
    "userKey": noop("Key at Adobe"),
    "userIds": noop("Identities"),
    "userIDs": noop("Identities"),
    "userID": noop("Identity"),
    "submittedBy": noop("Sent by"),
    "createdDate": noop("Created at"),
    "lastModifiedDate": noop("Last change"),
    "processedDate": noop("Last word"),
    "productResponses": noop("Products"),
    "productStatusResponse": noop("Answer"),
    "responseMsgCode": noop("Code"),
    "responseMsgDetail": noop("Details"),
    "retryCount": noop("Tries again"),
    "isDeletedClientSide": noop("Deleted in the browser"),
    "qualifiedCount": noop("Records found"),
    "downloadURL": noop("Result at"),
    "downloadUrl": noop("Result at"),
    "childJobs": noop("Further jobs"),
    "numberOfAuthenticationSessions": noop("Authentication sessions"),
    "numberOfAuthorizationDecisions": noop("Authorization decisions"),
    "dataSetIds": noop("Datasets"),
}
_TIMES = frozenset({"createdAt", "createdDate", "lastModifiedDate", "processedDate"})


@dataclass(frozen=True)
class Row:
    """One line at a depth of 0 and more; `value` is empty for a heading of the rows below it.

    `moment`: the time that `value` names, where it is known to be one.
    """

    depth: int
    name: str
    value: str
    moment: datetime | None = None

    @property
    def indent(self) -> int:
        """How far a page sets it in."""
        return min(self.depth, _DEEPEST_INDENT)


def rows(tree: Any, most: int = MOST_ROWS) -> list[Row]:
    """The lines of an answer, at most so many."""
    found: list[Row] = []
    for row in _rows(tree, 0):
        if len(found) == most:
            return [*found, Row(0, _("And more"), _("The whole answer stands in the raw answer."))]
        found.append(row)
    return found


def _rows(tree: Any, depth: int) -> Iterator[Row]:
    if isinstance(tree, dict):
        for name, value in tree.items():
            if name in _TIMES and (moment := read_date(value)):
                yield Row(depth, label(name), _text(value), moment)
            else:
                yield from _member(label(name), value, depth)
    elif isinstance(tree, list):
        for place, value in enumerate(tree, 1):
            yield from _member(f"{place}", value, depth)
    elif tree is not None:
        yield Row(depth, "Answer", _text(tree))


def _member(name: str, value: Any, depth: int) -> Iterator[Row]:
    if isinstance(value, list) and all(not isinstance(item, dict | list) for item in value):
        yield Row(depth, f"{name} ({len(value):,})", ", ".join(_text(item) for item in value) or "none")
    elif isinstance(value, dict | list) and value:
        yield Row(depth, name, "")
        yield from _rows(value, depth + 1)
    else:
        yield Row(depth, name, _text(value) if value not in ({}, []) else "none")


def label(name: str) -> str:
    """`numberOfClicks` as "Number of clicks"; names we know get words of ours."""
    if name in _KNOWN:
        return _(_KNOWN[name])
    words = [word if word.isupper() and len(word) > 1 else word.lower() for word in _WORDS.findall(name)]
    text = " ".join(words) or name
    return text[0].upper() + text[1:] if text else name


def _text(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
