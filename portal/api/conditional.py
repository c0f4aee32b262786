"""Answers that a caller has already: ETag and Last-Modified, so that systems poll cheaply (RFC 9110, section 13)."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from django.http import HttpResponse, HttpResponseBase
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.http import http_date
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from portal.api import problems

# Last-Modified has seconds only. What changed a moment ago may change again within the same one, so it goes without.
SETTLED_AFTER = timedelta(seconds=2)


def conditional(request: Request, answer: Response, changed_at: datetime | None = None) -> HttpResponseBase:
    """The answer with its ETag, or 304 when the caller has it. `changed_at`: no change is later than this."""
    etag = f'"{hashlib.sha256(JSONRenderer().render(answer.data)).hexdigest()[:32]}"'
    answer["ETag"] = etag
    last_modified = None
    if changed_at is not None and timezone.now() - changed_at >= SETTLED_AFTER:
        last_modified = int(changed_at.timestamp())
        answer["Last-Modified"] = http_date(last_modified)
    chosen = get_conditional_response(request._request, etag=etag, last_modified=last_modified, response=answer)
    if isinstance(chosen, HttpResponse) and chosen.status_code == 412:
        return problems.plain(412)
    return chosen or answer
