"""The work orders of a record delete, and one work order with what Adobe's services said."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hygiene import editing, laying_out, naming, polling, reconciling, settling, timeline
from hygiene.forms.record_deletes import WorkOrderNameForm
from hygiene.models import RecordDelete, ServiceProgress, WorkOrder
from hygiene.statuses import WORK_ORDER_AT_ADOBE_OPEN, WORK_ORDER_DONE, WorkOrderStatus
from hygiene.views.lookup import get_record_delete, get_work_order
from hygiene.words import SERVICE_DONE, SERVICE_WAITING, service_name
from portal import crypto
from portal.models import User
from portal.outbound import CallState
from portal.paging import Keyset

LIST: Keyset[WorkOrder] = Keyset("ordinal", descending=False, read_first=int)
STATES: dict[str, tuple[str, Q]] = {
    "open": (noop("Open"), ~Q(status__in=WORK_ORDER_DONE)),
    "done": (noop("Done"), Q(status__in=WORK_ORDER_DONE)),
    "failed": (noop("Failed"), Q(status__in=WORK_ORDER_DONE) & ~Q(status=WorkOrderStatus.COMPLETED)),
    "completed": (noop("Completed"), Q(status=WorkOrderStatus.COMPLETED)),
    "quota": (noop("Waits for the quota"), Q(state=CallState.QUEUED, waits_for_quota_until__isnull=False)),
    "undecided": (noop("Outcome unknown"), Q(state=CallState.UNKNOWN)),
}
# What a service said about a work order.
WORDS = {"waiting": noop("Waiting"), "done": noop("Done"), "other": noop("Another word")}
DECISIONS: dict[str, tuple[Callable[[WorkOrder, User], Any], str]] = {
    "look_again": (reconciling.look_again, noop("The portal looks at Adobe's list again.")),
    "send_again": (reconciling.send_again, noop("The work order goes out again.")),
    "give_up": (reconciling.give_up, noop("The work order is closed. It counts as not sent.")),
    "acknowledge_doubled": (reconciling.acknowledge_doubled, noop("Noted: the doubled work orders were seen.")),
}


@require_safe
@permission_required("hygiene.view_workorder", raise_exception=True)
def work_order_list(request: HttpRequest, number: str) -> HttpResponse:
    """The work orders of one record delete; state, service and the service's word narrow it."""
    found = get_record_delete(request, number)
    rows = _narrowed(request, WorkOrder.objects.filter(record_delete=found))
    context = {
        "record_delete": found,
        "page": LIST.page(rows.defer("answer_sealed", "edit_sealed", "words_sealed"), request.GET),
        "states": [(name, _(words)) for name, (words, _rows) in STATES.items()],
        "words": [(name, _(words)) for name, words in WORDS.items()],
        "services": services_of(found),
        "choice": {name: request.GET.get(name, "") for name in ("state", "service", "word")},
    }
    return render(request, "hygiene/work_order_list.html", context)


def services_of(found: RecordDelete) -> list[str]:
    """The services that said something about its work orders, as Adobe wrote them."""
    said = ServiceProgress.objects.filter(work_order__record_delete=found)
    return list(said.order_by("service").values_list("service", flat=True).distinct())


def _narrowed(request: HttpRequest, rows: QuerySet[WorkOrder]) -> QuerySet[WorkOrder]:
    state, service, word = (request.GET.get(name, "") for name in ("state", "service", "word"))
    if state in STATES:
        rows = rows.filter(STATES[state][1])
    if service:
        rows = rows.filter(_said(service, word))
    return rows


def _said(service: str, word: str) -> Q:
    """Work orders by the word of one service. One of which it has said nothing yet waits as well (as in hygiene.progress)."""
    said = ServiceProgress.objects.filter(service=service)
    done, other = said.filter(status=SERVICE_DONE), said.exclude(status__in=(SERVICE_WAITING, SERVICE_DONE))
    if word == "waiting":
        return ~Q(pk__in=done.values("work_order")) & ~Q(pk__in=other.values("work_order"))
    return Q(pk__in={"done": done, "other": other}.get(word, said).values("work_order"))


# --- One work order ---


