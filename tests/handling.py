"""Requests that somebody handles, for tests: received so many days ago, so that no test depends on the date it runs on."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.utils import timezone

from portal.models import AuditEvent, Organization, User
from privacy import catalog
from privacy.models import LawDeadline, PrivacyRequest
from privacy.statuses import RequestStatus
from tests.files import confirmed_request, payload, people
from tests.pages import Browser, Page
from tests.states import again

REASON = "Many systems to search, asked for by Jane Roe"


def today() -> date:
    """Today where the organizations of tests are."""
    return timezone.now().date()


def days_ago(count: int) -> date:
    """A day in the past."""
    return today() - timedelta(days=count)


def received(
    organization: Organization, user: User, ago: int = 10, *, status: RequestStatus = RequestStatus.COMPLETE, **fields: Any
) -> PrivacyRequest:
    """A request of two people that came so many days ago; Adobe is done with it, unless told otherwise."""
    request = confirmed_request(organization, user, payload(people(2), **fields))
    received_on = days_ago(ago)
    due_on = catalog.earliest_due(request.regulation, ["access", "delete"], received_on)
    PrivacyRequest.objects.filter(pk=request.pk).update(received_on=received_on, due_on=due_on, status=status)
    return again(request)


def allow_pause(law: str = "gdpr") -> None:
    """An administrator has written down when the law stops the clock."""
    for rule in LawDeadline.objects.filter(law=law):
        rule.pause = "While the person is asked who they are"
        rule.save()


def told(action: str) -> list[dict[str, Any]]:
    """The details of every such event of the trail, oldest first."""
    return [event.details for event in AuditEvent.objects.filter(action=action).order_by("at", "id")]


def everything_told() -> str:
    """All that the trail holds, as text, to look for what must not stand there."""
    return str([event.details for event in AuditEvent.objects.all()])


def message_of(browser: Browser, address: str) -> str:
    """What the page says about what was done last."""
    page = Page.of(browser.get(address))
    messages = [one for one in page.root.all("div") if one["class"].endswith(("notice-success", "notice-error"))]
    return messages[-1].text
