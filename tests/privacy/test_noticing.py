"""Who is told of a request, and of what: exactly once, in the transaction in which it happens."""

from __future__ import annotations

import pytest
from django.db import transaction

from portal.models import AuditEvent, Notice, Organization, User
from privacy import noticing, progress
from privacy.models import PrivacyRequest
from tests.conftest import Simulator
from tests.files import confirmed_request, payload, people
from tests.people import make_user
from tests.states import again, finish, look, sent_request, undecided_request

pytestmark = pytest.mark.django_db


def told(**which: object) -> list[tuple[str, str]]:
    return sorted(Notice.objects.filter(**which).values_list("user__username", "kind"))


def test_who_made_it_is_told_that_it_is_complete_and_its_results_are_there_once(
    organization: Organization, officer: User, viewer: User, simulator: Simulator, media: object
) -> None:
    request = sent_request(organization, officer)
    assert told() == []
    finish(simulator)
    for _ in range(2):
        progress.refresh(request.pk)
        noticing.results_settled([request.pk])
        look()
    assert told() == [(officer.username, "complete"), (officer.username, "results_ready")]
    notice = Notice.objects.get(kind="complete")
    assert (notice.number, notice.address, notice.due_on) == (request.number, f"/requests/{request.number}/", request.due_on)
    assert notice.law


def test_results_are_ready_when_the_last_of_them_is_stored(
    organization: Organization, officer: User, simulator: Simulator, media: object
) -> None:
    request = sent_request(organization, officer)
    first, *rest = request.jobs.filter(action="access").order_by("subject__position")
    finish(simulator, first)
    assert told(kind="results_ready") == []
    finish(simulator, *rest)
    assert told(kind="results_ready") == [(officer.username, "results_ready")]


def test_an_undecided_call_is_told_to_every_officer(
    organization: Organization, officer: User, viewer: User, simulator: Simulator, media: object
) -> None:
    make_user("other-officer", "Officer", organization)
    undecided_request(organization, officer, simulator, "error500")
    assert told() == sorted([(officer.username, "attention"), ("other-officer", "attention")])


def test_the_assignee_is_told_instead_of_who_made_it(
    organization: Organization, officer: User, simulator: Simulator, media: object
) -> None:
    other = make_user("other-officer", "Officer", organization)
    request = sent_request(organization, officer)
    PrivacyRequest.objects.update(assignee=other)
    finish(simulator)
    progress.refresh(request.pk)
    assert told(kind="complete") == [("other-officer", "complete")]


def test_a_maker_who_lost_the_organization_is_told_nothing_more(
    organization: Organization, officer: User, simulator: Simulator, media: object
) -> None:
    make_user("other-officer", "Officer", organization)
    sent_request(organization, officer)
    organization.members.remove(officer)
    finish(simulator)
    assert {name for name, _ in told()} == {"other-officer"}


def test_what_is_rolled_back_is_not_told(organization: Organization, officer: User) -> None:
    request = confirmed_request(organization, officer, payload(people(1)))
    other = make_user("other-officer", "Officer", organization)
    with transaction.atomic():
        noticing.assigned([request], other, officer)
        transaction.set_rollback(True)
    assert told() == []


def test_each_change_of_the_assignee_is_told_to_the_new_one(organization: Organization, officer: User) -> None:
    request = confirmed_request(organization, officer, payload(people(1)))
    other = make_user("other-officer", "Officer", organization)
    noticing.assigned([request], other, officer)
    noticing.assigned([request], officer, officer)
    noticing.assigned([request], other, officer)
    assert told() == [("other-officer", "assigned")] * 2


def test_the_trail_and_the_notices_tell_the_same(
    organization: Organization, officer: User, simulator: Simulator, media: object
) -> None:
    request = again(sent_request(organization, officer))
    finish(simulator)
    complete = AuditEvent.objects.filter(action="request.complete", root_id=str(request.pk))
    assert complete.count() == Notice.objects.filter(kind="complete").count() == 1
