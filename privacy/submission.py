"""Sending one call to Adobe exactly once, and moving its row on by what came back.

What each answer means for a call is one table, `portal.sending.verdict`; looking for a call of unknown outcome is reconciling.py.
"""

from __future__ import annotations

import logging
import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from portal import audit, clock, connections, crypto, job_days, sending, steps
from portal.adobe import errors
from portal.adobe.answers import CreatedJob, CreatedJobs
from portal.bulk import Among
from portal.models import Organization
from portal.outbound import (
    CallState,
    Claim,
    PersonReason,
    sent_fields,
    unknown_fields,
)
from portal.updates import update_each
from privacy import mirrors, progress, schema, writing
from privacy.models import DataSubject, Job, JobListing, Submission
from privacy.querysets import SubmissionQuerySet
from privacy.statuses import JOB_DONE, JobStatus

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Outgoing:
    """What one call carries: the body of the POST, and which of our jobs each wire key and action in it is."""

    body: bytes
    jobs: dict[tuple[str, str], uuid.UUID]

    def match(self, jobs: Iterable[CreatedJob]) -> dict[uuid.UUID, list[str]]:
        """Which of the call's own jobs these are: our job id -> Adobe's job ids."""
        return _adobe_ids((self.jobs.get((job.key or "", job.action)), job.job_id) for job in jobs)


@dataclass(frozen=True)
class Sent:
    """A call that Adobe has answered well: what went, and what came back."""

    outgoing: Outgoing
    created: CreatedJobs


def outgoing(submission: Submission) -> Outgoing:
    """From the call's jobs, so that a re-send asks for exactly what this call stands for."""
    request = submission.request
    envelope = schema.Envelope.from_dict(request.envelope)
    ours: dict[tuple[str, str], uuid.UUID] = {}
    users = []
    for user, wire_key, job_ids in _users(submission):
        users.append(user)
        for action, job_id in job_ids.items():
            ours[wire_key, action] = job_id
    return Outgoing(schema.wire_body(envelope, request.organization.ims_org_id, users), ours)


_IDENTITIES_AS_SENT = crypto.SealedBytes("identities_sealed")


def _users(submission: Submission) -> Iterator[tuple[bytes, str, dict[str, uuid.UUID]]]:
    """The people of a call in the order of their file: each as JSON, the wire key, and the jobs of this call by action."""
    actions: dict[uuid.UUID, dict[str, uuid.UUID]] = defaultdict(dict)
    # Without their usual order, which takes a join and a sort.
    jobs = submission.jobs.order_by()
    for job_id, subject_id, action in jobs.exclude(subject=None).values_list("pk", "subject_id", "action"):
        actions[subject_id][action] = job_id
    # By their ids: joined with all jobs, PostgreSQL reads the people of every call to find those of one.
    people = DataSubject.objects.filter(Among("pk", actions)).order_by("position")
    open_key = DataSubject.wire_key.opener(DataSubject, submission.data_key)
    open_identities = _IDENTITIES_AS_SENT.opener(DataSubject, submission.data_key)
    for subject_id, key, identities in people.values_list("pk", "wire_key_sealed", "identities_sealed"):
        wire_key, ours = open_key(key) or "", actions[subject_id]
        yield schema.wire_user(wire_key, sorted(ours), open_identities(identities) or b"[]"), wire_key, ours


# --- What an answer means ---


def _settle_sent(submission: Submission, held: Claim, answer: Sent) -> None:
    created = answer.created
    found = answer.outgoing.match(created.jobs)
    submission.answer = created.raw
    if len(found) < submission.expected_jobs:
        # Enough entries came, but not for every person and action of ours.
        fields = unknown_fields("fewer_jobs")
        with transaction.atomic():
            if held.settle(CallState.UNKNOWN, answer_sealed=submission.answer_sealed, **fields):
                note_jobs(submission, found)
                record_outcome(submission, CallState.UNKNOWN, "fewer_jobs")
        return
    with transaction.atomic(savepoint=False):
        fields = sent_fields() | {"adobe_request_id": created.request_id, "answer_sealed": submission.answer_sealed}
        if not held.settle(CallState.SENT, **fields):
            logger.error("the answer to submission %s came after its claim was gone", submission.pk)
            _keep_late_answer(submission, found, fields)
            return
        if note_jobs(submission, found) < submission.expected_jobs:
            raise_alarm_when_doubled(submission)
        record_outcome(submission, CallState.SENT, "")


def _keep_late_answer(submission: Submission, found: dict[uuid.UUID, list[str]], fields: dict[str, Any]) -> None:
    """The call has gone on without this: what Adobe has taken is followed all the same, and not sent again.

    It may be queued; or a person has closed it as not sent; or it went out a second time, and then a person must know.
    """
    submission.state, _ = lock(submission)
    if not Submission.objects.filter(pk=submission.pk, request__data_key__isnull=False).exists():
        return
    note_jobs(submission, found)
    stop_when_queued(submission)
    not_sent = Submission.objects.filter(pk=submission.pk, state__in=(CallState.CANCELLED, CallState.REJECTED))
    if not_sent.update(state=CallState.SENT, **fields):
        record_outcome(submission, CallState.SENT, "late")
    elif submission.state == CallState.SENT:
        raise_alarm_when_doubled(submission)


