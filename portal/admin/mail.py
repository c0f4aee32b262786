"""E-mail that does not go out, to read: the server, or the addresses of people."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import Q, QuerySet

from portal.admin.base import ReadOnlyAdmin
from portal.models import MailTrouble, Organization, User


@admin.register(MailTrouble)
class MailTroubleAdmin(ReadOnlyAdmin):
    """A row goes by itself with the next e-mail that goes out. An address is corrected at its user."""

    list_display = ("name", "user", "since", "attempts", "next_attempt_at", "error")
    list_select_related = ("user",)
    ordering = ("since", "name")

    def visible_rows(self, rows: QuerySet[MailTrouble], user: User) -> QuerySet[MailTrouble]:
        """The server's for all; people's for who shares an organization with them."""
        if user.is_superuser:
            return rows
        colleagues = Organization.members.through.objects.filter(organization__in=Organization.objects.visible_to(user))
        return rows.filter(Q(user=None) | Q(user__in=colleagues.values("user")))
