"""Requests that are due soon are told once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from portal.models import AuditEvent, Notice, Organization, User, WebhookDelivery, WebhookEndpoint
from privacy import reminding
from privacy.models import PrivacyRequest, ResultArchive
from privacy.statuses import ArchiveStatus, RequestStatus
from tests.conftest import Simulator
from tests.files import confirmed_request, payload, people
from tests.people import make_user
from tests.states import job_of, sent_request

pytestmark = pytest.mark.django_db


@pytest.fixture
def request_row(organization: Organization, officer: User) -> PrivacyRequest:
    WebhookEndpoint.objects.create(organization=organization, url="https://example.com/", event_types=["request.due_soon"])
    return confirmed_request(organization, officer, payload(people(1)))


def told_when_due_in(days: int, **fields: Any) -> int:
    due_on = timezone.now().date() + timedelta(days=days)
    PrivacyRequest.objects.update(due_on=due_on, **fields)
    reminding.tell_due_soon()
    return AuditEvent.objects.filter(action="request.due_soon").count()


def test_an_open_request_is_told_once_seven_days_before_it_is_due(request_row: PrivacyRequest) -> None:
    assert [told_when_due_in(days) for days in (8, 7, 6, -1)] == [0, 1, 1, 1]
    assert WebhookDelivery.objects.get().payload["object"]["number"] == request_row.number


def test_what_adobe_has_done_is_told_until_the_person_is_answered(request_row: PrivacyRequest) -> None:
    assert told_when_due_in(3, status=RequestStatus.COMPLETE, answered_on=timezone.now().date()) == 0
    assert told_when_due_in(3, status=RequestStatus.CANCELLED, answered_on=None) == 0
    assert told_when_due_in(3, status=RequestStatus.COMPLETE) == 1


# --- People ---


def notices(*users: User) -> list[tuple[str, str]]:
    rows = Notice.objects.order_by("at", "pk").values_list("user__username", "kind")
    return [(name, kind) for name, kind in rows if not users or name in {user.username for user in users}]


@pytest.mark.parametrize(
    ("left", "once"),
    [(8, []), (7, ["due_soon"]), (2, ["due_soon"]), (1, ["tomorrow"]), (0, ["tomorrow"]), (-1, ["overdue"])],
)
def test_people_are_told_a_week_and_a_day_before_and_when_it_is_overdue(
    request_row: PrivacyRequest, left: int, once: list[str]
) -> None:
    told_when_due_in(left)
    assert [notice.once.split(":")[0] for notice in Notice.objects.all()] == once


def test_a_reminder_is_made_once(request_row: PrivacyRequest, officer: User) -> None:
    for _ in range(3):
        told_when_due_in(5)
    assert notices() == [(officer.username, "due_soon")]


def test_a_date_that_was_moved_is_told_of_anew(request_row: PrivacyRequest, officer: User) -> None:
    told_when_due_in(1)
    told_when_due_in(6)
    assert notices() == [(officer.username, "due_soon")] * 2


def test_the_assignee_is_told_and_nobody_else(request_row: PrivacyRequest, organization: Organization, officer: User) -> None:
    other = make_user("other-officer", "Officer", organization)
    told_when_due_in(-1, assignee=other)
    assert notices() == [("other-officer", "overdue")]


def test_what_is_overdue_and_nobodys_is_told_to_every_officer(
    request_row: PrivacyRequest, organization: Organization, officer: User, viewer: User
) -> None:
    make_user("other-officer", "Officer", organization)
    told_when_due_in(-1)
    assert sorted(notices()) == sorted([(officer.username, "overdue"), ("other-officer", "overdue")])


def test_an_assignee_who_lost_the_organization_is_told_nothing_more(
    request_row: PrivacyRequest, organization: Organization, officer: User
) -> None:
    gone = make_user("gone", "Officer")
    told_when_due_in(3, assignee=gone)
    assert notices() == [(officer.username, "due_soon")]


def test_what_has_been_overdue_for_long_is_not_told(request_row: PrivacyRequest) -> None:
    told_when_due_in(-31)
    assert notices() == []


def test_results_about_to_expire_are_told_once_a_week(
    organization: Organization, officer: User, simulator: Simulator, media: object
) -> None:
    request = sent_request(organization, officer, people(1))
    job = job_of(request)
    soon = timezone.now() + timedelta(days=3)
    archive = ResultArchive.objects.create(job=job, request=request, adobe_expires_at=soon)
    reminding.tell_results_expire()
    reminding.tell_results_expire()
    assert notices() == [(officer.username, "results_expiring")]
    Notice.objects.all().delete()
    for over in ({"status": ArchiveStatus.STORED}, {"adobe_expires_at": timezone.now() + timedelta(days=8)}):
        ResultArchive.objects.filter(pk=archive.pk).update(**{"status": ArchiveStatus.WAITING, "adobe_expires_at": soon, **over})
        reminding.tell_results_expire()
        assert notices() == []


def test_days_are_counted_in_the_organizations_own_calendar(
    request_row: PrivacyRequest, organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    late_evening = timezone.now().replace(hour=23, minute=30)
    monkeypatch.setattr(timezone, "now", lambda: late_evening)
    Organization.objects.update(time_zone="Pacific/Honolulu")
    assert told_when_due_in(8) == 0
    Organization.objects.update(time_zone="Pacific/Auckland")
    assert told_when_due_in(8) == 1
