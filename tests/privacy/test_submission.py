"""What is sent, and what an answer costs: the body of a call, and the statements of sending one."""

from __future__ import annotations

import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from portal import turns
from portal.models import Organization, User
from portal.outbound import CallState
from privacy import submission
from privacy.models import Job, PrivacyRequest, Submission
from privacy.statuses import JobStatus, RequestStatus
from tests.conftest import Simulator
from tests.files import confirmed_request, payload, people
from tests.states import again, finish

pytestmark = pytest.mark.django_db(transaction=True)


def call_of(request: PrivacyRequest) -> Submission:
    """Its only call, with what sending it reads."""
    found: Submission = Submission.objects.select_related("request__organization__data_key", "request__data_key").get(
        request=request
    )
    return found


def test_the_body_names_the_people_in_order_with_what_this_call_asks_for(organization: Organization, officer: User) -> None:
    request = confirmed_request(organization, officer, payload(people(3)))
    Job.objects.filter(subject__position=2, action="access").update(submission=None)
    body = json.loads(submission.outgoing(call_of(request)).body)
    keys = {subject.position: subject.wire_key for subject in request.subjects.select_related("request__data_key")}
    assert [(user["key"], user["action"]) for user in body["users"]] == [
        (keys[1], ["access", "delete"]),
        (keys[2], ["delete"]),
        (keys[3], ["access", "delete"]),
    ]
    assert body["users"][1]["userIDs"] == [
        {"namespace": "email", "value": "person2@example.com", "type": "standard", "isDeletedClientSide": False}
    ]


def test_sending_takes_as_many_statements_for_many_people_as_for_few(
    simulator: Simulator, organization: Organization, officer: User
) -> None:
    counts: list[int] = []
    for number in (2, 2, 60):
        request = confirmed_request(organization, officer, payload(people(number, prefix=f"n{len(counts)}")))
        # What this process remembers of the calls before, for how long a slow query makes it, is no part of this.
        turns._memory = turns._Memory()
        with CaptureQueriesContext(connection) as queries:
            assert submission.send_next() == 1
        assert again(request).status == RequestStatus.IN_PROGRESS
        # A new minute has a new row for its calls.
        counts.append(sum("portal_calltally" not in query["sql"] for query in queries))
    # The first of all fetches the token and makes rows that stay.
    assert counts[2] == counts[1]


def test_a_request_of_many_calls_is_counted_once(simulator: Simulator, organization: Organization, officer: User) -> None:
    Organization.objects.update(max_people_per_call=2)
    organization.refresh_from_db()
    request = confirmed_request(organization, officer, payload(people(6)))
    with CaptureQueriesContext(connection) as queries:
        assert [submission.send_next() for _ in range(4)] == [1, 1, 1, 0]
    assert [query["sql"] for query in queries if "COUNT(" in query["sql"] and '"privacy_job"' in query["sql"]] == []
    assert again(request).status == RequestStatus.IN_PROGRESS
    finish(simulator)
    assert (again(request).status, again(request).jobs_done) == (RequestStatus.COMPLETE, 12)


def test_a_job_that_counted_as_not_sent_and_is_at_adobe_after_all_is_followed_and_counted(
    simulator: Simulator, organization: Organization, officer: User
) -> None:
    request = confirmed_request(organization, officer, payload(people(2, "access")))
    call = call_of(request)
    Job.objects.update(status=JobStatus.NOT_SENT)
    Submission.objects.update(state=CallState.CANCELLED)
    jobs = list(Job.objects.order_by("pk"))
    submission.note_jobs(call, {jobs[0].pk: ["at-adobe-1"], jobs[1].pk: ["at-adobe-2", "at-adobe-3"]})
    assert list(Job.objects.order_by("pk").values_list("status", "adobe_job_id", "extra_adobe_job_ids")) == [
        (JobStatus.SUBMITTED, "at-adobe-1", []),
        (JobStatus.SUBMITTED, "at-adobe-2", ["at-adobe-3"]),
    ]
    assert (again(request).status, again(request).jobs_done) == (RequestStatus.IN_PROGRESS, 0)
