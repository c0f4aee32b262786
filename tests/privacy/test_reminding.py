"""Requests that are due soon are told once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from portal.models import AuditEvent, Organization, User, WebhookDelivery, WebhookEndpoint
from privacy import reminding
from privacy.models import PrivacyRequest
from privacy.statuses import RequestStatus
from tests.files import confirmed_request, payload, people

pytestmark = pytest.mark.django_db


@pytest.fixture
def request_row(organization: Organization, officer: User) -> PrivacyRequest:
    WebhookEndpoint.objects.create(organization=organization, url="https://example.com/", event_types=["request.due_soon"])
    return confirmed_request(organization, officer, payload(people(1)))


def told_when_due_in(days: int, **fields: str) -> int:
    due_on = timezone.now().date() + timedelta(days=days)
    PrivacyRequest.objects.update(due_on=due_on, **fields)
    reminding.tell_due_soon()
    return AuditEvent.objects.filter(action="request.due_soon").count()


def test_an_open_request_is_told_once_seven_days_before_it_is_due(request_row: PrivacyRequest) -> None:
    assert [told_when_due_in(days) for days in (8, 7, 6, -1)] == [0, 1, 1, 1]
    assert WebhookDelivery.objects.get().payload["object"]["number"] == request_row.number


def test_what_has_ended_is_not_told(request_row: PrivacyRequest) -> None:
    assert told_when_due_in(3, status=RequestStatus.COMPLETE) == 0


def test_days_are_counted_in_the_organizations_own_calendar(
    request_row: PrivacyRequest, organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    late_evening = timezone.now().replace(hour=23, minute=30)
    monkeypatch.setattr(timezone, "now", lambda: late_evening)
    Organization.objects.update(time_zone="Pacific/Honolulu")
    assert told_when_due_in(8) == 0
    Organization.objects.update(time_zone="Pacific/Auckland")
    assert told_when_due_in(8) == 1
