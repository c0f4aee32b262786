"""A file is received, already encrypted on its way in, and checked: at once when it is small, else by a worker."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta

from django.conf import settings
from django.db import models, transaction
from django.template.defaultfilters import filesizeformat
from django.utils import translation
from django.utils.translation import gettext as _

from portal import audit, clock, crypto, leases, runtime, steps
from portal.interludes import Interlude
from portal.models import Organization, User
from portal.uploads import UPLOAD_LABEL, StoredUpload
from privacy import catalog, checking, schema
from privacy.intake.open_people import OpenPeople, find_open
from privacy.intake.refusals import Unreadable
from privacy.models import Upload
from privacy.querysets import UploadQuerySet
from privacy.reading import Readable
from privacy.statuses import Origin, UploadStatus
from privacy.writing import LEASE_SECONDS

logger = logging.getLogger(__name__)

# A file that is so many times smaller need not wait for the larger one of another organization.
MUCH_SHORTER = 10


# --- Receive ---


def receive(
    file: StoredUpload, *, organization: Organization, user: User, received_on: date, origin: Origin = Origin.UPLOAD
) -> Upload:
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
            origin=origin,
            next_attempt_at=clock.read(),
        )
        upload.file_name = file.name
        upload.save(force_insert=True)
        audit.record("upload.received", actor=user, organization=organization, obj=upload, root_id=upload.pk)
    return upload


def take_in(
    file: StoredUpload, *, organization: Organization, user: User, received_on: date, origin: Origin = Origin.UPLOAD
) -> Upload:
    """Receive a file; a small one is checked at once, a large one by a worker. Raises Unreadable."""
    if file.too_large:
        most = filesizeformat(runtime.number("UPLOAD_MAX_BYTES"))
        raise Unreadable(
            _("The file is larger than %(most)s, the most that is taken here. Split it into several files.") % {"most": most}
        )
    if (file.size or 0) > runtime.number("UPLOAD_INLINE_BYTES"):
        upload = receive(file, organization=organization, user=user, received_on=received_on, origin=origin)
        file.kept = True
        steps.wake("check")
        return upload
    open_people = OpenPeople(organization)
    result = check_stream(file.open_plain, organization, open_people.find)
    if not result.readable:
        raise Unreadable(result.findings[0].message)
    with transaction.atomic():
        upload = receive(file, organization=organization, user=user, received_on=received_on, origin=origin)
        open_people.keep(upload)
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


def people_of(upload: Upload, progress: Callable[[int], None] = lambda _: None) -> Iterator[schema.Person]:
    """The people of an upload that was checked. Raises CannotDecrypt, FileNotFoundError."""
    return checking.read_people(lambda: open_stream(upload), progress=progress, of_table=upload.is_of_table)


def check(upload: Upload, tell: Callable[[int], None] = lambda _: None) -> checking.CheckResult:
    """Read the whole file and keep what was found; the upload becomes READY or REFUSED. No request file: it goes.

    One that was checked before is only counted anew, without the people who are left out. `tell` gets the number of bytes read
    so far.
    """

    def progress(bytes_read: int) -> None:
        tell(bytes_read)
        if bytes_read - upload.bytes_checked >= 1024 * 1024:
            upload.bytes_checked = bytes_read
            upload.next_attempt_at = clock.read() + timedelta(seconds=LEASE_SECONDS)
            upload.save(update_fields=["bytes_checked", "next_attempt_at"])

    checked_before = upload.result_sealed is not None
    try:
        if checked_before:
            result = _counted_again(upload, progress)
        else:
            open_people = OpenPeople(upload.organization, upload)
            result = check_stream(
                lambda: open_stream(upload), upload.organization, open_people.find, progress, of_table=upload.is_of_table
            )
    except crypto.MasterKeyMissing:
        # The file is well: a worker that has the key checks it once this lease has run out.
        raise
    except (FileNotFoundError, crypto.CannotDecrypt):
        logger.error("the file of upload %s cannot be read", upload.pk)  # noqa: TRY400 - the place is all there is to say
        result = checking.unreadable(
            "lost", _("The stored file is gone or damaged. Discard this upload and choose the file again.")
        )
    with transaction.atomic():
        _keep_result(upload, result, tell=not checked_before)
    if not result.readable:
        crypto.discard(upload.file_path)
    return result


def _counted_again(upload: Upload, progress: Callable[[int], None]) -> checking.CheckResult:
    left_out = frozenset(upload.duplicates.leaving().values_list("row", flat=True))
    people = people_of(upload, progress)
    summary = checking.summarize(
        (person for person in people if person.row not in left_out),
        max_people_per_call=upload.organization.max_people_per_call,
        max_identities_per_call=upload.organization.max_identities_per_call,
    )
    return replace(checking.CheckResult.from_dict(upload.result), summary=summary)


def check_stream(
    open_plain: Callable[[], Readable],
    organization: Organization,
    look_up: Callable[[Sequence[schema.Person]], Iterable[checking.OpenMatch]] | None = None,
    progress: Callable[[int], None] = lambda _: None,
    *,
    of_table: bool = False,
) -> checking.CheckResult:
    """Check a file by the organization's rules and against its open jobs. Changes nothing but what `look_up` keeps."""
    return checking.check_file(
        open_plain,
        rules_for(organization),
        catalog.current(),
        find_open=look_up or (lambda people: find_open(organization, people)),
        progress=progress,
        max_people_per_call=organization.max_people_per_call,
        max_identities_per_call=organization.max_identities_per_call,
        of_table=of_table,
    )


