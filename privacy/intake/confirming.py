"""A checked file is confirmed, which makes its request (or two), or it is discarded."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from portal import audit, clock, crypto, steps
from portal.ids import new_id
from portal.models import Counter, DataKey, Organization, User
from privacy import catalog, checking, schema
from privacy.intake.refusals import NotPossible
from privacy.models import Draft, PrivacyRequest, Upload
from privacy.statuses import UploadStatus


def confirm(
    upload: Upload,
    user: User,
    *,
    agreed_to_two: bool = False,
    access_first: bool | None = None,
    needs_choices: bool = False,
) -> list[PrivacyRequest]:
    """Make the request (two when opt-outs stand beside access or delete) and let a worker prepare it.

    `access_first`: whether deletes wait for the results of access, where people ask for both; None: as the organization has it.
    `needs_choices`: somebody must have said of each person with an open request whether they are left out; else those of whom
    nobody said it are asked for again. A second press finds nothing left to confirm. Raises NotPossible with the reason.
    """
    result, envelope = _confirmable(upload, agreed_to_two=agreed_to_two)
    if needs_choices and upload.duplicates.undecided().exists():
        raise NotPossible(_("Choose first what to do about the people who have an open request already."))
    with transaction.atomic():
        taken = Upload.objects.filter(pk=upload.pk, status=UploadStatus.READY).update(status=UploadStatus.CONFIRMED)
        if not taken:
            raise NotPossible(_("This upload was confirmed or discarded a moment ago."))
        wanted = upload.organization.access_before_delete if access_first is None else access_first
        kinds = ((False, result.summary.has_access_or_delete), (True, result.summary.has_opt_out))
        requests = [
            new_request(
                upload.organization,
                user,
                envelope,
                received_on=upload.received_on,
                upload=upload,
                origin=upload.origin,
                opt_out=opt_out,
                access_first=wanted and asks_both(result.summary) and not opt_out,
            )
            for opt_out, is_asked in kinds
            if is_asked
        ]
        _forget_draft(upload)
        audit.record_many([_confirmed_record(request, upload, user, result.summary.people) for request in requests])
        steps.wake("prepare")
    return requests


def _confirmable(upload: Upload, *, agreed_to_two: bool) -> tuple[checking.CheckResult, schema.Envelope]:
    """What the check found, when nothing stands against confirming. Raises NotPossible."""
    result = checking.CheckResult.from_dict(upload.result) if upload.status == UploadStatus.READY else None
    if result is None or result.envelope is None:
        raise NotPossible(_("This upload is not ready to be confirmed."))
    if not result.summary.people:
        raise NotPossible(_("Everybody in the file is left out, so there is nothing to send. Discard the upload."))
    if result.summary.needs_two_requests and not agreed_to_two:
        raise NotPossible(_("The file becomes two requests. Agree to that first."))
    if not upload.file_path.is_file():
        raise NotPossible(_("The file of this upload is no longer here. Discard the upload and choose the file again."))
    return result, result.envelope


def _forget_draft(upload: Upload) -> None:
    """What was typed on screen lives in the request alone from now on, and goes with it."""
    for draft in Draft.objects.filter(upload=upload).select_related("data_key"):
        key = draft.data_key
        Draft.objects.filter(pk=draft.pk).delete()
        if key is not None:
            key.destroy()


def _confirmed_record(request: PrivacyRequest, upload: Upload, user: User, people: int) -> audit.AuditRecord:
    return audit.AuditRecord(
        "request.confirmed",
        actor=user,
        organization=upload.organization,
        obj=request,
        root_id=request.pk,
        details={"number": request.number, "upload": str(upload.pk), "people": people},
    )


def asks_both(summary: checking.Summary) -> bool:
    """Whether the same person asks for access and for deletion. Nobody opts out beside either."""
    return summary.access_people + summary.delete_people > summary.people - summary.opt_out_people


def new_request(
    organization: Organization, user: User, envelope: schema.Envelope, *, received_on: date, **fields: Any
) -> PrivacyRequest:
    """A confirmed request with a data key of its own, which a worker prepares next. Its recall period begins now.

    Raises NotPossible for a law or a product that was switched off since the file was checked.
    """
    if reason := catalog.current().why_withdrawn(envelope.regulation, envelope.products):
        raise NotPossible(reason)
    request_id = new_id()
    request = PrivacyRequest(
        id=request_id,
        number=next_number(received_on),
        organization=organization,
        data_key=DataKey.objects.make("request", request_id),
        regulation=envelope.regulation,
        products=list(envelope.products),
        received_on=received_on,
        created_by=user,
        recall_until=recall_until(organization),
        next_attempt_at=clock.read(),
        **fields,
    )
    request.envelope = envelope.to_dict()
    request.save(force_insert=True)
    return request


def recall_until(organization: Organization) -> datetime | None:
    """Until when what is confirmed now can be called back, whatever the queue does; None without a recall period."""
    minutes = organization.recall_minutes
    return clock.read() + timedelta(minutes=minutes) if minutes else None


def next_number(received_on: date) -> str:
    """The next free number of the year of receipt, such as `PR-2026-000123`."""
    year = timezone.now().year if received_on is None else received_on.year
    return f"PR-{year}-{Counter.next(f'privacy-request-{year}'):06}"


def discard(upload: Upload, user: User | None) -> None:
    """Remove an upload's file and everything read from it. None: nobody came back to it.

    Raises NotPossible when it was confirmed.
    """
    open_states = (UploadStatus.WAITING, UploadStatus.CHECKING, UploadStatus.READY, UploadStatus.REFUSED)
    with transaction.atomic():
        changed = Upload.objects.filter(pk=upload.pk, status__in=open_states).update(
            status=UploadStatus.DISCARDED, file_name_sealed=None, result_sealed=None
        )
        if not changed:
            raise NotPossible(_("This upload was confirmed or discarded already."))
        upload.duplicates.all().delete()
        act = f"upload.{audit.discarded_by(user)}"
        audit.record(act, actor=user, organization=upload.organization, obj=upload, root_id=upload.pk)
        if upload.data_key is not None:
            upload.data_key.destroy()
    crypto.discard(upload.file_path)
