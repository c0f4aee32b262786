"""The row of a request that somebody is about to handle."""

from __future__ import annotations

from datetime import date

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from privacy.intake import NotPossible
from privacy.models import PrivacyRequest
from privacy.statuses import RequestStatus


def locked(request: PrivacyRequest) -> PrivacyRequest:
    """The row as it stands, locked until the caller's transaction ends. Raises NotPossible when it is closed to any change."""
    rows = PrivacyRequest.objects.select_for_update(no_key=True, of=("self",)).select_related("organization", "data_key")
    row: PrivacyRequest = rows.get(pk=request.pk)
    closed = why_closed(row)
    if closed:
        raise NotPossible(closed)
    return row


def why_closed(request: PrivacyRequest) -> str:
    """Why nothing can be written down about a request any more; empty when it can."""
    if request.status == RequestStatus.SHREDDED:
        return _("The personal data of this request was removed, so nothing more can be written down about it.")
    if request.status == RequestStatus.CANCELLED:
        return _("This request was cancelled, so there is nothing to handle.")
    return ""


def why_not_answered_here(request: PrivacyRequest) -> str:
    """Why no answer is written down about a request; empty when it can be."""
    first = request.answered_in
    if first is None:
        return why_closed(request)
    words = _("This request asks Adobe again for what failed. Its people are answered in %(first)s: write the answer down there.")
    return words % {"first": first.number}


def in_words(day: date) -> str:
    """A date in a sentence: 4 Dec 2026."""
    return date_format(day, "j M Y")
