"""Whose turn it is, so that one organization's 100,000 people do not hold up another's one.

Every step of background work serves the organization that has waited longest since its last turn, and of that one the most urgent
rows. Finding out who waits reads what is due, which may be much; the answer is therefore used for a while, the longer the more it
cost. Old answers change the order only: that nothing waits is believed of a fresh one alone.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Generic, TypeVar

from django.db import models
from django.db.models import F

from portal import clock
from portal.models import Organization, Pace

# An answer is used for so many times as long as it took: asking costs a twentieth of the time at most.
SHARE = 20.0
# Nor is it used for longer than this: who comes meanwhile waits no longer to be seen.
MOST_SECONDS = 15.0
# So many of an organization's most urgent rows are kept from one look at all of them.
MOST_IDS = 500
_FARTHEST = 3  # steps from a row to its organization

RowT = TypeVar("RowT", bound=models.Model)
AnswerT = TypeVar("AnswerT")


class Remembered(Generic[AnswerT]):
    """Answers that are given again for a while. `ask` is called when there is none, or when it is too old for its cost."""

    def __init__(self) -> None:
        self._answers: dict[object, tuple[AnswerT, float]] = {}

    def get(self, key: object, ask: Callable[[], AnswerT], *, fresh: bool = False) -> AnswerT:
        """The answer to `key`; with `fresh` asked for now."""
        began = time.monotonic()
        if key in self._answers and not fresh:
            answer, good_until = self._answers[key]
            if began < good_until:
                return answer
        answer = ask()
        now = time.monotonic()
        self._answers[key] = (answer, now + min(SHARE * (now - began), MOST_SECONDS))
        return answer


@dataclass
class _Memory:
    """What this process knows. Each has its own: a fork or a crash loses nothing that matters."""

    waiting: Remembered[list[uuid.UUID]] = field(default_factory=Remembered)
    urgent: Remembered[list[uuid.UUID]] = field(default_factory=Remembered)
    served: dict[tuple[object, uuid.UUID], float] = field(default_factory=dict)


_memory = _Memory()


@cache
def path_to_organization(model: type[models.Model]) -> str:
    """The lookup from a row to its organization, such as `request__organization`: the shortest one."""
    paths: list[tuple[str, type[models.Model]]] = [("", model)]
    for _ in range(_FARTHEST):
        further = [(f"{path}{key.name}", key.related_model) for path, at in paths for key in _foreign_keys(at)]
        for path, at in further:
            if at is Organization:
                return path
        paths = [(f"{path}__", at) for path, at in further]
    raise LookupError(f"{model._meta.label} belongs to no organization")


def _foreign_keys(model: type[models.Model]) -> list[Any]:
    return [key for key in model._meta.get_fields() if isinstance(key, models.ForeignKey)]


def by_organization(due: models.QuerySet[RowT], step: str) -> Iterator[models.QuerySet[RowT]]:
    """The part of `due` of each organization that has any, in turn. Taking the next part means that the one before had nothing.

    `step` tells the steps of one table apart. The turns are those of this process: every process serves all.
    """
    if len(_any_two()) < 2:
        yield due
        return
    path, key = path_to_organization(due.model), (due.model, step)
    tried: set[uuid.UUID] = set()
    for fresh in (False, True):
        waiting = set(_waiting(due, path, key, fresh=fresh)) - tried
        tried |= waiting
        for organization_id in sorted(waiting, key=lambda pk: (_memory.served.get((key, pk), 0.0), pk)):
            _memory.served[key, organization_id] = time.monotonic()
            yield due.filter(**{path: organization_id})


def ids_in_turn(due: models.QuerySet[RowT]) -> Iterator[uuid.UUID]:
    """Ids of what is due: of the organization that waited longest first, and of each the most urgent row first.

    The turns are shared by all processes: an organization has had its turn with the first of its rows, before that takes its
    time. A row may have been taken by another process meanwhile.
    """
    path = path_to_organization(due.model)
    tried: set[uuid.UUID] = set()
    for fresh in (False, True):
        all_known = _any_two()
        waiting = all_known if len(all_known) < 2 else _waiting(due, path, due.model, fresh=fresh)
        for organization_id in _longest_waiting_first(waiting):
            is_first = True
            urgent, is_news = _urgent(due.filter(**{path: organization_id}), organization_id, fresh=fresh)
            for row_id in urgent:
                # What was seen a while ago may be gone, or wait for something now.
                if row_id in tried or not ((is_first and is_news) or due.filter(pk=row_id).exists()):
                    continue
                if is_first and len(waiting) > 1:
                    had_its_turn(organization_id)
                is_first = False
                tried.add(row_id)
                yield row_id


def had_its_turn(organization_id: uuid.UUID) -> None:
    """The organization was served: the others come before it now."""
    now = clock.now()
    if not Pace.objects.filter(organization=organization_id).update(last_turn_at=now):
        Pace.objects.bulk_create([Pace(organization_id=organization_id, last_turn_at=now)], ignore_conflicts=True)


def _any_two() -> list[uuid.UUID]:
    """Where there is one organization only, nobody has to be asked who waits."""
    return list(Organization.objects.values_list("pk", flat=True)[:2])


def _waiting(due: models.QuerySet[RowT], path: str, key: object, *, fresh: bool) -> list[uuid.UUID]:
    return _memory.waiting.get(key, lambda: list(due.order_by().values_list(path, flat=True).distinct()), fresh=fresh)


def _urgent(due: models.QuerySet[RowT], organization_id: uuid.UUID, *, fresh: bool) -> tuple[list[uuid.UUID], bool]:
    """The ids, and whether they were read just now."""
    news: list[uuid.UUID] = []

    def ask() -> list[uuid.UUID]:
        news.extend(due.values_list("pk", flat=True)[:MOST_IDS])
        return news

    answer = _memory.urgent.get((due.model, organization_id), ask, fresh=fresh)
    return answer, answer is news


def _longest_waiting_first(organization_ids: list[uuid.UUID]) -> list[uuid.UUID]:
    if len(organization_ids) < 2:
        return organization_ids
    waited = Organization.objects.filter(pk__in=organization_ids)
    return list(waited.order_by(F("pace__last_turn_at").asc(nulls_first=True), "pk").values_list("pk", flat=True))
