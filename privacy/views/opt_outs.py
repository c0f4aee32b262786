"""Opt-outs of sale through the consent endpoint: ask, preview, confirm, recall, decide, remove."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect

from portal import crypto
from portal.models import User
from portal.outbound import CallState
from portal.reading import FileProblem
from portal.timeline import CALL_REASONS
from privacy import catalog
from privacy.consent import deciding, intake, reading, sending, shredding, story
from privacy.consent.entities import LABELS, Checked
from privacy.consent.preview import Preview
from privacy.intake import NotPossible
from privacy.models import ConsentCall, OptOut
from privacy.opt_out_forms import OptOutForm
from privacy.statuses import Action, OptOutStatus
from privacy.views.requests import CALL_TONES

LIVE = (OptOutStatus.SENDING, OptOutStatus.ATTENTION)
MOST_CALLS = 100

DECISIONS: dict[str, tuple[Callable[[ConsentCall, User], None], str]] = {
    "accepted": (deciding.accept, noop("Noted: Adobe has accepted the call. It is closed.")),
    "send_again": (deciding.send_again, noop("The call goes out once more.")),
    "give_up": (deciding.give_up, noop("The call is closed as not sent.")),
}


# --- Ask ---


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("privacy.add_optout", raise_exception=True)
def opt_out_new(request: HttpRequest) -> HttpResponse:
    """Type identities or choose a file. What is wrong is said on this page, and nothing of it is kept."""
    user = cast("User", request.user)
    if request.method != "POST":
        return _show_form(request, OptOutForm(user=user))
    form = OptOutForm(request.POST, request.FILES, user=user)
    if not form.is_valid():
        return _show_form(request, form)
    try:
        checked = _checked(form.cleaned_data)
    except FileProblem as problem:
        return _show_form(request, form, problem=problem.message)
    if checked.error_count:
        return _show_form(request, form, checked)
    chosen = form.cleaned_data
    opt_out = intake.draft(checked, organization=chosen["organization"], user=user, received_on=chosen["received_on"])
    if checked.left_out:
        messages.warning(
            request,
            _("Left out, because Adobe's consent call has no place for it: %(left_out)s of the file.")
            % {"left_out": checked.left_out},
        )
    return _go_to(request, reverse("privacy:opt-out-detail", args=[opt_out.number]))


def _checked(chosen: dict[str, Any]) -> Checked:
    file = chosen["opt_out_file"]
    if not file:
        return reading.read_typed(chosen["namespace"], chosen["identities"])
    if file.too_large:
        raise FileProblem("too-large", _("The file is larger than the portal takes. Split it into several."))
    with file.open_plain() as stream:
        return reading.read_file(stream, chosen["organization"].ims_org_id)


def _show_form(request: HttpRequest, form: OptOutForm, checked: Checked | None = None, problem: str = "") -> HttpResponse:
    context = {
        "form": form,
        "checked": checked,
        "problem": problem,
        "from_file": bool(form.is_bound and form.files),
        "limit": f"{reading.MOST_BYTES // 1024 // 1024} MB",
        "most": reading.MOST_VALUES,
    }
    wrong = form.errors or checked or problem
    return render(request, "privacy/opt_out_new.html", context, status=422 if wrong else 200)


def _go_to(request: HttpRequest, address: str) -> HttpResponse:
    return HttpResponseClientRedirect(address) if request.headers.get("HX-Request") else redirect(address)


@require_safe
@permission_required("privacy.add_optout", raise_exception=True)
def template_json(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - Django's signature
    """A file to fill in, in the shape of Adobe's call."""
    entities = [
        {"nameSpace": "email", "values": ["person@example.com", "someone@example.com"]},
        {"nameSpace": "ECID", "values": ["00000000000000000000000000000000000000"]},
    ]
    response = JsonResponse({"optOutOfSale": True, "entities": entities}, json_dumps_params={"indent": 2})
    response["Content-Disposition"] = 'attachment; filename="opt-out-template.json"'
    return response


