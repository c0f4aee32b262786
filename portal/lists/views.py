"""The page of saved views, and what is done with one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from portal import registry
from portal.lists import saved
from portal.lists.asked import Asked, read, written
from portal.lists.declaring import RowList, Viewer
from portal.models import SavedView, User


@dataclass(frozen=True)
class _Line:
    row: SavedView
    title: Any
    address: str
    own: bool
    owner: str


@require_safe
def view_list(request: HttpRequest) -> HttpResponse:
    """The person's own views and those shared with them, of lists that they may open."""
    return _show(request, Viewer.of(cast("User", request.user)))


def _show(request: HttpRequest, viewer: Viewer, error: str = "") -> HttpResponse:
    first = next((each for each in registry.lists().values() if each.is_open_to(viewer)), None)
    context = {
        "viewer": viewer,
        "views": list(_lines(viewer)),
        "first": {"title": first.title, "address": reverse(first.url_name)} if first else None,
        "error": error,
    }
    return render(request, "portal/view_list.html", context, status=422 if error else 200)


def _lines(viewer: Viewer) -> Iterator[_Line]:
    known = registry.lists()
    rows = SavedView.objects.visible_to(viewer.user).select_related("owner", "shared_with")
    for row in rows.order_by("list_name", "name", "id"):
        row_list = known.get(row.list_name)
        if row_list is not None and row_list.is_open_to(viewer):
            owner = row.owner.called
            address = reverse(row.list_name) + written(row.query)
            yield _Line(row, row_list.title, address, row.owner_id == viewer.user.pk, owner)


@require_POST
def view_save(request: HttpRequest) -> HttpResponse:
    """Keep the look that a list's form sends."""
    viewer = Viewer.of(cast("User", request.user))
    row_list = _list_named(request.POST.get("list", ""), viewer)
    asked = Asked.of(row_list, viewer, read(request.POST.get("query", "")))
    name = request.POST.get("name", "")
    try:
        saved.keep(row_list, viewer, name, asked, saved.to_share_with(viewer, request.POST.get("shared_with", "")))
    except saved.NotPossible as reason:
        messages.error(request, str(reason))
    else:
        messages.success(request, _("The view is kept. It stands under “Saved views” above the list."))
    return redirect(reverse(row_list.url_name) + asked.address())


def _list_named(name: str, viewer: Viewer) -> RowList:
    row_list = registry.lists().get(name)
    if row_list is None:
        raise Http404
    if not row_list.is_open_to(viewer):
        raise PermissionDenied
    return row_list


@require_POST
def view_change(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Another name, or for others. Only who made it may."""
    viewer = Viewer.of(cast("User", request.user))
    row = get_object_or_404(saved.own(viewer.user, pk))
    try:
        shared_with = saved.to_share_with(viewer, request.POST.get("shared_with", ""))
        saved.change(row, viewer.user, request.POST.get("name", ""), shared_with)
    except saved.NotPossible as reason:
        return _show(request, viewer, str(reason))
    messages.success(request, _("The view was changed."))
    return redirect("view-list")


@require_POST
def view_delete(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Remove it. Only who made it may."""
    user = cast("User", request.user)
    saved.delete(get_object_or_404(saved.own(user, pk)), user)
    messages.success(request, _("The view was deleted. The rows of its list are as they were."))
    return redirect("view-list")