def _after_failure(submission: Submission, state: CallState, error: errors.AdobeError) -> None:
    if state == CallState.REJECTED:
        submission.jobs.filter(status=JobStatus.WAITING).update(status=JobStatus.NOT_SENT, finished_at=timezone.now())
        progress.refresh(submission.request_id)
    if isinstance(error, errors.OutcomeUnknown) and error.created is not None:
        note_jobs(submission, match(submission, error.created.jobs))
    if state == CallState.QUEUED and submission.jobs.exclude(adobe_job_id=None).exists():
        # This attempt brought nothing, but Adobe has a part from one before: the whole call must not go out again.
        stop_when_queued(submission)


def record_outcome(submission: Submission, state: CallState, reason: str) -> None:
    """One line in the trail for what became of a call."""
    audit.record(
        f"call.{state}",
        actor=None,
        organization=submission.request.organization,
        obj=submission,
        root_id=submission.request_id,
        details={"call": submission.ordinal, "people": submission.people, "reason": reason},
    )


# --- Jobs of an answer or of a look ---


def lock(submission: Submission) -> tuple[str, str]:
    """Hold the call's row until the transaction ends. Gives its state, and why it waits for a person, as they are now.

    Everybody takes a call before its jobs, and its jobs before their request, so that nobody waits for another in a circle.
    """
    row = Submission.objects.select_for_update(no_key=True).only("state", "person_reason").get(pk=submission.pk)
    return row.state, row.person_reason


class WireDigests(dict[str, bytes]):
    """The digest of each wire key of one organization, worked out once however many calls ask."""

    def __init__(self, organization: Organization) -> None:
        """Raises CannotDecrypt."""
        super().__init__()
        self._index = crypto.blind_index_for(organization)

    def __missing__(self, wire_key: str) -> bytes:
        digest = self[wire_key] = writing.wire_digest(self._index, wire_key)
        return digest


def match(submission: Submission, jobs: Iterable[CreatedJob], digests: WireDigests | None = None) -> dict[uuid.UUID, list[str]]:
    """Which of the call's own jobs these are: our job id -> Adobe's job ids, by digest of the wire key and by action."""
    of_key = WireDigests(submission.request.organization) if digests is None else digests
    jobs_of_ours = list(submission.jobs.order_by().exclude(subject=None).values_list("pk", "subject_id", "action"))
    people = DataSubject.objects.filter(Among("pk", {subject_id for _, subject_id, _ in jobs_of_ours}))
    stored = dict(people.exclude(wire_key_digest=None).values_list("pk", "wire_key_digest"))
    ours = {(bytes(stored[who] or b""), action): job_id for job_id, who, action in jobs_of_ours if who in stored}
    return _adobe_ids((ours.get((of_key[job.key or ""], job.action)), job.job_id) for job in jobs)


def _adobe_ids(pairs: Iterable[tuple[uuid.UUID | None, str]]) -> dict[uuid.UUID, list[str]]:
    """Adobe's job ids by ours, each once; those that are none of ours are left out."""
    found: dict[uuid.UUID, list[str]] = {}
    for job_id, adobe_id in pairs:
        if job_id is not None:
            ids = found.setdefault(job_id, [adobe_id])
            # A second one is rare.
            if ids[-1] != adobe_id and adobe_id not in ids:
                ids.append(adobe_id)
    return found


def note_jobs(submission: Submission, found: dict[uuid.UUID, list[str]]) -> int:
    """Give our jobs the ids that Adobe gave them; they are followed from now on.

    Returns how many of them waited for an id and have got exactly one: Adobe has none of these twice.
    """
    mirrors.yield_to_ours(submission.request.organization_id, [job_id for ids in found.values() for job_id in ids])
    once = [(job_id, ids[0]) for job_id, ids in found.items() if len(ids) == 1]
    # Those that wait for their id, mostly all. No time to ask about them: the listing tells what becomes of them.
    noted = update_each(
        Job,
        {"pk": [job_id for job_id, _ in once], "adobe_job_id": [adobe_id for _, adobe_id in once]},
        only={"submission": submission.pk, "adobe_job_id": None, "status": JobStatus.WAITING},
        status=JobStatus.SUBMITTED,
        adobe_status="submitted",
        next_poll_at=None,
        finished_at=None,
    )
    if noted < len(found):
        _note_again(submission, found)
    request = submission.request
    begins = {"next_list_at": clock.now()}
    JobListing.objects.get_or_create(organization=request.organization, regulation=request.regulation, defaults=begins)
    return noted


