"""What will happen when a record delete is confirmed, in numbers and words, before it happens."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.humanize.templatetags.humanize import intcomma
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop
from django.utils.translation import ngettext

from hygiene import preparing, quota, splitting
from hygiene.models import QuotaReading, RecordDelete
from hygiene.schema import ALL

# Data Hygiene API, record delete timelines: tiers of the licence, which Adobe tells nobody through the API.
ADOBE_TAKES = noop(
    "Up to 30 days: Adobe gathers work orders for up to 14 days, works them from day 15 to 25, and checks from day 25 to 30. "
    "With Healthcare Shield or Privacy and Security Shield up to 15 days: Adobe begins after about 24 hours."
)


@dataclass(frozen=True)
class NamespaceLine:
    """How many identities of one namespace, with masked examples."""

    namespace: str
    count: int
    examples: list[str]


@dataclass(frozen=True)
class QuotaPreview:
    """One quota that this record delete counts against, before and after."""

    name: str
    words: str
    before: int
    after: int
    limit: int
    resets_at: datetime | None


@dataclass(frozen=True)
class Preview:
    """Everything that the page before the confirmation shows.

    `goes_later` identities do not fit into what is left of today's quota: the first of them go at `later_at`, the last at
    `last_at`. `quota` is empty when Adobe was never asked; `quota_read_at` says when it was.
    """

    namespaces: list[NamespaceLine]
    identities: int
    duplicates_removed: int
    work_orders: int
    most_in_one: int
    datasets: list[str]
    profile_only: bool
    quota: list[QuotaPreview]
    quota_read_at: datetime | None
    goes_today: int
    goes_later: int
    later_at: datetime | None
    last_at: datetime | None
    adobe_takes: str
    irreversible: str


def build(record_delete: RecordDelete) -> Preview:
    """For a record delete that was checked. Reads Adobe's last word about the quotas; asks nobody."""
    summary: dict[str, Any] = (record_delete.result or {}).get("summary", {})
    most = preparing.most_in_one(record_delete)
    sizes = splitting.sizes(record_delete.identities, most)
    reading = quota.newest(record_delete.organization)
    now = timezone.now()
    departures = quota.plan(reading, sizes, now)
    later = [one for one in departures if one.at is not None]
    return Preview(
        namespaces=_namespaces(summary),
        identities=record_delete.identities,
        duplicates_removed=summary.get("duplicates_removed", 0),
        work_orders=len(sizes),
        most_in_one=most,
        datasets=list(record_delete.datasets),
        profile_only=record_delete.profile_only,
        quota=list(_quota(reading, record_delete.identities, now)),
        quota_read_at=reading.read_at if reading else None,
        goes_today=sum(one.identities for one in departures if one.at is None),
        goes_later=sum(one.identities for one in later),
        later_at=later[0].at if later else None,
        last_at=later[-1].at if later else None,
        adobe_takes=_(ADOBE_TAKES),
        irreversible=_irreversible(record_delete),
    )


def _namespaces(summary: dict[str, Any]) -> list[NamespaceLine]:
    counts: dict[str, int] = summary.get("namespaces", {})
    examples = summary.get("examples", {})
    by_count = sorted(counts.items(), key=lambda item: -item[1])
    return [NamespaceLine(namespace, count, examples.get(namespace, [])) for namespace, count in by_count]


def _quota(reading: QuotaReading | None, identities: int, now: datetime) -> Iterator[QuotaPreview]:
    for line in quota.lines(reading, now) if reading else ():
        if line.counts_identities:
            yield QuotaPreview(line.name, line.words, line.consumed, line.consumed + identities, line.limit, line.resets_at)


def _irreversible(record_delete: RecordDelete) -> str:
    count = record_delete.identities
    identities = f"{count:,} {'identity' if count == 1 else 'identities'}"
    return _("This deletes the records of %(identities)s %(places)s. It cannot be cancelled or undone at Adobe.") % {
        "identities": identities,
        "places": _places(record_delete),
    }


def _places(record_delete: RecordDelete) -> str:
    sandbox = record_delete.organization.sandbox_name
    if record_delete.profile_only:
        return _("from Profile, Identity Service and Journey Optimizer in the sandbox %(sandbox)s; the data lake keeps them") % {
            "sandbox": sandbox
        }
    if list(record_delete.datasets) == [ALL]:
        return _("from every dataset of the sandbox %(sandbox)s") % {"sandbox": sandbox}
    count = len(record_delete.datasets)
    return _("from %(words)s of the sandbox %(sandbox)s") % {
        "words": ngettext("one dataset", "%(number)s datasets", count) % {"number": intcomma(count)},
        "sandbox": sandbox,
    }
