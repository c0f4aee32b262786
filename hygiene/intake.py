"""From a file to a record delete: receive, check, confirm or discard. Nothing is sent from here; see preparing.py."""

from __future__ import annotations

import csv
import io
import logging
from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.db import models, transaction
from django.template.defaultfilters import filesizeformat
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from hygiene import checking, naming
from hygiene.models import DatasetExpiration, RecordDelete
from hygiene.reading import Readable
from hygiene.schema import Finding, Wanted, dataset_ids, is_dataset, plain_namespace, wanted_problems
from hygiene.statuses import RECORD_DELETE_DRAFTS, ExpirationStatus, RecordDeleteStatus
from portal import audit, clock, crypto, leases, runtime, steps
from portal.ids import new_id
from portal.models import Counter, DataKey, Organization, User
from portal.uploads import FOLDER, UPLOAD_LABEL, StoredUpload

__all__ = ["NotPossible", "Unreadable", "Wanted", "confirm", "dataset_ids", "discard", "take_in", "take_typed", "wanted_problems"]

logger = logging.getLogger(__name__)

COUNTER = "record-delete-"
# A check says every few megabytes that it lives; after this long without a word another worker starts over.
LEASE_SECONDS = 120.0
# Namespaces whose name is not Adobe's own, in the counts that are kept in clear.
OTHER = "other"
_WAITING = (RecordDeleteStatus.WAITING, RecordDeleteStatus.CHECKING)


class NotPossible(Exception):
    """What was asked cannot be done now; `str()` says why, for the person who asked."""


class Unreadable(Exception):
    """The file is no record delete; nothing of it was kept. `str()` says what is wrong, for the person who chose it."""


# --- Receive ---


def take_in(file: StoredUpload, wanted: Wanted, *, organization: Organization, user: User) -> RecordDelete:
    """Receive a file; a small one is checked at once, a large one by a worker. Raises Unreadable."""
    if file.too_large:
        most = filesizeformat(runtime.number("UPLOAD_MAX_BYTES"))
        raise Unreadable(
            _("The file is larger than %(most)s, the most that is taken here. Split it into several files.") % {"most": most}
        )
    size = file.size or 0
    if size > runtime.number("UPLOAD_INLINE_BYTES"):
        with transaction.atomic():
            record_delete = _receive(file.data_key, file.path, size, file.name or "", wanted, organization, user)
        file.kept = True
        steps.wake("hygiene-check")
        return record_delete
    result = _check_stream(file.open_plain, wanted, organization)
    if not result.readable:
        raise Unreadable(result.findings[0].message)
    with transaction.atomic():
        record_delete = _receive(file.data_key, file.path, size, file.name or "", wanted, organization, user)
        _keep_result(record_delete, result)
    file.kept = True
    return record_delete


def take_typed(lines: str, namespace: str, wanted: Wanted, *, organization: Organization, user: User) -> RecordDelete:
    """Identities of one namespace, typed one a line and kept as an encrypted CSV file, like any other. Raises Unreadable."""
    content = typed_file(lines, namespace)
    if not content:
        raise Unreadable(_("Type at least one identity, one a line."))
    if not namespace.strip():
        raise Unreadable(_("Choose the namespace of the identities."))
    key = DataKey.new("upload", new_id())
    path = f"{FOLDER}/{key.owner_id}"
    with crypto.write_sealed(settings.MEDIA_ROOT / path, crypto.box_for(key), UPLOAD_LABEL) as file:
        file.write(content)
    kept = False
    try:
        result = _check_stream(lambda: io.BytesIO(content), wanted, organization)
        if not result.readable:
            raise Unreadable(result.findings[0].message)
        with transaction.atomic():
            record_delete = _receive(key, path, len(content), "", wanted, organization, user)
            _keep_result(record_delete, result)
        kept = True
    finally:
        if not kept:
            crypto.discard(settings.MEDIA_ROOT / path)
    return record_delete


def typed_file(lines: str, namespace: str) -> bytes:
    """What was typed as a CSV file with one row a line; empty when nothing was typed."""
    values = [line.strip() for line in lines.splitlines() if line.strip()]
    text = io.StringIO()
    # With a header, so that a value that looks like one is not taken for it.
    csv.writer(text).writerows([("namespace", "value"), *((namespace.strip(), value) for value in values)])
    return text.getvalue().encode() if values else b""


