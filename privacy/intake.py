"""From a file to a request: receive, check, confirm or discard, prepare.

Nothing is sent from here. A request is prepared in batches by a worker; its calls can be sent only once every person is written,
so a crash half-way is mended by starting over.
"""

from __future__ import annotations

import itertools
import logging
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.template.defaultfilters import filesizeformat
from django.utils import timezone

from portal import audit, bulk, crypto, leases, steps
from portal.ids import new_id
from portal.models import Counter, DataKey, Organization, User
from portal.uploads import UPLOAD_LABEL, StoredUpload
from privacy import catalog, checking, schema
from privacy.models import IdentityDigest, PrivacyRequest, Upload
from privacy.querysets import UploadQuerySet
from privacy.reading import Readable
from privacy.statuses import JOB_OPEN, Action, Origin, RequestStatus, UploadStatus
from privacy.writing import LEASE_SECONDS, LeaseLost, Writer, digests_of, people_again

logger = logging.getLogger(__name__)

BATCH_PEOPLE = 500


class NotPossible(Exception):
    """What was asked cannot be done now; `str()` says why, for the person who asked."""


# --- Receive ---


def receive(file: StoredUpload, *, organization: Organization, user: User, received_on: date) -> Upload:
    """Keep an uploaded file, already encrypted on its way in. It is checked next, here or by a worker."""
    with transaction.atomic():
        file.data_key.save(force_insert=True)
        upload = Upload(
            organization=organization,
            uploaded_by=user,
            data_key=file.data_key,
            path=file.path,
            size=file.size or 0,
            received_on=received_on,
        )
        upload.file_name = file.name
        upload.save(force_insert=True)
        audit.record("upload.received", actor=user, organization=organization, obj=upload, root_id=upload.pk)
    return upload


class Unreadable(Exception):
    """The file is no request file; nothing of it was kept. `str()` says what is wrong, for the person who chose it."""


def take_in(file: StoredUpload, *, organization: Organization, user: User, received_on: date) -> Upload:
    """Receive a file; a small one is checked at once, a large one by a worker. Raises Unreadable."""
    if file.too_large:
        most = filesizeformat(settings.UPLOAD_MAX_BYTES)
        raise Unreadable(f"The file is larger than {most}, the most that is taken here. Split it into several files.")
    if (file.size or 0) > settings.UPLOAD_INLINE_BYTES:
        upload = receive(file, organization=organization, user=user, received_on=received_on)
        file.kept = True
        steps.wake("check")
        return upload
    result = check_stream(file.open_plain, organization)
    if not result.readable:
        raise Unreadable(result.findings[0].message)
    with transaction.atomic():
        upload = receive(file, organization=organization, user=user, received_on=received_on)
        _keep_result(upload, result)
    file.kept = True
    return upload


# --- Check ---


def rules_for(organization: Organization) -> schema.OrganizationRules:
    """What the organization allows in a request."""
    return schema.OrganizationRules(ims_org_id=organization.ims_org_id, product_codes=frozenset(organization.product_codes))


def open_stream(upload: Upload) -> crypto.SealedReader:
    """The decrypted bytes of an upload, as a stream. Raises CannotDecrypt, FileNotFoundError."""
    if upload.data_key is None:
        raise crypto.CannotDecrypt("the upload was discarded")
    return crypto.open_sealed(upload.file_path, crypto.box_for(upload.data_key), UPLOAD_LABEL)


def check(upload: Upload, tell: Callable[[int], None] = lambda _: None) -> checking.CheckResult:
    """Read the whole file and keep what was found; the upload becomes READY or REFUSED. No request file: it goes.

    `tell` gets the number of bytes read so far.
    """

    def progress(bytes_read: int) -> None:
        tell(bytes_read)
        if bytes_read - upload.bytes_checked >= 1024 * 1024:
            upload.bytes_checked = bytes_read
            upload.next_attempt_at = timezone.now() + timedelta(seconds=LEASE_SECONDS)
            upload.save(update_fields=["bytes_checked", "next_attempt_at"])

    try:
        result = check_stream(lambda: open_stream(upload), upload.organization, progress)
    except crypto.MasterKeyMissing:
        # The file is well: a worker that has the key checks it once this lease has run out.
        raise
    except (FileNotFoundError, crypto.CannotDecrypt):
        logger.error("the file of upload %s cannot be read", upload.pk)  # noqa: TRY400 - the place is all there is to say
        result = checking.unreadable("lost", "The stored file is gone or damaged. Discard this upload and choose the file again.")
    with transaction.atomic():
        _keep_result(upload, result)
    if not result.readable:
        crypto.discard(upload.file_path)
    return result