def _note_again(submission: Submission, found: dict[uuid.UUID, list[str]]) -> None:
    """Jobs that Adobe has more than once, or that we knew before or took for not sent; for others there is nothing to do."""
    revived = False
    for job in submission.jobs.order_by().filter(Among("pk", found)):
        known = [*filter(None, [job.adobe_job_id]), *job.extra_adobe_job_ids]
        ids = list(dict.fromkeys([*known, *found[job.pk]]))
        if ids == known and job.status not in (JobStatus.WAITING, JobStatus.NOT_SENT):
            continue
        job.adobe_job_id, job.extra_adobe_job_ids = ids[0], ids[1:]
        if job.status in (JobStatus.WAITING, JobStatus.NOT_SENT):
            revived |= job.status in JOB_DONE
            job.status, job.adobe_status = JobStatus.SUBMITTED, "submitted"
            job.next_poll_at = job.finished_at = None
        job.save(update_fields=["adobe_job_id", "extra_adobe_job_ids", "status", "adobe_status", "next_poll_at", "finished_at"])
    if revived:
        progress.refresh(submission.request_id)


def raise_alarm_when_doubled(submission: Submission) -> None:
    """More than one job at Adobe for one person and action: a person must know."""
    if submission.jobs.exclude(extra_adobe_job_ids=[]).exists():
        Submission.objects.filter(pk=submission.pk).update(person_reason=PersonReason.DOUBLED)
        record_outcome(submission, CallState(submission.state), "doubled")
        logger.error("submission %s has doubled jobs at Adobe", submission.pk)


def stop_when_queued(submission: Submission) -> None:
    """A call that waits to be sent again, though Adobe has it: it must not go, a look settles it."""
    queued = Submission.objects.filter(pk=submission.pk, state=CallState.QUEUED)
    if queued.update(state=CallState.UNKNOWN, **unknown_fields("seen_in_list")):
        record_outcome(submission, CallState.UNKNOWN, "seen_in_list")


# --- How they are sent ---


# Whatever else comes of a call, Adobe may have counted its jobs.
_NOTHING_COUNTS = (errors.Throttled, errors.NotSent, errors.Unauthorized, errors.OrganizationBlocked, errors.Rejected)


def _until_next_day(organization: Organization) -> float:
    return max((job_days.next_day(organization.pk) - clock.read()).total_seconds(), 0.0)


class _Sender(sending.Sender[Submission, Sent]):
    """How calls that create jobs are sent."""

    sendable = SubmissionQuerySet.SENDABLE

    def calls(self) -> SubmissionQuerySet:
        return Submission.objects.all()

    def due(self, now: clock.Moment) -> SubmissionQuerySet:
        return Submission.objects.due_to_send(now)

    def load(self, call_id: uuid.UUID) -> Submission:
        related = ("request__organization__data_key", "request__data_key")
        call: Submission = Submission.objects.select_related(*related).get(pk=call_id)
        return call

    def organization_of(self, call: Submission) -> Organization:
        return call.request.organization

    def make(self, call: Submission, held: Claim) -> Sent:
        """Counted as jobs of today before anything leaves, and given back where it is certain that none of them counts."""
        organization = call.request.organization
        service, what = connections.service_for(organization), outgoing(call)
        day = job_days.take(organization, call.expected_jobs)
        if day is None:
            raise errors.Paced(_until_next_day(organization), job_days.DAY_LIMIT)
        try:
            created = service.create_jobs(what.body, expected_jobs=call.expected_jobs, still_held=held.still_held)
        except _NOTHING_COUNTS:
            job_days.give_back(organization, day, call.expected_jobs)
            raise
        return Sent(what, created)

    def why_wait(self, organization: Organization, call_id: uuid.UUID) -> tuple[str, clock.Moment]:
        if organization.jobs_per_day:
            jobs = self.calls().filter(pk=call_id).values_list("expected_jobs", flat=True).first() or 0
            if not job_days.has_room(organization, jobs):
                return job_days.DAY_LIMIT, job_days.next_day(organization.pk)
        return super().why_wait(organization, call_id)

    def settle_sent(self, call: Submission, held: Claim, answer: Sent) -> None:
        _settle_sent(call, held, answer)

    def after_failure(self, call: Submission, state: CallState, error: errors.AdobeError) -> None:
        _after_failure(call, state, error)

    def record(self, call: Submission, state: CallState, reason: str) -> None:
        record_outcome(call, state, reason)

    def refresh(self, call: Submission) -> None:
        # Whatever ends jobs or begins them anew has counted them itself.
        progress.calls_moved(call.request_id)


_SENDER = _Sender()
has_stale, send_next, send, sweep_stale = _SENDER.has_stale, _SENDER.send_next, _SENDER.send, _SENDER.sweep_stale


def resume(organization_id: uuid.UUID) -> None:
    """After a hold: whatever is queued may go out now."""
    Submission.objects.filter(
        request__organization=organization_id, state=CallState.QUEUED, next_attempt_at__gt=clock.now()
    ).update(next_attempt_at=clock.now())
    steps.wake("submit")
