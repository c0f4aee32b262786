"""One data subject across requests: everybody of one organization who shares an identity with the one that is looked at.

Sharing goes no further: who shares an identity with one of those alone is another page. We merge nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from portal import crypto
from portal.masking import mask
from portal.models import Organization, User
from privacy import catalog, schema
from privacy.models import DataSubject, IdentityDigest, Job, OptOut, OptOutDigest, PrivacyRequest, ProductResponse, ResultArchive
from privacy.statuses import JOB_AT_ADOBE_OPEN, JOB_DONE, JOB_TONES, ArchiveStatus, JobStatus

# Whoever stands in more requests than these is somebody's test data: the newest are shown.
MOST: Final = 100
# Ids that are read to find the newest among them: a digest of a value that everybody shares may have any number.
MOST_READ: Final = 5000
# Of several states of one person, the first of these says most.
_WORST_FIRST: Final = (
    JobStatus.ERROR,
    JobStatus.GONE,
    JobStatus.NOT_SENT,
    JobStatus.OTHER,
    JobStatus.WAITING,
    JobStatus.SUBMITTED,
    JobStatus.PROCESSING,
    JobStatus.COMPLETE,
)


def worst_state(statuses: Iterable[str]) -> JobStatus | None:
    """The state of a person's jobs that needs a look first; None without jobs."""
    found = set(statuses)
    return next((status for status in _WORST_FIRST if status in found), None)


def visible_to(user: User) -> QuerySet[DataSubject]:
    """People in requests of the person's organizations."""
    rows = DataSubject.objects.filter(request__organization__in=Organization.objects.visible_to(user))
    return rows.select_related("request__organization", "request__data_key")


# --- Who they are ---


@dataclass(frozen=True)
class Identity:
    """One identity as a page shows it. `person`: the newest data subject that has it, where it is not the one looked at."""

    namespace: str
    value: str
    type: str
    person: UUID | None = None


@dataclass(frozen=True)
class Product:
    """What one product did of one job."""

    name: str
    words: str
    tone: str
    row: ProductResponse | None


@dataclass(frozen=True)
class Task:
    """One job of a person: an action, where it stands, and what each product says."""

    job: Job
    products: list[Product]
    archive: ResultArchive | None

    @property
    def done(self) -> int:
        """How many products are done with it."""
        return sum(product.row is not None and product.row.status in JOB_DONE for product in self.products)

    @property
    def sent_at(self) -> datetime | None:
        """When Adobe got it: as Adobe says, and until then as our call says. None while it has not."""
        if self.job.adobe_job_id is None:
            return None
        return self.job.adobe_created_at or (self.job.submission.first_sent_at if self.job.submission else None)

    @property
    def has_result(self) -> bool:
        """Whether there is a file to give to the person."""
        return self.archive is not None and self.archive.status == ArchiveStatus.STORED


@dataclass(frozen=True)
class Asked:
    """The person as named in one request. `is_kept`: who it was can still be read."""

    subject: DataSubject
    key: str | None
    tasks: list[Task]
    is_kept: bool

    @property
    def request(self) -> PrivacyRequest:
        """Of which it is."""
        return self.subject.request

    @property
    def is_unanswered(self) -> bool:
        """Whether the person still waits for an answer."""
        return self.request.is_unanswered

    @property
    def state(self) -> JobStatus | None:
        """The worst of its jobs."""
        return worst_state(task.job.status for task in self.tasks)

    @property
    def tone(self) -> str:
        """For the status pill."""
        return JOB_TONES[self.state] if self.state else "unknown"

    @property
    def results(self) -> list[Task]:
        """Jobs whose result can be given to the person."""
        return [task for task in self.tasks if task.has_result]

    @property
    def waiting_for(self) -> list[str]:
        """Products that Adobe has not ended, each once."""
        names = [
            product.name
            for task in self.tasks
            if task.job.status in JOB_AT_ADOBE_OPEN
            for product in task.products
            if product.row is None or product.row.status not in JOB_DONE
        ]
        return list(dict.fromkeys(names))

    @property
    def waiting(self) -> list[Task]:
        """Jobs that Adobe does not have yet."""
        return [task for task in self.tasks if task.job.status == JobStatus.WAITING]

    @property
    def failed(self) -> list[Task]:
        """Jobs that ended, and not well."""
        return [task for task in self.tasks if task.job.status in JOB_DONE and task.job.status != JobStatus.COMPLETE]


@dataclass(frozen=True)
class Person:
    """Everything that was asked for one person and done, newest first."""

    subject: DataSubject
    identities: list[Identity]
    others: list[Identity]
    asked: list[Asked]
    opt_outs: list[OptOut]
    is_complete: bool

    @property
    def is_kept(self) -> bool:
        """Whether who it is can still be read from the request that is looked at."""
        return any(one.is_kept for one in self.asked if one.subject.pk == self.subject.pk)

    @property
    def still_open(self) -> list[Asked]:
        """Requests that the person has no answer to yet: the law's clock stops with the answer."""
        return [one for one in self.asked if one.is_unanswered]


