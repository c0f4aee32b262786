"""What a person decides about a request: calls of unknown outcome, deletes that wait, cancelling, removing personal data."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop
from django.views.decorators.http import require_http_methods, require_POST

from portal.models import User
from privacy import recalling, reconciling, releasing, shredding, withdrawing
from privacy.intake import NotPossible
from privacy.models import PrivacyRequest, Submission
from privacy.statuses import RequestStatus
from privacy.views.found import get_request

DECISIONS: dict[str, tuple[Callable[[Submission, User], Any], str]] = {
    "look_again": (reconciling.look_again, noop("The portal looks at Adobe's list again.")),
    "send_missing": (reconciling.send_missing, noop("What Adobe does not list goes out as a new call.")),
    "give_up": (reconciling.give_up, noop("The call is closed. Its people count as not sent.")),
    "withdraw": (withdrawing.withdraw, noop("The call is closed. Its people count as not sent.")),
    "acknowledge_doubled": (reconciling.acknowledge_doubled, noop("Noted: the doubled jobs were seen.")),
}


HELD_DECISIONS: dict[str, tuple[Callable[[PrivacyRequest, User], Any], str]] = {
    "send_anyway": (releasing.send_anyway, noop("The deletes are sent now.")),
    "do_not_send": (releasing.do_not_send, noop("The deletes are closed. They count as not sent.")),
}


@require_POST
@permission_required("privacy.decide_submission", raise_exception=True)
def call_decide(request: HttpRequest, number: str, ordinal: int) -> HttpResponse:
    """Carry out one decision about one call."""
    found = get_request(request, number)
    submission = get_object_or_404(found.submissions.select_related("request__organization"), ordinal=ordinal)
    decide, done = DECISIONS.get(request.POST.get("decision", ""), (None, ""))
    if decide is None:
        messages.error(request, _("Choose what to do with the call."))
        return redirect("privacy:request-detail", number)
    try:
        decide(submission, cast("User", request.user))
    except reconciling.CannotDecide as reason:
        messages.error(request, str(reason))
    else:
        messages.success(request, _(done))
    return redirect("privacy:request-detail", number)


@require_POST
@permission_required("privacy.decide_submission", raise_exception=True)
def deletes_decide(request: HttpRequest, number: str) -> HttpResponse:
    """Carry out one decision about deletes that wait for the results of access."""
    found = get_request(request, number)
    decide, done = HELD_DECISIONS.get(request.POST.get("decision", ""), (None, ""))
    if decide is None:
        messages.error(request, _("Choose what to do with the deletes."))
        return redirect("privacy:request-detail", number)
    try:
        decide(found, cast("User", request.user))
    except NotPossible as reason:
        messages.error(request, str(reason))
    else:
        messages.success(request, _(done))
    return redirect("privacy:request-detail", number)


@require_POST
@permission_required("privacy.cancel_privacyrequest", raise_exception=True)
def request_cancel(request: HttpRequest, number: str) -> HttpResponse:
    """Cancel a request of which nothing was sent."""
    found = get_request(request, number)
    try:
        recalling.cancel(found, cast("User", request.user))
    except NotPossible as reason:
        messages.error(request, str(reason))
    else:
        messages.success(request, _("%(number)s is cancelled. Nothing of it was sent to Adobe.") % {"number": found.number})
    return redirect("privacy:request-detail", number)


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("privacy.shred_privacyrequest", raise_exception=True)
def request_shred(request: HttpRequest, number: str) -> HttpResponse:
    """Say what will go, ask for the number as a sign that it is meant, then remove it."""
    found = get_request(request, number)
    if found.status == RequestStatus.SHREDDED:
        return redirect("privacy:request-detail", number)
    error = ""
    if request.method == "POST":
        if request.POST.get("typed", "").strip().upper() != found.number:
            error = _("Type the number of this request, %(number)s, to confirm.") % {"number": found.number}
        else:
            try:
                shredding.shred(found, cast("User", request.user))
            except shredding.NotShreddable as reason:
                error = str(reason)
            else:
                messages.success(request, _("The personal data of %(number)s was removed.") % {"number": found.number})
                return redirect("privacy:request-detail", number)
    context = {
        "request_row": found,
        "error": error,
        "typed": request.POST.get("typed", ""),
        "people": found.subjects.count(),
        "results": found.archives.exclude(path="").count(),
    }
    return render(request, "privacy/request_shred.html", context, status=422 if error else 200)
