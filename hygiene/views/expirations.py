"""Dataset expirations: the list, one of them, and making, changing and cancelling them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.contrib.humanize.templatetags.humanize import intcomma
from django.db.models import Max, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hygiene import expirations
from hygiene.expirations import telling
from hygiene.expirations.asking import local_words
from hygiene.forms.expirations import ChangeExpirationForm, NewExpirationForm
from hygiene.models import DatasetExpiration, ExpirationOrder
from hygiene.statuses import ExpirationStatus
from hygiene.views.trouble import trouble_words
from hygiene.words import error_words, opened
from portal import crypto
from portal.adobe.errors import AdobeError
from portal.adobe.expiration_answers import HistoryEntry, read_history_entry
from portal.models import Organization, User
from portal.outbound import OPEN_STATES, CallState
from portal.paging import Keyset

LIST: Keyset[DatasetExpiration] = Keyset("created_at")
OPEN = (ExpirationStatus.SENDING, ExpirationStatus.PENDING, ExpirationStatus.EXECUTING)
KINDS = {
    ExpirationOrder.Kind.CREATE: noop("new expiration"),
    ExpirationOrder.Kind.CHANGE: noop("change"),
    ExpirationOrder.Kind.CANCEL: noop("cancellation"),
}
REFUSALS = {
    "not_pending": noop("It is no longer pending, so it can be neither changed nor cancelled."),
    "exists_already": noop("The dataset has an expiration already. Read Adobe's list to see it."),
    "not_found": noop("Adobe has no such expiration, or it is no longer pending."),
    "forbidden": noop("The credential may not do that: its product profile needs the Data Hygiene permissions."),
}


# --- The list ---


@dataclass(frozen=True)
class Status:
    """The status pill of an expiration."""

    words: str
    tone: str

    @classmethod
    def of(cls, row: DatasetExpiration, state: str) -> Status:
        """`state` is that of the change on its way to Adobe, if there is one."""
        if row.status == ExpirationStatus.SENDING and state == CallState.UNKNOWN:
            return cls(str(CallState.UNKNOWN.label), "warning")
        words = row.adobe_status if row.status == ExpirationStatus.OTHER else str(ExpirationStatus(row.status).label)
        return cls(words, row.tone)


@dataclass(frozen=True)
class _Line:
    """One row of the list."""

    row: DatasetExpiration
    dataset: str
    name: str
    status: Status
    day: date | None
    is_open: bool
    waits: bool

    @classmethod
    def of(cls, row: DatasetExpiration, state: str) -> _Line:
        """`state` is that of the change on its way to Adobe, if there is one."""
        dataset = opened(row, "dataset_name") or row.dataset_id
        waits = bool(state) and row.status != ExpirationStatus.SENDING
        return cls(row, dataset, opened(row, "name"), Status.of(row, state), day_of(row), row.status in OPEN, waits)


@require_safe
@permission_required("hygiene.view_datasetexpiration", raise_exception=True)
def expiration_list(request: HttpRequest) -> HttpResponse:
    """Newest first; status and organization narrow it."""
    visible = DatasetExpiration.objects.visible_to(request.user)
    rows = _narrowed(request, visible).select_related("organization__data_key").defer("history_sealed", "description_sealed")
    page = LIST.page(rows, request.GET)
    orders = ExpirationOrder.objects.filter(expiration__in=[row.pk for row in page.rows], state__in=OPEN_STATES)
    waiting = dict(orders.values_list("expiration", "state"))
    context = {
        "page": page,
        "rows": [_Line.of(row, waiting.get(row.pk, "")) for row in page.rows],
        "has_any": visible.exists(),
        "read_at": visible.aggregate(at=Max("seen_at"))["at"],
        "statuses": ExpirationStatus.choices,
        "choice": {name: request.GET.get(name, "") for name in ("status", "organization")},
        "may_create": request.user.has_perm("hygiene.add_datasetexpiration"),
        "may_change": request.user.has_perm("hygiene.change_datasetexpiration"),
    }
    return render(request, "hygiene/expiration_list.html", context)


def _narrowed(request: HttpRequest, rows: QuerySet[DatasetExpiration]) -> QuerySet[DatasetExpiration]:
    status, organization = request.GET.get("status"), request.GET.get("organization")
    if status == "open":
        rows = rows.filter(status__in=OPEN)
    elif status in ExpirationStatus.values:
        rows = rows.filter(status=status)
    if organization:
        rows = rows.filter(organization__ims_org_id=organization)
    return rows


@require_POST
@permission_required("hygiene.change_datasetexpiration", raise_exception=True)
def expiration_list_read(request: HttpRequest) -> HttpResponse:
    """Read Adobe's list of each of the person's organizations now."""
    user = cast("User", request.user)
    for organization in Organization.objects.visible_to(user).select_related("data_key"):
        if organization.is_on_hold:
            messages.warning(request, _("%(name)s is on hold, so Adobe was not asked about it.") % {"name": organization.name})
            continue
        try:
            read = expirations.read_list(organization, user)
        except AdobeError as error:
            messages.error(request, f"{organization.name}: {trouble_words(error)}")
        else:
            messages.success(request, _words_of_reading(organization, read))
    return redirect("hygiene:expiration-list")


def _words_of_reading(organization: Organization, read: expirations.ListRead) -> str:
    new = _(", %(added)s of them new here") % {"added": intcomma(read.added)} if read.added else ""
    words = ngettext(
        "Adobe lists %(seen)s expiration of %(name)s%(new)s.", "Adobe lists %(seen)s expirations of %(name)s%(new)s.", read.seen
    )
    return words % {"seen": intcomma(read.seen), "name": organization.name, "new": new}


# --- Making one ---


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("hygiene.add_datasetexpiration", raise_exception=True)
def expiration_new(request: HttpRequest) -> HttpResponse:
    """Name the dataset, twice, and the time."""
    user = cast("User", request.user)
    form = NewExpirationForm(request.POST or None, user=user)
    problem = ""
    if request.method == "POST" and form.is_valid():
        filled = form.cleaned_data
        try:
            made = expirations.create(filled["dataset_id"], form.wanted(), organization=filled["organization"], user=user)
        except expirations.NotPossible as reason:
            problem = str(reason)
        else:
            return redirect("hygiene:expiration-detail", made.pk)
    organizations = list(Organization.objects.visible_to(user))
    context = {"form": form, "problem": problem, "choices": organizations}
    return render(request, "hygiene/expiration_new.html", context, status=422 if problem or form.errors else 200)


# --- One of them ---


@require_safe
@permission_required("hygiene.view_datasetexpiration", raise_exception=True)
def expiration_detail(request: HttpRequest, pk: UUID) -> HttpResponse:
    """When it is due, what is on its way to Adobe, its history and what a person can do."""
    return render(request, "hygiene/expiration_detail.html", live_context(request, get_expiration(request, pk)))


@require_safe
@permission_required("hygiene.view_datasetexpiration", raise_exception=True)
def expiration_progress(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The live part of its page."""
    return render(request, "hygiene/_expiration_progress.html", live_context(request, get_expiration(request, pk)))


