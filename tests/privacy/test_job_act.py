"""Having Adobe asked about many jobs."""

from __future__ import annotations

import pytest
from django.utils import timezone

from portal import clock
from portal.models import AuditEvent, Organization, User
from privacy.models import Job
from privacy.shredding import shred
from tests.actors import Actors, covers
from tests.conftest import Simulator
from tests.files import confirmed_request, payload, people
from tests.lists import asked, confirm, told
from tests.pages import Browser
from tests.states import finish, sent_request

pytestmark = pytest.mark.django_db
ADDRESS = "/jobs/act/"


@covers("privacy:job-act")
def test_only_those_with_the_right_have_adobe_asked(
    actors: Actors, simulator: Simulator, organization: Organization, officer: User
) -> None:
    request = sent_request(organization, officer, people(1))
    Job.objects.update(next_poll_at=None)
    rows = [str(job.pk) for job in Job.objects.all()]
    actors.act(ADDRESS, {"act": "ask", "row": rows, "confirmed": "2"}, stranger=302)
    assert not request.jobs.filter(next_poll_at=None).exists()


def test_all_that_match_are_due_at_once_and_adobe_is_asked_by_the_worker(
    browser: Browser, simulator: Simulator, organization: Organization, officer: User
) -> None:
    sent_request(organization, officer, people(2))
    Job.objects.update(next_poll_at=None)
    before = len(simulator.ledger())
    page = asked(browser, ADDRESS, "ask", query="?action=access", which="all")
    assert page.forms[ADDRESS].buttons == ["Ask about 2 jobs"]
    assert told(browser, confirm(browser, page)) == "Adobe is being asked about 2 jobs."
    now = clock.read()
    due = {job.action: job.next_poll_at is not None and job.next_poll_at <= now for job in Job.objects.all()}
    assert due == {"access": True, "delete": False}
    assert AuditEvent.objects.filter(action="job.asked").count() == 2
    # A second press finds them in the worker's hands.
    assert "2 rows were so already" in told(browser, confirm(browser, page))
    assert AuditEvent.objects.filter(action="job.asked").count() == 2
    assert len(simulator.ledger()) == before


def test_why_adobe_is_not_asked_is_said(
    browser: Browser, simulator: Simulator, organization: Organization, officer: User
) -> None:
    unsent = confirmed_request(organization, officer, payload(people(1)))
    words = told(browser, confirm(browser, asked(browser, ADDRESS, "ask", list(unsent.jobs.all()))))
    assert f"2 rows were left as they are ({unsent.number}, Person 1, {unsent.number}, Person 1): Adobe does not have" in words
    removed = sent_request(organization, officer, people(1, prefix="removed"))
    finish(simulator)
    removed.refresh_from_db()
    shred(removed, officer)
    assert "was removed" in told(browser, confirm(browser, asked(browser, ADDRESS, "ask", list(removed.jobs.all()))))
    held = sent_request(organization, officer, people(1, prefix="held"))
    Organization.objects.update(held_at=timezone.now(), hold_reason="forbidden")
    assert "The organization is on hold" in told(browser, confirm(browser, asked(browser, ADDRESS, "ask", list(held.jobs.all()))))
