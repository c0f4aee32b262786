"""Jobs that the portal did not create are found in Adobe's lists, kept once, and followed like ours."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.utils import timezone

from portal import connections
from portal.models import AuditEvent, Organization, User
from portal.outbound import CallState
from privacy import elsewhere, shredding
from privacy.models import DataSubject, IdentityDigest, Job, JobSync, PrivacyRequest, ResultArchive, Submission
from privacy.statuses import ArchiveStatus, JobStatus, Origin, RequestStatus, SyncStatus
from tests.conftest import IMS_ORG, Simulator
from tests.files import confirmed_request, payload, people
from tests.portal.master_keys import entry
from tests.states import CREATE, again, finish
from tests.steps import everything_due, let_pass, work

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.db_main]


@pytest.fixture
def acme(transactional_db: None, simulator: Simulator, organization: Organization) -> Organization:
    """Acme, at an empty simulator."""
    return organization


def make_elsewhere(organization: Organization, users: list[dict[str, Any]], regulation: str = "gdpr") -> None:
    """Jobs that another system makes with Acme's credential."""
    context = {"companyContexts": [{"namespace": "imsOrgID", "value": IMS_ORG}]}
    body = json.dumps(payload(users) | context | {"regulation": regulation}).encode()
    jobs = sum(len(user["action"]) for user in users)
    connections.service_for(organization).create_jobs(body, expected_jobs=jobs, still_held=lambda: True)


def sync(organization: Organization) -> JobSync:
    """One whole pass."""
    started = elsewhere.start(organization, None)
    work("sync")
    started.refresh_from_db()
    return started


def mirrored() -> PrivacyRequest:
    """The one request made elsewhere."""
    return again(PrivacyRequest.objects.get(origin=Origin.ELSEWHERE))


def test_a_request_made_elsewhere_is_kept_once_and_followed_to_its_result(acme: Organization, simulator: Simulator) -> None:
    make_elsewhere(acme, people(2, prefix="other"), regulation="cpra_usa")
    first = sync(acme)
    assert (first.status, first.jobs_added, first.listings_done) == (SyncStatus.DONE, 4, first.listings_total)
    request = mirrored()
    assert (request.regulation, request.people, request.jobs_total, request.created_by) == ("cpra_ca_usa", 2, 4, None)
    assert request.due_on is not None
    assert sync(acme).jobs_added == 0
    work("detail")
    finish(simulator)
    request = mirrored()
    assert (request.status, request.jobs_done) == (RequestStatus.COMPLETE, 4)
    assert request.products == ["analytics", "profileService"]
    assert set(ResultArchive.objects.values_list("status", flat=True)) == {ArchiveStatus.STORED}
    assert Job.objects.count() == 4


def test_the_person_is_known_by_the_key_and_then_by_what_the_detail_names(acme: Organization) -> None:
    make_elsewhere(acme, people(1, prefix="other"))
    sync(acme)
    subject = DataSubject.objects.select_related("request__data_key").get()
    assert (subject.officer_key, subject.identities, sorted(subject.actions)) == ("other-1", [], ["access", "delete"])
    work("detail")
    subject = DataSubject.objects.select_related("request__data_key").get()
    assert [identity["value"] for identity in subject.identities] == ["other1@example.com"]
    assert IdentityDigest.objects.filter(subject=subject).count() == 1


def test_what_is_ours_is_never_taken_for_made_elsewhere(acme: Organization, officer: User, simulator: Simulator) -> None:
    ours = confirmed_request(acme, officer, payload(people(2)))
    simulator.fault("accept_then_cut", match=CREATE, times=1)
    work("submit")
    assert ours.submissions.get().state == CallState.UNKNOWN
    make_elsewhere(acme, people(1, "access", prefix="other"))
    assert sync(acme).jobs_added == 1
    let_pass(timedelta(hours=1))
    work("look")
    assert ours.submissions.get().state == CallState.SENT
    assert sync(acme).jobs_added == 0


def test_after_a_restore_a_mirrored_job_yields_to_the_request_it_is_of(acme: Organization, officer: User) -> None:
    ours = confirmed_request(acme, officer, payload(people(2, "access")))
    digests = dict(ours.subjects.values_list("pk", "wire_key_digest"))
    work("submit")
    # The backup knows neither the answer nor, while it is prepared anew, whose keys these are.
    Job.objects.update(adobe_job_id=None, status=JobStatus.WAITING)
    DataSubject.objects.update(wire_key_digest=None)
    assert sync(acme).jobs_added == 2
    for subject_id, digest in digests.items():
        DataSubject.objects.filter(pk=subject_id).update(wire_key_digest=digest)
    Submission.objects.update(state=CallState.UNKNOWN, looks_done=0)
    let_pass(timedelta(hours=1))
    Submission.objects.update(next_look_at=ours.created_at, unknown_since=ours.created_at)
    work("look")
    assert ours.submissions.get().state == CallState.SENT
    assert not PrivacyRequest.objects.filter(origin=Origin.ELSEWHERE).exists()
    assert Job.objects.filter(request=ours).exclude(adobe_job_id=None).count() == 2


