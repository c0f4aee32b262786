"""One person: everything that was asked for and done, across the requests that name an identity of theirs."""

from __future__ import annotations

from typing import cast
from uuid import UUID

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_POST, require_safe

from portal import audit
from portal.audit import AuditRecord
from portal.models import User
from privacy import people, telling
from privacy.models import DataSubject

_VIEW = ("privacy.view_privacyrequest", "privacy.view_job")


@require_safe
@permission_required(_VIEW, raise_exception=True)
def person(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What an officer reads when the person calls; identities are masked."""
    return _show(request, people.read(_get(request, pk), revealed=False), revealed=False)


@require_POST
@permission_required((*_VIEW, "privacy.reveal_identities"), raise_exception=True)
def person_reveal(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The same page with everything in clear, once, and a line in the trail of each request whose people it shows."""
    found = people.read(_get(request, pk), revealed=True)
    user, organization = cast("User", request.user), found.subject.request.organization
    audit.record_many(
        [
            AuditRecord("subject.revealed", user, organization, one.subject, one.request.pk, {"number": one.request.number})
            for one in found.asked
            if one.is_kept
        ]
    )
    return _show(request, found, revealed=True)


def _get(request: HttpRequest, pk: UUID) -> DataSubject:
    found: DataSubject = get_object_or_404(people.visible_to(cast("User", request.user)), pk=pk)
    return found


def _show(request: HttpRequest, found: people.Person, *, revealed: bool) -> HttpResponse:
    may = request.user.has_perm
    context = {
        "person": found,
        "lines": telling.lines_of(found),
        "organization": found.subject.request.organization,
        "revealed": revealed,
        "may_reveal": may("privacy.reveal_identities"),
        "may_download": may("privacy.download_results"),
        "may_see_opt_outs": may("privacy.view_optout"),
        "most": people.MOST,
    }
    return render(request, "privacy/person.html", context)
