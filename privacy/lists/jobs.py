"""The list of privacy jobs across requests."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Prefetch, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext

from portal import audit, clock, steps
from portal.audit import AuditRecord
from portal.lists.declaring import Act, Choice, Column, Field, Filter, Order, Outcome, RowList, Rows, Viewer
from portal.lists.filters import choices_of, chosen_by, organization
from portal.models import User
from portal.outbound import CallState
from portal.paging import Keyset
from privacy import catalog
from privacy.lists import narrowing
from privacy.lists.narrowing import Days, words_of_days
from privacy.models import DayFigure, Job, ProductResponse, ResultArchive, Submission
from privacy.statuses import JOB_AT_ADOBE_OPEN, JOB_DONE, JOB_FAILED, JOB_OPEN, Action, ArchiveStatus, JobStatus

NEWEST: Keyset[Job] = Keyset("id", "pk", read_first=UUID)
EXPIRES_SOON: Final = timedelta(days=7)
STATES: Final[Mapping[str, tuple[Any, Sequence[JobStatus]]]] = {
    "open": (_lazy("Open"), JOB_OPEN),
    "working": (_lazy("At Adobe"), JOB_AT_ADOBE_OPEN),
    "done": (_lazy("Done"), JOB_DONE),
    "failed": (_lazy("Failed"), JOB_FAILED),
    "complete": (_lazy("Complete"), (JobStatus.COMPLETE,)),
}
_NUMBER: Final = re.compile(r"PR-\d{4}-\d{6,9}")
# Most jobs are done: an index leads to the others.
_NOT_COMPLETE: Final = ~Q(status=JobStatus.COMPLETE)


# --- Filters ---


def _as_it_is(rows: Rows, _value: str, _viewer: Viewer) -> Rows:
    return rows


def _states(_viewer: Viewer) -> list[Choice]:
    return [Choice(name, words) for name, (words, _statuses) in STATES.items()]


def _products(_viewer: Viewer) -> list[Choice]:
    return choices_of(catalog.product_choices())


def _known_product(value: str, viewer: Viewer) -> str:
    """A product that is offered no more, and one of which only Adobe knows: figures of days name it, and are few."""
    known = any(product.code == value for product in catalog.current().products.entries)
    figures = DayFigure.objects.filter(organization__in=viewer.organizations, product_code=value)
    return catalog.product_name(value) if known or figures.exists() else ""


def _by_state_and_product(rows: Rows, values: Mapping[str, str], _viewer: Viewer) -> Rows:
    """A state is one of the whole job; with a product, it is what that product said (as on the page of a request).

    A product without a state: the jobs that ask for it.
    """
    state, product = values.get("state", ""), values.get("product", "")
    if not product:
        return _by_state(rows, state)
    answers = ProductResponse.objects.filter(job=OuterRef("pk"), product_code=product)
    done = Exists(answers.filter(status__in=JOB_DONE))
    if state in ("done", "failed", "complete"):
        return rows.filter(Exists(answers.filter(status__in=STATES[state][1])))
    asked = _asks_for(product)
    if state in STATES:
        return _by_state(rows, state).filter(asked, ~done)
    is_ours = any(known.code == product for known in catalog.current().products.entries)
    # What was asked for leads to the newest at once. Of a product that only Adobe knows, nobody can ask for anything.
    return rows.filter(asked if is_ours else Exists(answers))


def _asks_for(product: str) -> Q:
    """The job's request names this product."""
    if connection.vendor == "postgresql":
        return Q(request__products__contains=[product])
    return Q(request__products__icontains=f'"{product}"')


def _by_state(rows: Rows, state: str) -> Rows:
    if state not in STATES:
        return rows
    statuses = STATES[state][1]
    rows = rows.filter(status__in=statuses)
    return rows if JobStatus.COMPLETE in statuses else rows.filter(_NOT_COMPLETE)


def _finished(rows: Rows, value: str, _viewer: Viewer) -> Rows:
    days = Days.read(value)
    return rows.filter(days.times("finished_at")) if days else rows