@require_safe
@permission_required("privacy.add_optout", raise_exception=True)
def template_csv(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - Django's signature
    """The same as a table."""
    rows = ["namespace,value", "Email,person@example.com", "Email,someone@example.com", f"ECID,{'0' * 38}", ""]
    response = HttpResponse("\r\n".join(rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="opt-out-template.csv"'
    return response


# --- Look ---


@dataclass(frozen=True)
class Call:
    """One call to Adobe as the page shows it. `sent_at`: when its first byte left, of the attempt that counts."""

    row: ConsentCall
    tone: str
    state: str
    reference: str
    reason: str
    adobe_words: str | None

    @classmethod
    def of(cls, row: ConsentCall) -> Call:
        """For a row whose opt-out is loaded."""
        state = CallState(row.state)
        label = _("Accepted") if state == CallState.SENT else str(state.label)
        return cls(row, CALL_TONES[state], label, sending.reference(row), row.get_person_reason_display(), _words_of(row))

    @property
    def lost(self) -> str:
        """What became of the answer, for a call of unknown outcome."""
        return _(CALL_REASONS.get(self.row.last_error, noop("its answer was lost")))

    @property
    def waits(self) -> str:
        """Why a call that was tried is in the queue again; empty for every other one."""
        if self.row.state != CallState.QUEUED or not self.row.last_error:
            return ""
        words = _(CALL_REASONS.get(self.row.last_error, noop("the last try did not get through")))
        return words[:1].upper() + words[1:]

    @property
    def sent_at(self) -> datetime | None:
        """None while nothing has gone out."""
        return self.row.first_byte_at or self.row.first_sent_at


def _words_of(row: ConsentCall) -> str | None:
    """What Adobe said when it refused; None when it did not, or when the words do not open any more."""
    if row.state != CallState.REJECTED:
        return None
    try:
        return row.words
    except crypto.CannotDecrypt:
        return None


@require_safe
@permission_required("privacy.view_optout", raise_exception=True)
def opt_out_detail(request: HttpRequest, number: str) -> HttpResponse:
    """A draft with what will happen, or an opt-out with its calls."""
    found = get_opt_out(request, number)
    if found.status == OptOutStatus.DRAFT:
        deadline = catalog.current().laws.deadline(intake.PLANNED_BY, Action.OPT_OUT)
        context = _about(found) | {
            "preview": Preview.of(found),
            "source": deadline.source if deadline else "",
            "may_confirm": request.user.has_perm("privacy.confirm_optout"),
            "may_add": request.user.has_perm("privacy.add_optout"),
        }
        return render(request, "privacy/opt_out_draft.html", context)
    return render(request, "privacy/opt_out_detail.html", _live(request, found))


@require_safe
@permission_required("privacy.view_optout", raise_exception=True)
def opt_out_progress(request: HttpRequest, number: str) -> HttpResponse:
    """The live part of the page; a draft has none."""
    found = get_opt_out(request, number)
    if found.status == OptOutStatus.DRAFT:
        return HttpResponseClientRedirect(reverse("privacy:opt-out-detail", args=[number]))
    return render(request, "privacy/_opt_out_progress.html", _live(request, found))


def _about(found: OptOut) -> dict[str, Any]:
    counts = [(_(LABELS.get(name, name)), name, count) for name, count in found.counts.items()]
    return {"opt_out": found, "counts": counts, "timeline": story.of_opt_out(found.pk)}


def _live(request: HttpRequest, found: OptOut) -> dict[str, Any]:
    calls = [Call.of(row) for row in _calls_worth_showing(found)]
    counts = found.calls.aggregate(**_COUNTED)
    return _about(found) | {
        "calls": calls,
        "waiting": [call for call in calls if call.row.person_reason],
        **counts,
        "live": found.status in LIVE,
        "recall_words": _time_left(found.recall_until),
        "may_cancel": request.user.has_perm("privacy.confirm_optout") and found.status in LIVE and intake.can_be_recalled(found),
        "may_decide": request.user.has_perm("privacy.decide_consentcall"),
        "may_shred": _may_shred(request, found),
    }


def _calls_worth_showing(found: OptOut) -> list[ConsentCall]:
    """Those that need a person first; the first of the rest."""
    rows = found.calls.all()
    rest = rows.filter(person_reason="").order_by("ordinal").values("pk")[:MOST_CALLS]
    worth = list(rows.filter(~Q(person_reason="") | Q(pk__in=rest)).defer("entities_sealed").order_by("ordinal"))
    for row in worth:
        row.opt_out = found
    return sorted(worth, key=lambda row: not row.person_reason)


_COUNTED = {
    "accepted": Count("pk", filter=Q(state=CallState.SENT)),
    "refused": Count("pk", filter=Q(state=CallState.REJECTED)),
    "call_count": Count("pk"),
}


def _may_shred(request: HttpRequest, found: OptOut) -> bool:
    finished = found.status not in (*LIVE, OptOutStatus.DRAFT) and found.shredded_at is None
    return finished and request.user.has_perm("privacy.shred_privacyrequest")


def _time_left(until: datetime | None) -> str:
    """`4 minutes and 5 seconds`; empty when nothing is left."""
    seconds = int((until - timezone.now()).total_seconds()) if until else 0
    if seconds <= 0:
        return ""
    parts = [(seconds // 3600, "hour"), (seconds // 60 % 60, "minute"), (seconds % 60, "second")]
    words = [f"{count} {noun}{'' if count == 1 else 's'}" for count, noun in parts if count]
    return " and ".join(words[:2])


# --- Act ---


@require_POST
@permission_required("privacy.confirm_optout", raise_exception=True)
def opt_out_confirm(request: HttpRequest, number: str) -> HttpResponse:
    """Queue the calls. A second press leads to where the first one did."""
    found = get_opt_out(request, number)
    try:
        intake.confirm(found, cast("User", request.user))
    except NotPossible as reason:
        found.refresh_from_db(fields=["status"])
        if found.status not in LIVE:
            messages.error(request, str(reason))
    except crypto.CannotDecrypt:
        messages.error(request, _("What this opt-out names cannot be opened any more. Discard it and ask anew."))
    return redirect("privacy:opt-out-detail", number)


@require_POST
@permission_required("privacy.add_optout", raise_exception=True)
def opt_out_discard(request: HttpRequest, number: str) -> HttpResponse:
    """Remove a draft."""
    found = get_opt_out(request, number)
    try:
        intake.discard(found, cast("User", request.user))
    except NotPossible as reason:
        messages.error(request, str(reason))
        return redirect("privacy:opt-out-detail", number)
    messages.success(request, _("The opt-out was discarded: what it named is removed, and nothing was sent."))
    return redirect("privacy:opt-out-list")


@require_POST
@permission_required("privacy.confirm_optout", raise_exception=True)
def opt_out_cancel(request: HttpRequest, number: str) -> HttpResponse:
    """Recall it before anything is sent."""
    found = get_opt_out(request, number)
    try:
        intake.cancel(found, cast("User", request.user))
    except NotPossible as reason:
        messages.error(request, str(reason))
    else:
        messages.success(request, _("Cancelled: nothing was sent to Adobe."))
    return redirect("privacy:opt-out-detail", number)


@require_POST
@permission_required("privacy.decide_consentcall", raise_exception=True)
def consent_decide(request: HttpRequest, number: str, ordinal: int) -> HttpResponse:
    """Carry out one decision about one call."""
    found = get_opt_out(request, number)
    call = get_object_or_404(found.calls.select_related("opt_out__organization"), ordinal=ordinal)
    decide, done = DECISIONS.get(request.POST.get("decision", ""), (None, ""))
    if decide is None:
        messages.error(request, _("Choose what to do with the call."))
        return redirect("privacy:opt-out-detail", number)
    try:
        decide(call, cast("User", request.user))
    except NotPossible as reason:
        messages.error(request, str(reason))
    else:
        messages.success(request, _(done))
    return redirect("privacy:opt-out-detail", number)


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("privacy.shred_privacyrequest", raise_exception=True)
def opt_out_shred(request: HttpRequest, number: str) -> HttpResponse:
    """Say what will go, ask for the number as a sign that it is meant, then remove it."""
    found = get_opt_out(request, number)
    if found.shredded_at is not None:
        return redirect("privacy:opt-out-detail", number)
    error = ""
    if request.method == "POST":
        if request.POST.get("typed", "").strip().upper() != found.number:
            error = _("Type the number of this opt-out, %(number)s, to confirm.") % {"number": found.number}
        else:
            try:
                shredding.shred(found, cast("User", request.user))
            except NotPossible as reason:
                error = str(reason)
            else:
                messages.success(request, _("The personal data of %(number)s was removed.") % {"number": found.number})
                return redirect("privacy:opt-out-detail", number)
    context = {"opt_out": found, "error": error, "typed": request.POST.get("typed", "")}
    return render(request, "privacy/opt_out_shred.html", context, status=422 if error else 200)


def get_opt_out(request: HttpRequest, number: str) -> OptOut:
    """The opt-out of this number, when the person may see it; else a 404."""
    visible = OptOut.objects.visible_to(request.user).select_related("organization", "data_key", "created_by")
    found: OptOut = get_object_or_404(visible, number=number)
    return found
