"""What the portal itself keeps: organizations, colleagues, notices, saved views, processes, the calendar."""

from __future__ import annotations

from datetime import timedelta

from django.urls import reverse
from django.utils import timezone

from portal.calendar import feeds
from portal.lists import saved
from portal.lists.asked import Asked, read
from portal.lists.declaring import Viewer
from portal.models import CalendarFeed, CallTally, Heartbeat, Notice, NoticeKind, Organization, ProcessKind, StepRun
from privacy.lists.requests import REQUESTS
from tests.conftest import make_organization
from tests.grown.ground import Addresses, Ground, plain
from tests.people import make_user

PAGES = ("search", "view-list", "notices", "account", "account-password", "health", "health-now")


def grow(ground: Ground, count: int) -> Addresses:
    """`count` organizations, colleagues, notices read and unread, views of one's own and of others, processes."""
    for _place in range(count):
        _organization(ground)
        _colleague(ground)
        _notices(ground)
        _process(ground)
    calendar = reverse("calendar", args=[feeds.renew(ground.user)])
    # As one that a calendar program reads all day: that it is read is noted once an hour.
    CalendarFeed.objects.filter(user=ground.user).update(read_at=timezone.now())
    return {**plain("", *PAGES), "calendar": calendar}


def _organization(ground: Ground) -> None:
    """The person's as well; the second of each kind is on hold."""
    number = ground.number()
    organization = make_organization(ims_org_id=f"{number:024}@AdobeOrg", name=f"Organization {number}")
    if number % 2:
        Organization.objects.filter(pk=organization.pk).update(held_at=timezone.now(), hold_reason="credentials")
    ground.user.organizations.add(organization)
    CallTally.objects.create(organization=organization, minute=timezone.now(), route="/jobs", outcome="200", calls=3)


def _colleague(ground: Ground) -> None:
    """An officer who shares a view; and one of the person's own."""
    colleague = make_user(f"colleague-{ground.number()}", "Officer", ground.organization)
    for owner, shared_with in ((colleague, ground.organization), (ground.user, None)):
        asked = Asked.of(REQUESTS, Viewer.of(owner), read("due=overdue"))
        saved.keep(REQUESTS, Viewer.of(owner), f"View {ground.number()}", asked, shared_with)


def _notices(ground: Ground) -> None:
    for read_at in (None, timezone.now()):
        number = ground.number()
        Notice.objects.create(
            user=ground.user,
            organization=ground.organization,
            kind=NoticeKind.FAILED,
            number=f"PR-2026-{number:06}",
            address="/requests/",
            once=str(number),
            read_at=read_at,
        )


def _process(ground: Ground) -> None:
    """One that is alive and one that is silent; and a step that ran."""
    now = timezone.now()
    for kind, seen_at in ((ProcessKind.WORKER, now), (ProcessKind.WORKER, now - timedelta(hours=1)), (ProcessKind.BEAT, now)):
        Heartbeat.objects.create(name=f"process-{ground.number()}", kind=kind, seen_at=seen_at)
    StepRun.objects.create(step=f"step-{ground.number()}", began_at=now, ended_at=now, done=1)
