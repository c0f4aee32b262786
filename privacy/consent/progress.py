"""Where an opt-out is, from where its calls are."""

from __future__ import annotations

import uuid

from django.db import transaction
from django.db.models.functions import Coalesce
from django.utils import timezone

from portal import audit
from portal.outbound import OPEN_STATES, CallState
from privacy import noticing
from privacy.models import OptOut
from privacy.statuses import OptOutStatus

_UNMOVED = (OptOutStatus.DRAFT, OptOutStatus.SHREDDED)


@transaction.atomic
def refresh(opt_out_id: uuid.UUID) -> None:
    """Move its status on. The row is locked before its calls are read: of two workers, the one that writes last has read last."""
    opt_out = OptOut.objects.select_for_update(no_key=True).get(pk=opt_out_id)
    if opt_out.status in _UNMOVED:
        return
    status = _status(opt_out)
    finished = status in (OptOutStatus.SENT, OptOutStatus.REJECTED, OptOutStatus.CANCELLED)
    OptOut.objects.filter(pk=opt_out_id).update(
        status=status, finished_at=Coalesce("finished_at", timezone.now()) if finished else None
    )
    if status != opt_out.status:
        event = audit.record(
            f"opt_out.{status}",
            actor=None,
            organization=opt_out.organization,
            obj=opt_out,
            root_id=opt_out.pk,
            details={"values": opt_out.values_total},
        )
        noticing.opt_out_moved(opt_out, status, event.pk)


def _status(opt_out: OptOut) -> OptOutStatus:
    """What needs a person most comes first; of an end with several outcomes, the worst is said."""
    if opt_out.calls.exclude(person_reason="").exists():
        return OptOutStatus.ATTENTION
    states = set(opt_out.calls.order_by().values_list("state", flat=True).distinct())
    if states & set(OPEN_STATES):
        return OptOutStatus.SENDING
    if CallState.REJECTED in states:
        return OptOutStatus.REJECTED
    return OptOutStatus.CANCELLED if CallState.CANCELLED in states else OptOutStatus.SENT
