"""The audit trail: `record` is the only writer of events, `seal` chains them, `verify` proves the chain.

Events are added by anyone at any time; nobody waits for a seal. The sealer takes all events that have no leaf yet, writes one
leaf for each and one AuditSeal with their Merkle root and the hash of the seal before. Changing, deleting or reordering anything
sealed breaks the chain from that seal on.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

from django.db import IntegrityError, models, transaction
from django.utils import timezone

from portal import logs
from portal.models import AuditEvent, AuditLeaf, AuditSeal, Organization, User
from portal.webhooks import events as webhooks

Scalar = str | int | float | bool | None
GENESIS = b"\0" * 32
BATCH = 1000
# What text from outside may hold and PostgreSQL cannot keep.
_UNKEEPABLE = re.compile("[\0\ud800-\udfff]")


@dataclass(frozen=True)
class AuditRecord:
    """What `record` takes, for many at once. `details` hold ids, counts and codes, never personal data."""

    action: str
    actor: User | None = None
    organization: Organization | None = None
    obj: models.Model | None = None
    root_id: UUID | None = None
    details: Mapping[str, Scalar] = field(default_factory=dict)


def record(
    action: str,
    *,
    actor: User | None,
    organization: Organization | None,
    obj: models.Model | None,
    root_id: UUID | None = None,
    details: Mapping[str, Scalar] | None = None,
) -> AuditEvent:
    """Write one event in the caller's transaction. Raises TypeError for details that are not plain values."""
    return record_many([AuditRecord(action, actor, organization, obj, root_id, details or {})])[0]


def discarded_by(actor: User | None) -> str:
    """What became of something that nobody confirmed: a person discarded it, or (None) its time was over."""
    return "discarded" if actor is not None else "expired"


def record_many(records: Sequence[AuditRecord]) -> list[AuditEvent]:
    """Write many events with one statement; internal systems are told of those they want to know."""
    now = timezone.now()
    events = AuditEvent.objects.bulk_create([_event(entry, now) for entry in records], batch_size=BATCH)
    webhooks.notice(records, now)
    return events


def _event(entry: AuditRecord, at: datetime) -> AuditEvent:
    return AuditEvent(
        at=at,
        action=entry.action,
        actor_id=str(entry.actor.pk) if entry.actor else "",
        actor_name=entry.actor.get_username() if entry.actor else "",
        organization_id=str(entry.organization.pk) if entry.organization else "",
        object_type=entry.obj._meta.label if entry.obj else "",
        object_id=str(entry.obj.pk) if entry.obj else "",
        root_id=str(entry.root_id) if entry.root_id else "",
        correlation_id=logs.correlation_id(),
        details={name: _plain(name, value) for name, value in entry.details.items()},
    )


def _plain(name: str, value: Scalar) -> Scalar:
    if not isinstance(value, str | int | float | bool | None):
        raise TypeError(f"audit detail {name} is not a plain value")
    if isinstance(value, float) and not math.isfinite(value):
        raise TypeError(f"audit detail {name} is not a finite number")
    # One character of somebody else's code word must neither lose the event nor stop the sealer.
    return _UNKEEPABLE.sub("\ufffd", value) if isinstance(value, str) else value


def canonical_bytes(event: AuditEvent) -> bytes:
    """The event as the bytes that are hashed: version 1, UTF-8 JSON with sorted keys, the time in UTC with microseconds."""
    content = {
        "v": 1,
        "id": str(event.pk),
        "at": event.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "action": event.action,
        "actor_id": event.actor_id,
        "actor_name": event.actor_name,
        "organization_id": event.organization_id,
        "object_type": event.object_type,
        "object_id": event.object_id,
        "root_id": event.root_id,
        "correlation_id": event.correlation_id,
        "details": event.details,
    }
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


# --- Seals ---


def leaf_hash(event: AuditEvent) -> bytes:
    """A leaf is hashed apart from inner nodes, so that neither can be passed off as the other (RFC 6962)."""
    return hashlib.sha256(b"\x00" + canonical_bytes(event)).digest()


def merkle_root(leaves: Sequence[bytes]) -> bytes:
    """The root over the leaves in order; an odd node goes up unchanged."""
    level = list(leaves)
    while len(level) > 1:
        pairs = [level[i : i + 2] for i in range(0, len(level), 2)]
        level = [hashlib.sha256(b"\x01" + b"".join(pair)).digest() if len(pair) == 2 else pair[0] for pair in pairs]
    return level[0] if level else hashlib.sha256(b"").digest()


