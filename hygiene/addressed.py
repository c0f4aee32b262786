"""Why an organization keeps its sandbox and its IMS organization: work orders that went there could be found nowhere else."""

from __future__ import annotations

import uuid

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop

from hygiene.models import ExpirationOrder, RecordDelete, WorkOrder
from hygiene.statuses import WORK_ORDER_AT_ADOBE_OPEN, RecordDeleteStatus
from portal.models import Organization
from portal.outbound import CallState

SENT_THERE = noop(
    "Work orders are on their way there, or Adobe is at work on them; elsewhere the portal could not find them, and would delete "
    "what nobody chose. Change it when they have ended. To correct it before anything is sent, put the organization on hold."
)


def why_sandbox_stays(organization_id: uuid.UUID) -> str:
    """A sentence for the administrator; empty when nothing is under way. An expiration keeps its own sandbox."""
    at_adobe = Q(state=CallState.SENT, status__in=WORK_ORDER_AT_ADOBE_OPEN)
    orders = WorkOrder.objects.filter(_under_way(organization_id) | at_adobe, organization=organization_id)
    preparing = RecordDelete.objects.filter(
        organization=organization_id, organization__held_at=None, status=RecordDeleteStatus.PREPARING
    )
    return _(SENT_THERE) if orders.exists() or preparing.exists() else ""


def why_ims_org_stays(organization_id: uuid.UUID) -> str:
    """The same for the IMS organization, to which expirations go as well."""
    changes = ExpirationOrder.objects.filter(_under_way(organization_id), organization=organization_id)
    return _(SENT_THERE) if changes.exists() else why_sandbox_stays(organization_id)


def _under_way(organization_id: uuid.UUID) -> Q:
    """What waits in a queue on hold may go elsewhere."""
    states = [CallState.SENDING, CallState.UNKNOWN]
    if not Organization.objects.get(pk=organization_id).is_on_hold:
        states.append(CallState.QUEUED)
    return Q(state__in=states)
