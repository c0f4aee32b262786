"""Requests and jobs that were made outside the portal, as rows: what they hold, and how they yield to a request of ours.

How they are found is elsewhere.py.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import UTC
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone

from portal import audit, clock, crypto
from portal.adobe.answers import AnsweredIdentity, JobAnswer, ListedJob
from portal.bulk import Among
from portal.ids import new_id
from portal.models import DataKey, Organization
from privacy import catalog, intake, progress, schema, writing
from privacy.history import counting
from privacy.models import DataSubject, IdentityDigest, Job, JobListing, PrivacyRequest
from privacy.statuses import JOB_DONE, Action, Origin, RequestStatus

LONGEST_ACTION = 20


def keep(organization: Organization, law: str, listed: Iterable[ListedJob]) -> int:
    """Keep jobs that nobody here knows, one request for each request of Adobe's. Returns how many jobs are new."""
    by_request: dict[str, list[ListedJob]] = defaultdict(list)
    for job in listed:
        # An action that is new to us is kept as it came; one that fits into no column is none.
        if 0 < len(job.action) <= LONGEST_ACTION:
            by_request[job.request_id or job.job_id].append(job)
    return sum(_keep_request(organization, law, adobe_id, jobs) for adobe_id, jobs in sorted(by_request.items()))


@transaction.atomic
def _keep_request(organization: Organization, law: str, adobe_request_id: str, listed: Sequence[ListedJob]) -> int:
    request = _request_of(organization, law, adobe_request_id, listed)
    if request.data_key is None:
        # Its personal data was removed here: it is not brought back.
        return 0
    known = set(request.jobs.values_list("adobe_job_id", flat=True))
    fresh = [job for job in listed if job.job_id not in known]
    if not fresh:
        return 0
    people = _People(request)
    jobs = [_job(request, people.subject_for(job), job) for job in fresh]
    people.save()
    Job.objects.bulk_create(jobs)
    # They may have ended on days whose figures are final.
    counting.count_again(organization.pk, {job.finished_at.astimezone(UTC).date() for job in jobs if job.finished_at})
    JobListing.objects.get_or_create(organization=organization, regulation=law, defaults={"next_list_at": clock.now()})
    PrivacyRequest.objects.filter(pk=request.pk).update(people=people.count, people_prepared=people.count)
    audit.record(
        "request.mirrored",
        actor=None,
        organization=organization,
        obj=request,
        root_id=request.pk,
        details={"number": request.number, "jobs": len(jobs)},
    )
    progress.refresh(request.pk)
    return len(jobs)


def _request_of(organization: Organization, law: str, adobe_request_id: str, listed: Sequence[ListedJob]) -> PrivacyRequest:
    """The row of a request made elsewhere; locked, so that two passes keep a job once."""
    rows = PrivacyRequest.objects.select_for_update(no_key=True, of=("self",)).select_related("organization", "data_key")
    found: PrivacyRequest | None = rows.filter(organization=organization, adobe_request_id=adobe_request_id).first()
    if found is not None:
        return found
    request_id = new_id()
    created = min((job.created_at for job in listed if job.created_at), default=timezone.now())
    received_on = created.astimezone(ZoneInfo(organization.time_zone)).date()
    request = PrivacyRequest(
        id=request_id,
        number=intake.next_number(received_on),
        organization=organization,
        origin=Origin.ELSEWHERE,
        adobe_request_id=adobe_request_id,
        data_key=DataKey.objects.make("mirror", request_id),
        opt_out=all(job.action == Action.OPT_OUT for job in listed),
        regulation=law,
        received_on=received_on,
        due_on=catalog.earliest_due(law, [job.action for job in listed], received_on),
        status=RequestStatus.IN_PROGRESS,
    )
    request.save(force_insert=True)
    return request


