"""Why an organization keeps the IMS organization that its calls went to: they could not be found at any other."""

from __future__ import annotations

import uuid

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop

from portal.models import Organization
from portal.outbound import CallState
from privacy.models import ConsentCall, Job, PrivacyRequest, Submission
from privacy.statuses import RequestStatus

SENT_THERE = noop(
    "Calls to Adobe are on their way under this IMS organization, or Adobe is at work on their jobs; under another one the "
    "portal could not find them. Change it when they have ended. To correct it before anything is sent, put the organization "
    "on hold."
)


def why_ims_org_stays(organization_id: uuid.UUID) -> str:
    """A sentence for the administrator; empty when nothing is under way. What waits in a queue on hold may go elsewhere."""
    if Job.objects.open_at_adobe().filter(organization=organization_id).exists():
        return _(SENT_THERE)
    undecided = Q(state__in=(CallState.SENDING, CallState.UNKNOWN))
    if not Organization.objects.get(pk=organization_id).is_on_hold:
        undecided |= Q(state=CallState.QUEUED)
    calls = Submission.objects.filter(undecided, request__organization=organization_id)
    opt_outs = ConsentCall.objects.filter(undecided, opt_out__organization=organization_id)
    preparing = PrivacyRequest.objects.filter(
        organization=organization_id, organization__held_at=None, status=RequestStatus.PREPARING
    )
    return _(SENT_THERE) if calls.exists() or opt_outs.exists() or preparing.exists() else ""
