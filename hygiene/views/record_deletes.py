"""One record delete with its progress."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.db.models import Case, Q, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect

from hygiene import progress, recalling, shredding, timeline
from hygiene.intake import NotPossible
from hygiene.models import RecordDelete, WorkOrder
from hygiene.statuses import RECORD_DELETE_OPEN, RecordDeleteStatus, WorkOrderStatus
from hygiene.views import drafts
from hygiene.views.lookup import get_record_delete
from hygiene.words import opened
from portal.models import User
from portal.outbound import CallState
from portal.waits import time_left

MOST_ORDERS = 25
_NOTEWORTHY = ~Q(person_reason="") | Q(state__in=(CallState.REJECTED, CallState.UNKNOWN)) | Q(status=WorkOrderStatus.FAILED)


@require_safe
@permission_required("hygiene.view_recorddelete", raise_exception=True)
def record_delete_detail(request: HttpRequest, number: str) -> HttpResponse:
    """What is to be confirmed, or how far a confirmed one is."""
    found = get_record_delete(request, number)
    if found.status in drafts.NOT_CONFIRMED:
        return drafts.show(request, found)
    return render(request, "hygiene/record_delete_detail.html", live_context(found))


@require_safe
@permission_required("hygiene.view_recorddelete", raise_exception=True)
def record_delete_progress(request: HttpRequest, number: str) -> HttpResponse:
    """The live part of its page. Once a check is over, the whole page comes anew."""
    found = get_record_delete(request, number)
    if drafts.is_being_checked(found):
        return render(request, "hygiene/_record_delete_checking.html", {"record_delete": found})
    if found.status in drafts.NOT_CONFIRMED:
        return HttpResponseClientRedirect(reverse("hygiene:record-delete-detail", args=[found.number]))
    return render(request, "hygiene/_record_delete_progress.html", live_context(found) | {"swapped_along": True})


def live_context(found: RecordDelete) -> dict[str, Any]:
    """What the live parts show; the same for the page and for its refresh."""
    orders, state, standing = _orders_worth_showing(found), progress.of(found), recalling.standing(found)
    return {
        "record_delete": found,
        "overall": state.overall,
        "services": state.services,
        "orders": orders,
        "order_count": standing.orders,
        "waiting_orders": [order for order in orders if order.person_reason],
        "unsure_orders": [order for order in orders if order.state == CallState.UNKNOWN and not order.person_reason],
        "refused_orders": [(order, opened(order, "words")) for order in orders if order.state == CallState.REJECTED],
        "failed_orders": [order for order in orders if order.status == WorkOrderStatus.FAILED],
        "quota_waits": standing.quota_waits,
        "quota_next": standing.quota_next,
        "quota_last": standing.quota_last,
        "too_large": standing.too_large,
        "can_cancel": standing.can_cancel,
        "unsent": standing.unsent,
        "taken_back": standing.taken_back,
        "other_orders": standing.others,
        "recall_until": standing.recall_until,
        "recall_left": time_left(standing.recall_until - timezone.now()) if standing.recall_until else "",
        "live": found.status in RECORD_DELETE_OPEN,
        "description": opened(found, "description") if found.data_key else "",
        "timeline": timeline.of_record_delete(found.pk),
    }


def _orders_worth_showing(found: RecordDelete) -> list[WorkOrder]:
    """Those that need a person, were refused or have failed first; the first of the rest."""
    rows = found.work_orders.all()
    rest = rows.exclude(_NOTEWORTHY).order_by("ordinal").values("pk")[:MOST_ORDERS]
    worth = rows.filter(_NOTEWORTHY | Q(pk__in=rest)).annotate(is_noteworthy=Case(When(_NOTEWORTHY, then=1), default=0))
    orders = list(worth.order_by("-is_noteworthy", "ordinal").defer("answer_sealed", "edit_sealed"))
    for order in orders:
        order.record_delete = found
    return orders


@require_POST
@permission_required("hygiene.confirm_recorddelete", raise_exception=True)
def record_delete_cancel(request: HttpRequest, number: str) -> HttpResponse:
    """Cancel what was not sent of it."""
    found = get_record_delete(request, number)
    try:
        recalling.cancel(found, cast("User", request.user))
    except NotPossible as reason:
        messages.error(request, str(reason))
    else:
        found.refresh_from_db(fields=["status"])
        messages.success(request, _cancelled_words(found))
    return redirect("hygiene:record-delete-detail", number)


def _cancelled_words(found: RecordDelete) -> str:
    if found.status == RecordDeleteStatus.CANCELLED:
        return _("%(number)s is cancelled. Nothing of it was sent to Adobe.") % {"number": found.number}
    return _("What was not sent of %(number)s is cancelled. The rest stays as it was.") % {"number": found.number}


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("hygiene.shred_recorddelete", raise_exception=True)
def record_delete_shred(request: HttpRequest, number: str) -> HttpResponse:
    """Say what will go, ask for the number as a sign that it is meant, then remove it."""
    found = get_record_delete(request, number)
    if found.status in (*drafts.NOT_CONFIRMED, RecordDeleteStatus.SHREDDED):
        return redirect("hygiene:record-delete-detail", number)
    error = ""
    if request.method == "POST":
        if request.POST.get("typed", "").strip().upper() != found.number:
            error = _("Type the number of this record delete, %(number)s, to confirm.") % {"number": found.number}
        else:
            try:
                shredding.shred(found, cast("User", request.user))
            except shredding.NotShreddable as reason:
                error = str(reason)
            else:
                messages.success(request, _("The personal data of %(number)s was removed.") % {"number": found.number})
                return redirect("hygiene:record-delete-detail", number)
    context = {"record_delete": found, "error": error, "typed": request.POST.get("typed", "")}
    return render(request, "hygiene/record_delete_shred.html", context, status=422 if error else 200)