def _keep_result(upload: Upload, result: checking.CheckResult, *, tell: bool = True) -> None:
    """Unless somebody discarded the upload meanwhile: then nothing that was found in it stays."""
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
    if not checked:
        upload.duplicates.all().delete()
        return
    upload.status = status
    if tell:
        audit.record(
            "upload.checked",
            actor=None,
            organization=upload.organization,
            obj=upload,
            root_id=upload.pk,
            details={"errors": result.error_count, "warnings": result.warning_count},
        )


def check_next() -> int:
    """Check one waiting file and, should that be long, short ones of others on the way. Returns how many had their turn."""
    upload = _leased_upload(Upload.objects.to_check(clock.now()))
    if upload is None:
        return 0
    others = Interlude(lambda: _check_short(upload))
    with _words_for(upload):
        check(upload, lambda _: others.offer())
    return 1


def _check_short(longer: Upload) -> int:
    """Check a much shorter file of another organization than the one under way."""
    others = Upload.objects.to_check(clock.now()).exclude(organization=longer.organization_id)
    upload = _leased_upload(others.filter(size__lte=longer.size // MUCH_SHORTER))
    if upload is None:
        return 0
    # The one under way may have its key here, while this one's is with another worker.
    with suppress(crypto.MasterKeyMissing), _words_for(upload):
        check(upload)
    return 1


def _words_for(upload: Upload) -> translation.override:
    """Findings are kept as sentences: in the language that who uploaded the file has chosen."""
    return translation.override((upload.uploaded_by and upload.uploaded_by.language) or settings.LANGUAGE_CODE)


def _leased_upload(due: UploadQuerySet) -> Upload | None:
    while True:
        _, ids = leases.take(due, "next_attempt_at", most=1, seconds=LEASE_SECONDS)
        if not ids:
            return None
        # It may have been discarded, or checked by another worker and confirmed, since it was leased.
        waiting = Upload.objects.filter(pk__in=ids, status__in=(UploadStatus.WAITING, UploadStatus.CHECKING))
        if waiting.update(status=UploadStatus.CHECKING, attempts=models.F("attempts") + 1):
            return Upload.objects.select_related("organization__data_key", "data_key", "uploaded_by").filter(pk__in=ids).first()