def _receive(
    key: DataKey, path: str, size: int, file_name: str, wanted: Wanted, organization: Organization, user: User
) -> RecordDelete:
    key.save(force_insert=True)
    record_delete = RecordDelete(
        number=_next_number(),
        organization=organization,
        created_by=user,
        data_key=key,
        path=path,
        size=size,
        next_attempt_at=clock.read(),
    )
    record_delete.file_name = file_name or None
    _note_wanted(record_delete, wanted)
    record_delete.save(force_insert=True)
    _record(record_delete, "received", user)
    return record_delete


def _next_number() -> str:
    year = timezone.now().year
    return f"RD-{year}-{Counter.next(f'{COUNTER}{year}'):06}"


def _note_wanted(record_delete: RecordDelete, wanted: Wanted) -> None:
    record_delete.name = wanted.name or None
    record_delete.description = wanted.description or None
    # In clear, so only what is an id: anything may stand in a file, and a file with something else is refused anyway.
    record_delete.datasets = [dataset for dataset in wanted.datasets if is_dataset(dataset)]
    record_delete.profile_only = wanted.profile_only


def _record(record_delete: RecordDelete, act: str, user: User | None, **details: audit.Scalar) -> None:
    audit.record(
        f"record_delete.{act}",
        actor=user,
        organization=record_delete.organization,
        obj=record_delete,
        root_id=record_delete.pk,
        details=details,
    )


# --- Check ---


def open_file(record_delete: RecordDelete) -> crypto.SealedReader:
    """The decrypted bytes of its file, as a stream. Raises CannotDecrypt, FileNotFoundError."""
    if record_delete.data_key is None:
        raise crypto.CannotDecrypt("the personal data of this record delete was removed")
    return crypto.open_sealed(record_delete.file_path, crypto.box_for(record_delete.data_key), UPLOAD_LABEL)


def check_next() -> int:
    """Check one waiting file. Returns how many were checked."""
    due = RecordDelete.objects.to_check(clock.now())
    _, ids = leases.take(due, "next_attempt_at", most=1, seconds=LEASE_SECONDS)
    for record_delete in RecordDelete.objects.filter(pk__in=ids).select_related(
        "organization__data_key", "data_key", "created_by"
    ):
        # It may have been discarded, or checked by another worker and confirmed, since it was leased.
        waiting = RecordDelete.objects.filter(pk=record_delete.pk, status__in=_WAITING)
        if waiting.update(status=RecordDeleteStatus.CHECKING, attempts=models.F("attempts") + 1):
            # Findings are kept as sentences: in the language that who began it has chosen.
            with translation.override(record_delete.created_by.language or settings.LANGUAGE_CODE):
                check(record_delete)
    return len(ids)


def check(record_delete: RecordDelete) -> checking.CheckResult:
    """Read the whole file and keep what was found; it becomes READY or REFUSED. No record delete at all: the file goes."""

    def progress(bytes_read: int) -> None:
        if bytes_read - record_delete.bytes_checked >= 1024 * 1024:
            record_delete.bytes_checked = bytes_read
            RecordDelete.objects.filter(pk=record_delete.pk).update(
                bytes_checked=bytes_read, next_attempt_at=clock.now() + timedelta(seconds=LEASE_SECONDS)
            )

    try:
        wanted = naming.wanted_of(record_delete)
        result = _check_stream(lambda: open_file(record_delete), wanted, record_delete.organization, progress)
    except crypto.MasterKeyMissing:
        # The file is well: a worker that has the key checks it once this lease has run out.
        raise
    except (FileNotFoundError, crypto.CannotDecrypt):
        logger.error("the file of record delete %s cannot be read", record_delete.pk)  # noqa: TRY400 - says all there is to say
        message = _("The stored file is gone or damaged. Discard this record delete and choose the file again.")
        result = checking.unreadable("lost", message, Wanted(datasets=tuple(record_delete.datasets)))
    with transaction.atomic():
        _keep_result(record_delete, result)
    if not result.readable:
        crypto.discard(record_delete.file_path)
    return result


def _check_stream(
    open_stream: Callable[[], Readable],
    wanted: Wanted,
    organization: Organization,
    progress: Callable[[int], None] = lambda _: None,
) -> checking.CheckResult:
    result = checking.check_file(
        open_stream, wanted, progress=progress, most_identities=organization.max_identities_per_work_order
    )
    found = _about_expirations(organization, result.wanted)
    return checking.with_warnings(result, found) if found else result


