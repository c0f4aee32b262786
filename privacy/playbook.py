"""What each of Adobe's stable response codes means for the person, whether the person is done, and what to do next.

Source: Privacy Service guide, troubleshooting: response codes. Codes are a contract: their numbers stay, new ones may come.
That a product knows nobody, takes no such namespace or is not there is a completion (`6051` to `6054`), not an error.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any, Final

from django.db.models import CharField, Count, Exists, OuterRef, Q, QuerySet, Value
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop

from privacy import catalog, codes
from privacy.models import Job, PrivacyRequest, ProductResponse
from privacy.statuses import JOB_TONES, JobStatus


class Action(Enum):
    """What can be done about it in this portal."""

    NOTHING = "nothing"
    RESUBMIT = "resubmit"
    CORRECT = "correct"
    ADMINISTRATOR = "administrator"


@dataclass(frozen=True)
class Play:
    """One code in words: `title` for headings, `meaning` and `next_step` as sentences.

    `done`: whether nothing is left to do for the person in this product.
    """

    title: str
    meaning: str
    done: bool
    next_step: str = ""
    action: Action = Action.NOTHING

    def in_words(self) -> Play:
        """The same, in the language of whoever reads it."""
        return replace(self, title=_(self.title), meaning=_(self.meaning), next_step=_(self.next_step) if self.next_step else "")


PLAYS: Final[Mapping[str, Play]] = {
    "1000-400": Play(
        noop("Badly formatted"),
        noop("Some values do not have the form that this product needs, so it did nothing for the person."),
        False,
        noop("Correct these people in the file and upload them again; the same values would fail again."),
        Action.CORRECT,
    ),
    "1001-400": Play(
        noop("Not authorized"),
        noop("The organization is not provisioned for this product, so it did nothing for the person."),
        False,
        noop("Ask the administrator to provision the product at Adobe, or to take it off the organization; then resubmit."),
        Action.ADMINISTRATOR,
    ),
    "1010-400": Play(
        noop("Permission missing"),
        noop("The credential lacks a permission in this product, so it did nothing for the person."),
        False,
        noop("Ask the administrator to give the permission in Adobe's Admin Console; then resubmit."),
        Action.ADMINISTRATOR,
    ),
    "1020-400": Play(
        noop("Result not delivered"),
        noop("The product could not upload or archive the data it found, so the person has no answer from it."),
        False,
        noop("Resubmit these people. If it happens again, Adobe's support can look the job up by its id."),
        Action.RESUBMIT,
    ),
    "1021-400": Play(
        noop("Job failed"),
        noop("At least one job of the product failed; it cannot be said what was done for the person."),
        False,
        noop("Resubmit these people."),
        Action.RESUBMIT,
    ),
    "1022-400": Play(
        noop("Data not reachable"),
        noop("The product could not reach its data, so it did nothing for the person."),
        False,
        noop("Resubmit these people later."),
        Action.RESUBMIT,
    ),
    "1023-400": Play(
        noop("Dataset not reachable"),
        noop("A dataset could not be reached or found, so the person is not done in it."),
        False,
        noop("Resubmit these people later. If it happens again, ask the administrator whether the dataset was removed at Adobe."),
        Action.RESUBMIT,
    ),
    "1024-400": Play(
        noop("Unexpected error"),
        noop("The product failed for a reason that it does not name."),
        False,
        noop("Resubmit these people. If it happens again, Adobe's support can look the job up by its id."),
        Action.RESUBMIT,
    ),
    "1030-400": Play(
        noop("Too much at once"),
        noop("The product's rate limit was exceeded, so it did nothing for the person."),
        False,
        noop("Resubmit these people when other requests are done."),
        Action.RESUBMIT,
    ),
    "1040-400": Play(
        noop("Encryption key withdrawn"),
        noop("The key that your organization manages was withdrawn, so the product cannot read the data."),
        False,
        noop("Ask the administrator to give Adobe access to the key again; then resubmit."),
        Action.ADMINISTRATOR,
    ),
    "6000-200": Play("Done", "Finished.", True),
    "6051-200": Play(
        noop("Does not apply"),
        noop("The organization does not have this product, so there is nothing to do for the person."),
        True,
        noop("Leave the product out of the next request."),
    ),
    "6052-200": Play(
        noop("Not found"), noop("The product knows none of these identities, so there is nothing to do for the person."), True
    ),
    "6053-200": Play(
        noop("Namespace does not apply"),
        noop("This namespace is not valid for the product, so there is nothing to do for the person."),
        True,
        noop("If the product should know the person, upload the person with an identity that it takes."),
    ),
    "6054-200": Play(
        noop("Partly done"), noop("Some identities were found and done; the others are unknown to the product."), True
    ),
}
UNNAMED = Play(
    noop("Failed without a known code"),
    noop("The product failed and does not say why in a code that Adobe publishes; its own words stand with each job."),
    False,
    noop("Resubmit these people. If it happens again, Adobe's support can look the job up by its id."),
    Action.RESUBMIT,
)
_SAID_ALREADY = ("PRVCY-6000-200", "6000-200")
# How an address asks for answers that carry no code.
NO_CODE: Final = "none"
# How an address asks for jobs that failed without a word of any product, and for those that Adobe lost.
SILENT, LOST = "silent", "lost"

# Ends of jobs as a whole, of which no product's code speaks.
OF_JOBS: Final[Mapping[str, Play]] = {
    SILENT: Play(
        noop("Failed as a whole"),
        noop("Adobe says that the job failed, and no product says why."),
        False,
        noop("Resubmit these people. If it happens again, Adobe's support can look the job up by its id."),
        Action.RESUBMIT,
    ),
    LOST: Play(
        noop("No longer at Adobe"),
        noop("Adobe no longer knows the job, so nothing more will come; it cannot be said whether the person is done."),
        False,
        noop("Resubmit these people."),
        Action.RESUBMIT,
    ),
}


@dataclass(frozen=True)
class Group:
    """The jobs of a request that ended alike in one product.

    `code` as Adobe's documents name it (`6052`), empty where there is none; `product` is our code for it, empty where the job as
    a whole is meant. `people` is smaller than `jobs` where a person has several; it is 0 where nobody is known.
    """

    code: str
    title: str
    meaning: str
    done: bool
    next_step: str
    action: Action
    jobs: int
    people: int
    product: str
    product_name: str
    # What narrows the request's list of jobs to these.
    query: Mapping[str, str]

    @property
    def tone(self) -> str:
        """For the status pill."""
        return JOB_TONES[JobStatus.COMPLETE if self.done else JobStatus.ERROR]


def play(code: str, status: str) -> Play | None:
    """What a product's answer means. None where it says no more than its status does."""
    known = PLAYS.get(codes.bare(code))
    if known is None:
        return UNNAMED.in_words() if status == JobStatus.ERROR else None
    # The status decides whether the job is over well; a code that says otherwise is a contradiction that a person must see.
    return (UNNAMED if known.done and status == JobStatus.ERROR else known).in_words()


