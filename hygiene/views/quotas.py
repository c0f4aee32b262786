"""What each organization may still do at Adobe: its quotas, as Adobe said last or says now."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from hygiene import quota
from hygiene.models import QuotaReading, RecordDelete
from hygiene.views.trouble import trouble_words
from portal.adobe.errors import AdobeError
from portal.context import organizations_of
from portal.models import Organization


@dataclass(frozen=True)
class _Quotas:
    """One organization's quotas; without a reading, Adobe was never asked."""

    organization: Organization
    reading: QuotaReading | None
    lines: list[quota.QuotaLine]

    @classmethod
    def of(cls, organization: Organization, reading: QuotaReading | None) -> _Quotas:
        return cls(organization, reading, quota.lines(reading) if reading else [])


@require_safe
@permission_required("hygiene.view_quotareading", raise_exception=True)
def quota_list(request: HttpRequest) -> HttpResponse:
    """Of every organization that the person sees."""
    organizations = organizations_of(request)
    newest = quota.newest_of(organizations)
    context = {
        "rows": [_Quotas.of(organization, newest.get(organization.pk)) for organization in organizations],
        "may_read": request.user.has_perm("hygiene.refresh_quotareading"),
    }
    return render(request, "hygiene/quota_list.html", context)


@require_POST
@permission_required("hygiene.refresh_quotareading", raise_exception=True)
def quota_read(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Ask Adobe now about one organization."""
    visible = Organization.objects.visible_to(request.user).select_related("data_key")
    organization = get_object_or_404(visible, pk=pk)
    try:
        quota.read_now(organization)
    except AdobeError as error:
        messages.error(request, f"{organization.name}: {trouble_words(error)}")
    else:
        messages.success(request, _("Adobe's quotas of %(name)s were read.") % {"name": organization.name})
    return _back(request)


def _back(request: HttpRequest) -> HttpResponse:
    """To the record delete from whose page it was asked, else to the quotas."""
    number = request.POST.get("for", "")
    asked_from = RecordDelete.objects.visible_to(request.user).filter(number=number).first() if number else None
    return redirect("hygiene:record-delete-detail", asked_from.number) if asked_from else redirect("hygiene:quota-list")
