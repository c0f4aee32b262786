"""What the search box finds of this app: people, requests, jobs, opt-outs; each from an index, whatever the number of rows."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final
from uuid import UUID

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal import crypto, registry
from portal.models import Organization, User
from portal.search.finding import MOST, Finder, Hit, Wanted
from privacy import catalog, people, schema, writing
from privacy.models import DataSubject, IdentityDigest, Job, OptOut, OptOutDigest, PrivacyRequest, Submission
from privacy.statuses import JOB_TONES, Action

logger = logging.getLogger(__name__)

# Jobs that stand at Adobe twice are an alarm, so there are a few.
_MOST_DOUBLED: Final = 1000
# Canonical name -> Adobe's spelling, of namespaces that have a name of their own.
_NAMESPACES: Final = {canonical: schema.ADOBE_NAMES[number] for number, canonical in schema.NAMESPACE_NAMES.items()}


def register() -> None:
    """Let the search box find them."""
    for finder in _FINDERS:
        registry.add_finder(finder)


# --- What is looked up: digests of what was typed ---


def identity_digests(index: crypto.BlindIndex, text: str) -> dict[bytes, str]:
    """What an identity of this value has as a digest, in each namespace of Adobe's own -> the namespace in Adobe's spelling."""
    return {
        writing.identity_digest(index, namespace, schema.canonical_value(namespace, text)): name
        for namespace, name in _NAMESPACES.items()
    }


def _indexes(user: User) -> Iterator[crypto.BlindIndex]:
    """Of each organization of the person's. One whose key does not open has none, and the others are searched all the same."""
    for organization in Organization.objects.visible_to(user).select_related("data_key"):
        try:
            yield crypto.blind_index_for(organization)
        except crypto.CannotDecrypt:
            logger.warning("the key of organization %s does not open, so nothing of it is found", organization.pk)


def _texts(wanted: Wanted) -> Iterable[str]:
    """A value may begin with a blank, and most that are pasted should not."""
    return dict.fromkeys((wanted.typed, wanted.text))


# --- People ---


def find_people(user: User, wanted: Wanted) -> list[Hit]:
    """By an identity in any namespace, by the officer's own key, or by the key that a person has at Adobe."""
    why = _people_by_digest(user, wanted)
    newest = sorted(why, reverse=True)[: MOST + 1]
    found = people.visible_to(user).filter(pk__in=newest).prefetch_related("jobs").order_by("-pk")
    return [_person(subject, why[subject.pk]) for subject in found.defer("request__envelope_sealed", "identities_sealed")]


def _people_by_digest(user: User, wanted: Wanted) -> dict[UUID, str]:
    """The ids of people -> what of them is as typed."""
    names: dict[bytes, str] = {}
    values, keys, wire_keys = [], [], []
    for index in _indexes(user):
        for text in _texts(wanted):
            names |= identity_digests(index, text)
            values.append(writing.value_digest(index, text))
            keys.append(writing.officer_key_digest(index, text))
            wire_keys.append(writing.wire_digest(index, text))
    rows = IdentityDigest.objects.all()
    found: dict[UUID, str] = {}
    for (subject_id,) in _some(DataSubject.objects.filter(wire_key_digest__in=wire_keys), "pk"):
        found[subject_id] = _("Key at Adobe")
    for (subject_id,) in _some(DataSubject.objects.filter(officer_key_digest__in=keys), "pk"):
        found[subject_id] = _("Key in the file")
    for (subject_id,) in _some(rows.filter(value_digest__in=values), "subject_id"):
        found[subject_id] = _("Identity in a namespace of your own")
    for subject_id, digest in _some(rows.filter(digest__in=names), "subject_id", "digest"):
        found[subject_id] = _("Identity: %(namespace)s") % {"namespace": names[bytes(digest)]}
    return found


def _some(rows: QuerySet[Any], *fields: str) -> QuerySet[Any, tuple[Any, ...]]:
    """Without an order: with one, PostgreSQL might walk through the order's index instead of the digest's."""
    return rows.order_by().values_list(*fields)[: people.MOST_READ]


def _person(subject: DataSubject, why: str) -> Hit:
    request = subject.request
    state = people.worst_state(job.status for job in subject.jobs.all())
    return Hit(
        title=_("Person %(place)s of %(number)s") % {"place": subject.position, "number": request.number},
        address=reverse("privacy:person", args=[subject.pk]),
        organization_id=request.organization_id,
        organization=request.organization.name,
        why=why,
        words=_actions_under(subject.actions, request.regulation),
        status=str(state.label) if state else "",
        tone=JOB_TONES[state] if state else "unknown",
        on=request.received_on,
    )


def _actions_under(actions: Sequence[str], law: str) -> str:
    labels = [str(Action(action).label) if action in Action.values else action for action in actions]
    return " · ".join([*labels, catalog.law_name(law)])


# --- Requests ---


def find_requests(user: User, wanted: Wanted) -> list[Hit]:
    """By our number, or by what Adobe calls a request: of ours each call has a name of its own there."""
    numbers = wanted.numbers("PR")
    # A call that has not gone out has no name at Adobe: an empty one must not be looked for.
    calls = Submission.objects.filter(adobe_request_id=wanted.text).exclude(adobe_request_id="")
    visible = PrivacyRequest.objects.visible_to(user).select_related("organization").defer("envelope_sealed")
    found = [
        *visible.filter(number__in=numbers),
        *visible.filter(adobe_request_id=wanted.text)[: MOST + 1],
        *visible.filter(pk__in=[pk for (pk,) in _some(calls, "request_id")])[: MOST + 1],
    ]
    each_once = {row.pk: row for row in found}
    newest = sorted(each_once.values(), key=lambda row: (row.created_at, row.pk), reverse=True)[: MOST + 1]
    return [_request(row, by_number=row.number in numbers) for row in newest]