@require_safe
@permission_required("hygiene.view_workorder", raise_exception=True)
def work_order_detail(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One work order; what may name a person is masked."""
    return _show(request, get_work_order(request, pk), revealed=False)


@require_POST
@permission_required(("hygiene.view_workorder", "privacy.reveal_identities"), raise_exception=True)
def work_order_reveal(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The same page with Adobe's answer in clear, once, and a line in the trail."""
    order = get_work_order(request, pk)
    settling.record(order, "revealed", cast("User", request.user))
    return _show(request, order, revealed=True)


@dataclass(frozen=True)
class _Service:
    """What one service said, with its tone and whether it is done."""

    name: str
    word: str
    tone: str
    at: datetime | None
    seen_at: datetime

    @classmethod
    def of(cls, row: ServiceProgress) -> _Service:
        tone = {SERVICE_DONE: "good", SERVICE_WAITING: "info"}.get(row.status, "warning")
        return cls(service_name(row.service), row.status or _("no word"), tone, row.at, row.seen_at)


@dataclass(frozen=True)
class _Kept:
    """What is kept sealed about a work order, opened; `readable` is False when it is removed or does not open any more."""

    readable: bool
    answer: bytes | None = None
    words: str | None = None
    edit: dict[str, str] | None = None

    @classmethod
    def of(cls, order: WorkOrder) -> _Kept:
        try:
            return cls(True, order.answer, order.words, order.edit)
        except crypto.CannotDecrypt:
            return cls(False)


def _show(request: HttpRequest, order: WorkOrder, *, revealed: bool) -> HttpResponse:
    kept = _Kept.of(order)
    services = [_Service.of(row) for row in order.services.all()]
    context = {
        "order": order,
        "record_delete": order.record_delete,
        "kept": kept,
        "removed": order.record_delete.data_key is None,
        "rows": laying_out.rows(kept.answer, revealed=revealed),
        "raw": laying_out.raw(kept.answer) if revealed else "",
        "revealed": revealed,
        "services": services,
        "services_done": sum(service.tone == "good" for service in services),
        "services_other": sum(service.tone == "warning" for service in services),
        "is_open_at_adobe": order.status in WORK_ORDER_AT_ADOBE_OPEN,
        "may_edit": _can_be_renamed(order) and request.user.has_perm("hygiene.change_workorder"),
        "timeline": timeline.of_work_order(order.record_delete_id, order.pk),
    }
    return render(request, "hygiene/work_order_detail.html", context)


def _can_be_renamed(order: WorkOrder) -> bool:
    """It is at Adobe or still goes there, and its texts can be kept."""
    ended = (WorkOrderStatus.GONE, WorkOrderStatus.NOT_SENT)
    return order.status not in ended and order.record_delete.data_key is not None


# --- What a person does about one ---


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("hygiene.change_workorder", raise_exception=True)
def work_order_edit(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A new name and description, which go to Adobe in the background."""
    order = get_work_order(request, pk)
    kept = _Kept.of(order)
    if not _can_be_renamed(order) or not kept.readable:
        messages.error(
            request, _("Adobe does not have this work order, or its texts cannot be kept any more: there is nothing to rename.")
        )
        return redirect("hygiene:work-order-detail", order.pk)
    form = WorkOrderNameForm(request.POST or None, initial=asdict(naming.current_naming(order)))
    if request.method == "POST" and form.is_valid():
        editing.edit(order, **form.cleaned_data, user=cast("User", request.user))
        messages.success(request, _("The new name and description go to Adobe."))
        return redirect("hygiene:work-order-detail", order.pk)
    context = {"order": order, "record_delete": order.record_delete, "form": form}
    return render(request, "hygiene/work_order_edit.html", context, status=422 if form.errors else 200)


@require_POST
@permission_required("hygiene.refresh_workorder", raise_exception=True)
def work_order_refresh(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Ask Adobe about this work order now."""
    order = get_work_order(request, pk)
    if order.adobe_work_order_id is None:
        messages.error(request, _("Adobe does not have this work order yet, so there is nothing to ask."))
    elif order.organization.is_on_hold:
        messages.error(request, _("The organization is on hold, so Adobe is not asked."))
    else:
        polling.refresh_now(order, cast("User", request.user))
        messages.success(request, _("Adobe is being asked. Load this page again in a few seconds."))
    return redirect("hygiene:work-order-detail", order.pk)


@require_POST
@permission_required("hygiene.decide_workorder", raise_exception=True)
def work_order_decide(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Carry out one decision about a work order of unknown outcome."""
    order = get_work_order(request, pk)
    decide, done = DECISIONS.get(request.POST.get("decision", ""), (None, ""))
    if decide is None:
        messages.error(request, _("Choose what to do with the work order."))
    else:
        try:
            decide(order, cast("User", request.user))
        except reconciling.CannotDecide as reason:
            messages.error(request, str(reason))
        else:
            messages.success(request, _(done))
    return redirect("hygiene:record-delete-detail", order.record_delete.number)