def seal_hash(sequence: int, sealed_at: datetime, event_count: int, root: bytes, previous: bytes) -> bytes:
    """What the next seal names as the one before."""
    head = f"seal-v1|{sequence}|{sealed_at.astimezone(UTC).isoformat(timespec='microseconds')}|{event_count}|"
    return hashlib.sha256(head.encode() + root + previous).digest()


def seal(limit: int = 10_000) -> AuditSeal | None:
    """Seal up to `limit` events that are not sealed yet. None when there are none, or another sealer was faster."""
    try:
        with transaction.atomic():
            return _seal(limit)
    except IntegrityError:
        # The sequence number or a leaf is taken: the other sealer's work stands, ours is rolled back.
        return None


def _seal(limit: int) -> AuditSeal | None:
    sealed = AuditLeaf.objects.filter(event_id=models.OuterRef("pk"))
    events = list(AuditEvent.objects.filter(~models.Exists(sealed)).order_by("at", "id")[:limit])
    if not events:
        return None
    last = AuditSeal.objects.order_by("-sequence").first()
    sequence, previous = (last.sequence + 1, bytes(last.hash)) if last else (1, GENESIS)
    leaves = [leaf_hash(event) for event in events]
    now, root = timezone.now(), merkle_root(leaves)
    created = AuditSeal.objects.create(
        sequence=sequence,
        sealed_at=now,
        event_count=len(events),
        merkle_root=root,
        previous_hash=previous,
        hash=seal_hash(sequence, now, len(events), root, previous),
    )
    AuditLeaf.objects.bulk_create(
        [
            AuditLeaf(event_id=event.pk, seal=created, position=position, leaf_hash=leaf)
            for position, (event, leaf) in enumerate(zip(events, leaves, strict=True))
        ],
        batch_size=BATCH,
    )
    return created


# --- Verification ---


@dataclass(frozen=True)
class AuditReport:
    """What `verify` found. `first_broken` is the sequence number of the first seal that does not hold.

    `head` is the hash of the newest seal. Who notes it elsewhere can tell later that no newer part was cut off the chain.
    """

    ok: bool
    seals: int
    events: int
    unsealed: int
    first_broken: int | None = None
    reason: str = ""
    head: str = ""


def verify() -> AuditReport:
    """Check every seal against its events and the seal before, oldest first; stops at the first that does not hold."""
    previous, seals, events = GENESIS, 0, 0
    for one in AuditSeal.objects.order_by("sequence").iterator():
        reason = _broken(one, seals + 1, previous)
        if reason:
            return AuditReport(False, seals, events, _unsealed(), one.sequence, reason)
        previous = bytes(one.hash)
        seals, events = seals + 1, events + one.event_count
    lost = _first_lost_seal()
    if lost is not None:
        return AuditReport(False, seals, events, _unsealed(), lost, "its leaves are there and it is gone")
    return AuditReport(True, seals, events, _unsealed(), head=previous.hex() if seals else "")


def _first_lost_seal() -> int | None:
    there = AuditSeal.objects.filter(pk=models.OuterRef("seal_id"))
    leaves = AuditLeaf.objects.filter(~models.Exists(there))
    sequence: int | None = leaves.aggregate(first=models.Min("seal_id"))["first"]
    return sequence


def _broken(one: AuditSeal, expected_sequence: int, previous: bytes) -> str:
    if one.sequence != expected_sequence:
        return "a seal before it is missing"
    if bytes(one.previous_hash) != previous:
        return "it does not follow the seal before it"
    leaves = list(one.leaves.order_by("position").values_list("event_id", "leaf_hash"))
    if len(leaves) != one.event_count:
        return "it does not hold as many events as it says"
    if merkle_root([bytes(leaf) for _, leaf in leaves]) != bytes(one.merkle_root):
        return "its root does not match its leaves"
    if seal_hash(one.sequence, one.sealed_at, one.event_count, bytes(one.merkle_root), previous) != bytes(one.hash):
        return "it was changed"
    return next(_changed_events([(event_id, bytes(leaf)) for event_id, leaf in leaves]), "")


def _changed_events(leaves: Sequence[tuple[UUID, bytes]]) -> Iterator[str]:
    for start in range(0, len(leaves), BATCH):
        part = leaves[start : start + BATCH]
        found = AuditEvent.objects.in_bulk([event_id for event_id, _ in part])
        for event_id, leaf in part:
            if event_id not in found:
                yield f"event {event_id} is gone"
            elif leaf_hash(found[event_id]) != leaf:
                yield f"event {event_id} was changed"


def _unsealed() -> int:
    sealed = AuditLeaf.objects.filter(event_id=models.OuterRef("pk"))
    return AuditEvent.objects.filter(~models.Exists(sealed)).count()
