"""Which states count as "visibly with a person", the same for every kind of call:

- UNKNOWN with a reason: the page asks for a decision.
- REJECTED: Adobe's refusal is shown, and what was asked for ends as "not sent".
- CANCELLED by a decision that stands in the trail: "close as not sent", a cancelled request or record delete, deletes that were
  given up; or for a reason on the row that the page shows (a work order's file is gone, or it is larger than the quota).
- Open, while its organization is on hold: the banner says so, and an administrator resumes.
- Deletes that wait for results which will not come: the request says "needs a person".
- A result that could not be fetched: the page says so, and an officer asks again.
"""

from __future__ import annotations

from functools import cached_property
from uuid import UUID

from portal.models import AuditEvent, Organization
from portal.outbound import OPEN_STATES, CallState, OutboundCall

DECISIONS = (
    "call.decided", "consent.decided", "work_order.decided", "work_order.cancelled",
    "request.cancelled", "request.deletes_cancelled", "opt_out.recalled", "record_delete.cancelled",
    "record_delete.cancelled_in_part",
)  # fmt: skip


class People:
    """What people were asked, and what they decided, as the rows and the trail have it now."""

    @cached_property
    def held(self) -> frozenset[UUID]:
        """Organizations on hold."""
        return frozenset(Organization.objects.filter(held_at__isnull=False).values_list("pk", flat=True))

    @cached_property
    def decided(self) -> frozenset[str]:
        """Ids of the calls, requests, opt-outs and record deletes that a person has decided about."""
        told = AuditEvent.objects.filter(action__in=DECISIONS)
        return frozenset(told.values_list("object_id", flat=True))

    def have(self, call: OutboundCall, organization: UUID, *belongs_to: UUID) -> bool:
        """Whether what is missing of this call is visibly with a person. `belongs_to`: its request, opt-out or record delete."""
        if call.state == CallState.UNKNOWN and call.person_reason:
            return True
        if call.state == CallState.REJECTED:
            return True
        if call.state == CallState.CANCELLED:
            return any(str(one) in self.decided for one in (call.pk, *belongs_to))
        return call.state in OPEN_STATES and organization in self.held
