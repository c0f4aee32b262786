"""The address that calendar programs read. They cannot sign in: the token in it says whose calendar it is."""

from __future__ import annotations

import hashlib

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import translation
from django.utils.cache import get_conditional_response
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from portal.calendar import feeds, icalendar


@require_safe
@login_not_required
def calendar(request: HttpRequest, token: str) -> HttpResponse:
    """The due dates that its owner may see now; 404 for an address that is nobody's."""
    person = feeds.owner_of(token)
    if person is None:
        raise Http404
    with translation.override(person.language or settings.LANGUAGE_CODE):
        address = settings.PORTAL_ADDRESS or request.build_absolute_uri("/").rstrip("/")
        body = icalendar.write(feeds.entries_for(person), name=_("Privacy Portal: due dates"), address=address)
    etag = f'"{hashlib.sha256(body).hexdigest()}"'
    response = get_conditional_response(request, etag=etag) or HttpResponse(body, content_type="text/calendar; charset=utf-8")
    response["ETag"] = etag
    # Asked for anew each time, and kept by nobody on the way.
    response["Cache-Control"] = "private, no-cache"
    response["Content-Disposition"] = 'inline; filename="due-dates.ics"'
    return response
