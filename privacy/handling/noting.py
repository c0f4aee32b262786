"""Notes that members of staff write about a request for one another. Kept sealed: they may name somebody."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from portal import audit
from portal.models import User
from privacy.handling.rows import locked
from privacy.intake import NotPossible
from privacy.models import PrivacyRequest, RequestNote

LONGEST_NOTE = 4000


def fault_of(text: str) -> str:
    """What is wrong with a note; empty when nothing is."""
    if not text.strip():
        return _("Write the note first.")
    return _("Shorten the note to 4,000 characters, or write two.") if len(text) > LONGEST_NOTE else ""


@transaction.atomic
def add(request: PrivacyRequest, user: User, text: str) -> RequestNote:
    """Keep a note. Raises NotPossible for one that is empty or too long, and for a request that is closed."""
    fault = fault_of(text)
    if fault:
        raise NotPossible(fault)
    row = locked(request)
    note = RequestNote(request=row, by=user)
    note.text = text.strip()
    note.save(force_insert=True)
    audit.record("request.noted", actor=user, organization=row.organization, obj=row, root_id=row.pk)
    return note
