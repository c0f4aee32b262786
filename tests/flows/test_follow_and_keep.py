"""Jobs are followed to their end, and the results of access jobs are kept, whole and encrypted."""

from __future__ import annotations

import hashlib
import io
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest

from portal.models import Organization, User
from portal.outbound import CallState
from privacy import archive, polling, shredding
from privacy.models import IdentityDigest, Job, PrivacyRequest, ProductResponse, ResultArchive
from privacy.statuses import ArchiveStatus, JobStatus, RequestStatus
from tests.conftest import Simulator
from tests.files import confirmed_request, payload, people
from tests.steps import everything_due, let_pass, work

pytestmark = pytest.mark.django_db(transaction=True)

THIRTY_DAYS = 30 * 24 * 3600


@pytest.fixture
def sent(transactional_db: None, simulator: Simulator, organization: Organization, officer: User) -> PrivacyRequest:
    """Three people at Adobe: access and deletion."""
    request = confirmed_request(organization, officer, payload(people(3)))
    work("submit")
    assert request.submissions.get().state == CallState.SENT
    return request


def finish(simulator: Simulator) -> None:
    """Let Adobe finish everything, and look."""
    simulator.advance(THIRTY_DAYS)
    everything_due()
    work("list", "detail", "archive")


def test_a_request_completes_and_its_results_are_stored(sent: PrivacyRequest, simulator: Simulator) -> None:
    finish(simulator)
    sent.refresh_from_db()
    assert (sent.status, sent.jobs_total, sent.jobs_done, sent.jobs_failed) == (RequestStatus.COMPLETE, 6, 6, 0)
    assert ProductResponse.objects.filter(request=sent, status=JobStatus.COMPLETE).count() == 12
    assert set(ProductResponse.objects.values_list("product_code", flat=True)) == {"analytics", "profileService"}
    assert list(ResultArchive.objects.values_list("status", flat=True)) == [ArchiveStatus.STORED] * 3


def test_a_stored_result_is_the_zip_that_adobe_gave(sent: PrivacyRequest, simulator: Simulator) -> None:
    finish(simulator)
    for one in ResultArchive.objects.select_related("job__request__data_key", "request"):
        content = b"".join(archive.stream(one))
        at_adobe = simulator.control(f"archives/{one.job.adobe_job_id}")
        assert hashlib.sha256(content).hexdigest() == one.sha256 == at_adobe["sha256"]
        assert len(content) == one.size
        names = zipfile.ZipFile(io.BytesIO(content)).namelist()
        assert all(name.startswith(f"{one.job.adobe_job_id}/") for name in names)
        assert b"PK\x03\x04" not in one.file_path.read_bytes()


def test_jobs_that_stay_as_they_are_cost_no_detail_call(sent: PrivacyRequest, simulator: Simulator) -> None:
    Job.objects.update(adobe_modified_at=None)
    work("list", "detail")
    let_pass(timedelta(minutes=20))
    everything_due()
    Job.objects.update(next_poll_at=None)
    before = simulator.control("calls")["calls"]["detail"]
    work("list", "detail")
    assert simulator.control("calls")["calls"]["detail"] == before


def test_a_failed_look_changes_no_state(sent: PrivacyRequest, simulator: Simulator) -> None:
    before = list(Job.objects.order_by("pk").values("pk", "status", "adobe_status"))
    simulator.fault("error500", match={"method": "GET", "path": "/data/core/privacy/jobs"}, times=500)
    everything_due()
    polling.detail_next()
    assert list(Job.objects.order_by("pk").values("pk", "status", "adobe_status")) == before
    assert set(Job.objects.values_list("last_error", flat=True)) == {"BadAnswer"}


def test_a_job_that_adobe_no_longer_knows_keeps_its_last_word(sent: PrivacyRequest, simulator: Simulator) -> None:
    simulator.control("reset", {})
    everything_due()
    work("detail")
    let_pass(timedelta(hours=2))
    work("detail")
    job = Job.objects.filter(request=sent)[0]
    assert (job.status, job.adobe_status) == (JobStatus.GONE, "submitted")
    sent.refresh_from_db()
    assert sent.status == RequestStatus.FAILED


def test_a_damaged_result_is_not_kept_and_fetched_again(sent: PrivacyRequest, simulator: Simulator) -> None:
    simulator.advance(THIRTY_DAYS)
    everything_due()
    work("list", "detail")
    simulator.fault("truncated_zip", times=1)
    archive.fetch_next()
    assert ResultArchive.objects.filter(status=ArchiveStatus.WAITING).count() == 1
    let_pass(timedelta(hours=1))
    work("archive")
    assert set(ResultArchive.objects.values_list("status", flat=True)) == {ArchiveStatus.STORED}


def test_a_request_that_adobe_still_works_on_cannot_be_shredded(sent: PrivacyRequest, officer: User) -> None:
    with pytest.raises(shredding.NotShreddable, match="still working"):
        shredding.shred(sent, officer)
    assert sent.subjects.exclude(identities_sealed=None).count() == 3


def test_a_request_is_shredded_once(sent: PrivacyRequest, simulator: Simulator, officer: User) -> None:
    finish(simulator)
    shredding.shred(PrivacyRequest.objects.get(pk=sent.pk), officer)
    with pytest.raises(shredding.NotShreddable, match="already"):
        shredding.shred(PrivacyRequest.objects.get(pk=sent.pk), officer)
    assert set(ResultArchive.objects.values_list("status", flat=True)) == {ArchiveStatus.REMOVED}


def test_shredding_leaves_counts_and_no_personal_data(sent: PrivacyRequest, simulator: Simulator, officer: User) -> None:
    finish(simulator)
    paths = [one.file_path for one in ResultArchive.objects.all()]
    sent.refresh_from_db()
    shredding.shred(sent, officer)
    sent = PrivacyRequest.objects.get(pk=sent.pk)
    assert (sent.status, sent.jobs_total, sent.data_key) == (RequestStatus.SHREDDED, 6, None)
    assert not IdentityDigest.objects.exists()
    assert not any(Path(path).exists() for path in paths)
    assert not sent.subjects.exclude(officer_key_sealed=None, wire_key_digest=None, identities_sealed=None).exists()
