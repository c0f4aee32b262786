"""Asking Adobe again for what failed: only the people whose jobs failed, only the products that failed, as new linked requests.

A request has one set of products, so people for whom different products failed become different requests: nobody's data is
deleted twice in a product that has done it. Each failed job is asked again once, from the request that it is in; should it fail
again, it is asked again from the newer request. People keep their place (`DataSubject.position`) along that chain, and that is
how a job is known to have been asked again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop

from portal import audit, steps
from portal.models import User
from portal.outbound import CallState
from privacy import schema
from privacy.intake import NotPossible, new_request
from privacy.models import DataSubject, Job, PrivacyRequest, ProductResponse
from privacy.splitting import Splitter
from privacy.statuses import Action, JobStatus, Origin, RequestStatus
from privacy.writing import ROWS_A_STATEMENT

Sizes = Sequence[tuple[int, int]]
SHREDDED = noop("The personal data of this request was removed, so its people cannot be asked for again.")
ELSEWHERE = noop(
    "This request was made outside the portal, which knows its people only as far as Adobe named them. "
    "Upload a file with the people to ask for."
)
NOTHING_FAILED = noop("Nothing of this failed, so there is nothing to ask again.")
# Adobe has forgotten it, or the answer to its call was lost and a person has closed the call as not sent.
_MAYBE_DONE = Q(status=JobStatus.GONE) | Q(
    status=JobStatus.NOT_SENT, submission__state=CallState.CANCELLED, submission__first_sent_at__isnull=False
)


@dataclass
class Part:
    """What becomes one new request: one set of products, and the failed actions of each person by their place."""

    products: tuple[str, ...]
    actions: dict[int, tuple[str, ...]] = field(default_factory=dict)
    calls: int = 0

    @property
    def people(self) -> int:
        """How many people."""
        return len(self.actions)

    @property
    def jobs(self) -> int:
        """How many jobs at Adobe."""
        return sum(map(len, self.actions.values()))

    def people_who(self, action: str) -> int:
        """How many of them ask for this."""
        return sum(action in actions for actions in self.actions.values())

    @property
    def asks_both(self) -> bool:
        """Whether the same person asks for access and for deletion."""
        return any(Action.ACCESS in actions and Action.DELETE in actions for actions in self.actions.values())


@dataclass(frozen=True)
class Plan:
    """What asking again would do. `unsure`: jobs that Adobe may have done, though nobody can tell.

    `asked_in`: numbers of the requests that ask for some of it already. Without parts, `why_not` says why.
    """

    parts: tuple[Part, ...]
    unsure: int
    asked_in: tuple[str, ...]
    why_not: str = ""

    @property
    def people(self) -> int:
        """How many people, each counted once."""
        return len({position for part in self.parts for position in part.actions})

    @property
    def asks_both(self) -> bool:
        """Whether the same person asks for access and for deletion in one of the parts."""
        return any(part.asks_both for part in self.parts)


def plan_of(request: PrivacyRequest, *, jobs: QuerySet[Job] | None = None, products: Collection[str] | None = None) -> Plan:
    """What would be asked again: of these jobs and products only, or of everything that failed. Changes nothing."""
    if request.data_key_id is None or request.status == RequestStatus.SHREDDED:
        return Plan((), 0, (), _(SHREDDED))
    if request.origin == Origin.ELSEWHERE:
        return Plan((), 0, (), _(ELSEWHERE))
    failed = _failed_jobs(request, jobs)
    asked = _asked_again(request)
    answers = _answers(request, failed)
    maybe_done = set(request.jobs.filter(_MAYBE_DONE).values_list("pk", flat=True))
    parts: dict[tuple[str, ...], dict[int, list[str]]] = defaultdict(lambda: defaultdict(list))
    unsure, taken, anything = 0, set(), False
    for job_id, position, action, status in failed:
        wanted = _failed_products(request.products, status, answers[job_id])
        wanted = [code for code in wanted if products is None or code in products]
        taken |= {number for code in wanted if (number := asked.get((position, action, code)))}
        left = tuple(code for code in wanted if (position, action, code) not in asked)
        anything |= bool(wanted)
        if left:
            parts[left][position].append(action)
            unsure += job_id in maybe_done
    sizes = _sizes(request) if parts else ()
    made = tuple(_part(request, codes, people, sizes) for codes, people in parts.items())
    numbers = tuple(sorted(taken))
    why = "" if made else (_asked_already(numbers) if anything else _(NOTHING_FAILED))
    return Plan(made, unsure, numbers, why)


def resubmit(
    request: PrivacyRequest,
    user: User,
    *,
    jobs: QuerySet[Job] | None = None,
    products: Collection[str] | None = None,
    access_first: bool | None = None,
) -> list[PrivacyRequest]:
    """Make the new requests of `plan_of`: one for each set of products that failed together. A worker prepares them next.

    They keep law, options and day of receipt: the law's clock runs on. `access_first` as in `intake.confirm`.
    Raises NotPossible when nothing (more) is to be asked again: a second press makes nothing.
    """
    with transaction.atomic():
        # Two presses at once: the second waits here, and then finds what the first has made.
        row = PrivacyRequest.objects.select_for_update(no_key=True).get(pk=request.pk)
        plan = plan_of(row, jobs=jobs, products=products)
        if not plan.parts:
            raise NotPossible(plan.why_not)
        made = [_make(row, user, part, access_first) for part in plan.parts]
        steps.wake("prepare")
    return made


def _make(first: PrivacyRequest, user: User, part: Part, access_first: bool | None) -> PrivacyRequest:
    organization = first.organization
    request = new_request(
        organization,
        user,
        replace(schema.Envelope.from_dict(first.envelope), products=part.products),
        received_on=first.received_on,
        origin=Origin.RESUBMISSION,
        resubmission_of=first,
        opt_out=first.opt_out,
        access_first=part.asks_both and (organization.access_before_delete if access_first is None else access_first),
        people=part.people,
    )
    # Who is asked for, and for what. The worker fills in the rest.
    rows = (
        DataSubject(request=request, position=place, actions=list(actions)) for place, actions in sorted(part.actions.items())
    )
    DataSubject.objects.bulk_create(rows, batch_size=ROWS_A_STATEMENT)
    of_new: dict[str, str | int] = {"number": request.number, "again_for": first.number, "people": part.people}
    of_first: dict[str, str | int] = {"number": request.number, "people": part.people, "jobs": part.jobs}
    for row, action, details in ((request, "request.confirmed", of_new), (first, "request.resubmitted", of_first)):
        audit.record(action, actor=user, organization=organization, obj=row, root_id=row.pk, details=details)
    return request


# --- What failed ---


def _failed_jobs(request: PrivacyRequest, jobs: QuerySet[Job] | None) -> list[tuple[UUID, int, str, str]]:
    """(job, person's place, action, status) of each failed job, in the order of the people."""
    failed = request.jobs.failed().filter(subject__isnull=False)
    if jobs is not None:
        failed = failed.filter(pk__in=jobs.order_by().values("pk"))
    return list(failed.order_by("subject__position", "action").values_list("pk", "subject__position", "action", "status"))


def _answers(request: PrivacyRequest, failed: Iterable[tuple[UUID, int, str, str]]) -> Mapping[UUID, list[tuple[str, str]]]:
    """(product, status) of each answer about these jobs."""
    wanted = {job_id for job_id, *_ in failed}
    answers: dict[UUID, list[tuple[str, str]]] = defaultdict(list)
    rows = ProductResponse.objects.filter(request=request, job__in=request.jobs.failed()).order_by()
    for job_id, code, status in rows.values_list("job_id", "product_code", "status"):
        if job_id in wanted:
            answers[job_id].append((code, status))
    return answers


def _failed_products(asked: Collection[str], status: str, answers: Iterable[tuple[str, str]]) -> list[str]:
    """Which of the products asked for have not done the job, in the order in which they were asked.

    Where Adobe ended a job without the error of a product that was asked for, those that did not say that they have done it.
    """
    said: dict[str, set[str]] = defaultdict(set)
    for code, word in answers:
        said[code].add(word)
    if status == JobStatus.ERROR:
        wrong = [code for code in asked if JobStatus.ERROR in said[code]]
        if wrong:
            return wrong
    return [code for code in asked if JobStatus.COMPLETE not in said[code]]


def _asked_again(request: PrivacyRequest) -> dict[tuple[int, str, str], str]:
    """(person's place, action, product) -> number of the request that asks for it again. Cancelled ones do not count."""
    again = DataSubject.objects.filter(request__resubmission_of=request).exclude(request__status=RequestStatus.CANCELLED)
    rows: Iterable[tuple[int, list[str], list[str], str]] = again.values_list(
        "position", "actions", "request__products", "request__number"
    )
    return {
        (position, action, code): number
        for position, actions, products, number in rows
        for action in actions
        for code in products
    }


def _asked_already(numbers: Collection[str]) -> str:
    return _("What failed here was asked again already, in %(numbers)s. If it fails there too, ask again from there.") % {
        "numbers": _(" and ").join(numbers)
    }


def _part(request: PrivacyRequest, products: tuple[str, ...], people: Mapping[int, list[str]], sizes: Sizes) -> Part:
    part = Part(products, {position: tuple(actions) for position, actions in people.items()})
    part.calls = _calls(request, part, sizes)
    return part


def _sizes(request: PrivacyRequest) -> Sizes:
    """(Place, identities) of everybody of a request, in the order of the file."""
    counted = request.subjects.annotate(size=Count("identity_digests")).order_by("position")
    return list(counted.values_list("position", "size"))


def _calls(request: PrivacyRequest, part: Part, sizes: Sizes) -> int:
    """Into how many calls it falls, when no deletes are held back."""
    organization = request.organization
    splitter = Splitter(organization.max_people_per_call, organization.max_identities_per_call)
    for position, size in sizes:
        if position in part.actions:
            splitter.add(min(max(size, 1), splitter.max_identities))
    return splitter.calls
