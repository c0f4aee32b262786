"""What every page needs: navigation, the person's organizations, holds, and which environment this is."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from portal import registry
from portal.models import Organization


def navigation(request: HttpRequest) -> dict[str, Any]:
    """Context for base.html. Error pages may render before sign-in is known: then there is nothing to show."""
    user = getattr(request, "user", None)
    base: dict[str, Any] = {"portal_environment": settings.PORTAL_ENVIRONMENT}
    if user is None or not user.is_authenticated:
        return base
    organizations = list(Organization.objects.visible_to(user))
    entries = [
        {
            "label": entry.label,
            "url": (url := reverse(entry.url_name)),
            "active": request.path.startswith((url, *entry.further_paths)),
        }
        for entry in registry.navigation()
    ]
    return base | {
        "navigation": entries,
        "organizations": organizations,
        "held_organizations": [organization for organization in organizations if organization.is_on_hold],
    }