def _request(row: PrivacyRequest, *, by_number: bool) -> Hit:
    return Hit(
        title=row.number,
        address=reverse("privacy:request-detail", args=[row.number]),
        organization_id=row.organization_id,
        organization=row.organization.name,
        why=_("Number") if by_number else _("Adobe's request id"),
        words=catalog.law_name(row.regulation),
        status=row.get_status_display(),
        tone=row.tone,
        on=row.received_on,
        by_number=by_number,
    )


# --- Jobs ---


def find_jobs(user: User, wanted: Wanted) -> list[Hit]:
    """By the id that Adobe gave a job, also where it has more than one for the same person and action."""
    visible = Job.objects.visible_to(user).select_related("organization", "request", "subject").defer("raw_sealed")
    found = {job.pk: job for job in visible.filter(adobe_job_id=wanted.text).order_by()[: MOST + 1]}
    doubled = Job.objects.visible_to(user).exclude(extra_adobe_job_ids=[]).order_by()
    extra = [pk for pk, ids in doubled.values_list("pk", "extra_adobe_job_ids")[:_MOST_DOUBLED] if wanted.text in ids]
    found |= {job.pk: job for job in visible.filter(pk__in=extra).order_by()} if extra else {}
    return [_job(found[pk]) for pk in sorted(found, reverse=True)]


def _job(job: Job) -> Hit:
    place = job.subject.position if job.subject else None
    person = _("Person %(place)s of %(number)s") if place else _("Person not known, %(number)s")
    return Hit(
        title=person % {"place": place, "number": job.request.number},
        address=reverse("privacy:job-detail", args=[job.pk]),
        organization_id=job.organization_id,
        organization=job.organization.name,
        why=_("Adobe's job id"),
        words=_actions_under([job.action], job.request.regulation),
        status=job.status_words,
        tone=job.tone,
        on=job.request.received_on,
    )


# --- Opt-outs ---


def find_opt_outs(user: User, wanted: Wanted) -> list[Hit]:
    """By our number, or by an identity that the consent call names."""
    numbers = wanted.numbers("OO")
    names: dict[bytes, str] = {}
    for index in _indexes(user):
        for text in _texts(wanted):
            names |= identity_digests(index, text)
    digests = _some(OptOutDigest.objects.filter(digest__in=names), "opt_out_id", "digest")
    why = {pk: _("Identity: %(namespace)s") % {"namespace": names[bytes(digest)]} for pk, digest in digests}
    newest = sorted(why, reverse=True)[: MOST + 1]
    rows = OptOut.objects.visible_to(user).filter(Q(number__in=numbers) | Q(pk__in=newest))
    found = rows.select_related("organization").defer("entities_sealed").order_by("-created_at", "-pk")
    return [_opt_out(row, why.get(row.pk)) for row in found[: MOST + 1]]


def _opt_out(row: OptOut, why: str | None) -> Hit:
    return Hit(
        title=row.number,
        address=reverse("privacy:opt-out-detail", args=[row.number]),
        organization_id=row.organization_id,
        organization=row.organization.name,
        why=why or _("Number"),
        words=_("Opt-out of sale") if row.opt_out_of_sale else _("Opt-out of sale withdrawn"),
        status=row.get_status_display(),
        tone=row.tone,
        on=row.received_on,
        by_number=why is None,
    )


# --- Rows without digests yet ---


def people_still_coming(user: User) -> bool:
    """Whether people of older requests wait for their digests."""
    waiting = PrivacyRequest.objects.filter(to_index_at__isnull=False, data_key__isnull=False)
    return waiting.filter(organization__in=Organization.objects.visible_to(user)).exists()


def opt_outs_still_coming(user: User) -> bool:
    """The same of opt-outs, also of such that were confirmed a moment ago."""
    return OptOut.objects.visible_to(user).filter(to_index_at__isnull=False, data_key__isnull=False).exists()


_FINDERS: Final = (
    Finder(
        "people",
        gettext_lazy("People"),
        gettext_lazy("One whole identity in any namespace, the key of your file, or the key at Adobe (userKey)"),
        10,
        ("privacy.view_privacyrequest", "privacy.view_job"),
        find_people,
        people_still_coming,
    ),
    Finder(
        "requests",
        gettext_lazy("Privacy requests"),
        gettext_lazy("The number, such as PR-2026-000123 or 123, or Adobe's request id"),
        20,
        ("privacy.view_privacyrequest",),
        find_requests,
    ),
    Finder("jobs", gettext_lazy("Privacy jobs"), gettext_lazy("Adobe's job id"), 30, ("privacy.view_job",), find_jobs),
    Finder(
        "opt_outs",
        gettext_lazy("Opt-outs"),
        gettext_lazy("The number, such as OO-2026-000123, or one whole identity"),
        40,
        ("privacy.view_optout",),
        find_opt_outs,
        opt_outs_still_coming,
    ),
)