def read(subject: DataSubject, *, revealed: bool) -> Person:
    """The page of a person, in a number of queries that does not depend on how much there is."""
    digests = subject.identity_digests.order_by().values("digest")
    subjects, is_complete = _sharing(subject, digests)
    tasks = _tasks_of(subjects)
    known = {one.pk: _identities_of(one) for one in subjects}
    own = known[subject.pk] or []
    return Person(
        subject=subject,
        identities=[_shown(identity, revealed=revealed) for identity in own],
        others=_others(subject, subjects, known, revealed=revealed),
        asked=[
            Asked(one, _key_of(one, revealed=revealed), tasks.get(one.pk, []), is_kept=known[one.pk] is not None)
            for one in subjects
        ],
        opt_outs=_opt_outs(subject, digests),
        is_complete=is_complete,
    )


def _sharing(subject: DataSubject, digests: QuerySet[Any, Any]) -> tuple[list[DataSubject], bool]:
    """Everybody who shares an identity, newest first, and whether these are all."""
    ids = set(IdentityDigest.objects.filter(digest__in=digests).values_list("subject_id", flat=True)[:MOST_READ])
    ids.discard(subject.pk)
    newest = sorted(ids, reverse=True)[: MOST - 1]
    rows = DataSubject.objects.filter(pk__in=[subject.pk, *newest], request__organization=subject.request.organization_id)
    found = rows.select_related("request__data_key", "request__answer", "request__created_by")
    ordered = sorted(found, key=lambda one: (one.request.received_on, one.pk), reverse=True)
    return ordered, len(newest) == len(ids)


def _tasks_of(subjects: Sequence[DataSubject]) -> dict[UUID, list[Task]]:
    """The jobs of each, in the order of their actions."""
    requests = {one.pk: one.request for one in subjects}
    rows = Job.objects.filter(subject__in=subjects).select_related("archive", "submission").order_by("subject_id", "action")
    jobs = rows.defer("raw_sealed", "submission__answer_sealed", "submission__words_sealed")
    found: dict[UUID, list[Task]] = {}
    for job in jobs.prefetch_related("product_responses"):
        if job.subject_id is not None:
            archive = getattr(job, "archive", None)
            found.setdefault(job.subject_id, []).append(Task(job, _products_of(job, requests[job.subject_id]), archive))
    return found


def _products_of(job: Job, request: PrivacyRequest) -> list[Product]:
    answers = list(job.product_responses.all())
    answered = {row.product_code for row in answers}
    said = [Product(catalog.product_name(row.product_code), row.status_words, row.tone, row) for row in answers]
    never_sent = job.status == JobStatus.NOT_SENT
    words = job.status_words if never_sent else _("No answer") if job.is_done else _("No word yet")
    silent = [Product(catalog.product_name(code), words, "unknown", None) for code in request.products if code not in answered]
    return [*said, *silent]


def _identities_of(subject: DataSubject) -> list[dict[str, Any]] | None:
    """As they were named; None when they were removed, or do not open."""
    if subject.request.data_key is None:
        return None
    try:
        return list(subject.identities or [])
    except crypto.CannotDecrypt:
        return None


def _key_of(subject: DataSubject, *, revealed: bool) -> str | None:
    if subject.request.data_key is None:
        return None
    try:
        key = subject.officer_key
    except crypto.CannotDecrypt:
        return None
    return key if revealed or not key else mask(key)


def _shown(identity: dict[str, Any], person: UUID | None = None, *, revealed: bool) -> Identity:
    value = str(identity["value"])
    return Identity(str(identity["namespace"]), value if revealed else mask(value), str(identity["type"]), person)


def _others(
    subject: DataSubject,
    subjects: Sequence[DataSubject],
    known: dict[UUID, list[dict[str, Any]] | None],
    *,
    revealed: bool,
) -> list[Identity]:
    """What those who share an identity have beyond it, each once, from the newest of them."""
    seen = {_name_of(identity) for identity in known[subject.pk] or []}
    found = []
    for one in subjects:
        for identity in known[one.pk] or []:
            if _name_of(identity) not in seen:
                seen.add(_name_of(identity))
                found.append(_shown(identity, one.pk, revealed=revealed))
    return found


def _name_of(identity: dict[str, Any]) -> tuple[str, str]:
    named = schema.Identity.from_dict(identity)
    namespace = schema.canonical_namespace(named.namespace, named.type, named.namespace_id)
    return namespace, schema.canonical_value(namespace, named.value)


def _opt_outs(subject: DataSubject, digests: QuerySet[Any, Any]) -> list[OptOut]:
    """Opt-outs of sale through the consent call that name one of the identities."""
    ids = set(OptOutDigest.objects.filter(digest__in=digests).values_list("opt_out_id", flat=True)[:MOST_READ])
    newest = sorted(ids, reverse=True)[:MOST]
    rows = OptOut.objects.filter(pk__in=newest, organization=subject.request.organization_id)
    return list(rows.defer("entities_sealed").order_by("-created_at", "-pk"))