def live_context(request: HttpRequest, row: DatasetExpiration) -> dict[str, Any]:
    """What the page shows; the same for its live part."""
    newest: ExpirationOrder | None = row.orders.first()
    if newest is not None:
        newest.organization = row.organization
    waiting = newest if newest is not None and newest.state in OPEN_STATES else None
    return {
        "expiration": row,
        "dataset": opened(row, "dataset_name"),
        "name": opened(row, "name"),
        "description": opened(row, "description"),
        "day": day_of(row),
        "local": local_words(row.expires_at, row.organization) if row.expires_at else "",
        "is_open": row.status in OPEN,
        "status": Status.of(row, waiting.state if waiting else ""),
        "waiting": waiting,
        "waiting_kind": _(KINDS[ExpirationOrder.Kind(waiting.kind)]) if waiting else "",
        "waiting_reason": error_words(waiting.last_error) if waiting and waiting.last_error else "",
        "waiting_local": local_words(waiting.expires_at, row.organization) if waiting and waiting.expires_at else "",
        "refused": _refusal(newest),
        "history": _history(row),
        "timeline": telling.of_expiration(row.pk),
        "live": waiting is not None and not waiting.person_reason,
        "may_change": request.user.has_perm("hygiene.change_datasetexpiration"),
        "may_decide": request.user.has_perm("hygiene.decide_expirationorder"),
        "can_cancel": _can_cancel(row, waiting),
        "can_change": row.status == ExpirationStatus.PENDING and waiting is None,
    }


def _can_cancel(row: DatasetExpiration, waiting: ExpirationOrder | None) -> bool:
    untouched = waiting is not None and waiting.state == CallState.QUEUED and waiting.first_sent_at is None
    if row.status == ExpirationStatus.PENDING:
        return waiting is None or (untouched and waiting is not None and waiting.kind != ExpirationOrder.Kind.CANCEL)
    return row.status == ExpirationStatus.SENDING and untouched


