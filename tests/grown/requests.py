"""Requests with their people, jobs, answers, results, calls, notes and days."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.db.models import F
from django.urls import reverse
from django.utils import timezone

from portal import audit
from portal.models import JobDay, User
from portal.outbound import CallState, PersonReason
from portal.search import keeping
from portal.search.finding import Wanted
from privacy.models import (
    CountedDay,
    DataSubject,
    DayFigure,
    DeadlineChange,
    EventSource,
    Job,
    JobListing,
    JobSync,
    OtherSystem,
    PrivacyRequest,
    ProductResponse,
    RequestAnswer,
    RequestNote,
    ResultArchive,
    Submission,
    SystemDone,
)
from privacy.shipped import PRODUCTS
from privacy.statuses import (
    Action,
    ArchiveStatus,
    DayKind,
    DeadlineChangeKind,
    EventWay,
    JobStatus,
    Origin,
    Outcome,
    RequestStatus,
    SyncStatus,
)
from tests.files import confirmed_request, payload
from tests.grown.ground import Addresses, Ground, about, plain
from tests.handling import allow_pause

SHARED = "shared@example.com"
CODES = ("6052", "6054", "6055", "6040", "6041", "6042", "6043", "6044", "6045", "6046", "6047", "6048")
# One after the other, so that every list has some of each.
STATUSES = (JobStatus.ERROR, JobStatus.PROCESSING, JobStatus.COMPLETE, JobStatus.GONE, JobStatus.SUBMITTED)
ABOUT_ONE = ("request-detail", "request-progress", "request-people", "request-answer", "job-list", "request-shred")
LISTS = ("request-list", "all-jobs", "person-list", "report", "hand-over", "law-list", "product-list", "sync-list")


def grow(ground: Ground, count: int) -> Addresses:
    """`count` requests at work, and one of each other kind with `count` people."""
    allow_pause()
    _systems(ground, count)
    _days(ground, count)
    at_work = [_at_work(ground, count if place == 0 else 2) for place in range(count)]
    waiting = _waiting_for_person(ground, count)
    answered = _answered(ground, count)
    failed = _failed(ground, count)
    search = keeping.keep(ground.user, Wanted(SHARED))
    return {
        **plain("privacy", *LISTS, "sync-progress"),
        "home": reverse("home"),
        "search-result": reverse("search-result", args=[search.pk]),
        **about("privacy", at_work[0].number, *ABOUT_ONE, "request-extend", "request-pause"),
        **about("privacy", waiting.number, "request-detail", face="waits for a person"),
        **about("privacy", answered.number, "request-detail", face="answered"),
        **about("privacy", failed.number, "request-detail", "request-resubmit", face="failed"),
        **_about_jobs(at_work[0]),
    }


def _about_jobs(request: PrivacyRequest) -> Addresses:
    person = request.subjects.get(position=1)
    job = request.jobs.get(subject=person, action=Action.ACCESS)
    done = request.jobs.filter(archive__status=ArchiveStatus.WAITING).first()
    assert done is not None
    return {
        **about("privacy", person.pk, "person"),
        **about("privacy", job.pk, "job-detail"),
        **about("privacy", done.pk, "job-detail", face="with a result"),
        **{f"privacy:all-jobs, {name}": f"{reverse('privacy:all-jobs')}?{query}" for name, query in JOB_FILTERS.items()},
        **{f"privacy:request-list, {name}": f"{reverse('privacy:request-list')}?{query}" for name, query in FILTERS.items()},
        "privacy:person-list, failed": f"{reverse('privacy:person-list')}?state=failed",
    }


JOB_FILTERS = {"of a product": "product=analytics&state=failed", "expiring": "result=expiring", "in seven days": "due=week"}
FILTERS = {"due first": "order=due", "overdue": "due=overdue", "mine": "assignee=me"}


# --- Requests ---


def _confirmed(ground: Ground, count: int, actions: Sequence[str] = ("access", "delete")) -> PrivacyRequest:
    """So many people with up to nine identities each; one of these the first person of every request has."""
    products = [product.code for product in PRODUCTS if product.is_offered][:count]
    users = [_person(ground, place, min(count, 8), list(actions)) for place in range(count)]
    request = confirmed_request(ground.organization, ground.user, payload(users, include=products))
    PrivacyRequest.objects.filter(pk=request.pk).update(
        assignee=ground.user,
        received_on=timezone.now().date() - timedelta(days=10),
        due_on=timezone.now().date() + timedelta(days=5),
    )
    request.refresh_from_db()
    return request


def _person(ground: Ground, place: int, identities: int, actions: list[str]) -> dict[str, Any]:
    values = [f"person{ground.number()}@example.com" for _ in range(identities)] + [SHARED] * (place == 0)
    named = [{"namespace": "email", "value": value, "type": "standard"} for value in values]
    return {"key": f"key-{ground.number()}", "action": actions, "userIDs": named}


def _at_work(ground: Ground, count: int) -> PrivacyRequest:
    """Adobe has it; of its jobs some failed, some are complete with a result, some are open."""
    request = _confirmed(ground, count)
    _calls(request, count)
    request.submissions.update(state=CallState.SENT, first_sent_at=timezone.now(), settled_at=timezone.now())
    _jobs_answered(ground, request, STATUSES)
    _handled(ground, request, count)
    PrivacyRequest.objects.filter(pk=request.pk).update(
        status=RequestStatus.IN_PROGRESS, jobs_done=F("jobs_total") / 2 + 1, jobs_failed=1
    )
    return _again(request)


def _waiting_for_person(ground: Ground, count: int) -> PrivacyRequest:
    """Calls of unknown outcome, refused ones, deletes that wait for results."""
    request = _confirmed(ground, count)
    _calls(request, count)
    rows = request.submissions
    rows.update(state=CallState.UNKNOWN, person_reason=PersonReason.NONE_FOUND, unknown_since=timezone.now())
    for place in range(count):
        state = (CallState.REJECTED, CallState.UNKNOWN, CallState.QUEUED)[place % 3]
        reason = PersonReason.NONE_FOUND if state == CallState.UNKNOWN else ""
        rows.filter(ordinal=101 + place).update(state=state, person_reason=reason, waits_for_access=state == CallState.QUEUED)
    PrivacyRequest.objects.filter(pk=request.pk).update(status=RequestStatus.ATTENTION, access_first=True)
    return _again(request)


def _answered(ground: Ground, count: int) -> PrivacyRequest:
    request = _confirmed(ground, count)
    request.submissions.update(state=CallState.SENT)
    _jobs_answered(ground, request, (JobStatus.COMPLETE,))
    _handled(ground, request, count)
    today = timezone.now().date()
    answer = RequestAnswer(request=request, answered_by=ground.user, verified_by=ground.user, acknowledged_by=ground.user)
    answer.answered_with = "A letter"
    answer.save()
    PrivacyRequest.objects.filter(pk=request.pk).update(
        status=RequestStatus.COMPLETE,
        answered_on=today,
        acknowledged_on=today,
        outcome=Outcome.GRANTED,
        jobs_done=F("jobs_total"),
        finished_at=timezone.now(),
    )
    return _again(request)


def _failed(ground: Ground, count: int) -> PrivacyRequest:
    """Everything failed, and it was asked again `count` times."""
    request = _confirmed(ground, count)
    request.submissions.update(state=CallState.SENT)
    _jobs_answered(ground, request, (JobStatus.ERROR, JobStatus.GONE))
    for _place in range(count):
        again = _confirmed(ground, 1)
        PrivacyRequest.objects.filter(pk=again.pk).update(resubmission_of=request, origin=Origin.RESUBMISSION)
    PrivacyRequest.objects.filter(pk=request.pk).update(
        status=RequestStatus.FAILED, jobs_done=F("jobs_total"), jobs_failed=F("jobs_total"), finished_at=timezone.now()
    )
    return _again(request)


def _again(request: PrivacyRequest) -> PrivacyRequest:
    found: PrivacyRequest = PrivacyRequest.objects.get(pk=request.pk)
    return found


def _calls(request: PrivacyRequest, count: int) -> None:
    """Further calls beside those that preparation made."""
    now = timezone.now()
    Submission.objects.bulk_create(
        Submission(request=request, ordinal=101 + place, people=1, expected_jobs=1, has_deletes=True, first_sent_at=now)
        for place in range(count)
    )


def _jobs_answered(ground: Ground, request: PrivacyRequest, statuses: Sequence[JobStatus]) -> None:
    """Adobe has answered: each job one of these states, each product of it the same, complete access with a result."""
    now = timezone.now()
    call = request.submissions.order_by("ordinal").first()
    for place, job in enumerate(request.jobs.select_related("request__data_key").order_by("pk")):
        job.status, job.submission = statuses[place % len(statuses)], call
        job.adobe_job_id, job.detail_at, job.adobe_created_at = f"job-{ground.number()}", now, now - timedelta(days=2)
        job.finished_at = now if job.is_done else None
        job.save()
        if job.status != JobStatus.GONE:
            ProductResponse.objects.bulk_create(_answers(job, place))
        if job.status == JobStatus.COMPLETE:
            soon = now + timedelta(days=2)
            state = ArchiveStatus.WAITING if place % 3 else ArchiveStatus.FAILED
            ResultArchive.objects.create(job=job, request=request, status=state, adobe_expires_at=soon, size=10)
        audit.record(f"job.{job.status}", actor=None, organization=request.organization, obj=job, root_id=request.pk)


def _answers(job: Job, place: int) -> list[ProductResponse]:
    rows = []
    for number, product in enumerate(job.request.products):
        row = ProductResponse(job=job, request=job.request, product=product, product_code=product, status=job.status)
        row.code = CODES[(place + number) % len(CODES)] if job.status == JobStatus.ERROR else ""
        row.answer = {"message": "Said", "detail": "", "results": []}
        rows.append(row)
    return rows


# --- What people did with them ---


def _systems(ground: Ground, count: int) -> None:
    names = [f"System {ground.number()}" for _ in range(count)]
    OtherSystem.objects.bulk_create(OtherSystem(organization=ground.organization, name=name) for name in names)


def _handled(ground: Ground, request: PrivacyRequest, count: int) -> None:
    """Notes, extensions, systems that were seen to, and lines in the trail; each by another colleague."""
    by = list(User.objects.filter(organizations=ground.organization).order_by("pk"))
    systems = list(OtherSystem.objects.filter(organization=ground.organization))
    for place in range(count):
        who = by[place % len(by)]
        note = RequestNote(request=request, by=who)
        note.text = "A note"
        note.save()
        change = DeadlineChange(request=request, kind=DeadlineChangeKind.EXTENDED, by=who, due_before=request.due_on)
        change.due_after = request.due_on
        change.reason = "A reason"
        change.save()
        SystemDone.objects.create(request=request, system=systems[place], by=who)
        audit.record("request.noted", actor=who, organization=request.organization, obj=request, root_id=request.pk)


def _days(ground: Ground, count: int) -> None:
    """Figures of past days, listings, passes through Adobe's lists, sources of events: of every organization."""
    today = timezone.now().date()
    for organization in ground.user.organizations.all():
        for place in range(count):
            day = today - timedelta(days=place)
            CountedDay.objects.get_or_create(organization=organization, day=day)
            for product in ("", *organization.product_codes[:count]):
                for kind in DayKind.values:
                    law = "gdpr" if place % 2 else "ccpa"
                    DayFigure.objects.create(
                        organization=organization, regulation=law, product_code=product, day=day, kind=kind, hours=24, count=10
                    )
            JobSync.objects.create(organization=organization, asked_by=ground.user, status=SyncStatus.DONE)
        JobDay.objects.get_or_create(organization=organization, day=today, defaults={"jobs": 5})
        JobListing.objects.get_or_create(organization=organization, regulation="gdpr")
        EventSource.objects.get_or_create(organization=organization, defaults={"way": EventWay.JOURNAL})


def people_of(request: PrivacyRequest) -> list[DataSubject]:
    """In the order of the file."""
    return list(request.subjects.order_by("position"))
