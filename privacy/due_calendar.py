"""Due dates of requests in calendars of staff (portal.calendar): number, law and how many people; nothing about anybody."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from django.db.models import Max
from django.db.models.functions import Coalesce, Greatest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.calendar.feeds import Entry, Source
from portal.models import User
from privacy import catalog
from privacy.models import PrivacyRequest

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

# A calendar with more is of no use; the nearest due dates stand in it.
MOST = 2000


def may_see(person: User | AnonymousUser) -> bool:
    """Who may see requests."""
    return person.has_perm("privacy.view_privacyrequest")


def entries(person: User) -> Iterator[Entry]:
    """One for each request that was not answered yet and has a due date."""
    unanswered = PrivacyRequest.objects.visible_to(person).unanswered().filter(due_on__isnull=False)
    # When its day was last moved.
    moved = unanswered.annotate(changed_at=Coalesce(Greatest("created_at", Max("deadline_changes__at")), "created_at"))
    rows = moved.defer("envelope_sealed").order_by("due_on", "pk")[:MOST]
    for row in rows:
        law = catalog.law_name(row.regulation)
        people = ngettext("%(count)d person", "%(count)d people", row.people) % {"count": row.people}
        words = _("%(number)s due: %(law)s, %(people)s") % {"number": row.number, "law": law, "people": people}
        details = _("The person who asked must be answered by the end of this day, unless the date is moved.")
        if row.people != 1:
            details = _("The people who asked must be answered by the end of this day, unless the date is moved.")
        path = reverse("privacy:request-detail", args=[row.number])
        yield Entry(f"{row.pk}@privacy-portal", row.due_on, words, details, path, row.changed_at)


SOURCE = Source(may_see, entries)
