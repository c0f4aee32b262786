"""From what was asked for to calls that wait to be sent: draft, confirm, discard, recall. Nothing is sent from here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.db import transaction
from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from portal import audit, clock, steps
from portal.ids import new_id
from portal.models import Counter, DataKey, Organization, User
from portal.outbound import CallState
from privacy import catalog
from privacy.consent import progress
from privacy.consent.entities import Checked, Entity, packed
from privacy.intake import NotPossible, recall_until
from privacy.models import ConsentCall, OptOut
from privacy.statuses import Action, OptOutStatus

# Adobe's call names no law. California's is the shortest of the rules for opt-outs that are known here: 15 business days.
PLANNED_BY = "ccpa"
COUNTERS = "opt-out-"


def draft(checked: Checked, *, organization: Organization, user: User, received_on: date) -> OptOut:
    """Keep what was asked for, encrypted, until it is confirmed or discarded. `checked` has no errors."""
    if checked.error_count or not checked.entities:
        raise ValueError("only what was checked and found right becomes a draft")
    opt_out_id = new_id()
    with transaction.atomic():
        opt_out = OptOut(
            id=opt_out_id,
            number=_next_number(received_on),
            organization=organization,
            data_key=DataKey.objects.make("consent", opt_out_id),
            opt_out_of_sale=checked.opt_out_of_sale,
            counts={entity.namespace: len(entity.values) for entity in checked.entities},
            values_total=checked.values,
            received_on=received_on,
            due_on=catalog.due_on(PLANNED_BY, Action.OPT_OUT, received_on),
            created_by=user,
        )
        opt_out.entities = [entity.to_dict() for entity in checked.entities]
        opt_out.save(force_insert=True)
        details = {"values": checked.values, "duplicates": checked.duplicates, "left_out": checked.left_out}
        _record("drafted", opt_out, user, **details)
    return opt_out


def entities_of(opt_out: OptOut) -> list[Entity]:
    """What a draft names; nothing once it is confirmed or discarded. Raises CannotDecrypt."""
    return [Entity.from_dict(stored) for stored in opt_out.entities or []]


def calls_of(entities: Sequence[Entity], organization: Organization) -> list[tuple[Entity, ...]]:
    """The calls that will result. Adobe names no limit for this one, so that of privacy jobs is kept."""
    return list(packed(entities, organization.max_identities_per_call))


def confirm(opt_out: OptOut, user: User) -> None:
    """Queue its calls, due when the recall period is over. A second press finds nothing left to confirm.

    Raises NotPossible with the reason, CannotDecrypt.
    """
    parts = calls_of(entities_of(opt_out), opt_out.organization)
    recall = recall_until(opt_out.organization)
    with transaction.atomic():
        taken = OptOut.objects.filter(pk=opt_out.pk, status=OptOutStatus.DRAFT).update(
            status=OptOutStatus.SENDING, recall_until=recall, entities_sealed=None, to_index_at=clock.now()
        )
        if not taken:
            raise NotPossible(_("This opt-out was confirmed or discarded already."))
        calls = []
        for ordinal, part in enumerate(parts, start=1):
            call = ConsentCall(opt_out=opt_out, ordinal=ordinal, values=sum(len(one.values) for one in part))
            call.next_attempt_at = recall or clock.read()
            call.entities = [entity.to_dict() for entity in part]
            calls.append(call)
        ConsentCall.objects.bulk_create(calls)
        _record("confirmed", opt_out, user, values=opt_out.values_total, calls=len(calls))
        steps.wake("consent")
        steps.wake("index")


def discard(opt_out: OptOut, user: User | None) -> None:
    """Remove a draft and all that it names. None: nobody came back to it. Raises NotPossible when it was confirmed."""
    now = timezone.now()
    with transaction.atomic():
        taken = OptOut.objects.filter(pk=opt_out.pk, status=OptOutStatus.DRAFT).update(
            status=OptOutStatus.CANCELLED, entities_sealed=None, finished_at=now, shredded_at=now
        )
        if not taken:
            raise NotPossible(_("This opt-out was confirmed or discarded already."))
        _record(audit.discarded_by(user), opt_out, user)
        if opt_out.data_key is not None:
            opt_out.data_key.destroy()


def can_be_recalled(opt_out: OptOut) -> bool:
    """Whether no byte of it has gone to Adobe yet."""
    untouched = Count("pk", filter=Q(state=CallState.QUEUED, first_sent_at=None))
    counts = ConsentCall.objects.filter(opt_out=opt_out).aggregate(all=Count("pk"), untouched=untouched)
    return bool(counts["all"]) and counts["untouched"] == counts["all"]


def cancel(opt_out: OptOut, user: User) -> None:
    """Send none of its calls. All or nothing: raises NotPossible, and changes nothing, when one of them has gone out."""
    with transaction.atomic():
        calls = ConsentCall.objects.filter(opt_out=OptOut.objects.select_for_update(no_key=True).get(pk=opt_out.pk))
        # A worker claims a call by the same kind of UPDATE: of the two, one finds it changed.
        stopped = calls.filter(state=CallState.QUEUED, first_sent_at=None).update(
            state=CallState.CANCELLED, settled_at=timezone.now()
        )
        if not stopped or stopped != calls.count():
            raise NotPossible(_("It can no longer be cancelled: it has gone to Adobe, or has ended."))
        _record("recalled", opt_out, user)
        progress.refresh(opt_out.pk)


def _next_number(received_on: date) -> str:
    return f"OO-{received_on.year}-{Counter.next(f'{COUNTERS}{received_on.year}'):06}"


def _record(what: str, opt_out: OptOut, user: User | None, **details: int) -> None:
    audit.record(
        f"opt_out.{what}", actor=user, organization=opt_out.organization, obj=opt_out, root_id=opt_out.pk, details=details
    )