class _People:
    """The people of one mirrored request: known by Adobe's `userKey` alone, until a job's detail names their identities."""

    def __init__(self, request: PrivacyRequest) -> None:
        self._request = request
        self._index = crypto.blind_index_for(request.organization)
        self._fresh: list[DataSubject] = []
        # A person may have one job of each action, so the second job of an action is another person of the same key.
        self._free: dict[tuple[str, str], DataSubject] = {}
        taken = defaultdict(set)
        for subject_id, action in request.jobs.values_list("subject_id", "action"):
            taken[subject_id].add(action)
        self.count = 0
        for subject in request.subjects.order_by("position"):
            subject.request = request
            self._offer(subject, subject.officer_key or "", taken[subject.pk])

    def _offer(self, subject: DataSubject, key: str, taken: Collection[str]) -> None:
        self.count += 1
        for action in Action.values:
            if action not in taken:
                self._free.setdefault((key, action), subject)

    def subject_for(self, job: ListedJob) -> DataSubject:
        """The person a listed job is about; a new one where none of this key can have one more such job."""
        subject = self._free.pop((job.user_key, job.action), None)
        if subject is None:
            subject = DataSubject(request=self._request, position=self.count + 1, actions=[])
            subject.officer_key = job.user_key or None
            subject.officer_key_digest = writing.officer_key_digest(self._index, subject.officer_key)
            subject.identities = []
            self._fresh.append(subject)
            self._offer(subject, job.user_key, {job.action})
        subject.actions = sorted({*subject.actions, job.action})
        return subject

    def save(self) -> None:
        """Write the new ones; those that were there keep their row, but for the actions."""
        fresh = {subject.pk for subject in self._fresh}
        DataSubject.objects.bulk_create(self._fresh)
        for subject in self._free.values():
            if subject.pk not in fresh:
                DataSubject.objects.filter(pk=subject.pk).update(actions=subject.actions)


def _job(request: PrivacyRequest, subject: DataSubject, listed: ListedJob) -> Job:
    """Its detail is asked for at once: the list tells neither products nor identities."""
    done = listed.status in JOB_DONE
    return Job(
        organization=request.organization,
        request=request,
        subject=subject,
        action=listed.action,
        status=listed.status,
        adobe_job_id=listed.job_id,
        adobe_status=listed.status_word[:60],
        adobe_created_at=listed.created_at,
        next_poll_at=clock.read(),
        finished_at=(listed.modified_at or timezone.now()) if done else None,
    )


# --- What a detail tells beyond the list ---


def learn(job: Job, answer: JobAnswer, products: Iterable[str]) -> None:
    """The list of a job made elsewhere tells neither products nor identities; its detail does. Nothing for a job of ours.

    `products` are our codes for those that have answered.
    """
    request = job.request
    if request.origin != Origin.ELSEWHERE:
        return
    named = list(dict.fromkeys([*request.products, *products]))
    if named != request.products:
        request.products = named
        PrivacyRequest.objects.filter(pk=request.pk).update(products=named)
    subject = DataSubject.objects.filter(jobs=job).first()
    if subject is not None and answer.identities:
        subject.request = request
        if not subject.identities:
            _learn_identities(job, subject, answer.identities)


def _learn_identities(job: Job, subject: DataSubject, identities: Sequence[AnsweredIdentity]) -> None:
    """Kept sealed, and found by exact search like those of our own requests."""
    named = tuple(map(_identity, identities))
    person = schema.Person(row=subject.position, key=subject.officer_key, actions=tuple(subject.actions), identities=named)
    subject.identities = [identity.to_dict() for identity in person.identities]
    subject.save(update_fields=["identities_sealed"])
    IdentityDigest.objects.bulk_create(
        IdentityDigest(subject=subject, digest=digest, namespace=namespace, value_digest=value_digest)
        for digest, namespace, value_digest in writing.rows_of_digests(crypto.blind_index_for(job.organization), person)
    )


def _identity(answered: AnsweredIdentity) -> schema.Identity:
    return schema.Identity(answered.namespace, answered.value, answered.type, answered.namespace_id, answered.deleted_client_side)


# --- When a mirrored job turns out to be ours ---


@transaction.atomic(savepoint=False)
def yield_to_ours(organization_id: uuid.UUID, adobe_job_ids: Collection[str]) -> None:
    """A call of ours has found these jobs: what was taken for made elsewhere (after a restore it can be) goes."""
    if not PrivacyRequest.objects.filter(organization=organization_id, adobe_request_id__isnull=False).exists():
        # Where nothing was made elsewhere, nobody looks for a thousand ids.
        return
    mirrored = Job.objects.order_by().filter(
        Among("adobe_job_id", adobe_job_ids), organization=organization_id, request__origin=Origin.ELSEWHERE
    )
    requests = set(mirrored.values_list("request_id", flat=True))
    if not requests:
        return
    subjects = list(mirrored.values_list("subject_id", flat=True))
    mirrored.delete()
    DataSubject.objects.filter(pk__in=subjects, jobs=None).delete()
    for request in PrivacyRequest.objects.select_related("organization", "data_key").filter(pk__in=sorted(requests)):
        audit.record("request.yielded", actor=None, organization=request.organization, obj=request, root_id=request.pk)
        if request.jobs.exists():
            progress.refresh(request.pk)
        else:
            _drop(request)


def _drop(request: PrivacyRequest) -> None:
    """Nothing of it is left: its number stays a gap."""
    key = request.data_key
    request.delete()
    if key is not None:
        key.destroy()
