"""The checklist of systems that Adobe does not cover: each request must be seen to in them as well."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q

from portal import audit
from portal.models import User
from privacy.handling.rows import locked
from privacy.models import OtherSystem, PrivacyRequest, SystemDone


@dataclass(frozen=True)
class Line:
    """One system, and who saw to the request there; None: nobody yet."""

    system: OtherSystem
    done: SystemDone | None


def checklist(request: PrivacyRequest) -> list[Line]:
    """The systems in use of its organization, and those that were seen to before they went out of use."""
    done = {one.system_id: one for one in request.systems_done.select_related("by")}
    rows = OtherSystem.objects.filter(Q(is_used=True) | Q(pk__in=list(done)), organization=request.organization_id)
    return [Line(system, done.get(system.pk)) for system in rows]


def still_open(request: PrivacyRequest) -> list[OtherSystem]:
    """Those that nobody has seen to."""
    return [line.system for line in checklist(request) if line.done is None]


@transaction.atomic
def mark(request: PrivacyRequest, system: OtherSystem, user: User) -> None:
    """The request was seen to in this system. A second time changes nothing. Raises NotPossible when it is closed."""
    row = locked(request)
    _done, is_new = SystemDone.objects.get_or_create(request=row, system=system, defaults={"by": user})
    if is_new:
        _record("request.system_done", row, system, user)


@transaction.atomic
def undo(request: PrivacyRequest, system: OtherSystem, user: User) -> None:
    """It was not after all. Raises NotPossible when the request is closed."""
    row = locked(request)
    gone, _rows = SystemDone.objects.filter(request=row, system=system).delete()
    if gone:
        _record("request.system_undone", row, system, user)


def _record(action: str, row: PrivacyRequest, system: OtherSystem, user: User) -> None:
    details = {"system": system.name}
    audit.record(action, actor=user, organization=row.organization, obj=row, root_id=row.pk, details=details)
