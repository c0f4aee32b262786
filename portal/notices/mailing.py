"""The step that mails notices: everything that is due for one person goes as one e-mail.

At least once: a worker that dies between the mail server's word and its note sends that e-mail again, under the same Message-ID
unless more has come meanwhile. Twice told is a nuisance, never told may be a missed date. While the server cannot be reached
nobody's mail is tried, with growing pauses, and an address that it refuses waits alone. An e-mail names numbers, laws and dates;
it holds no personal data.
"""

from __future__ import annotations

import hashlib
import logging
import smtplib
import uuid
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parseaddr

from django.conf import settings
from django.core import mail
from django.db import transaction
from django.db.models import F, QuerySet
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation

from portal import clock
from portal.models import MailTrouble, Notice, NoticeMail, Organization, User
from portal.notices import words
from portal.outbound import backoff

logger = logging.getLogger(__name__)

# Of one e-mail; what is over goes with the next.
MOST = 200
# A worker that died with a mail in its hands is waited for as long; no task lives longer.
LEASE = timedelta(minutes=5)
# What could not be mailed for so long stands in the portal alone.
GIVE_UP_AFTER = timedelta(days=3)
FIRST_PAUSE, LONGEST_PAUSE = 60.0, 3600.0
# What the server says of this one message or address; everything else says that the server does not work.
_OF_ADDRESS = (smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError, ValueError)
_OF_SERVER = (smtplib.SMTPException, OSError)


@dataclass(frozen=True)
class _Mail:
    """What one person is to be told now."""

    person: User
    ids: list[uuid.UUID]
    notices: list[Notice]


def due(now: clock.Moment) -> QuerySet[Notice]:
    """Notices whose e-mail is due at `now`."""
    return Notice.objects.to_mail(now) if settings.MAIL_ENABLED else Notice.objects.none()


def mail_next() -> int:
    """Send one person's mail. Returns how many notices it was about."""
    taken = _take()
    if taken is None:
        return 0
    if not taken.notices:
        _done(taken)
        return len(taken.ids)
    email = message(taken.person, taken.notices)
    try:
        email.send()
    except _OF_ADDRESS as error:
        _note_trouble(taken.person, error)
    except _OF_SERVER as error:
        _note_trouble(None, error)
    else:
        _done(taken)
    return len(taken.ids)


def _take() -> _Mail | None:
    with transaction.atomic():
        user_id = due(clock.now()).order_by("mail_due_at").values_list("user", flat=True).first()
        if user_id is None:
            return None
        # Another worker may be at it: what that one holds is left to it.
        rows = Notice.objects.filter(user=user_id, mail_due_at__lte=clock.now()).order_by("mail_due_at", "pk")
        ids = list(rows.select_for_update(skip_locked=True, no_key=True).values_list("pk", flat=True)[:MOST])
        Notice.objects.filter(pk__in=ids).update(mail_due_at=clock.now() + LEASE)
    if not ids:
        return None
    person = User.objects.get(pk=user_id)
    return _Mail(person, ids, list(_still_wanted(person, ids)))


def _still_wanted(person: User, ids: list[uuid.UUID]) -> QuerySet[Notice]:
    """Not what was read meanwhile, of an organization that was taken away, or of a person who left or wants no mail any more."""
    if not person.is_active or not person.email or person.notice_mail == NoticeMail.NONE:
        return Notice.objects.none()
    mine = Notice.objects.unread().filter(organization__in=Organization.objects.filter(members=person))
    return mine.filter(pk__in=ids, at__gt=clock.now() - GIVE_UP_AFTER).order_by("at", "pk")


def message(person: User, notices: list[Notice]) -> mail.EmailMultiAlternatives:
    """The e-mail, in the person's language and time zone."""
    zone = person.time_zone or settings.TIME_ZONE
    with translation.override(person.language or settings.LANGUAGE_CODE), timezone.override(zone):
        context = {
            "lines": [words.shown(each) for each in notices],
            "address": settings.PORTAL_ADDRESS,
            "notices_address": settings.PORTAL_ADDRESS + reverse("notices"),
            "account_address": settings.PORTAL_ADDRESS + reverse("account"),
            "language": translation.get_language(),
        }
        email = mail.EmailMultiAlternatives(
            words.subject(notices),
            render_to_string("portal/notice_mail.txt", context),
            to=[person.email],
            headers={"Message-ID": _message_id(notices), "Auto-Submitted": "auto-generated"},
        )
        email.attach_alternative(render_to_string("portal/notice_mail.html", context), "text/html")
    return email


def _message_id(notices: list[Notice]) -> str:
    digest = hashlib.sha256(b"".join(each.pk.bytes for each in notices)).hexdigest()[:32]
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    return f"<{digest}@{domain}>"


def _done(taken: _Mail) -> None:
    Notice.objects.filter(pk__in=taken.ids).update(mail_due_at=None)
    if taken.notices:
        Notice.objects.filter(pk__in=[each.pk for each in taken.notices]).update(mailed_at=clock.now())
        MailTrouble.objects.filter(name__in=(MailTrouble.SERVER, str(taken.person.pk))).delete()


def _note_trouble(person: User | None, error: Exception) -> None:
    """The notices come back when their lease is over and the pause as well."""
    now = clock.read()
    name = MailTrouble.SERVER if person is None else str(person.pk)
    found, _ = MailTrouble.objects.get_or_create(name=name, defaults={"user": person, "since": now, "next_attempt_at": now})
    pause = timedelta(seconds=backoff(found.attempts + 1, first=FIRST_PAUSE, longest=LONGEST_PAUSE))
    MailTrouble.objects.filter(name=name).update(attempts=F("attempts") + 1, next_attempt_at=now + pause, error=_short(error))
    logger.warning("no e-mail goes out to %s: %s", "anybody" if person is None else f"user {person.pk}", _short(error))


def _short(error: Exception) -> str:
    """Its kind, and the server's number for it; not its words, which name addresses."""
    codes = error.recipients.values() if isinstance(error, smtplib.SMTPRecipientsRefused) else []
    number = getattr(error, "smtp_code", next((code for code, _ in codes), ""))
    return f"{type(error).__name__} {number}".strip()[:60]