def _sent(rows: Rows, value: str, viewer: Viewer) -> Rows:
    days = Days.read(value)
    if days is None:
        return rows
    taken = Submission.objects.filter(days.times("settled_at"), state=CallState.SENT).order_by()
    few = narrowing.Few.of(taken.filter(request__organization__in=viewer.organizations), "expected_jobs")
    return few.among(rows, "submission") if few else rows.filter(submission__in=taken.values("pk"))


def _by_result(rows: Rows, value: str, _viewer: Viewer) -> Rows:
    if value == "stored":
        return rows.filter(archive__status=ArchiveStatus.STORED)
    soon = ResultArchive.objects.filter(status=ArchiveStatus.WAITING, adobe_expires_at__lte=timezone.now() + EXPIRES_SOON)
    return rows.filter(pk__in=soon.order_by().values("job"))


def _by_request(rows: Rows, value: str, _viewer: Viewer) -> Rows:
    return rows.filter(request__number=value)


def _a_number(value: str, _viewer: Viewer) -> str:
    """Whether there is such a request, its rows say."""
    return value if _NUMBER.fullmatch(value) else ""


_RESULTS = (Choice("stored", _lazy("Stored")), Choice("expiring", _lazy("About to expire at Adobe")))

FILTERS = (
    Filter("state", _lazy("State"), _as_it_is, _states, in_sight=True),
    Filter("product", _lazy("Product"), _as_it_is, _products, _known_product),
    chosen_by("action", _lazy("Action"), "action", Action.choices),
    Filter("result", _lazy("Result"), _by_result, lambda _viewer: _RESULTS),
    narrowing.due("request__"),
    narrowing.assignee("request__"),
    narrowing.law("request__"),
    organization(),
    Filter("finished", _lazy("Finished"), _finished, also=words_of_days),
    Filter("sent", _lazy("Sent"), _sent, also=words_of_days),
    Filter("request", _lazy("Request"), _by_request, also=_a_number),
)


# --- What is done with many ---


def ask_now(rows: Sequence[Job], user: User, _given: Mapping[str, Any]) -> Outcome:
    """Let the worker ask Adobe about these jobs next. Nothing is asked from here."""
    outcome = Outcome()
    wanted = []
    for job in rows:
        why_not = _why_not_asked(job)
        if why_not:
            outcome.refused.append((name_of(job), why_not))
        else:
            wanted.append(job)
    now = clock.now()
    with transaction.atomic():
        # Those that are due already are in the worker's hands: a second press finds them there.
        later = Q(next_poll_at=None) | Q(next_poll_at__gt=now)
        ids = set(Job.objects.filter(later, pk__in=[job.pk for job in wanted]).values_list("pk", flat=True))
        Job.objects.filter(later, pk__in=ids).update(next_poll_at=now)
        asked = [job for job in wanted if job.pk in ids]
        audit.record_many([AuditRecord("job.asked", user, job.organization, job, job.request_id) for job in asked])
        steps.wake("detail")
    outcome.done, outcome.unchanged = len(asked), len(wanted) - len(asked)
    return outcome


def _why_not_asked(job: Job) -> str:
    if job.adobe_job_id is None:
        return _("Adobe does not have this job, so there is nothing to ask.")
    if job.organization.is_on_hold:
        return _("The organization is on hold, so Adobe is not asked.")
    if job.request.data_key_id is None:
        return _("The personal data of its request was removed, so Adobe's answer could not be kept.")
    return ""


def name_of(job: Job) -> str:
    """What a job is called to a person."""
    return f"{job.request.number}, {person_words(job)}"


def person_words(job: Job) -> str:
    """Which person a job is about, without saying who."""
    if job.subject is None:
        return _("Person not known")
    return _("Person %(place)s") % {"place": f"{job.subject.position:,}"}


ACTS = (
    Act(
        "ask",
        "privacy.refresh_job",
        button=_lazy("Ask Adobe now"),
        title=_lazy("Ask Adobe about jobs now"),
        explain=lambda _rows, n: (
            ngettext(
                "The next worker asks Adobe where %(n)s job stands, as fast as Adobe allows. Nothing else changes.",
                "The next workers ask Adobe where %(n)s jobs stand, as fast as Adobe allows. Nothing else changes.",
                n,
            )
            % {"n": f"{n:,}"}
        ),
        confirm=lambda n: ngettext("Ask about %(n)s job", "Ask about %(n)s jobs", n) % {"n": f"{n:,}"},
        told=lambda n: (
            ngettext("Adobe is being asked about %(n)s job.", "Adobe is being asked about %(n)s jobs.", n) % {"n": f"{n:,}"}
        ),
        do=ask_now,
        most=1000,
    ),
)


