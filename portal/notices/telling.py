"""Making notices: exactly once for each person, and only for people who may see what they are told of."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone

from portal import clock, runtime, steps
from portal.models import Notice, NoticeKind, NoticeMail, Organization, User

STEP = "mail"
BATCH = 500
# What with_perm asks for: the other backend only counts sign-ins.
_BACKEND = "django.contrib.auth.backends.ModelBackend"


@dataclass(frozen=True)
class Telling:
    """One thing to tell some people. Holds no personal data: what it says goes into e-mails.

    `number` and `address`: of what it is about, and of its page; before a bare id stands a word in English, marked for
    translation. `once`: what makes it the same thing, told once to each person however often it is tried, such as
    `overdue:<id>:<date>`. `to`: ids of people. `law` and `due_on`: of a request.
    """

    kind: NoticeKind
    organization_id: uuid.UUID
    number: str
    address: str
    once: str
    to: Collection[int]
    law: str = ""
    due_on: date | None = None


def tell(telling: Telling) -> None:
    """Tell it in the caller's transaction. Who is no active member of the organization is left out."""
    tell_many([telling])


def tell_many(tellings: Sequence[Telling]) -> None:
    """Tell several things with as many queries as one costs."""
    people = _people(tellings)
    if not people:
        return
    members = _memberships(tellings, people)
    now = clock.read()
    rows = [
        _notice(telling, people[user_id], now)
        for telling in tellings
        for user_id in dict.fromkeys(telling.to)
        if (user_id, telling.organization_id) in members
    ]
    # Told before: the row stands as it is, and no second e-mail is due for it.
    Notice.objects.bulk_create(rows, batch_size=BATCH, ignore_conflicts=True)
    if any(row.mail_due_at is not None and row.mail_due_at <= now for row in rows):
        steps.wake(STEP)


def members_who_may(permission: str, organization_id: uuid.UUID) -> set[int]:
    """Ids of the active people of an organization with a permission named as app.codename. Integrations are told by webhooks."""
    may = User.objects.with_perm(permission, is_active=True, include_superusers=True, backend=_BACKEND)
    return set(may.filter(organizations=organization_id, is_integration=False).values_list("pk", flat=True))


def mail_due_at(person: User, now: datetime) -> datetime | None:
    """When a notice that is made now goes to this person by e-mail; None: not at all."""
    if not settings.MAIL_ENABLED or not person.email or person.notice_mail == NoticeMail.NONE:
        return None
    return now if person.notice_mail == NoticeMail.AT_ONCE else next_digest(person, now)


def next_digest(person: User, now: datetime) -> datetime:
    """The next morning of this person, by the clock on the wall where they are."""
    zone = ZoneInfo(person.time_zone) if person.time_zone else timezone.get_default_timezone()
    hour = time(runtime.number("MAIL_DIGEST_HOUR"))
    today = datetime.combine(now.astimezone(zone).date(), hour, zone)
    return today if today > now else datetime.combine(today.date() + timedelta(days=1), hour, zone)


def _people(tellings: Sequence[Telling]) -> dict[int, User]:
    ids = {user_id for telling in tellings for user_id in telling.to}
    people = User.objects.filter(pk__in=ids, is_active=True, is_integration=False) if ids else User.objects.none()
    return {person.pk: person for person in people}


def _memberships(tellings: Sequence[Telling], people: Collection[int]) -> set[tuple[int, uuid.UUID]]:
    organizations = {telling.organization_id for telling in tellings}
    rows = Organization.members.through.objects.filter(user__in=people, organization__in=organizations)
    return set(rows.values_list("user_id", "organization_id"))


def _notice(telling: Telling, person: User, now: datetime) -> Notice:
    return Notice(
        user=person,
        organization_id=telling.organization_id,
        kind=telling.kind,
        number=telling.number,
        address=telling.address,
        once=telling.once,
        law=telling.law,
        due_on=telling.due_on,
        at=now,
        mail_due_at=mail_due_at(person, now),
    )