def _about_expirations(organization: Organization, wanted: Wanted) -> list[Finding]:
    """Adobe refuses a work order for a dataset that has an expiration of its own ahead."""
    ahead = (ExpirationStatus.PENDING, ExpirationStatus.EXECUTING)
    expiring = DatasetExpiration.objects.filter(organization=organization, dataset_id__in=wanted.datasets, status__in=ahead)
    ids = sorted(set(expiring.values_list("dataset_id", flat=True)))
    return [
        Finding(
            "warning",
            "expiring-dataset",
            "datasetId",
            None,
            _("The dataset %(dataset)s is about to expire as a whole. Adobe refuses record deletes for it.")
            % {"dataset": dataset},
            _("Take it out, or cancel its expiration first."),
        )
        for dataset in ids
    ]


def _keep_result(record_delete: RecordDelete, result: checking.CheckResult) -> None:
    """Unless somebody discarded it meanwhile."""
    record_delete.result = result.to_dict()
    _note_wanted(record_delete, result.wanted)
    record_delete.error_count, record_delete.warning_count = result.error_count, result.warning_count
    record_delete.identities = result.summary.identities
    record_delete.counts = counts_in_clear(result.summary.namespaces)
    record_delete.orders_total = result.summary.work_orders
    record_delete.bytes_checked = record_delete.size
    status = RecordDeleteStatus.REFUSED if result.error_count else RecordDeleteStatus.READY
    fields = {name: getattr(record_delete, name) for name in _RESULT_FIELDS}
    if RecordDelete.objects.filter(pk=record_delete.pk, status__in=_WAITING).update(status=status, **fields):
        record_delete.status = status
        _record(record_delete, "checked", None, errors=result.error_count, warnings=result.warning_count)


_RESULT_FIELDS = (
    "result_sealed",
    "name_sealed",
    "description_sealed",
    "datasets",
    "profile_only",
    "error_count",
    "warning_count",
    "identities",
    "counts",
    "orders_total",
    "bytes_checked",
)


def counts_in_clear(namespaces: dict[str, int]) -> dict[str, int]:
    """Counts by Adobe's own namespaces; the others together, because anything may stand in their names."""
    counts: dict[str, int] = {}
    for namespace, count in namespaces.items():
        name = plain_namespace(namespace) or OTHER
        counts[name] = counts.get(name, 0) + count
    return counts


# --- Confirm or discard ---


def confirm(record_delete: RecordDelete, user: User) -> None:
    """Let a worker prepare and send it. Adobe cannot undo what it does then. Raises NotPossible with the reason."""
    if record_delete.status != RecordDeleteStatus.READY:
        raise NotPossible(_("This record delete is not ready to be confirmed."))
    if not record_delete.file_path.is_file():
        raise NotPossible(_("The file of this record delete is no longer here. Discard it and choose the file again."))
    with transaction.atomic():
        now = clock.now()
        ready = RecordDelete.objects.filter(pk=record_delete.pk, status=RecordDeleteStatus.READY)
        if not ready.update(status=RecordDeleteStatus.PREPARING, confirmed_at=now, next_attempt_at=now, attempts=0, lease=None):
            raise NotPossible(_("This record delete was confirmed or discarded a moment ago."))
        _record(record_delete, "confirmed", user, number=record_delete.number, identities=record_delete.identities)
        steps.wake("hygiene-prepare")
    record_delete.refresh_from_db(fields=["status", "confirmed_at"])


def discard(record_delete: RecordDelete, user: User | None) -> None:
    """Remove a draft's file and everything read from it. None: nobody came back to it.

    Raises NotPossible when it was confirmed.
    """
    with transaction.atomic():
        drafts = RecordDelete.objects.filter(pk=record_delete.pk, status__in=RECORD_DELETE_DRAFTS)
        changed = drafts.update(
            status=RecordDeleteStatus.DISCARDED,
            name_sealed=None,
            description_sealed=None,
            file_name_sealed=None,
            result_sealed=None,
            path="",
        )
        if not changed:
            raise NotPossible(_("This record delete was confirmed or discarded already."))
        _record(record_delete, audit.discarded_by(user), user)
        if record_delete.data_key is not None:
            record_delete.data_key.destroy()
    crypto.discard(record_delete.file_path)
