"""After a database backup was restored: what it says of anything that was not finished cannot be believed.

Between the backup and the crash calls went out, requests were prepared and results were fetched, and the restored rows know
nothing of it. So nothing may be sent before Adobe's list was looked at:

- Calls that were not finished become UNKNOWN; the look step finds what Adobe has, and only then anything is sent.
- Requests that were being prepared are prepared anew, with the same wire keys, and their calls start as UNKNOWN too. They are
  looked for once the last of their people is written; before, there is nothing whole to compare Adobe's list with.
- Of consent calls Adobe has no list: each that was not finished waits for a person, who decides whether it is sent again.
- How far back a look lists follows from `first_sent_at`. A call cannot have gone out before its row was made, so a row that
  knows no time of sending gets that of its making: too early costs a longer list, too late would miss jobs and send them twice.
  For the same reason such a row of more than 45 days waits for a person instead of being sent.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import F

from portal import audit, clock, steps
from portal.audit import AuditRecord
from portal.models import AccessToken, Counter
from portal.outbound import OPEN_STATES, CallState, mark_unfinished_as_unknown
from privacy import progress
from privacy.consent import restoring as consent
from privacy.consent.intake import COUNTERS
from privacy.models import PrivacyRequest, ResultArchive, Submission, Upload
from privacy.statuses import ArchiveStatus, RequestStatus, UploadStatus

# Numbers given out after the backup are not in it. They must not be given to other requests, so that many are left out.
NUMBERS_LEFT_OUT = 1000
_COUNTERS = ("privacy-request-", COUNTERS)
_REASON = "restored_from_backup"


class MediaFolderMissing(Exception):
    """The folder of uploads and results is not there, so nothing can be said of the files in it."""


@dataclass(frozen=True)
class Restored:
    """What was done. `without_file` are the numbers of requests that cannot be prepared, as their file is gone."""

    calls: int
    preparing: int
    without_file: tuple[str, ...]
    results: int
    tokens: int
    uploads_ready: int
    uploads_without_file: int
    opt_outs: int
    opt_out_drafts: int


def after_restore() -> Restored:
    """Put everything unfinished into a state from which nothing is sent twice. No worker may run yet.

    A second run does no harm: it starts the looks over. Raises MediaFolderMissing.
    """
    if not Path(settings.MEDIA_ROOT).is_dir():
        raise MediaFolderMissing
    lost_results = [result for result in _stored_results() if not result.file_path.exists()]
    open_uploads = list(Upload.objects.still_open())
    with transaction.atomic():
        tokens, _ = AccessToken.objects.all().delete()
        for name in _COUNTERS:
            Counter.objects.filter(name__startswith=name).update(value=F("value") + NUMBERS_LEFT_OUT)
        preparing = _prepare_again()
        done = Restored(
            calls=_look_for_calls(),
            preparing=len(preparing),
            without_file=tuple(request.number for request in preparing if not _has_people(request)),
            results=_fetch_again(lost_results),
            tokens=tokens,
            uploads_ready=sum(upload.status == UploadStatus.READY for upload in open_uploads),
            uploads_without_file=sum(not _has_file(upload) for upload in open_uploads),
            opt_outs=consent.ask_about_calls(),
            opt_out_drafts=consent.drafts(),
        )
        audit.record(
            "backup.restored",
            actor=None,
            organization=None,
            obj=None,
            details={"calls": done.calls, "preparing": done.preparing, "results": done.results, "tokens": done.tokens},
        )
        for step in ("look", "prepare", "archive"):
            steps.wake(step)
    return done


def _look_for_calls() -> int:
    """Calls of requests that are still being prepared are left alone: preparing anew replaces them."""
    calls = Submission.objects.filter(state__in=OPEN_STATES).exclude(request__status=RequestStatus.PREPARING)
    open_calls = list(calls.select_related("request__organization"))
    marked = mark_unfinished_as_unknown(Submission.objects.exclude(request__status=RequestStatus.PREPARING))
    audit.record_many(
        [
            AuditRecord(
                f"call.{CallState.UNKNOWN}",
                organization=call.request.organization,
                obj=call,
                root_id=call.request_id,
                details={"call": call.ordinal, "people": call.people, "reason": _REASON},
            )
            for call in open_calls
        ]
    )
    for request_id in {call.request_id for call in open_calls}:
        progress.refresh(request_id)
    return marked


def _prepare_again() -> list[PrivacyRequest]:
    """Without their lease, so that no process from before the restore goes on writing them."""
    preparing = PrivacyRequest.objects.filter(status=RequestStatus.PREPARING)
    preparing.update(restored=True, lease=None, next_attempt_at=clock.now())
    requests = list(preparing.select_related("organization", "upload").order_by("number"))
    audit.record_many(
        [
            AuditRecord("request.restored", organization=request.organization, obj=request, root_id=request.pk)
            for request in requests
        ]
    )
    return requests


def _stored_results() -> list[ResultArchive]:
    # A shredded request has no path any more: its result is gone on purpose.
    stored = ResultArchive.objects.filter(status=ArchiveStatus.STORED).exclude(path="")
    return list(stored.select_related("job__organization").defer("address_sealed", "job__raw_sealed"))


def _fetch_again(results: list[ResultArchive]) -> int:
    ResultArchive.objects.filter(pk__in=[result.pk for result in results]).update(
        status=ArchiveStatus.WAITING,
        path="",
        size=None,
        sha256="",
        file_count=None,
        stored_at=None,
        attempts=0,
        lease=None,
        last_error="file_missing",
        next_attempt_at=clock.now(),
    )
    audit.record_many(
        [
            AuditRecord(
                "result.wanted_again",
                organization=result.job.organization,
                obj=result,
                root_id=result.request_id,
                details={"reason": "file_missing"},
            )
            for result in results
        ]
    )
    return len(results)


def _has_people(request: PrivacyRequest) -> bool:
    """Whether it can be prepared: from its file, or from the request whose people it asks for again."""
    return request.resubmission_of_id is not None or _has_file(request.upload)


def _has_file(upload: Upload | None) -> bool:
    return upload is not None and upload.file_path.is_file()