# --- The page ---


@dataclass(frozen=True)
class Line:
    """One row: a job, how many of its products are done, and those that are worth a name."""

    job: Job
    person: str
    done: int
    asked: int
    notable: list[ProductResponse]

    @classmethod
    def of(cls, job: Job, products: Sequence[str]) -> Line:
        """With the products that its request asks for; the job's answers are loaded."""
        answers = list(job.product_responses.all())
        return cls(
            job=job,
            person=person_words(job),
            done=sum(answer.status in JOB_DONE for answer in answers),
            asked=max(len(products), len(answers)),
            notable=[answer for answer in answers if answer.status != JobStatus.COMPLETE],
        )


COLUMNS = (
    Column("job", _lazy("Job"), fixed=True),
    Column("organization", _lazy("Organization"), for_several=True),
    Column("action", _lazy("Action")),
    Column("state", _lazy("State")),
    Column("products", _lazy("Products")),
    Column("adobe_id", _lazy("Adobe's job id")),
    Column("result", _lazy("Result")),
    Column("due", _lazy("Due")),
    Column("law", _lazy("Law"), shown=False),
    Column("looked", _lazy("Last looked at"), shown=False),
    Column("finished", _lazy("Finished"), shown=False),
)
FIELDS = (
    Field("request", lambda row: row.request.number),
    Field("organization", lambda row: row.organization.name),
    Field("law", lambda row: row.request.regulation),
    Field("person", lambda row: row.subject.position if row.subject else None),
    Field("action", lambda row: row.action),
    Field("status", lambda row: row.status),
    Field("adobe_status", lambda row: row.adobe_status),
    Field("adobe_job_id", lambda row: row.adobe_job_id),
    Field("products", lambda row: " ".join(f"{one.product_code}={one.status}" for one in row.product_responses.all())),
    Field("codes", lambda row: " ".join(f"{one.product_code}={one.code}" for one in row.product_responses.all() if one.code)),
    Field("due_on", lambda row: row.request.due_on),
    Field("created_at_adobe", lambda row: row.adobe_created_at),
    Field("changed_at_adobe", lambda row: row.adobe_modified_at),
    Field("finished_at", lambda row: row.finished_at),
    Field("looked_at", lambda row: row.detail_at),
    Field("result", lambda row: row.archive.status if hasattr(row, "archive") else None),
)
_SEALED = ("raw_sealed", "request__envelope_sealed", "archive__address_sealed")
_SEALED_OF_SUBJECT = ("subject__officer_key_sealed", "subject__wire_key_sealed", "subject__identities_sealed")


def _with_more(rows: Rows) -> Rows:
    answers = Prefetch("product_responses", ProductResponse.objects.defer("answer_sealed"))
    rows = rows.select_related("request", "organization", "subject", "archive").prefetch_related(answers)
    return rows.defer(*_SEALED, *_SEALED_OF_SUBJECT)


JOBS = RowList(
    url_name="privacy:all-jobs",
    title=_lazy("Privacy jobs"),
    needed=("privacy.view_job",),
    template="privacy/all_jobs.html",
    unit=_lazy("jobs"),
    rows=Job.objects.visible_to,
    filters=FILTERS,
    together=_by_state_and_product,
    columns=COLUMNS,
    orders=(Order("newest", _lazy("Newest first"), NEWEST),),
    fields=FIELDS,
    name_of=name_of,
    for_page=_with_more,
    for_act=lambda rows: rows.select_related("request", "organization", "subject").defer(*_SEALED[:2], *_SEALED_OF_SUBJECT),
    for_export=_with_more,
    lines=lambda rows, _viewer: [Line.of(job, job.request.products) for job in rows],
    acts=ACTS,
    act_url_name="privacy:job-act",
    export_url_name="privacy:job-export",
    file_name="jobs",
)
