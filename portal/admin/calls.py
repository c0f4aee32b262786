"""Calls that happen exactly once (portal.outbound), as both apps list them."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from portal.admin.base import ReadOnlyAdmin
from portal.outbound import OutboundCall


class OutboundCallAdmin(ReadOnlyAdmin):
    """Calls, to look at. Whoever decides about one does so in the portal."""

    @admin.display(description=_("waits for a person"), empty_value="-")
    def person_words(self, call: OutboundCall) -> str:
        """Why, in words; the code alone does not tell a list that is missing from one that could not be read."""
        return call.why_person
