"""Digests for the search box that were not made with their rows: of people written by older code, and of opt-outs.

A row says with `to_index_at` that it waits. A batch is its own short transaction, and what has its digests is not done again: a
worker that dies half-way is followed by one that goes on.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from typing import Any, Final

from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q

from portal import bulk, clock, crypto
from portal.clock import Moment
from privacy import schema, writing
from privacy.consent.entities import Entity
from privacy.models import DataSubject, IdentityDigest, OptOut, OptOutDigest, PrivacyRequest

logger = logging.getLogger(__name__)

STEP: Final = "index"
PEOPLE_A_BATCH: Final = 500
# What does not open is tried again so much later: a master key may have been missing for a while.
AGAIN_AFTER: Final = timedelta(hours=1)
# So long other workers leave a row alone that one has begun.
AT_IT: Final = timedelta(minutes=2)
# Of an identity that its person does not have any more: found by nothing.
_NOTHING: Final = b""


def requests_due(now: Moment) -> models.QuerySet[PrivacyRequest]:
    """Requests whose people wait for digests."""
    return PrivacyRequest.objects.filter(to_index_at__lte=now)


def opt_outs_due(now: Moment) -> models.QuerySet[OptOut]:
    """Opt-outs that wait for digests."""
    return OptOut.objects.filter(to_index_at__lte=now)


def has_opt_outs() -> bool:
    """Whether an opt-out waits: the step shows the requests."""
    return opt_outs_due(clock.now()).exists()


def index_next() -> int:
    """Do one batch. Returns how many rows it was about; 0 when nothing is due."""
    return _next(requests_due(clock.now()), _index_people) or _next(opt_outs_due(clock.now()), _index_opt_out)


def _next(due: models.QuerySet[Any], index: Callable[[Any], bool]) -> int:
    """The row that waits longest. `index` says whether there is more to do in it."""
    row = due.order_by("to_index_at").select_related("organization__data_key", "data_key").first()
    if row is None:
        return 0
    # Doing it twice does no harm, so this is no lease: it only keeps other workers away while this one is at it.
    if not due.filter(pk=row.pk).update(to_index_at=clock.now() + AT_IT):
        return 1
    later: Moment | None
    try:
        later = clock.now() if row.data_key is not None and index(row) else None
    except crypto.CannotDecrypt:
        logger.warning("what %s names cannot be opened, so it is not found by a search yet", row.number)
        later = clock.now() + AGAIN_AFTER
    type(row).objects.filter(pk=row.pk).update(to_index_at=later)
    return 1


# --- People ---


def _index_people(request: PrivacyRequest) -> bool:
    """The next people of a request. Whether there may be more."""
    people = list(_without_digests(request).order_by("position")[:PEOPLE_A_BATCH])
    index = crypto.blind_index_for(request.organization)
    for subject in people:
        subject.request = request
        subject.officer_key_digest = writing.officer_key_digest(index, subject.officer_key)
    values = {subject.pk: _values_of(index, subject) for subject in people}
    digests = list(IdentityDigest.objects.filter(subject__in=values, namespace="", value_digest=None))
    for row in digests:
        row.value_digest = values[row.subject_id].get(bytes(row.digest), _NOTHING)
    # Whoever was shredded meanwhile stays without: the condition stands in the UPDATE, and digests that are gone are not updated.
    still_there = DataSubject.objects.filter(officer_key_sealed__isnull=False)
    still_there.bulk_update([one for one in people if one.officer_key_sealed], ["officer_key_digest"], batch_size=PEOPLE_A_BATCH)
    IdentityDigest.objects.bulk_update(digests, ["value_digest"], batch_size=PEOPLE_A_BATCH)
    return len(people) == PEOPLE_A_BATCH


def _without_digests(request: PrivacyRequest) -> models.QuerySet[DataSubject]:
    unnamed = IdentityDigest.objects.filter(subject=OuterRef("pk"), namespace="", value_digest=None)
    without_key = Q(officer_key_sealed__isnull=False, officer_key_digest=None)
    return DataSubject.objects.filter(without_key | Q(Exists(unnamed)), request=request)


def _values_of(index: crypto.BlindIndex, subject: DataSubject) -> dict[bytes, bytes]:
    """Digest of an identity -> digest of its value alone."""
    names = writing.person_of(subject, subject.actions).names() if subject.identities else []
    return {writing.identity_digest(index, *name): writing.value_digest(index, name[1]) for name in names}


# --- Opt-outs ---


@transaction.atomic
def _index_opt_out(opt_out: OptOut) -> bool:
    """All identities of an opt-out at once: it has at most 100,000."""
    # The lock that shredding holds as well: one of them sees what the other did.
    if OptOut.objects.select_for_update(no_key=True).get(pk=opt_out.pk).shredded_at is None:
        index = crypto.blind_index_for(opt_out.organization)
        OptOutDigest.objects.filter(opt_out=opt_out).delete()
        # A list: while a COPY runs, the connection that it runs on answers no query, so the calls must have been read before.
        rows = [(digest,) for digest in _digests(index, opt_out)]
        bulk.insert(OptOutDigest, ("digest",), rows, opt_out_id=opt_out.pk)
    return False


def _digests(index: crypto.BlindIndex, opt_out: OptOut) -> Iterator[bytes]:
    for call in opt_out.calls.order_by("ordinal"):
        call.opt_out = opt_out
        for namespace, value in _names(map(Entity.from_dict, call.entities or [])):
            yield writing.identity_digest(index, namespace, value)


def _names(entities: Iterable[Entity]) -> Iterator[tuple[str, str]]:
    for entity in entities:
        canonical = schema.canonical_namespace(entity.namespace, "standard")
        for value in entity.values:
            yield canonical, schema.canonical_value(canonical, value)
