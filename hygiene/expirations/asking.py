"""What a person wants of an expiration: to make it, change it or cancel it. Each is an ExpirationOrder that a worker sends."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.contrib.humanize.templatetags.humanize import intcomma
from django.db import transaction
from django.db.models import Q
from django.template.defaultfilters import date as format_date
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop

from hygiene.models import DatasetExpiration, ExpirationOrder
from hygiene.statuses import ExpirationStatus
from portal import audit, clock, steps
from portal.models import Organization, User
from portal.outbound import OPEN_STATES, CallState

STEP = "expiration-submit"
# Data Hygiene API, create a dataset expiration.
LEAST_AHEAD = timedelta(hours=24)
LONGEST_NAME = 255
LONGEST_DESCRIPTION = 1000
# Dataset ids are opaque; in every sample they are 24 letters and digits.
_DATASET_ID = re.compile(r"[A-Za-z0-9_-]{1,255}")
# As long as one of these is at Adobe, or on its way there, the dataset can have no other.
_STANDING = (ExpirationStatus.SENDING, ExpirationStatus.PENDING, ExpirationStatus.EXECUTING)

Kind = ExpirationOrder.Kind


class NotPossible(Exception):
    """It cannot be asked for now; `str()` says why and what to do, for the person."""


@dataclass(frozen=True)
class Wanted:
    """An expiration as it is to be; `expires_at` knows its zone."""

    name: str
    description: str
    expires_at: datetime


# --- What is wrong with it ---


def problems(
    wanted: Wanted, organization: Organization, *, dataset_id: str = "", unchanged: datetime | None = None
) -> list[tuple[str, str]]:
    """What a person must correct, as (name of the field, sentence). `unchanged`: the time that a change leaves as it is."""
    found = []
    if dataset_id and not _DATASET_ID.fullmatch(dataset_id):
        found.append(("dataset_id", _(_NO_DATASET_ID)))
    elif dataset_id.upper() == "ALL":
        found.append(("dataset_id", _("An expiration is for one dataset. Enter the id of that dataset.")))
    if not wanted.name.strip():
        found.append(("name", _("Enter a name. Adobe shows it beside the dataset.")))
    if len(wanted.name) > LONGEST_NAME:
        found.append(
            (
                "name",
                _("A name has at most %(longest_name)s characters; this one has %(name)s.")
                % {"longest_name": LONGEST_NAME, "name": intcomma(len(wanted.name))},
            )
        )
    if len(wanted.description) > LONGEST_DESCRIPTION:
        length = len(wanted.description)
        found.append(
            (
                "description",
                _("A description has at most %(longest_description)s characters; this one has %(length)s.")
                % {"longest_description": intcomma(LONGEST_DESCRIPTION), "length": intcomma(length)},
            )
        )
    if wanted.expires_at != unchanged and wanted.expires_at < timezone.now() + LEAST_AHEAD:
        found.append(("expires_at", _too_soon(organization)))
    return found


_NO_DATASET_ID = noop(
    "This is not the id of a dataset: an id has letters and digits only, such as 62759f2ede9e601b63a2ee14. "
    "Adobe shows it on the dataset's page."
)


def _too_soon(organization: Organization) -> str:
    earliest = timezone.now() + LEAST_AHEAD + timedelta(minutes=1)
    return _(
        "Adobe takes an expiration at least 24 hours ahead. The earliest now is %(local_words)s; enter that or a later time."
    ) % {"local_words": local_words(earliest, organization)}


def local_words(moment: datetime, organization: Organization) -> str:
    """A time where the organization is: `25 Nov 2026, 14:05 (Europe/Berlin)`."""
    local = moment.astimezone(ZoneInfo(organization.time_zone))
    return f"{format_date(local, 'j M Y, H:i')} ({organization.time_zone})"


# --- Asking ---


@transaction.atomic
def create(dataset_id: str, wanted: Wanted, *, organization: Organization, user: User) -> DatasetExpiration:
    """Have Adobe remove a whole dataset at a time. Once that has happened it cannot be undone. Raises NotPossible."""
    _refuse(problems(wanted, organization, dataset_id=dataset_id))
    # One at a time, so that two people cannot both ask for the same dataset.
    Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)
    _refuse_second(dataset_id, organization)
    expiration = DatasetExpiration(
        organization=organization,
        sandbox_name=organization.sandbox_name,
        dataset_id=dataset_id,
        expires_at=wanted.expires_at,
        made_here=True,
    )
    expiration.name, expiration.description = wanted.name, wanted.description or None
    expiration.save(force_insert=True)
    _ask(expiration, Kind.CREATE, user, wanted)
    return expiration


@transaction.atomic
def change(expiration: DatasetExpiration, wanted: Wanted, user: User) -> ExpirationOrder:
    """A new name, description or time, while it is pending. Raises NotPossible."""
    row = _alone(expiration)
    if row.status != ExpirationStatus.PENDING:
        raise NotPossible(_no_longer(row, "changed"))
    if open_order(row) is not None:
        raise NotPossible(_("Another change of this expiration is still on its way to Adobe. Wait until it has arrived."))
    _refuse(problems(wanted, row.organization, unchanged=row.expires_at))
    return _ask(row, Kind.CHANGE, user, wanted)


@transaction.atomic
def cancel(expiration: DatasetExpiration, user: User) -> ExpirationOrder | None:
    """Keep the dataset. None when nothing had been sent yet, so that nothing needs to be told to Adobe. Raises NotPossible."""
    row = _alone(expiration)
    waiting = open_order(row)
    if waiting is not None and not _withdraw(waiting, user):
        raise NotPossible(_("A change of this expiration is on its way to Adobe. Wait until it has arrived, then cancel."))
    if row.ttl_id is None and waiting is not None:
        DatasetExpiration.objects.filter(pk=row.pk).update(status=ExpirationStatus.CANCELLED)
        return None
    if row.status != ExpirationStatus.PENDING:
        raise NotPossible(_no_longer(row, "cancelled"))
    return _ask(row, Kind.CANCEL, user)


def open_order(expiration: DatasetExpiration) -> ExpirationOrder | None:
    """The change that is not settled yet; there is at most one."""
    order: ExpirationOrder | None = expiration.orders.filter(state__in=OPEN_STATES).first()
    return order


def _ask(expiration: DatasetExpiration, kind: str, user: User, wanted: Wanted | None = None) -> ExpirationOrder:
    order = ExpirationOrder(organization=expiration.organization, expiration=expiration, kind=kind, asked_by=user)
    if wanted is not None:
        order.expires_at, order.name, order.description = wanted.expires_at, wanted.name, wanted.description
    order.next_attempt_at = clock.read()
    order.save(force_insert=True)
    audit.record(
        f"expiration.{kind}_asked",
        actor=user,
        organization=expiration.organization,
        obj=expiration,
        root_id=expiration.pk,
        details={"when": local_words(wanted.expires_at, expiration.organization)} if wanted else {},
    )
    steps.wake(STEP)
    return order


def _withdraw(order: ExpirationOrder, user: User) -> bool:
    """Take back what no worker has begun to send."""
    queued = ExpirationOrder.objects.filter(pk=order.pk, state=CallState.QUEUED, first_sent_at=None)
    taken = queued.update(state=CallState.CANCELLED, settled_at=timezone.now(), last_error="withdrawn")
    if taken:
        row = order.expiration
        audit.record(
            "expiration.withdrawn",
            actor=user,
            organization=row.organization,
            obj=row,
            root_id=row.pk,
            details={"kind": order.kind},
        )
    return bool(taken)


def _alone(expiration: DatasetExpiration) -> DatasetExpiration:
    """The row as it is now, held until the transaction ends."""
    row: DatasetExpiration = DatasetExpiration.objects.select_for_update(no_key=True).get(pk=expiration.pk)
    row.organization = expiration.organization
    return row


def _refuse(found: list[tuple[str, str]]) -> None:
    if found:
        raise NotPossible(found[0][1])


def _refuse_second(dataset_id: str, organization: Organization) -> None:
    same = DatasetExpiration.objects.filter(
        organization=organization, sandbox_name=organization.sandbox_name, dataset_id=dataset_id
    )
    standing = same.filter(Q(status__in=_STANDING) | Q(orders__state__in=OPEN_STATES)).first()
    if standing is not None:
        when = (
            _(", for %(local_words)s") % {"local_words": local_words(standing.expires_at, organization)}
            if standing.expires_at
            else ""
        )
        raise NotPossible(
            _("This dataset has an expiration already%(when)s. Change or cancel that one instead.") % {"when": when}
        )


def _no_longer(row: DatasetExpiration, done: str) -> str:
    now = row.get_status_display().lower()
    return _("Only a pending expiration can be %(done)s, and this one is not: Adobe's last word is “%(words)s”.") % {
        "done": done,
        "words": row.adobe_status or now,
    }