@dataclass(frozen=True)
class _Refusal:
    """What Adobe refused last: which act, why, and Adobe's own words."""

    kind: str
    words: str
    adobe_words: str


def _refusal(order: ExpirationOrder | None) -> _Refusal | None:
    if order is None or order.state != CallState.REJECTED:
        return None
    known = REFUSALS.get(order.last_error)
    return _Refusal(_(KINDS[ExpirationOrder.Kind(order.kind)]), _(known) if known else "", opened(order, "words"))


def _history(row: DatasetExpiration) -> list[HistoryEntry]:
    """Adobe's entries, oldest first; none where they are not read yet or do not open any more."""
    try:
        entries: Sequence[Any] = row.history or []
    except crypto.CannotDecrypt:
        return []
    return [read_history_entry(entry) for entry in entries]


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("hygiene.change_datasetexpiration", raise_exception=True)
def expiration_change(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A new name, description or time."""
    row = get_expiration(request, pk)
    form = ChangeExpirationForm(request.POST or None, expiration=row)
    problem = ""
    if request.method == "POST" and form.is_valid():
        try:
            expirations.change(row, form.wanted(), cast("User", request.user))
        except expirations.NotPossible as reason:
            problem = str(reason)
        else:
            return redirect("hygiene:expiration-detail", row.pk)
    context = {"expiration": row, "dataset": opened(row, "dataset_name"), "form": form, "problem": problem}
    return render(request, "hygiene/expiration_change.html", context, status=422 if problem or form.errors else 200)


@require_POST
@permission_required("hygiene.change_datasetexpiration", raise_exception=True)
def expiration_cancel(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Keep the dataset."""
    row = get_expiration(request, pk)
    try:
        order = expirations.cancel(row, cast("User", request.user))
    except expirations.NotPossible as reason:
        messages.error(request, str(reason))
    else:
        if order is None:
            messages.success(request, _("Taken back before anything was sent to Adobe. The dataset stays."))
    return redirect("hygiene:expiration-detail", row.pk)


@require_POST
@permission_required("hygiene.change_datasetexpiration", raise_exception=True)
def expiration_read(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Ask Adobe about this one now."""
    row = get_expiration(request, pk)
    if row.ttl_id is None:
        messages.error(request, _("Adobe has not taken this expiration, so there is nothing to ask about."))
        return redirect("hygiene:expiration-detail", row.pk)
    try:
        expirations.read_one(row, cast("User", request.user))
    except AdobeError as error:
        messages.error(request, trouble_words(error))
    else:
        messages.success(request, _("This is how Adobe has it now."))
    return redirect("hygiene:expiration-detail", row.pk)


DECISIONS: dict[str, tuple[Callable[[ExpirationOrder, User], None], str]] = {
    "look_again": (expirations.look_again, noop("The portal looks at Adobe again.")),
    "send_again": (
        expirations.send_again,
        noop("It is sent again. Should Adobe have it already, nothing happens twice."),
    ),
    "give_up": (expirations.give_up, noop("It is closed as not sent.")),
}


@require_POST
@permission_required("hygiene.decide_expirationorder", raise_exception=True)
def expiration_decide(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Carry out one decision about a change of unknown outcome."""
    row = get_expiration(request, pk)
    order = row.orders.filter(state=CallState.UNKNOWN).select_related("organization", "expiration").first()
    decide, done = DECISIONS.get(request.POST.get("decision", ""), (None, ""))
    if decide is None or order is None:
        messages.error(request, _("Choose what to do with the change.") if order else _("Nothing waits for a decision any more."))
        return redirect("hygiene:expiration-detail", row.pk)
    try:
        decide(order, cast("User", request.user))
    except expirations.CannotDecide as reason:
        messages.error(request, str(reason))
    else:
        messages.success(request, _(done))
    return redirect("hygiene:expiration-detail", row.pk)


# --- What these pages share ---


def get_expiration(request: HttpRequest, pk: UUID) -> DatasetExpiration:
    """The expiration, when the person may see it; else a 404."""
    visible = DatasetExpiration.objects.visible_to(request.user).select_related("organization__data_key")
    found: DatasetExpiration = get_object_or_404(visible, pk=pk)
    return found


def day_of(row: DatasetExpiration) -> date | None:
    """The day on which it is due where the organization is."""
    return timezone.localtime(row.expires_at, ZoneInfo(row.organization.time_zone)).date() if row.expires_at else None
