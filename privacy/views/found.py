"""The request that an address names."""

from __future__ import annotations

from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from privacy.models import PrivacyRequest


def get_request(request: HttpRequest, number: str, *more: str) -> PrivacyRequest:
    """The request of this number, when the person may see it; else a 404. `more` is read along with it."""
    visible = PrivacyRequest.objects.visible_to(request.user).select_related(
        "organization", "data_key", "created_by", "upload", "resubmission_of", "assignee", *more
    )
    found: PrivacyRequest = get_object_or_404(visible, number=number)
    return found
