"""A confirmed request is prepared by a worker: its people, digests, jobs and calls are written, in batches under a lease."""

from __future__ import annotations

import itertools
import logging
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress

from django.db import transaction
from django.utils import timezone

from portal import audit, clock, crypto, leases, steps
from portal.interludes import Interlude
from privacy import schema
from privacy.intake.receiving import MUCH_SHORTER, people_of
from privacy.intake.refusals import NotPossible
from privacy.models import PrivacyRequest, Upload
from privacy.querysets import PrivacyRequestQuerySet
from privacy.statuses import Action, Origin, RequestStatus
from privacy.writing import LEASE_SECONDS, LeaseLost, Writer, people_again

logger = logging.getLogger(__name__)

BATCH_PEOPLE = 1000


def prepare_next() -> int:
    """Write the people and the calls of one confirmed request and, should that be long, of short ones of others on the way.

    Returns how many had their turn.
    """
    request, lease = _leased_request(PrivacyRequest.objects.to_prepare(clock.now()))
    if request is None:
        return 0
    others = Interlude(lambda: _prepare_short(request))
    _prepare_leased(request, lease, others.offer)
    return 1


def _prepare_short(longer: PrivacyRequest) -> int:
    """Prepare a request of another organization whose file is much shorter than that of the one under way."""
    if longer.upload is None:
        return 0
    others = PrivacyRequest.objects.to_prepare(clock.now()).exclude(organization=longer.organization_id)
    request, lease = _leased_request(others.filter(upload__size__lte=longer.upload.size // MUCH_SHORTER))
    if request is None:
        return 0
    # The one under way may have its key here, while this one's is with another worker.
    with suppress(crypto.MasterKeyMissing):
        _prepare_leased(request, lease)
    return 1


def _leased_request(due: PrivacyRequestQuerySet) -> tuple[PrivacyRequest | None, uuid.UUID]:
    lease, ids = leases.take(due.order_by("next_attempt_at"), "next_attempt_at", most=1, seconds=LEASE_SECONDS)
    with_keys = PrivacyRequest.objects.select_related(
        "organization__data_key", "data_key", "upload__data_key", "resubmission_of__data_key"
    )
    return with_keys.filter(pk__in=ids).first(), lease


def _prepare_leased(request: PrivacyRequest, lease: uuid.UUID, between: Callable[[], None] = lambda: None) -> None:
    try:
        prepare(request, lease, between)
    except LeaseLost:
        logger.info("request %s was cancelled, or another worker prepares it", request.pk)
    except crypto.MasterKeyMissing:
        # The file is well: a worker that has the key prepares it once this lease has run out.
        raise
    except FileNotFoundError:
        if request.upload is not None and not request.upload.file_path.parent.is_dir():
            # Not its file alone: a disk is not mounted. Once it is, and this lease has run out, it is prepared.
            raise
        _give_up(request)
    except crypto.CannotDecrypt:
        _give_up(request)


def _give_up(request: PrivacyRequest) -> None:
    """Its file, or the request it asks again for, is gone or damaged: nothing will be sent. Said at once, to a person.

    Nothing was sent, unless a backup was restored since: then it may be out, and the person must compare first.
    """
    lost = "request.file_lost_after_restore" if request.restored else "request.file_lost"
    if request.origin == Origin.RESUBMISSION and not request.restored:
        lost = "request.first_lost"
    with transaction.atomic():
        changed = PrivacyRequest.objects.filter(pk=request.pk, status=RequestStatus.PREPARING).update(
            status=RequestStatus.FAILED, finished_at=timezone.now(), lease=None
        )
        if changed:
            forget_prepared(request)
            audit.record(lost, actor=None, organization=request.organization, obj=request, root_id=request.pk)
    logger.error("the people of request %s cannot be read", request.pk)


def forget_prepared(request: PrivacyRequest) -> None:
    """Remove what was written of a request of which nothing was sent."""
    request.jobs.all().delete()
    request.subjects.all().delete()
    request.submissions.all().delete()


def prepare(request: PrivacyRequest, lease: uuid.UUID, between: Callable[[], None] = lambda: None) -> None:
    """Write every person, identity digest, job and call of a request, then open its queue in one last UPDATE.

    `between` is called after each batch, which is a transaction of its own.
    """
    writer = Writer(request, lease)
    writer.start_over()
    for batch in batches(_people_of(request), BATCH_PEOPLE):
        writer.write(batch)
        between()
    with transaction.atomic():
        writer.finish()
        audit.record(
            "request.prepared",
            actor=None,
            organization=request.organization,
            obj=request,
            root_id=request.pk,
            details={"people": writer.people, "jobs": writer.jobs, "calls": len(writer.submissions)},
        )
        steps.wake("submit")
    drop_file_when_read(request.upload)


def _people_of(request: PrivacyRequest) -> Iterator[schema.Person]:
    """Who the request is about: from its file, or from the request whose failed people it asks for again."""
    if request.origin == Origin.RESUBMISSION:
        return people_again(request)
    upload = request.upload
    if upload is None:
        raise NotPossible(f"{request.number} has no file to be prepared from")
    people = people_of(upload)
    left_out = frozenset(upload.duplicates.leaving().values_list("row", flat=True))
    return (person for person in people if is_opt_out(person) == request.opt_out and person.row not in left_out)


def drop_file_when_read(upload: Upload | None) -> None:
    """Once no request of the upload is to be prepared any more, its people live in the requests; the file is not needed again."""
    if upload is not None and not upload.requests.filter(status=RequestStatus.PREPARING).exists():
        crypto.discard(upload.file_path)


def is_opt_out(person: schema.Person) -> bool:
    """Whether this person opts out of sale; such people go in a request of their own."""
    return Action.OPT_OUT in person.actions


def batches(people: Iterable[schema.Person], size: int) -> Iterator[list[schema.Person]]:
    """Lists of up to `size`, in order."""
    iterator = iter(people)
    while batch := list(itertools.islice(iterator, size)):
        yield batch