def check_stream(
    open_plain: Callable[[], Readable], organization: Organization, progress: Callable[[int], None] = lambda _: None
) -> checking.CheckResult:
    """Check a file by the organization's rules and against its open jobs. Changes nothing."""
    return checking.check_file(
        open_plain,
        rules_for(organization),
        catalog.current(),
        find_open=lambda people: find_open(organization, people),
        progress=progress,
        max_people_per_call=organization.max_people_per_call,
        max_identities_per_call=organization.max_identities_per_call,
    )


def _keep_result(upload: Upload, result: checking.CheckResult) -> None:
    """Unless somebody discarded the upload meanwhile."""
    upload.result = result.to_dict()
    upload.error_count, upload.warning_count = result.error_count, result.warning_count
    upload.bytes_checked = upload.size
    status = UploadStatus.REFUSED if result.error_count else UploadStatus.READY
    checked = Upload.objects.filter(pk=upload.pk, status__in=(UploadStatus.WAITING, UploadStatus.CHECKING)).update(
        status=status,
        result_sealed=upload.result_sealed,
        error_count=upload.error_count,
        warning_count=upload.warning_count,
        bytes_checked=upload.size,
    )
    if checked:
        upload.status = status
        audit.record(
            "upload.checked",
            actor=None,
            organization=upload.organization,
            obj=upload,
            root_id=upload.pk,
            details={"errors": result.error_count, "warnings": result.warning_count},
        )


def uploads_to_check() -> bool:
    """Whether a file waits for a worker."""
    return _due_uploads().exists()


def check_next() -> int:
    """Check one waiting file. Returns how many were checked."""
    _, ids = leases.take(_due_uploads(), "next_attempt_at", most=1, seconds=LEASE_SECONDS)
    for upload in Upload.objects.filter(pk__in=ids).select_related("organization__data_key", "data_key"):
        # It may have been discarded, or checked by another worker and confirmed, since it was leased.
        waiting = Upload.objects.filter(pk=upload.pk, status__in=(UploadStatus.WAITING, UploadStatus.CHECKING))
        if waiting.update(status=UploadStatus.CHECKING, attempts=models.F("attempts") + 1):
            upload.refresh_from_db(fields=["status", "attempts"])
            check(upload)
    return len(ids)


def _due_uploads() -> UploadQuerySet:
    return Upload.objects.filter(
        status__in=(UploadStatus.WAITING, UploadStatus.CHECKING), next_attempt_at__lte=timezone.now()
    ).order_by("next_attempt_at")


def find_open(organization: Organization, people: Sequence[schema.Person]) -> Iterator[checking.OpenMatch]:
    """Which of these people already have an open job of the same action: found by identity digest, in one query a batch."""
    index = crypto.blind_index_for(organization)
    by_digest: dict[bytes, list[schema.Person]] = {}
    for person in people:
        for digest, _ in digests_of(index, person):
            by_digest.setdefault(digest, []).append(person)
    matches = (
        IdentityDigest.objects.filter(
            bulk.Among("digest", by_digest),
            subject__request__organization=organization,
            subject__jobs__status__in=JOB_OPEN,
        )
        .values_list("digest", "subject__jobs__action", "subject__request__number")
        .distinct()
    )
    for found, action, number in matches:
        for person in by_digest[bytes(found)]:
            if action in person.actions:
                yield checking.OpenMatch(row=person.row, key=person.key, action=action, request_number=number)


# --- Confirm or discard ---


def confirm(upload: Upload, user: User, *, agreed_to_two: bool = False, access_first: bool | None = None) -> list[PrivacyRequest]:
    """Make the request (two when opt-outs stand beside access or delete) and let a worker prepare it.

    `access_first`: whether deletes wait for the results of access, where people ask for both; None: as the organization has it.
    A second press finds nothing left to confirm. Raises NotPossible with the reason.
    """
    result, envelope = _confirmable(upload, agreed_to_two=agreed_to_two)
    with transaction.atomic():
        taken = Upload.objects.filter(pk=upload.pk, status=UploadStatus.READY).update(status=UploadStatus.CONFIRMED)
        if not taken:
            raise NotPossible("This upload was confirmed or discarded a moment ago.")
        wanted = upload.organization.access_before_delete if access_first is None else access_first
        kinds = ((False, result.summary.has_access_or_delete), (True, result.summary.has_opt_out))
        requests = [
            new_request(
                upload.organization,
                user,
                envelope,
                received_on=upload.received_on,
                upload=upload,
                opt_out=opt_out,
                access_first=wanted and asks_both(result.summary) and not opt_out,
            )
            for opt_out, is_asked in kinds
            if is_asked
        ]
        audit.record_many([_confirmed_record(request, upload, user, result.summary.people) for request in requests])
        steps.wake("prepare")
    return requests


