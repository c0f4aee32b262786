"""Searches as rows: sealed under a key of their own, read by whoever searched, and gone after a day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from portal import audit
from portal.audit import AuditRecord
from portal.ids import new_id
from portal.models import DataKey, Organization, Search, User
from portal.search.finding import Group, Wanted

KEPT: Final = timedelta(days=1)
KEY_OWNER: Final = "search"
ACTION: Final = "subject.searched"


def keep(user: User, wanted: Wanted) -> Search:
    """A row for what was typed."""
    search_id = new_id()
    row = Search(id=search_id, user=user, data_key=DataKey.objects.make(KEY_OWNER, search_id))
    row.wanted = {"text": wanted.typed}
    row.save(force_insert=True)
    return row


def kept(user: User, search_id: UUID) -> Search | None:
    """A search of this person's, not older than a day; None for everything else."""
    since = timezone.now() - KEPT
    own = Search.objects.filter(user=user, at__gt=since, data_key__isnull=False)
    return own.select_related("data_key").filter(pk=search_id).first()


def wanted_of(row: Search) -> Wanted:
    """What was typed. Raises CannotDecrypt."""
    return Wanted(row.wanted["text"])


def record(user: User, groups: Sequence[Group]) -> None:
    """A line in the trail of each organization of which something was found, with numbers only; one line when nothing was."""
    by_organization: dict[UUID, dict[str, int]] = {}
    for group in groups:
        for hit in group.hits:
            counts = by_organization.setdefault(hit.organization_id, {})
            counts[group.finder.name] = counts.get(group.finder.name, 0) + 1
    organizations = Organization.objects.in_bulk(list(by_organization))
    lines = [
        AuditRecord(ACTION, user, organizations[pk], None, None, {"found": sum(counts.values())} | counts)
        for pk, counts in by_organization.items()
    ]
    audit.record_many(lines or [AuditRecord(ACTION, user, None, None, None, {"found": 0})])


def forget_old() -> int:
    """Remove searches of more than a day, with their keys. Returns how many."""
    before = timezone.now() - KEPT
    with transaction.atomic():
        gone, _ = Search.objects.filter(at__lte=before).delete()
        # Also of people who were removed, and with them their searches.
        DataKey.objects.filter(owner_kind=KEY_OWNER, created_at__lte=before).delete()
    return gone
