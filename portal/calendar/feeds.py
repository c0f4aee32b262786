"""Whose calendar an address is, and what stands in it. The token in the address is kept nowhere; its digest is.

The digest is looked up by an index: who guesses learns nothing from how long that takes, because a digest cannot be guessed at.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils import timezone

from portal.models import CalendarFeed, User

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

TOKEN_BYTES = 32
READ_NOTED_EVERY = timedelta(hours=1)


@dataclass(frozen=True)
class Entry:
    """One day in a calendar. Holds no personal data. `uid`: stays the same when the day moves. `path`: of the page about it."""

    uid: str
    day: date
    words: str
    details: str
    path: str
    changed_at: datetime


@dataclass(frozen=True)
class Source:
    """What an app brings to calendars: whether a person may see it at all, and the entries, nearest first."""

    may_see: Callable[[User | AnonymousUser], bool]
    entries: Callable[[User], Iterable[Entry]]


_sources: list[Source] = []


def add_source(source: Source) -> None:
    """Let calendars hold this, too. Called in `AppConfig.ready`."""
    _sources.append(source)


def sources() -> list[Source]:
    """All of them."""
    return list(_sources)


def renew(person: User) -> str:
    """A new token, of 256 random bits. The one before opens nothing any more."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    fields = {"token_digest": _digest(token), "created_at": timezone.now(), "read_at": None}
    CalendarFeed.objects.update_or_create(user=person, defaults=fields)
    return token


def switch_off(person: User) -> bool:
    """False when it was off already."""
    deleted, _ = CalendarFeed.objects.filter(user=person).delete()
    return bool(deleted)


def owner_of(token: str) -> User | None:
    """Whose address it is; None when it is nobody's, or of somebody who left."""
    feed = CalendarFeed.objects.filter(token_digest=_digest(token), user__is_active=True).select_related("user").first()
    if feed is None:
        return None
    now = timezone.now()
    not_noted = Q(read_at=None) | Q(read_at__lte=now - READ_NOTED_EVERY)
    if feed.read_at is None or feed.read_at <= now - READ_NOTED_EVERY:
        CalendarFeed.objects.filter(not_noted, pk=feed.pk).update(read_at=now)
    return feed.user


def entries_for(person: User) -> list[Entry]:
    """What stands in this person's calendar now."""
    return [entry for source in _sources if source.may_see(person) for entry in source.entries(person)]


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
