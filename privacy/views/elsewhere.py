"""Jobs that were made outside the portal: looking for them, with a bar, and where what was found is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.db.models import Count, OuterRef, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from portal.context import organizations_of
from portal.models import Organization, User
from privacy import elsewhere
from privacy.models import JobSync, PrivacyRequest
from privacy.statuses import SYNC_OPEN, Origin


@dataclass(frozen=True)
class _Line:
    """One organization: its newest pass through Adobe's lists, and how many requests made elsewhere are known."""

    organization: Organization
    sync: JobSync | None
    found: int

    @property
    def is_live(self) -> bool:
        """Whether a pass is under way."""
        return self.sync is not None and self.sync.status in SYNC_OPEN


@require_safe
@permission_required("privacy.view_jobsync", raise_exception=True)
def sync_list(request: HttpRequest) -> HttpResponse:
    """Each organization with its newest pass."""
    return render(request, "privacy/sync_list.html", _context(request))


@require_safe
@permission_required("privacy.view_jobsync", raise_exception=True)
def sync_progress(request: HttpRequest) -> HttpResponse:
    """The live part of the page."""
    return render(request, "privacy/_sync_progress.html", _context(request))


@require_POST
@permission_required("privacy.start_jobsync", raise_exception=True)
def sync_start(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Begin a pass for one organization."""
    user = cast("User", request.user)
    organization = get_object_or_404(Organization.objects.visible_to(user), pk=pk)
    try:
        elsewhere.start(organization, user)
    except elsewhere.NotPossible as problem:
        messages.error(request, str(problem))
    else:
        messages.success(request, _("A pass through Adobe's lists of %(name)s was begun.") % {"name": organization.name})
    return redirect("privacy:sync-list")


def _context(request: HttpRequest) -> dict[str, Any]:
    organizations = organizations_of(request)
    newest, found = _newest(organizations), _found(organizations)
    lines = [_Line(one, newest.get(one.pk), found.get(one.pk, 0)) for one in organizations]
    return {
        "lines": lines,
        "live": any(line.is_live for line in lines),
        "may_start": request.user.has_perm("privacy.start_jobsync"),
    }


def _newest(organizations: Sequence[Organization]) -> dict[UUID, JobSync]:
    """The newest pass of each, by the organization's id."""
    of_one = JobSync.objects.filter(organization=OuterRef("pk")).order_by("-created_at", "-id")
    chosen = Organization.objects.filter(pk__in=[one.pk for one in organizations]).order_by()
    newest = chosen.values(newest=Subquery(of_one.values("pk")[:1]))
    return {row.organization_id: row for row in JobSync.objects.filter(pk__in=newest).select_related("asked_by")}


def _found(organizations: Sequence[Organization]) -> dict[UUID, int]:
    """How many requests made elsewhere are known of each that has one."""
    rows = PrivacyRequest.objects.filter(organization__in=organizations, origin=Origin.ELSEWHERE).order_by()
    # They alone have this id, and an index leads to them.
    rows = rows.filter(adobe_request_id__isnull=False)
    return dict(rows.values_list("organization").annotate(Count("pk")))