def ended_as(state: str, jobs: QuerySet[Job]) -> QuerySet[Job]:
    """Of `jobs`, those that ended in one of the ways of `OF_JOBS`."""
    if state == LOST:
        return jobs.filter(status=JobStatus.GONE)
    failed = Exists(ProductResponse.objects.filter(job=OuterRef("pk"), status=JobStatus.ERROR))
    return jobs.filter(~failed, status=JobStatus.ERROR)


def of_request(request: PrivacyRequest) -> list[Group]:
    """How the jobs of a request ended, where that is more than plain success: what is not done first, then by number."""
    groups = [*_by_product(request), *_by_job(request)]
    return sorted(groups, key=lambda group: (group.done, -group.jobs, group.product_name, group.code))


def _by_product(request: PrivacyRequest) -> list[Group]:
    ended = ProductResponse.objects.filter(request=request, status__in=(JobStatus.COMPLETE, JobStatus.ERROR))
    plain = Q(status=JobStatus.COMPLETE) & Q(code__in=("", *_SAID_ALREADY))
    counted = (
        ended.exclude(plain)
        .order_by()
        .values_list("product_code", "code", "status")
        .annotate(jobs=Count("job", distinct=True), people=Count("job__subject", distinct=True))
    )
    return [
        _group(said, code, product, jobs, people, status)
        for product, code, status, jobs, people in counted
        if (said := play(code, status))
    ]


def _group(said: Play, code: str, product: str, jobs: int, people: int, status: str) -> Group:
    return Group(
        code=codes.short(code),
        title=said.title,
        meaning=said.meaning,
        done=said.done,
        next_step=said.next_step,
        action=said.action,
        jobs=jobs,
        people=people,
        product=product,
        product_name=catalog.product_name(product),
        query={"product": product, "state": "complete" if status == JobStatus.COMPLETE else "failed", "code": code or NO_CODE},
    )


def _by_job(request: PrivacyRequest) -> list[Group]:
    """Jobs that failed without a word of any product, and those that Adobe lost."""
    counted = _counted_by_job(request)
    groups = []
    for state, play in OF_JOBS.items():
        said = play.in_words()
        if state in counted:
            jobs, people = counted[state]
            group = Group(
                code="",
                title=said.title,
                meaning=said.meaning,
                done=said.done,
                next_step=said.next_step,
                action=said.action,
                jobs=jobs,
                people=people,
                product="",
                product_name=_("All products"),
                query={"state": state},
            )
            groups.append(group)
    return groups


def _counted_by_job(request: PrivacyRequest) -> dict[str, tuple[int, int]]:
    """Jobs and people of each way of `OF_JOBS` that occurs, with one statement."""
    jobs = Job.objects.filter(request=request).order_by()
    first, *others = (_counted(state, ended_as(state, jobs)) for state in OF_JOBS)
    return {state: (count, people) for state, count, people in first.union(*others, all=True) if count}


def _counted(state: str, jobs: QuerySet[Job]) -> QuerySet[Any, Any]:
    named = jobs.annotate(way=Value(state, output_field=CharField())).values("way")
    found: QuerySet[Any, Any] = named.annotate(Count("pk"), Count("subject", distinct=True)).values_list(
        "way", "pk__count", "subject__count"
    )
    return found
