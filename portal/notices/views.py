"""A person's notices: what is new first, then what was read."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from portal.models import Notice
from portal.notices import words
from portal.paging import Keyset

READ: Keyset[Notice] = Keyset("at")
# So many new ones stand on the page; who has more reads these first.
MOST_UNREAD = 100
# The number in the page header stops here.
MOST_COUNTED = 99


def count_unread(request: HttpRequest, organization_ids: list[Any]) -> str:
    """The number in the page header: one statement, answered from an index of unread notices. Empty when there is none."""
    unread = Notice.objects.unread().filter(user=request.user.pk, organization__in=organization_ids)
    count = unread.order_by()[: MOST_COUNTED + 1].count()
    return f"{MOST_COUNTED}+" if count > MOST_COUNTED else str(count or "")


@require_safe
def notice_list(request: HttpRequest) -> HttpResponse:
    """What is new, newest first, and below it what was read."""
    mine = Notice.objects.visible_to(request.user).select_related("organization")
    unread = list(mine.unread()[: MOST_UNREAD + 1])
    page = READ.page(mine.filter(read_at__isnull=False), request.GET)
    context = {
        "unread": [words.shown(each) for each in unread[:MOST_UNREAD]],
        "more": len(unread) > MOST_UNREAD,
        "most": MOST_UNREAD,
        "until": unread[0].at.isoformat() if unread else "",
        "read": [words.shown(each) for each in page.rows],
        "page": page,
    }
    return render(request, "portal/notice_list.html", context)


@require_safe
def notice_open(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """To the page that it is about. A notice that was followed is read."""
    notice = get_object_or_404(Notice.objects.visible_to(request.user), pk=pk)
    _mark(request, pk=notice.pk)
    return redirect(notice.address)


@require_POST
def notice_read(request: HttpRequest) -> HttpResponse:
    """Mark one as read, or all that stood on the page: what has come since stays new."""
    if one := request.POST.get("notice"):
        notice = get_object_or_404(Notice.objects.visible_to(request.user), pk=_id(one))
        _mark(request, pk=notice.pk)
        messages.success(request, _("%(number)s is marked as read.") % {"number": words.name_of(notice)})
        return redirect("notices")
    until = _time(request.POST.get("until", ""))
    count = _mark(request, at__lte=until) if until else 0
    if count:
        words_of_count = ngettext("%(count)d notice is marked as read.", "%(count)d notices are marked as read.", count)
        messages.success(request, words_of_count % {"count": count})
    return redirect("notices")


def _mark(request: HttpRequest, **which: Any) -> int:
    return Notice.objects.visible_to(request.user).unread().filter(**which).update(read_at=timezone.now())


def _id(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def _time(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
