"""Keeping the portal's rows like Adobe's list: those made here, and those made elsewhere.

Reading happens when a person asks for it and once a night. A failed reading changes nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from hygiene.expirations import keeping
from hygiene.expirations.sending import at_adobe
from hygiene.models import DatasetExpiration, ExpirationOrder, QuotaReading, RecordDelete
from hygiene.querysets import OfOrganization
from hygiene.statuses import ExpirationStatus
from portal import audit, clock, connections, crypto, steps, turns
from portal.adobe import errors
from portal.adobe.dataset_expirations import DatasetExpirations
from portal.adobe.expiration_answers import ExpirationAnswer
from portal.audit import AuditRecord
from portal.models import Organization, User
from portal.outbound import OPEN_STATES

logger = logging.getLogger(__name__)

STEP = "expiration-list"
_AT_ADOBE_OPEN = (ExpirationStatus.PENDING, ExpirationStatus.EXECUTING)


@dataclass(frozen=True)
class ListRead:
    """What a reading brought: how many expirations Adobe lists, and how many of them were new to the portal."""

    seen: int
    added: int


# --- The whole list ---


def read_list(organization: Organization, user: User | None = None) -> ListRead:
    """Read Adobe's list of the organization's sandbox now, for a person or (None) by the clock. Raises AdobeError."""
    service = connections.expirations_for(organization)
    asked_at = clock.read()
    listed = service.everything()
    gone = [row for row in _missing(organization, listed) if _is_gone(service, row)]
    with transaction.atomic():
        # Two readings at once would both add what is new.
        Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)
        added = _keep_all(organization, listed, asked_at)
        for row in gone:
            keeping.keep_gone(row, asked_at)
        audit.record(
            "expiration.listed",
            actor=user,
            organization=organization,
            obj=organization,
            details={"seen": len(listed), "added": added, "gone": len(gone)},
        )
        steps.wake(STEP)
    return ListRead(len(listed), added)


def read_every_list() -> None:
    """The nightly reading, of every organization that uses Data Hygiene and is not on hold."""
    for organization in organizations_in_use():
        try:
            read_list(organization)
        except errors.AdobeError as error:
            # A credential may well lack Data Hygiene: that is no reason to stop anything else.
            logger.warning("the expirations of organization %s could not be listed: %s", organization.pk, error)
        except crypto.CannotDecrypt:
            logger.error("the expirations of organization %s do not open here", organization.pk)  # noqa: TRY400


def organizations_in_use() -> list[Organization]:
    """Organizations whose people have used anything of Data Hygiene."""
    used = [
        set(model._default_manager.order_by().values_list("organization", flat=True).distinct())
        for model in (DatasetExpiration, RecordDelete, QuotaReading)
    ]
    return list(Organization.objects.not_on_hold().filter(pk__in=set().union(*used)).select_related("data_key"))


def _keep_all(organization: Organization, listed: Iterable[ExpirationAnswer], asked_at: datetime) -> int:
    """Returns how many were new."""
    rows = {row.ttl_id: row for row in _rows_of(organization).exclude(ttl_id=None)}
    without_id = {row.dataset_id: row for row in _rows_of(organization).filter(ttl_id=None, seen_at__isnull=False)}
    on_their_way = _datasets_on_their_way(organization)
    new = []
    for answer in listed:
        row = rows.get(keeping.plain(answer.ttl_id, 255)) if answer.ttl_id else without_id.get(answer.dataset_id)
        if row is not None:
            row.organization = organization
            keeping.keep(row, answer, asked_at)
        elif answer.dataset_id not in on_their_way:
            new.append(_made_elsewhere(organization, answer, asked_at))
    audit.record_many([AuditRecord("expiration.found", organization=organization, obj=row, root_id=row.pk) for row in new])
    return len(new)


def _rows_of(organization: Organization) -> OfOrganization:
    return DatasetExpiration.objects.filter(organization=organization)


def _datasets_on_their_way(organization: Organization) -> set[str]:
    """Datasets whose expiration is being created from here: its own order finds out what Adobe has."""
    creating = ExpirationOrder.objects.filter(
        organization=organization, kind=ExpirationOrder.Kind.CREATE, state__in=OPEN_STATES, expiration__ttl_id=None
    )
    return set(creating.values_list("expiration__dataset_id", flat=True))


def _made_elsewhere(organization: Organization, answer: ExpirationAnswer, asked_at: datetime) -> DatasetExpiration:
    row = DatasetExpiration(
        organization=organization,
        sandbox_name=organization.sandbox_name,
        dataset_id=keeping.plain(answer.dataset_id, 255),
    )
    keeping.fill(row, answer, asked_at)
    row.save(force_insert=True)
    return row


def _missing(organization: Organization, listed: Iterable[ExpirationAnswer]) -> list[DatasetExpiration]:
    """What was open at Adobe when we last looked, and is not in its list."""
    ids = {answer.ttl_id for answer in listed}
    open_rows = _rows_of(organization).filter(sandbox_name=organization.sandbox_name, status__in=_AT_ADOBE_OPEN)
    return [row for row in open_rows.exclude(ttl_id=None) if row.ttl_id not in ids]


def _is_gone(service: DatasetExpirations, row: DatasetExpiration) -> bool:
    """A list may leave one out; only a 404 about itself says that it is gone."""
    try:
        service.find(at_adobe(row))
    except errors.NotFound:
        return True
    return False


# --- One expiration ---


def read_one(row: DatasetExpiration, user: User | None = None) -> None:
    """Ask Adobe about one expiration and its history now, for a person or (None) by itself. Raises AdobeError."""
    asked_at = clock.read()
    service = connections.expirations_for(row.organization, row.sandbox_name)
    try:
        answer = service.find(at_adobe(row))
    except errors.NotFound:
        with transaction.atomic():
            keeping.keep_gone(row, asked_at)
            _refreshed(row, user)
        return
    with transaction.atomic():
        keeping.keep(row, answer, asked_at)
        row.history = keeping.history_of(answer)
        row.save(update_fields=["history_sealed"])
        _refreshed(row, user)


def _refreshed(row: DatasetExpiration, user: User | None) -> None:
    if user is not None:
        audit.record("expiration.refreshed", actor=user, organization=row.organization, obj=row, root_id=row.pk)


# --- Histories, which a list does not show ---


def read_next_history() -> int:
    """Ask for one history. Returns how many were asked for.

    Each is asked for once after a change: one that cannot be had now is asked for again by a person, or after the next change.
    """
    for part in turns.by_organization(without_history(), "history"):
        for row in part.select_related("organization__data_key")[:20]:
            row.history = []
            if DatasetExpiration.objects.filter(pk=row.pk, history_sealed=None).update(history_sealed=row.history_sealed):
                return _read_history(row)
    return 0


def _read_history(row: DatasetExpiration) -> int:
    try:
        read_one(row)
    except errors.Paced:
        # Adobe was not asked: it is asked for again as soon as the organization's rate has room.
        DatasetExpiration.objects.filter(pk=row.pk, history_sealed=row.history_sealed).update(history_sealed=None)
        return 0
    except errors.AdobeError as error:
        logger.warning("the history of expiration %s could not be read: %s", row.pk, error)
    return 1


def without_history() -> OfOrganization:
    """Expirations of which the history is to be asked for, the newest first."""
    at_adobe_now = DatasetExpiration.objects.filter(organization__held_at=None, history_sealed=None).exclude(ttl_id=None)
    return at_adobe_now.order_by("-created_at")
