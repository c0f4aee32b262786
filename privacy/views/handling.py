"""What a person does with a request beside Adobe: the answer, the due date, notes, who looks after it, other systems."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from portal import crypto
from portal.models import User
from privacy import catalog
from privacy.handling import answering, assigning, moving, noting, systems
from privacy.handling.answering import Answer
from privacy.handling.forms import AnswerForm, ExtensionForm, HandOverForm, PauseForm
from privacy.handling.rows import in_words, why_closed, why_not_answered_here
from privacy.intake import NotPossible
from privacy.models import OtherSystem, PrivacyRequest
from privacy.views.found import get_request
from privacy.views.requests import show_request

HANDLE = "privacy.handle_privacyrequest"
FORM_METHODS = ("GET", "HEAD", "POST")


def _user(request: HttpRequest) -> User:
    return cast("User", request.user)


def _back(number: str, part: str = "") -> HttpResponse:
    return redirect(reverse("privacy:request-detail", args=[number]) + (f"#{part}" if part else ""))


def _try(request: HttpRequest, act: Callable[[], Any], done: str) -> Any:
    """Do it, and say that it was done or why not."""
    try:
        result = act()
    except NotPossible as reason:
        messages.error(request, str(reason))
        return None
    messages.success(request, done)
    return result


def _closed(request: HttpRequest, found: PrivacyRequest, reason: str) -> HttpResponse | None:
    """Back to the request with the reason, where there is one."""
    if not reason:
        return None
    messages.error(request, reason)
    return redirect("privacy:request-detail", found.number)


# --- The answer ---


@require_http_methods(FORM_METHODS)
@permission_required(HANDLE, raise_exception=True)
def request_answer(request: HttpRequest, number: str) -> HttpResponse:
    """Write down when receipt was acknowledged, how the person was verified, and what they were told."""
    found = get_request(request, number)
    closed = _closed(request, found, why_not_answered_here(found))
    if closed:
        return closed
    if request.method == "POST":
        form = AnswerForm(request.POST, request_row=found)
        if form.is_valid():
            given = form.answer()
            changed = _try(request, lambda: answering.save(found, _user(request), given), _done_words(found, given))
            if changed is not None:
                return _back(number, "answer")
        form.describe()
    else:
        form = AnswerForm(initial=_answer_so_far(found), request_row=found)
    return render(request, "privacy/request_answer.html", _answer_context(found, form), status=422 if form.errors else 200)


def _answer_so_far(found: PrivacyRequest) -> dict[str, Any]:
    try:
        return vars(Answer.of(found))
    except crypto.CannotDecrypt:
        return {}


def _answer_context(found: PrivacyRequest, form: AnswerForm) -> dict[str, Any]:
    return {
        "request_row": found,
        "form": form,
        "law": catalog.law_name(found.regulation),
        "open_systems": systems.still_open(found),
        "open_jobs": found.jobs_total - found.jobs_done,
        "was_answered": found.answered_on is not None,
    }


def _done_words(found: PrivacyRequest, given: Answer) -> str:
    if given.answered_on is None:
        return _("Written down. The person of %(number)s is not answered yet.") % {"number": found.number}
    return _("%(number)s is answered, on %(day)s.") % {"number": found.number, "day": in_words(given.answered_on)}


@require_POST
@permission_required(HANDLE, raise_exception=True)
def request_acknowledge(request: HttpRequest, number: str) -> HttpResponse:
    """Receipt is acknowledged today."""
    found = get_request(request, number)
    _try(request, lambda: answering.acknowledge(found, _user(request)), _("Noted: receipt is acknowledged."))
    return _back(number, "answer")


# --- The due date ---


@require_http_methods(FORM_METHODS)
@permission_required(HANDLE, raise_exception=True)
def request_extend(request: HttpRequest, number: str) -> HttpResponse:
    """Move the due date on, with the reason."""
    found = get_request(request, number)
    room = moving.room_of(found)
    closed = _closed(request, found, room.why_not_extend)
    if closed:
        return closed
    form = ExtensionForm(request.POST if request.method == "POST" else None, request_row=found, room=room)
    if request.method == "POST" and form.is_valid():
        until, reason, told = (form.cleaned_data[name] for name in ("until", "reason", "told_in_time"))
        words = _("%(number)s is now due on %(day)s.") % {"number": found.number, "day": in_words(until)}
        _try(request, lambda: moving.extend(found, _user(request), until, reason, told_in_time=told), words)
        return _back(number)
    form.describe()
    context = {
        "request_row": found,
        "room": room,
        "form": form,
        "law": catalog.law_name(found.regulation),
        "is_late": moving.is_late(found),
    }
    return render(request, "privacy/request_extend.html", context, status=422 if form.errors else 200)


@require_http_methods(FORM_METHODS)
@permission_required(HANDLE, raise_exception=True)
def request_pause(request: HttpRequest, number: str) -> HttpResponse:
    """Let the law's clock stand still, with the reason."""
    found = get_request(request, number)
    room = moving.room_of(found)
    closed = _closed(request, found, room.why_not_pause)
    if closed:
        return closed
    form = PauseForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"]
        words = _("The clock of %(number)s is paused.") % {"number": found.number}
        _try(request, lambda: moving.pause(found, _user(request), reason), words)
        return _back(number)
    form.describe()
    context = {"request_row": found, "room": room, "form": form, "law": catalog.law_name(found.regulation)}
    return render(request, "privacy/request_pause.html", context, status=422 if form.errors else 200)


