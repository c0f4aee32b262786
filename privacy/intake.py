"""From a file to a request: receive, check, confirm or discard, prepare.

Nothing is sent from here. A request is prepared in batches by a worker; its calls can be sent only once every person is written,
so a crash half-way is mended by starting over.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import itertools
import logging
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.conf import settings
from django.db import models, transaction
from django.template.defaultfilters import filesizeformat
from django.utils import timezone

from portal import audit, crypto, leases, steps
from portal.ids import new_id
from portal.models import Counter, DataKey, Organization, User
from portal.outbound import CallState, unknown_fields
from portal.uploads import UPLOAD_LABEL, StoredUpload
from privacy import checking, deadlines, schema
from privacy.models import DataSubject, IdentityDigest, Job, PrivacyRequest, Submission, Upload
from privacy.querysets import UploadQuerySet
from privacy.reading import Readable
from privacy.splitting import Splitter
from privacy.statuses import JOB_OPEN, Action, RequestStatus, UploadStatus

logger = logging.getLogger(__name__)

BATCH_PEOPLE = 500
# A check or preparation says every few seconds that it lives; after this long without a word another worker starts over.
LEASE_SECONDS = 120.0


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


def check(upload: Upload) -> checking.CheckResult:
    """Read the whole file and keep what was found; the upload becomes READY or REFUSED. No request file: it goes."""

    def progress(bytes_read: int) -> None:
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
            digest__in=list(by_digest),
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


def digests_of(index: crypto.BlindIndex, person: schema.Person) -> Iterator[tuple[bytes, str]]:
    """The digest and the canonical namespace of each identity of a person."""
    for identity in person.identities:
        namespace = schema.canonical_namespace(identity.namespace, identity.type, identity.namespace_id)
        yield index.digest("identity", namespace, schema.canonical_value(namespace, identity.value)), namespace


# --- Confirm or discard ---


def confirm(upload: Upload, user: User, *, agreed_to_two: bool = False) -> list[PrivacyRequest]:
    """Make the request (two when opt-outs stand beside access or delete) and let a worker prepare it.

    A second press finds nothing left to confirm. Raises NotPossible with the reason.
    """
    result = checking.CheckResult.from_dict(upload.result) if upload.status == UploadStatus.READY else None
    if result is None or result.envelope is None:
        raise NotPossible("This upload is not ready to be confirmed.")
    if result.summary.needs_two_requests and not agreed_to_two:
        raise NotPossible("The file becomes two requests. Agree to that first.")
    if not upload.file_path.is_file():
        raise NotPossible("The file of this upload is no longer here. Discard the upload and choose the file again.")
    with transaction.atomic():
        taken = Upload.objects.filter(pk=upload.pk, status=UploadStatus.READY).update(status=UploadStatus.CONFIRMED)
        if not taken:
            raise NotPossible("This upload was confirmed or discarded a moment ago.")
        requests = [
            _make_request(upload, user, result.envelope, opt_out=opt_out)
            for opt_out, wanted in (
                (False, result.summary.has_access_or_delete),
                (True, result.summary.has_opt_out),
            )
            if wanted
        ]
        for request in requests:
            audit.record(
                "request.confirmed",
                actor=user,
                organization=upload.organization,
                obj=request,
                root_id=request.pk,
                details={"number": request.number, "upload": str(upload.pk), "people": result.summary.people},
            )
        steps.wake("prepare")
    return requests


def _make_request(upload: Upload, user: User, envelope: schema.Envelope, *, opt_out: bool) -> PrivacyRequest:
    request_id = new_id()
    request = PrivacyRequest(
        id=request_id,
        number=_next_number(upload.received_on),
        organization=upload.organization,
        upload=upload,
        data_key=DataKey.objects.make("request", request_id),
        opt_out=opt_out,
        regulation=envelope.regulation,
        products=list(envelope.products),
        received_on=upload.received_on,
        created_by=user,
    )
    request.envelope = envelope.to_dict()
    request.save(force_insert=True)
    return request


def _next_number(received_on: date) -> str:
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


class LeaseLost(Exception):
    """Another worker has taken this request over."""


def requests_to_prepare() -> bool:
    """Whether a confirmed request waits to be prepared."""
    return PrivacyRequest.objects.to_prepare(timezone.now()).exists()


def prepare_next() -> int:
    """Write the people and the calls of one confirmed request. Returns how many requests were prepared."""
    due = PrivacyRequest.objects.to_prepare(timezone.now()).order_by("next_attempt_at")
    lease, ids = leases.take(due, "next_attempt_at", most=1, seconds=LEASE_SECONDS)
    chosen = PrivacyRequest.objects.filter(pk__in=ids).select_related("organization__data_key", "data_key", "upload__data_key")
    for request in chosen:
        try:
            prepare(request, lease)
        except LeaseLost:
            logger.info("another worker prepares request %s", request.pk)
        except crypto.MasterKeyMissing:
            # The file is well: a worker that has the key prepares it once this lease has run out.
            raise
        except (FileNotFoundError, crypto.CannotDecrypt):
            _give_up(request)
    return len(ids)


def _give_up(request: PrivacyRequest) -> None:
    """Its file is gone or damaged: nothing will be sent. Said at once, so that a person uploads it again.

    Nothing was sent, unless a backup was restored since: then it may be out, and the person must compare first.
    """
    lost = "request.file_lost_after_restore" if request.restored else "request.file_lost"
    with transaction.atomic():
        changed = PrivacyRequest.objects.filter(pk=request.pk, status=RequestStatus.PREPARING).update(
            status=RequestStatus.FAILED, finished_at=timezone.now(), lease=None
        )
        if changed:
            request.jobs.all().delete()
            request.subjects.all().delete()
            request.submissions.all().delete()
            audit.record(lost, actor=None, organization=request.organization, obj=request, root_id=request.pk)
    logger.error("the file of request %s cannot be read", request.pk)


def prepare(request: PrivacyRequest, lease: uuid.UUID) -> None:
    """Write every person, identity digest, job and call of a request, then open its queue in one last UPDATE."""
    if request.upload is None or request.data_key is None:
        raise NotPossible(f"{request.number} has no file to be prepared from")
    writer = _Writer(request, lease)
    writer.start_over()
    people = (p for p in checking.read_people(lambda: open_stream(request.upload)) if is_opt_out(p) == request.opt_out)  # type: ignore[arg-type]
    for batch in batches(people, BATCH_PEOPLE):
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
    _drop_file_when_read(request.upload)


def _drop_file_when_read(upload: Upload) -> None:
    """Once every request of the upload is prepared its people live in the requests; the file is not needed again."""
    if not upload.requests.filter(status=RequestStatus.PREPARING).exists():
        crypto.discard(upload.file_path)


def is_opt_out(person: schema.Person) -> bool:
    """Whether this person opts out of sale; such people go in a request of their own."""
    return Action.OPT_OUT in person.actions


def batches(people: Iterable[schema.Person], size: int) -> Iterator[list[schema.Person]]:
    """Lists of up to `size`, in order."""
    iterator = iter(people)
    while batch := list(itertools.islice(iterator, size)):
        yield batch


def wire_key_for(request: PrivacyRequest, position: int, officer_key: str | None) -> str:
    """`<the officer's key>#<80 bits in base32>`.

    The bits come from the request's random data key, so preparing again after a crash or a restore gives the same keys, and a
    look at Adobe's list recognises what went out before.
    """
    if request.data_key is None:
        raise crypto.CannotDecrypt("the personal data of this request was removed")
    secret = crypto.box_for(request.data_key).derive(b"wire-key-v1")
    bits = hmac.new(secret, position.to_bytes(8, "big"), hashlib.sha256).digest()[:10]
    return f"{officer_key or f'{request.number}-{position}'}#{base64.b32encode(bits).decode()}"


def wire_digest(index: crypto.BlindIndex, wire_key: str) -> bytes:
    """The digest by which a listed job is matched to its person."""
    return index.digest("wire-key", "", wire_key)


@dataclass
class _Writer:
    """Writes one request in batches, each its own short transaction that proves the lease first."""

    request: PrivacyRequest
    lease: uuid.UUID
    people: int = 0
    jobs: int = 0
    due_on: date | None = None
    submissions: list[Submission] = field(default_factory=list)

    def __post_init__(self) -> None:
        organization = self.request.organization
        self._index = crypto.blind_index_for(organization)
        self._splitter = Splitter(organization.max_people_per_call, organization.max_identities_per_call)

    def start_over(self) -> None:
        """Nothing of a request in preparation was sent, so what an earlier try has written can go.

        Only under the lease: another worker may have prepared and sent the request since this one was given it.
        """
        with transaction.atomic():
            self._prove_lease(people_prepared=0)
            self.request.jobs.all().delete()
            self.request.subjects.all().delete()
            self.request.submissions.all().delete()

    def write(self, batch: Sequence[schema.Person]) -> None:
        """Write up to a batch of people with their digests, jobs and calls."""
        subjects, digests, jobs, touched = [], [], [], {}
        for person in batch:
            submission = self._submission_for(person)
            subject = self._subject(person)
            subjects.append(subject)
            digests += [
                IdentityDigest(subject=subject, digest=digest, namespace=schema.known_namespace(namespace))
                for digest, namespace in digests_of(self._index, person)
            ]
            new_jobs = [self._job(subject, submission, action) for action in person.actions]
            jobs += new_jobs
            submission.people += 1
            submission.expected_jobs += len(new_jobs)
            submission.has_deletes |= any(job.action != Action.ACCESS for job in new_jobs)
            touched[submission.pk] = submission
        self.people += len(batch)
        self.jobs += len(jobs)
        with transaction.atomic():
            self._prove_lease(people_prepared=self.people)
            self._save_submissions(touched.values())
            DataSubject.objects.bulk_create(subjects, batch_size=BATCH_PEOPLE)
            IdentityDigest.objects.bulk_create(digests, batch_size=BATCH_PEOPLE)
            Job.objects.bulk_create(jobs, batch_size=BATCH_PEOPLE)

    def finish(self) -> None:
        """Open the queue: from this UPDATE on, the calls may be sent."""
        self._prove_lease(
            status=RequestStatus.SENDING,
            people=self.people,
            people_prepared=self.people,
            jobs_total=self.jobs,
            due_on=self.due_on,
            lease=None,
        )

    def _prove_lease(self, **fields: object) -> None:
        alive_until = timezone.now() + timedelta(seconds=LEASE_SECONDS)
        held = PrivacyRequest.objects.filter(pk=self.request.pk, lease=self.lease, status=RequestStatus.PREPARING).update(
            next_attempt_at=alive_until, **fields
        )
        if not held:
            raise LeaseLost(self.request.number)

    def _submission_for(self, person: schema.Person) -> Submission:
        # The limit may have been lowered since the file was checked: who is above it now gets a call of their own.
        if self._splitter.add(min(len(person.identities), self._splitter.max_identities)):
            submission = Submission(
                request=self.request, ordinal=len(self.submissions) + 1, people=0, expected_jobs=0, has_deletes=False
            )
            if self.request.restored:
                self._start_as_unknown(submission)
            self.submissions.append(submission)
        return self.submissions[-1]

    def _start_as_unknown(self, submission: Submission) -> None:
        submission.state = CallState.UNKNOWN
        for name, value in unknown_fields("restored_from_backup").items():
            setattr(submission, name, value)
        submission.first_sent_at = self.request.created_at

    @staticmethod
    def _save_submissions(submissions: Iterable[Submission]) -> None:
        for submission in submissions:
            submission.save()

    def _subject(self, person: schema.Person) -> DataSubject:
        subject = DataSubject(request=self.request, position=person.row, actions=list(person.actions))
        subject.officer_key = person.key
        subject.wire_key = wire_key_for(self.request, person.row, person.key)
        subject.wire_key_digest = wire_digest(self._index, subject.wire_key)
        subject.identities = [identity.to_dict() for identity in person.identities]
        return subject

    def _job(self, subject: DataSubject, submission: Submission, action: str) -> Job:
        due = deadlines.due_on(self.request.regulation, action, self.request.received_on)
        if due is not None and (self.due_on is None or due < self.due_on):
            self.due_on = due
        return Job(
            organization=self.request.organization,
            request=self.request,
            subject=subject,
            submission=submission,
            action=action,
        )
