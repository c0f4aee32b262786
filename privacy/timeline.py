"""What happened, in plain words: the audit trail of one request, job or upload as its page tells it."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from portal.models import AuditEvent
from portal.timeline import MOST_ENTRIES, Entry, Vocabulary

# One line for each of thousands of jobs would bury the rest: these stand on the pages of their jobs.
ABOUT_JOBS = ("job.", "result.")


def of_request(request_id: UUID, upload_id: UUID | None) -> list[Entry]:
    """The newest entries of a request and of the upload it came from."""
    roots = [str(request_id), *([str(upload_id)] if upload_id else [])]
    events = AuditEvent.objects.filter(root_id__in=roots)
    for prefix in ABOUT_JOBS:
        events = events.exclude(action__startswith=prefix)
    return told(events[:MOST_ENTRIES])


def of_upload(upload_id: UUID) -> list[Entry]:
    """The entries of an upload alone."""
    return told(AuditEvent.objects.filter(root_id=str(upload_id))[:MOST_ENTRIES])


def of_job(request_id: UUID, object_ids: Iterable[UUID]) -> list[Entry]:
    """The entries of one job and its result."""
    names = [str(each) for each in object_ids]
    return told(AuditEvent.objects.filter(root_id=str(request_id), object_id__in=names)[:MOST_ENTRIES])


def told(events: Iterable[AuditEvent]) -> list[Entry]:
    """Each event as a sentence."""
    return _WORDS.told(events)


_REASONS = {
    "wrong_address": "there is no Privacy Service at the address",
    "fewer_jobs": "Adobe's answer named fewer jobs than were sent",
    "seen_in_list": "Adobe's list shows a job of it, though it was still waiting to be sent",
    "found_in_list": "Adobe's list shows all of it",
    "doubled": "Adobe has more than one job for the same person",
}
_DECISIONS = {
    "look_again": "look at Adobe's list again",
    "send_missing": "send what is missing",
    "give_up": "not send it",
    "withdraw": "not send it, because Adobe's limit is reached",
    "acknowledge_doubled": "the doubled jobs were seen",
}
_SENTENCES: dict[str, tuple[str, str]] = {
    "organization.held": ("The organization was put on hold: nothing more is sent until a person resumes it", "warning"),
    "upload.received": ("The file was uploaded", ""),
    "upload.checked": ("The file was checked: {errors:error|errors}, {warnings:warning|warnings}", ""),
    "upload.discarded": ("The upload was discarded and its file removed", "warning"),
    "request.confirmed": ("Confirmed", ""),
    "request.prepared": ("Prepared: {people:person|people}, {jobs:job|jobs}, {calls:call|calls} to Adobe", ""),
    "request.sending": ("Sending to Adobe", ""),
    "request.in_progress": ("Adobe has taken everything and is working", ""),
    "request.attention": ("A person is needed", "warning"),
    "request.cancelled": ("Cancelled before anything was sent to Adobe", "warning"),
    "request.resubmitted": ("{people:person|people} of it asked again in {number}", ""),
    "request.deletes_released": ("{results:access result is|access results are} safe: the deletes are sent", "good"),
    "request.deletes_sent_anyway": (
        "The deletes are sent, though {results:access result is|access results are} missing",
        "warning",
    ),
    "request.deletes_cancelled": ("The deletes are not sent: {jobs:job|jobs} closed", "warning"),
    "request.first_lost": (
        "The people of the first request were removed before they could be asked again. Nothing was sent",
        "bad",
    ),
    "request.complete": ("Complete: {jobs:job|jobs} finished", "good"),
    "request.failed": ("Finished with errors: {failed:|} of {jobs:job|jobs} failed", "bad"),
    "request.file_lost": ("The file was gone or damaged before it was prepared. Nothing was sent: upload it again", "bad"),
    "request.file_lost_after_restore": (
        "The file was gone. The request may have been sent before the restore: compare with Adobe's job list before a new upload",
        "bad",
    ),
    "request.mirrored": ("{jobs:job|jobs} found in Adobe's list that the portal did not create", ""),
    "request.yielded": ("Its jobs belong to a request of the portal, as its answer says, and moved there", ""),
    "request.due_soon": ("Due soon: on {due_on}", "warning"),
    "request.restored": ("A backup was restored while this request was being prepared: Adobe's list is asked first", "warning"),
    "backup.restored": ("A backup was restored", "warning"),
    "request.shredded": ("The personal data was removed", "warning"),
    "sync.started": ("A search for jobs made outside the portal was started", ""),
    "sync.done": ("The search for jobs made outside the portal is done", "good"),
    "sync.failed": ("The search for jobs made outside the portal could not be finished", "bad"),
    "subject.searched": ("A person was searched for: {found:match|matches}", ""),
    "subject.revealed": ("A person's identities were shown unmasked", "warning"),
    "call.sending": ("Call {call:|} is being sent to Adobe", ""),
    "call.queued": ("Call {call:|} goes back into the queue: {reason}", "warning"),
    "call.sent": ("Call {call:|} with {people:person|people} was taken by Adobe", "good"),
    "call.rejected": ("Call {call:|} was refused by Adobe", "bad"),
    "call.unknown": ("Whether Adobe took call {call:|} is not known: {reason}", "warning"),
    "call.decided": ("Decision about call {call:|}: {decision}", ""),
    "job.complete": ("Adobe finished this job", "good"),
    "job.error": ("Adobe finished this job with an error", "bad"),
    "job.gone": ("Adobe no longer knows this job", "warning"),
    "job.revealed": ("The identities were shown unmasked", "warning"),
    "job.asked": ("Adobe was to be asked again", ""),
    "result.stored": ("The result was fetched, checked and stored", "good"),
    "result.failed": ("The result could not be fetched: {reason}", "bad"),
    "result.expired": ("Adobe no longer has the result", "warning"),
    "result.asked_again": ("The result was to be fetched again", ""),
    "result.wanted_again": ("A backup was restored without the stored result: it is fetched again", "warning"),
    "result.downloaded": ("The result was downloaded", ""),
}
_WORDS = Vocabulary(_SENTENCES, _REASONS, _DECISIONS)
