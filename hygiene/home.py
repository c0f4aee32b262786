"""What this app brings to the home page: work orders and expirations whose outcome is not known, and quotas that run out."""

from __future__ import annotations

from typing import Final

from django.urls import reverse
from django.utils.translation import gettext as _

from hygiene import quota
from hygiene.models import ExpirationOrder, WorkOrder
from portal.home import Narrowed, Need, Part
from portal.outbound import CallState

# Of a hundred parts.
NEARLY: Final = 90


def read(narrowed: Narrowed) -> Part:
    """As far as the person may look at it. Law and assignee narrow nothing here: record deletes have neither."""
    needs = []
    if narrowed.user.has_perm("hygiene.view_workorder"):
        needs.append(_unknown_orders(narrowed))
    if narrowed.user.has_perm("hygiene.view_datasetexpiration"):
        needs.append(_unknown_expirations(narrowed))
    if narrowed.user.has_perm("hygiene.view_quotareading"):
        needs.append(_quotas(narrowed))
    return Part(needs=needs)


def _unknown_orders(narrowed: Narrowed) -> Need:
    return Need(
        _("Work orders of unknown outcome"),
        _("Adobe may have taken them or not. The portal looks for them before anything is sent again."),
        _("No work order of unknown outcome"),
        WorkOrder.objects.filter(organization__in=narrowed.organizations, state=CallState.UNKNOWN),
        narrowed.rows("hygiene:all-work-orders", state="unknown"),
    )


def _unknown_expirations(narrowed: Narrowed) -> Need:
    return Need(
        _("Expirations of unknown outcome"),
        _("The portal asks Adobe what became of the change before it is sent again."),
        _("No expiration of unknown outcome"),
        ExpirationOrder.objects.filter(organization__in=narrowed.organizations, state=CallState.UNKNOWN),
        reverse("hygiene:expiration-list"),
    )


def _quotas(narrowed: Narrowed) -> Need:
    nearly = [
        line
        for reading in quota.newest_of(narrowed.organizations).values()
        for line in quota.lines(reading, narrowed.now)
        if line.limit > 0 and line.percent >= NEARLY
    ]
    return Need(
        _("Quotas nearly used"),
        _("Nine tenths of what Adobe allows are used. What has no room waits for the next day or month."),
        _("No quota nearly used"),
        len(nearly),
        reverse("hygiene:quota-list"),
    )
