"""Counting calls of unknown outcome, whichever kind they are."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Q, QuerySet

from portal.outbound import CallState
from portal.registry import Figure

NAME = "portal_calls_of_unknown_outcome"


def unknown_outcomes(kind: str, words: str, calls: QuerySet[Any, Any]) -> list[Figure]:
    """How many of `calls` are still looked for, and how many wait for a person. `words`: what they are, in the plural."""
    unknown = calls.filter(state=CallState.UNKNOWN).order_by()
    counts = unknown.aggregate(look=Count("pk", filter=Q(person_reason="")), person=Count("pk", filter=~Q(person_reason="")))
    labels = {"kind": kind}
    return [
        Figure(NAME, f"Outcome unknown, to be looked for: {words}", counts["look"], labels | {"waits_for": "look"}),
        Figure(
            NAME,
            f"Outcome unknown, waiting for a person: {words}",
            counts["person"],
            labels | {"waits_for": "person"},
            needs_person=True,
        ),
    ]
