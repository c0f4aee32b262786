"""Numbers of notices for the health page: e-mail that does not go out."""

from __future__ import annotations

from django.utils.translation import gettext as _

from portal.health.unknown import rows_in_admin
from portal.models import MailTrouble
from portal.registry import Figure

MOST_COUNTED = 1000


def read() -> list[Figure]:
    """One statement for both."""
    names = list(MailTrouble.objects.values_list("name", flat=True)[:MOST_COUNTED])
    server = names.count(MailTrouble.SERVER)
    return [
        _figure("portal_mail_servers_failing", _("Mail server that takes no e-mail"), server),
        _figure("portal_mail_addresses_failing", _("People whose e-mail address is refused"), len(names) - server),
    ]


def _figure(name: str, words: str, value: int) -> Figure:
    return Figure(name, words, value, needs_person=True, rows=rows_in_admin(MailTrouble), in_admin=True)
