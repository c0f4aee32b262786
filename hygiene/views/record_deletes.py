"""One record delete with its progress."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.db.models import Count, Max, Min, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect

from hygiene import progress, recalling, shredding, submission, timeline
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
    orders = _orders_worth_showing(found)
    state = progress.of(found)
    waits = _waiting_for_quota(found)
    recall_until = recalling.recall_until(found)
    return {
        "record_delete": found,
        "overall": state.overall,
        "services": state.services,
        "orders": orders,
        "order_count": found.work_orders.count(),
        "waiting_orders": [order for order in orders if order.person_reason],
        "unsure_orders": [order for order in orders if order.state == CallState.UNKNOWN and not order.person_reason],
        "refused_orders": [(order, opened(order, "words")) for order in orders if order.state == CallState.REJECTED],
        "failed_orders": [order for order in orders if order.status == WorkOrderStatus.FAILED],
        "quota_waits": waits["count"],
        "quota_next": waits["next"],
        "quota_last": waits["last"],
        "too_large": found.work_orders.filter(state=CallState.CANCELLED, last_error=submission.TOO_LARGE).count(),
        "can_cancel": recalling.can_cancel(found),
        "unsent": recalling.unsent(found),
        "taken_back": recalling.taken_back(found),
        "other_orders": recalling.others(found),
        "recall_until": recall_until,
        "recall_left": time_left(recall_until - timezone.now()) if recall_until else "",
        "live": found.status in RECORD_DELETE_OPEN,
        "description": opened(found, "description") if found.data_key else "",
        "timeline": timeline.of_record_delete(found.pk),
    }


def _waiting_for_quota(found: RecordDelete) -> dict[str, Any]:
    """How many of its work orders wait for a reset, and when the first and the last of them may go."""
    waiting = found.work_orders.filter(state=CallState.QUEUED, waits_for_quota_until__isnull=False)
    return waiting.aggregate(count=Count("pk"), next=Min("waits_for_quota_until"), last=Max("waits_for_quota_until"))


def _orders_worth_showing(found: RecordDelete) -> list[WorkOrder]:
    """Those that need a person, were refused or have failed first; the first of the rest."""
    rows = found.work_orders.select_related("record_delete__data_key").defer("answer_sealed", "edit_sealed")
    noteworthy = rows.filter(
        ~Q(person_reason="") | Q(state__in=(CallState.REJECTED, CallState.UNKNOWN)) | Q(status=WorkOrderStatus.FAILED)
    )
    first = list(noteworthy.order_by("ordinal"))
    return first + list(rows.exclude(pk__in=[order.pk for order in first]).order_by("ordinal")[:MOST_ORDERS])


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