def test_ours_are_listed_beside_jobs_made_elsewhere(acme: Organization, officer: User, simulator: Simulator) -> None:
    ours = confirmed_request(acme, officer, payload(people(1, "access")))
    work("submit")
    make_elsewhere(acme, people(1, "access", prefix="other"))
    sync(acme)
    # Every detail is a day away: only the list tells sooner.
    Job.objects.update(next_poll_at=timezone.now() + timedelta(days=1))
    simulator.control("finish", {})
    let_pass(timedelta(hours=1))
    work("list", "detail")
    assert {again(ours).status, mirrored().status} == {RequestStatus.COMPLETE}


def test_what_was_removed_here_is_not_brought_back(acme: Organization, officer: User, simulator: Simulator) -> None:
    make_elsewhere(acme, people(1, "access", prefix="other"))
    sync(acme)
    work("detail")
    finish(simulator)
    shredding.shred(mirrored(), officer)
    assert sync(acme).jobs_added == 0
    assert mirrored().status == RequestStatus.SHREDDED


def test_an_outage_costs_a_listing_not_the_pass(acme: Organization, simulator: Simulator) -> None:
    make_elsewhere(acme, people(1, "access", prefix="other"))
    started = elsewhere.start(acme, None)
    elsewhere.sync_next()
    simulator.fault("error500", match={"method": "GET", "path": "/data/core/privacy/jobs"}, times=3)
    elsewhere.sync_next()
    started.refresh_from_db()
    assert (started.status, started.listings_done, started.attempts) == (SyncStatus.RUNNING, 1, 1)
    let_pass(timedelta(hours=1))
    work("sync")
    started.refresh_from_db()
    assert (started.status, started.jobs_added) == (SyncStatus.DONE, 1)


def test_when_adobe_does_not_answer_at_all_the_pass_ends_and_says_so(acme: Organization, simulator: Simulator) -> None:
    started = elsewhere.start(acme, None)
    JobSync.objects.update(attempts=elsewhere.MOST_TRIES - 1)
    simulator.fault("error500", match={"method": "GET", "path": "/data/core/privacy/jobs"}, times=3)
    elsewhere.sync_next()
    started.refresh_from_db()
    assert (started.status, started.last_error) == (SyncStatus.FAILED, "BadAnswer")
    assert AuditEvent.objects.filter(action="sync.failed").exists()
    sync(acme)


def test_one_pass_at_a_time_and_none_on_hold(acme: Organization) -> None:
    elsewhere.start(acme, None)
    with pytest.raises(elsewhere.NotPossible):
        elsewhere.start(acme, None)
    JobSync.objects.update(status=SyncStatus.DONE)
    acme.hold("by_hand")
    acme.refresh_from_db()
    with pytest.raises(elsewhere.NotPossible):
        elsewhere.start(acme, None)


def test_the_nightly_pass_takes_every_organization_once(acme: Organization) -> None:
    elsewhere.start_for_all()
    elsewhere.start_for_all()
    assert JobSync.objects.get().organization == acme


def test_without_a_key_a_job_waits_until_every_call_of_its_law_is_settled(acme: Organization, officer: User) -> None:
    body = people(1, "access", prefix="other")
    del body[0]["key"]
    make_elsewhere(acme, body)
    ours = confirmed_request(acme, officer, payload(people(1)))
    Submission.objects.update(state=CallState.UNKNOWN)
    assert sync(acme).jobs_added == 0
    Submission.objects.update(state=CallState.QUEUED)
    work("submit")
    assert again(ours).jobs_total == 2
    assert sync(acme).jobs_added == 1
    everything_due()
    work("detail")


def test_without_the_key_a_pass_waits_and_then_goes_on(acme: Organization, settings: LazySettings) -> None:
    make_elsewhere(acme, people(1, "access", prefix="other"))
    started = elsewhere.start(acme, None)
    good = settings.MASTER_KEYS
    settings.MASTER_KEYS = entry("another")
    elsewhere.sync_next()
    settings.MASTER_KEYS = good
    started.refresh_from_db()
    assert (started.listings_done, started.attempts) == (0, 1)
    let_pass(timedelta(hours=1))
    work("sync")
    assert mirrored().jobs_total == 1