@require_POST
@permission_required(HANDLE, raise_exception=True)
def request_resume(request: HttpRequest, number: str) -> HttpResponse:
    """Let the law's clock go on."""
    found = get_request(request, number)
    words = _("The clock of %(number)s goes on.") % {"number": found.number}
    _try(request, lambda: moving.resume(found, _user(request)), words)
    return _back(number)


# --- Notes, systems ---


@require_POST
@permission_required(HANDLE, raise_exception=True)
def request_note(request: HttpRequest, number: str) -> HttpResponse:
    """Keep a note for the others. What cannot be kept stays in its field."""
    found = get_request(request, number)
    closed = _closed(request, found, why_closed(found))
    if closed:
        return closed
    text = request.POST.get("text", "")
    try:
        noting.add(found, _user(request), text)
    except NotPossible as reason:
        return show_request(request, found, note=text, note_error=str(reason))
    messages.success(request, _("The note is kept."))
    return _back(number, "notes")


@require_POST
@permission_required(HANDLE, raise_exception=True)
def system_done(request: HttpRequest, number: str, pk: UUID) -> HttpResponse:
    """The request was seen to in a system that Adobe does not cover; or it was not after all."""
    found = get_request(request, number)
    system: OtherSystem = get_object_or_404(OtherSystem, organization=found.organization, pk=pk)
    words = {"system": system.name}
    if request.POST.get("decision") == "undo":
        _try(request, lambda: systems.undo(found, system, _user(request)), _("%(system)s is open again.") % words)
    else:
        _try(request, lambda: systems.mark(found, system, _user(request)), _("%(system)s is marked as done.") % words)
    return _back(number, "systems")


# --- Who looks after it ---


@require_POST
@permission_required(HANDLE, raise_exception=True)
def request_assign(request: HttpRequest, number: str) -> HttpResponse:
    """Give it to oneself (`me`), to a colleague (a key), or to nobody (empty)."""
    found = get_request(request, number)
    wanted = request.POST.get("assignee", "")
    user = _user(request)
    to = user if wanted == "me" else _colleague(found, wanted)
    if wanted and to is None:
        messages.error(request, _("Choose a colleague who may handle this request."))
        return _back(number, "assignee")
    name = to.called if to else ""
    words = _("%(name)s looks after %(number)s.") if to else _("Nobody looks after %(number)s now.")
    _try(request, lambda: assigning.assign(found, to, user), words % {"name": name, "number": found.number})
    return _back(number, "assignee")


def _colleague(found: PrivacyRequest, key: str) -> User | None:
    return assigning.colleagues(found.organization).filter(pk=key).first() if key.isascii() and key.isdecimal() else None


@require_http_methods(FORM_METHODS)
@permission_required(HANDLE, raise_exception=True)
def hand_over(request: HttpRequest) -> HttpResponse:
    """Give everything of one officer to another: choose both, see how much it is, confirm."""
    user = _user(request)
    if request.method == "POST":
        form = HandOverForm(request.POST, user=user)
        if form.is_valid():
            giver, taker = form.cleaned_data["giver"], form.cleaned_data["taker"]
            return _hand_over(request, giver, taker)
    else:
        chosen = {name: request.GET.get(name, "") for name in ("giver", "taker")}
        # Both are chosen: then what would move is shown.
        form = HandOverForm(chosen, user=user) if all(chosen.values()) else HandOverForm(initial=chosen, user=user)
    is_chosen = form.is_bound and form.is_valid()
    shares = assigning.shares(form.cleaned_data["giver"], form.cleaned_data["taker"], user) if is_chosen else []
    context = {
        "form": form,
        "is_chosen": is_chosen,
        "shares": shares,
        "moving": sum(share.count for share in shares if share.moves),
        "has_givers": assigning.givers(user).exists(),
    }
    form.describe()
    return render(request, "privacy/hand_over.html", context, status=422 if form.is_bound and form.errors else 200)


def _hand_over(request: HttpRequest, giver: User, taker: User) -> HttpResponse:
    try:
        moved = assigning.hand_over(giver, taker, _user(request))
    except NotPossible as reason:
        messages.error(request, str(reason))
        return redirect("privacy:hand-over")
    words = ngettext("%(count)s request now belongs to %(name)s.", "%(count)s requests now belong to %(name)s.", moved)
    messages.success(request, words % {"count": f"{moved:,}", "name": taker.called})
    return redirect(f"{reverse('privacy:request-list')}?assignee={taker.pk}")
