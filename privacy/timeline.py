"""What happened, in plain words: the audit trail of one request, job or upload as its page tells it."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.utils.translation import gettext_noop as noop

from portal.models import AuditEvent
from portal.timeline import MOST_ENTRIES, Entry, Vocabulary
from privacy.statuses import AnswerChannel, Outcome, VerifiedHow

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
    "wrong_address": noop("there is no Privacy Service at the address"),
    "fewer_jobs": noop("Adobe's answer named fewer jobs than were sent"),
    "seen_in_list": noop("Adobe's list shows a job of it, though it was still waiting to be sent"),
    "found_in_list": noop("Adobe's list shows all of it"),
    "doubled": noop("Adobe has more than one job for the same person"),
}
_DECISIONS = {
    "look_again": noop("look at Adobe's list again"),
    "send_missing": noop("send what is missing"),
    "give_up": noop("not send it"),
    "withdraw": noop("not send it, because Adobe's limit is reached"),
    "acknowledge_doubled": noop("the doubled jobs were seen"),
}
_SENTENCES: dict[str, tuple[str, str]] = {
    "organization.held": (noop("The organization was put on hold: nothing more is sent until a person resumes it"), "warning"),
    "upload.received": (noop("The file was uploaded"), ""),
    "upload.checked": (noop("The file was checked: {errors:error|errors}, {warnings:warning|warnings}"), ""),
    "upload.dry_run_downloaded": (noop("The report of the dry run was downloaded"), ""),
    "upload.duplicates_chosen": (
        noop("People with open requests: {left_out:|} left out, {included:|} asked for again, {undecided:|} undecided"),
        "",
    ),
    "upload.discarded": (noop("The upload was discarded and its file removed"), "warning"),
    "upload.expired": (noop("Nobody confirmed the upload in a long time; its file was removed"), "warning"),
    "request.confirmed": (noop("Confirmed"), ""),
    "request.prepared": (noop("Prepared: {people:person|people}, {jobs:job|jobs}, {calls:call|calls} to Adobe"), ""),
    "request.sending": (noop("Sending to Adobe"), ""),
    "request.in_progress": (noop("Adobe has taken everything and is working"), ""),
    "request.attention": (noop("A person is needed"), "warning"),
    "request.cancelled": (noop("Cancelled before anything was sent to Adobe"), "warning"),
    "request.resubmitted": (noop("{people:person|people} of it asked again in {number}"), ""),
    "request.deletes_released": (noop("{results:access result is|access results are} safe: the deletes are sent"), "good"),
    "request.deletes_sent_anyway": (
        noop("The deletes are sent, though {results:access result is|access results are} missing"),
        "warning",
    ),
    "request.deletes_cancelled": (noop("The deletes are not sent: {jobs:job|jobs} closed"), "warning"),
    "request.first_lost": (
        noop("The people of the first request were removed before they could be asked again. Nothing was sent"),
        "bad",
    ),
    "request.complete": (noop("Complete: {jobs:job|jobs} finished"), "good"),
    "request.failed": (noop("Finished with errors: {failed:|} of {jobs:job|jobs} failed"), "bad"),
    "request.file_lost": (noop("The file was gone or damaged before it was prepared. Nothing was sent: upload it again"), "bad"),
    "request.file_lost_after_restore": (
        noop(
            "The file was gone. The request may have been sent before the restore: compare with Adobe's job list before a new "
            "upload"
        ),
        "bad",
    ),
    "request.mirrored": (noop("{jobs:job|jobs} found in Adobe's list that the portal did not create"), ""),
    "request.yielded": (noop("Its jobs belong to a request of the portal, as its answer says, and moved there"), ""),
    "request.due_soon": (noop("Due soon: on {due_on}"), "warning"),
    "request.restored": (
        noop("A backup was restored while this request was being prepared: Adobe's list is asked first"),
        "warning",
    ),
    "backup.restored": (noop("A backup was restored"), "warning"),
    "request.shredded": (noop("The personal data was removed"), "warning"),
    "sync.started": (noop("A search for jobs made outside the portal was started"), ""),
    "sync.done": (noop("The search for jobs made outside the portal is done"), "good"),
    "sync.failed": (noop("The search for jobs made outside the portal could not be finished"), "bad"),
    "request.assigned": (noop("Given to {to}"), ""),
    "request.unassigned": (noop("Nobody looks after it any more"), ""),
    "request.noted": (noop("A note was written"), ""),
    "request.acknowledged": (noop("Receipt was acknowledged on {on}"), ""),
    "request.verified": (noop("The person was verified: {how}"), ""),
    "request.answered": (
        noop("The person was answered on {on}, {days:day|days} after the request came: {outcome}, {channel}"),
        "good",
    ),
    "request.answer_changed": (noop("The answer was corrected"), "warning"),
    "request.answer_withdrawn": (noop("The answer of {on} was withdrawn: the person is not answered"), "warning"),
    "request.extended": (noop("The due date was extended by {days:day|days}, from {due_before} to {due_after}"), "warning"),
    "request.paused": (noop("The clock was paused with {days:day|days} left"), "warning"),
    "request.resumed": (noop("The clock went on after {days:day|days}: due on {due_after}"), ""),
    "request.system_done": (noop("Seen to in {system}"), ""),
    "request.system_undone": (noop("Open again in {system}"), "warning"),
    "subject.searched": (noop("A person was searched for: {found:match|matches}"), ""),
    "subject.revealed": (noop("A person's identities were shown unmasked"), "warning"),
    "call.sending": (noop("Call {call:|} is being sent to Adobe"), ""),
    "call.queued": (noop("Call {call:|} goes back into the queue: {reason}"), "warning"),
    "call.sent": (noop("Call {call:|} with {people:person|people} was taken by Adobe"), "good"),
    "call.rejected": (noop("Call {call:|} was refused by Adobe"), "bad"),
    "call.unknown": (noop("Whether Adobe took call {call:|} is not known: {reason}"), "warning"),
    "call.decided": (noop("Decision about call {call:|}: {decision}"), ""),
    "job.complete": (noop("Adobe finished this job"), "good"),
    "job.error": (noop("Adobe finished this job with an error"), "bad"),
    "job.gone": (noop("Adobe no longer knows this job"), "warning"),
    "job.revealed": (noop("The identities were shown unmasked"), "warning"),
    "job.asked": (noop("Adobe was to be asked again"), ""),
    "result.stored": (noop("The result was fetched, checked and stored"), "good"),
    "result.failed": (noop("The result could not be fetched: {reason}"), "bad"),
    "result.expired": (noop("Adobe no longer has the result"), "warning"),
    "result.asked_again": (noop("The result was to be fetched again"), ""),
    "result.wanted_again": (noop("A backup was restored without the stored result: it is fetched again"), "warning"),
    "result.downloaded": (noop("The result was downloaded"), ""),
}
# Choices as the trail has them, by the name of the detail: two choices may share a code word.
_CHOICES = {
    f"{name}={choice.value}": str(choice.label)
    for name, choices in (("how", VerifiedHow), ("channel", AnswerChannel), ("outcome", Outcome))
    for choice in choices
}
_OF_ADOBE = frozenset(
    {"request.in_progress", "request.complete", "request.failed", "call.rejected", "job.complete", "job.error", "job.gone"}
)
_WORDS = Vocabulary(_SENTENCES, _REASONS, _DECISIONS | _CHOICES, _OF_ADOBE)