def _confirmable(upload: Upload, *, agreed_to_two: bool) -> tuple[checking.CheckResult, schema.Envelope]:
    """What the check found, when nothing stands against confirming. Raises NotPossible."""
    result = checking.CheckResult.from_dict(upload.result) if upload.status == UploadStatus.READY else None
    if result is None or result.envelope is None:
        raise NotPossible("This upload is not ready to be confirmed.")
    if result.summary.needs_two_requests and not agreed_to_two:
        raise NotPossible("The file becomes two requests. Agree to that first.")
    if not upload.file_path.is_file():
        raise NotPossible("The file of this upload is no longer here. Discard the upload and choose the file again.")
    return result, result.envelope


def _confirmed_record(request: PrivacyRequest, upload: Upload, user: User, people: int) -> audit.AuditRecord:
    return audit.AuditRecord(
        "request.confirmed",
        actor=user,
        organization=upload.organization,
        obj=request,
        root_id=request.pk,
        details={"number": request.number, "upload": str(upload.pk), "people": people},
    )


def asks_both(summary: checking.Summary) -> bool:
    """Whether the same person asks for access and for deletion. Nobody opts out beside either."""
    return summary.access_people + summary.delete_people > summary.people - summary.opt_out_people


def new_request(
    organization: Organization, user: User, envelope: schema.Envelope, *, received_on: date, **fields: Any
) -> PrivacyRequest:
    """A confirmed request with a data key of its own, which a worker prepares next. Its recall period begins now.

    Raises NotPossible for a law or a product that was switched off since the file was checked.
    """
    if reason := catalog.current().why_withdrawn(envelope.regulation, envelope.products):
        raise NotPossible(reason)
    request_id = new_id()
    request = PrivacyRequest(
        id=request_id,
        number=next_number(received_on),
        organization=organization,
        data_key=DataKey.objects.make("request", request_id),
        regulation=envelope.regulation,
        products=list(envelope.products),
        received_on=received_on,
        created_by=user,
        recall_until=recall_until(organization),
        **fields,
    )
    request.envelope = envelope.to_dict()
    request.save(force_insert=True)
    return request


def recall_until(organization: Organization) -> datetime | None:
    """Until when what is confirmed now can be called back, whatever the queue does; None without a recall period."""
    minutes = organization.recall_minutes
    return timezone.now() + timedelta(minutes=minutes) if minutes else None


def next_number(received_on: date) -> str:
    """The next free number of the year of receipt, such as `PR-2026-000123`."""
    year = timezone.now().year if received_on is None else received_on.year
    return f"PR-{year}-{Counter.next(f'privacy-request-{year}'):06}"


def discard(upload: Upload, user: User) -> None:
    """Remove an upload's file and everything read from it. Raises NotPossible when it was confirmed."""
    open_states = (UploadStatus.WAITING, UploadStatus.CHECKING, UploadStatus.READY, UploadStatus.REFUSED)
    with transaction.atomic():
        changed = Upload.objects.filter(pk=upload.pk, status__in=open_states).update(
            status=UploadStatus.DISCARDED, file_name_sealed=None, result_sealed=None
        )
        if not changed:
            raise NotPossible("This upload was confirmed or discarded already.")
        audit.record("upload.discarded", actor=user, organization=upload.organization, obj=upload, root_id=upload.pk)
        if upload.data_key is not None:
            upload.data_key.destroy()
    crypto.discard(upload.file_path)


# --- Prepare ---


def requests_to_prepare() -> bool:
    """Whether a confirmed request waits to be prepared."""
    return PrivacyRequest.objects.to_prepare(timezone.now()).exists()


def prepare_next() -> int:
    """Write the people and the calls of one confirmed request. Returns how many requests were prepared."""
    due = PrivacyRequest.objects.to_prepare(timezone.now()).order_by("next_attempt_at")
    lease, ids = leases.take(due, "next_attempt_at", most=1, seconds=LEASE_SECONDS)
    chosen = PrivacyRequest.objects.filter(pk__in=ids).select_related(
        "organization__data_key", "data_key", "upload__data_key", "resubmission_of__data_key"
    )
    for request in chosen:
        try:
            prepare(request, lease)
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
    return len(ids)


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


def prepare(request: PrivacyRequest, lease: uuid.UUID) -> None:
    """Write every person, identity digest, job and call of a request, then open its queue in one last UPDATE."""
    writer = Writer(request, lease)
    writer.start_over()
    for batch in batches(_people_of(request), BATCH_PEOPLE):
        writer.write(batch)
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
    people = checking.read_people(lambda: open_stream(upload))
    return (person for person in people if is_opt_out(person) == request.opt_out)


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
