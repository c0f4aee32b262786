"""Numbers that say how data hygiene stands: for the page of the portal's health and for Prometheus. Only what an index gives."""

from __future__ import annotations

from django.utils.translation import gettext as _

from hygiene.models import ExpirationOrder, WorkOrder
from portal.health.unknown import unknown_outcomes
from portal.registry import Figure


def read() -> list[Figure]:
    """All of them."""
    return [
        *unknown_outcomes("work_order", _("work orders"), WorkOrder.objects.all()),
        *unknown_outcomes("expiration", _("changes of dataset expirations"), ExpirationOrder.objects.all()),
    ]
