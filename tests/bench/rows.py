"""People, jobs and calls of requests as rows, written straight to the database, so that only what comes after is measured."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils import timezone

from portal import crypto
from portal.ids import new_id
from portal.models import DataKey, Organization
from privacy import schema, writing
from privacy.models import DataSubject, Job, PrivacyRequest, Submission
from privacy.statuses import RequestStatus
from tests.conftest import make_organization

LAW = "gdpr"
PRODUCTS = ["analytics", "profileService"]
PEOPLE_A_CALL = 1000
ROWS_A_STATEMENT = 2000


def make_acme(address: str) -> Organization:
    """The organization; nothing but Adobe itself limits it."""
    return make_organization(address, calls_per_minute=0)


def queued_request(organization: Organization, people: int, *, people_a_call: int = PEOPLE_A_CALL) -> PrivacyRequest:
    """A request for access of so many people of one identity each, prepared, and its calls queued."""
    request_id = new_id()
    request = PrivacyRequest.objects.create(
        id=request_id,
        number=f"PR-BENCH-{PrivacyRequest.objects.count() + 1:04}",
        organization=organization,
        data_key=DataKey.objects.make("request", request_id),
        regulation=LAW,
        products=PRODUCTS,
        received_on=timezone.now().date(),
        status=RequestStatus.SENDING,
        people=people,
        people_prepared=people,
        jobs_total=people,
    )
    request.envelope = schema.Envelope(LAW, tuple(PRODUCTS)).to_dict()
    request.save(update_fields=["envelope_sealed"])
    index = crypto.blind_index_for(organization)
    for ordinal, first in enumerate(range(1, people + 1, people_a_call), start=1):
        size = min(people_a_call, people + 1 - first)
        submission = Submission.objects.create(
            request=request, ordinal=ordinal, people=size, expected_jobs=size, has_deletes=False
        )
        subjects = [_subject(request, index, position) for position in range(first, first + size)]
        DataSubject.objects.bulk_create(subjects, batch_size=ROWS_A_STATEMENT)
        Job.objects.bulk_create(_jobs(submission, subjects), batch_size=ROWS_A_STATEMENT)
    return request


def _subject(request: PrivacyRequest, index: crypto.BlindIndex, position: int) -> DataSubject:
    subject = DataSubject(request=request, position=position, actions=["access"])
    subject.officer_key = f"case-{position:07}"
    subject.wire_key = writing.wire_key_for(request, position, subject.officer_key)
    subject.wire_key_digest = writing.wire_digest(index, subject.wire_key)
    email = f"person.number{position}@customers.example.com"
    subject.identities = [{"namespace": "email", "value": email, "type": "standard", "isDeletedClientSide": False}]
    return subject


def _jobs(submission: Submission, subjects: list[DataSubject]) -> Iterator[Job]:
    request = submission.request
    for subject in subjects:
        yield Job(organization=request.organization, request=request, subject=subject, submission=submission, action="access")
