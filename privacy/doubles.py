"""Jobs in Adobe's ordinary listing that carry a key of ours and are not the job we know: a call went out that should not have.

A look for a call of unknown outcome finds such jobs too; this is the watch over calls that nobody looks for any more.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from uuid import UUID

from django.db import transaction

from portal import crypto, steps
from portal.adobe.answers import ListedJob
from portal.models import Organization
from portal.outbound import CallState, unknown_fields
from privacy import progress, reconciling, writing
from privacy.models import Job, Submission
from privacy.submission import lock, note_jobs, raise_alarm_when_doubled, record_outcome


def notice(organization: Organization, page: Iterable[ListedJob]) -> None:
    """Look at one page of a listing. Two queries, a third only when Adobe lists jobs that we do not know."""
    listed = {job.job_id: job for job in page}
    known = Job.objects.filter(organization=organization, adobe_job_id__in=list(listed)).values_list("adobe_job_id", flat=True)
    notice_strangers(organization, [listed[job_id] for job_id in listed.keys() - set(known)])


def notice_strangers(organization: Organization, strangers: Collection[ListedJob]) -> None:
    """The same for jobs of a listing of which no job of ours has the id."""
    if not strangers:
        return
    index = crypto.blind_index_for(organization)
    by_key = {(writing.wire_digest(index, job.user_key), job.action): job.job_id for job in strangers if job.user_key}
    found: dict[Submission, dict[UUID, list[str]]] = defaultdict(dict)
    ours = Job.objects.filter(organization=organization, subject__wire_key_digest__in={digest for digest, _ in by_key})
    for job in ours.select_related("subject", "submission__request__organization"):
        job_id = by_key.get((bytes(job.subject.wire_key_digest or b""), job.action)) if job.subject else None
        # The call may have been settled between the two queries: then it is the job that we know by now.
        known_ids = (job.adobe_job_id, *job.extra_adobe_job_ids)
        if job_id is not None and job.submission is not None and job_id not in known_ids:
            found[job.submission][job.pk] = [job_id]
    for submission, jobs in found.items():
        _found(submission, jobs)


def _found(submission: Submission, jobs: dict[UUID, list[str]]) -> None:
    """A call that counts as sent has a doubled job; one that waits to be sent must not go: it is out already.

    A call that is being sent or looked for is settled by its own process or look, which find the job as well. For one that waits
    for a person no look comes any more: what is seen here must not be sent when the person says "send what is missing".
    """
    with transaction.atomic():
        # As it is now: a person may decide about it at this moment.
        submission.state, submission.person_reason = lock(submission)
        if submission.state == CallState.QUEUED:
            stopped = Submission.objects.filter(pk=submission.pk, state=CallState.QUEUED)
            if stopped.update(state=CallState.UNKNOWN, **unknown_fields("seen_in_list")):
                record_outcome(submission, CallState.UNKNOWN, "seen_in_list")
        elif submission.is_settled:
            note_jobs(submission, jobs)
            raise_alarm_when_doubled(submission)
        elif submission.state == CallState.UNKNOWN and submission.person_reason:
            note_jobs(submission, jobs)
            reconciling.settle_when_whole(submission)
        else:
            return
        progress.refresh(submission.request_id)
        steps.wake("look")
