"""Batches of details and downloads: what they cost, and what they do when time runs out or a request is shredded meanwhile."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from portal.ids import new_id
from portal.models import AuditEvent, Organization, User
from privacy import archive, polling, progress, shredding
from privacy.models import Job, JobListing, PrivacyRequest, ProductResponse, ResultArchive
from privacy.polling import details as details_step
from privacy.statuses import ArchiveStatus, JobStatus, RequestStatus
from tests.conftest import Simulator
from tests.files import confirmed_request, payload, people
from tests.steps import everything_due, let_pass, work

pytestmark = pytest.mark.django_db(transaction=True)

THIRTY_DAYS = 30 * 24 * 3600
PEOPLE = 6


@pytest.fixture
def sent(transactional_db: None, simulator: Simulator, organization: Organization, officer: User) -> PrivacyRequest:
    """Six people at Adobe: access and deletion."""
    request = confirmed_request(organization, officer, payload(people(PEOPLE)))
    work("submit")
    return request


def details(simulator: Simulator) -> int:
    """How often Adobe was asked about one job."""
    return int(simulator.control("calls")["calls"]["detail"])


def test_a_listing_without_news_asks_about_no_job(sent: PrivacyRequest, simulator: Simulator) -> None:
    before = details(simulator)
    work("list", "detail")
    let_pass(timedelta(minutes=20))
    JobListing.objects.update(next_list_at=timezone.now())
    work("list", "detail")
    assert details(simulator) == before
    assert not Job.objects.filter(adobe_modified_at=None).exists()


def test_the_first_news_after_a_listing_without_news_is_asked_about(sent: PrivacyRequest, simulator: Simulator) -> None:
    work("list", "detail")
    before = details(simulator)
    simulator.advance(THIRTY_DAYS)
    JobListing.objects.update(next_list_at=timezone.now())
    work("list", "detail")
    assert details(simulator) - before == 2 * PEOPLE
    assert set(Job.objects.values_list("status", flat=True)) == {JobStatus.COMPLETE}


def test_a_batch_of_details_is_written_in_few_statements(sent: PrivacyRequest, simulator: Simulator) -> None:
    simulator.advance(THIRTY_DAYS)
    everything_due()
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert polling.detail_next() == 2 * PEOPLE
    inserts = [query["sql"].split('"')[1] for query in queries if query["sql"].startswith("INSERT")]
    assert inserts.count(ProductResponse._meta.db_table) == 1
    assert inserts.count(ResultArchive._meta.db_table) == 1
    # The ends of the jobs together, and that of the request.
    assert inserts.count(AuditEvent._meta.db_table) == 2
    assert ProductResponse.objects.count() == 4 * PEOPLE
    assert AuditEvent.objects.filter(action="job.complete").count() == 2 * PEOPLE


def test_asking_again_changes_products_in_place(sent: PrivacyRequest, simulator: Simulator) -> None:
    everything_due()
    work("detail")
    before = set(ProductResponse.objects.values_list("pk", flat=True))
    simulator.advance(THIRTY_DAYS)
    everything_due()
    work("detail")
    assert set(ProductResponse.objects.values_list("pk", flat=True)) == before
    assert set(ProductResponse.objects.values_list("status", flat=True)) == {JobStatus.COMPLETE}


def test_jobs_there_was_no_time_for_are_due_again_at_once(
    sent: PrivacyRequest, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    everything_due()
    monkeypatch.setattr(details_step, "ASK_SECONDS", 0.2)
    simulator.fault("slow", match={"operation": "detail"}, seconds=0.15, times=100)
    asked = polling.detail_next()
    assert 1 <= asked < 2 * PEOPLE
    assert Job.objects.due_for_detail(timezone.now()).count() == 2 * PEOPLE - asked
    assert Job.objects.filter(detail_at__isnull=False).count() == asked


def test_an_answer_for_a_job_that_was_leased_anew_is_dropped(
    sent: PrivacyRequest, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    simulator.advance(THIRTY_DAYS)
    everything_due()
    ask = details_step._ask

    def slow_ask(job: Job) -> polling.Seen | None:
        seen = ask(job)
        Job.objects.filter(pk=job.pk).update(lease=new_id())
        return seen

    monkeypatch.setattr(details_step, "_ask", slow_ask)
    polling.detail_next()
    assert set(Job.objects.values_list("status", flat=True)) == {JobStatus.SUBMITTED}
    assert not ProductResponse.objects.exists()


def test_an_answer_for_a_request_shredded_meanwhile_is_dropped(
    sent: PrivacyRequest, simulator: Simulator, officer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    simulator.advance(THIRTY_DAYS)
    everything_due()
    work("detail")
    job = Job.objects.filter(request=sent)[0]
    polling.refresh_now(job)
    ask = details_step._ask

    def ask_then_shred(job: Job) -> polling.Seen | None:
        seen = ask(job)
        shredding.shred(PrivacyRequest.objects.get(pk=sent.pk), officer)
        return seen

    monkeypatch.setattr(details_step, "_ask", ask_then_shred)
    assert polling.detail_next() == 1
    assert not Job.objects.exclude(raw_sealed=None).exists()
    assert not ProductResponse.objects.exclude(answer_sealed=None).exists()
    job.refresh_from_db()
    assert job.next_poll_at is None


def test_results_there_was_no_time_for_are_due_again_at_once(
    sent: PrivacyRequest, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    simulator.advance(THIRTY_DAYS)
    everything_due()
    work("detail")
    monkeypatch.setattr(archive, "FETCH_SECONDS", 0.2)
    simulator.fault("slow", match={"operation": "content"}, seconds=0.15, times=100)
    tried = archive.fetch_next()
    assert 1 <= tried < PEOPLE
    assert ResultArchive.objects.filter(status=ArchiveStatus.STORED).count() == tried
    assert ResultArchive.objects.due_to_fetch(timezone.now()).count() == PEOPLE - tried


def test_a_request_shredded_during_a_download_keeps_no_file(
    sent: PrivacyRequest, simulator: Simulator, officer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    simulator.advance(THIRTY_DAYS)
    everything_due()
    work("detail")
    fetch = archive.fetch
    written: list[archive.Fetched] = []

    def fetch_then_shred(one: ResultArchive) -> archive.Fetched | None:
        fetched = fetch(one)
        assert fetched is not None
        written.append(fetched)
        if len(written) == PEOPLE:
            shredding.shred(PrivacyRequest.objects.get(pk=sent.pk), officer)
        return fetched

    monkeypatch.setattr(archive, "fetch", fetch_then_shred)
    assert archive.fetch_next() == PEOPLE
    assert not ResultArchive.objects.filter(status=ArchiveStatus.STORED).exists()
    assert [one.path for one in written if Path(settings.MEDIA_ROOT, one.path).exists()] == []


def test_a_crash_cannot_part_the_end_of_a_job_from_the_count_of_its_request(
    sent: PrivacyRequest, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    simulator.advance(THIRTY_DAYS)
    everything_due()

    def crash(request_id: object) -> None:
        raise RuntimeError("killed")

    with monkeypatch.context() as patch:
        patch.setattr(progress, "refresh", crash)
        with pytest.raises(RuntimeError, match="killed"):
            polling.detail_next()
    assert set(Job.objects.values_list("status", flat=True)) == {JobStatus.SUBMITTED}
    everything_due()
    work("detail")
    sent.refresh_from_db()
    assert (sent.status, sent.jobs_done) == (RequestStatus.COMPLETE, 2 * PEOPLE)
