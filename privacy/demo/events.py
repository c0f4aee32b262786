"""The demo's own registration for events, made anew at each start because the local Adobe keeps none."""

from __future__ import annotations

import urllib3
from django.urls import reverse

from portal.demo.people import ACME
from portal.models import Organization
from privacy.models import EventSource
from privacy.statuses import EventWay

SECONDS = 15.0


def connect(portal_address: str, adobe_address: str) -> bool:
    """Let the local Adobe tell Acme's webhook what happens to its jobs, unless an administrator has chosen otherwise.

    False when it does not: the lists of jobs bring the same, a little later.
    """
    organization = Organization.objects.get(ims_org_id=ACME.ims_org_id)
    source, _ = EventSource.objects.get_or_create(organization=organization, defaults={"way": EventWay.WEBHOOK})
    if source.way != EventWay.WEBHOOK:
        return False
    wanted = {
        "clientId": ACME.client_id,
        "webhookUrl": portal_address + reverse("privacy:adobe-events", args=[source.pk]),
        "name": "Events of the demo",
    }
    try:
        answer = urllib3.request(
            "POST", f"{adobe_address}/__simulator__/events/registrations", json=wanted, timeout=SECONDS, retries=False
        )
    except urllib3.exceptions.HTTPError:
        return False
    return answer.status == 200 and answer.json().get("state") == "ACTIVE"
