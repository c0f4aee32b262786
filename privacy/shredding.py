"""Removing the personal data of a request, for good."""

from __future__ import annotations

from pathlib import Path

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from portal import audit, crypto
from portal.models import User
from portal.outbound import OPEN_STATES
from privacy import tables
from privacy.models import IdentityDigest, PrivacyRequest, RequestAnswer, ResultArchive, Upload
from privacy.statuses import JOB_OPEN, ArchiveStatus, RequestStatus, UploadStatus


class NotShreddable(Exception):
    """The request still moves; `str()` says what has to happen first."""


def shred(request: PrivacyRequest, user: User) -> None:
    """Delete the request's data key, its digests and its files. Counts, states and the audit trail (ids only) stay.

    Backups forget when the backup of the key table is gone. Raises NotShreddable while calls or jobs are open.
    """
    _refuse_when_it_moves(request)
    with transaction.atomic():
        paths = [archive.file_path for archive in ResultArchive.objects.filter(request=request).exclude(path="")]
        _forget_people(request)
        _forget_words(request)
        # Again, under the lock that whoever asks for its people again holds. Jobs first, then their request: as workers do.
        _refuse_when_it_moves(PrivacyRequest.objects.select_for_update(no_key=True).get(pk=request.pk))
        key = request.data_key
        PrivacyRequest.objects.filter(pk=request.pk).update(
            status=RequestStatus.SHREDDED, shredded_at=timezone.now(), envelope_sealed=None
        )
        audit.record("request.shredded", actor=user, organization=request.organization, obj=request, root_id=request.pk)
        if key is not None:
            key.destroy()
        paths += _forget_upload(request)
    for path in paths:
        crypto.discard(path)


def _refuse_when_it_moves(request: PrivacyRequest) -> None:
    if request.status == RequestStatus.SHREDDED:
        raise NotShreddable(_("The personal data of this request was removed already."))
    if request.status == RequestStatus.PREPARING or request.submissions.filter(state__in=OPEN_STATES).exists():
        raise NotShreddable(_("Calls of this request are still open. Wait until they are settled, or decide about them."))
    if request.jobs.filter(status__in=JOB_OPEN).exists():
        raise NotShreddable(_("Adobe is still working on jobs of this request. Wait until all of them have ended."))
    if request.resubmissions.filter(status=RequestStatus.PREPARING).exists():
        raise NotShreddable(_("People of this request are just being asked for again. Wait until that request is prepared."))


def _forget_people(request: PrivacyRequest) -> None:
    IdentityDigest.objects.filter(subject__request=request).delete()
    request.subjects.update(
        officer_key_sealed=None, officer_key_digest=None, wire_key_sealed=None, wire_key_digest=None, identities_sealed=None
    )
    request.jobs.update(raw_sealed=None, next_poll_at=None)
    request.product_responses.update(answer_sealed=None)
    request.submissions.update(answer_sealed=None, words_sealed=None)
    request.archives.update(address_sealed=None, path="", status=ArchiveStatus.REMOVED, lease=None)


def _forget_words(request: PrivacyRequest) -> None:
    """What people wrote about it. Days, choices and who they were by stay."""
    RequestAnswer.objects.filter(request=request).update(agent_sealed=None, answered_with_sealed=None)
    request.deadline_changes.update(reason_sealed=None)
    request.notes.update(text_sealed=None)


def _forget_upload(request: PrivacyRequest) -> list[Path]:
    """The file's name and findings go with the last of its requests."""
    upload = request.upload
    if upload is None or upload.requests.exclude(status=RequestStatus.SHREDDED).exists():
        return []
    path = upload.file_path
    key = upload.data_key
    upload.duplicates.all().delete()
    Upload.objects.filter(pk=upload.pk).update(file_name_sealed=None, result_sealed=None, path="", status=UploadStatus.DISCARDED)
    if key is not None:
        key.destroy()
    return [*([path] if upload.path else []), *tables.forget_with(upload)]
