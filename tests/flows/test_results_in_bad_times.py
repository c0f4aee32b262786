"""Results are fetched through bad files, outages, a lost key and two workers, each without harm to the others."""

from __future__ import annotations

import errno
import json
from datetime import timedelta
from pathlib import Path

import pytest
from billiard.exceptions import SoftTimeLimitExceeded
from django.conf import LazySettings
from django.utils import timezone

from portal import crypto
from portal.crypto.files import SealedWriter
from portal.models import Organization, User
from privacy import archive, figures, intake
from privacy.models import Job, PrivacyRequest, ResultArchive
from privacy.statuses import ArchiveStatus, JobStatus, RequestStatus
from tests.actors import stored_files
from tests.conftest import Simulator
from tests.files import payload, people, stored_upload
from tests.states import sent_request
from tests.steps import everything_due, let_pass, work

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def waiting(
    transactional_db: None, simulator: Simulator, organization: Organization, officer: User, media: Path
) -> PrivacyRequest:
    """Three people whose results wait at Adobe."""
    request = sent_request(organization, officer, people(3, "access"))
    simulator.control("finish", {})
    everything_due()
    work("list", "detail")
    assert ResultArchive.objects.filter(status=ArchiveStatus.WAITING).count() == 3
    return request


def statuses() -> list[str]:
    return sorted(ResultArchive.objects.values_list("status", flat=True))


def test_a_result_that_cannot_be_kept_does_not_stop_the_others(waiting: PrivacyRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    first = ResultArchive.objects.order_by("next_attempt_at")[0]
    check = archive.check_zip

    def full_disk_for_one(one: ResultArchive, target: Path) -> int:
        if one.pk == first.pk:
            raise OSError(28, "No space left on device")
        return check(one, target)

    monkeypatch.setattr(archive, "check_zip", full_disk_for_one)
    archive.fetch_next()
    assert statuses() == [ArchiveStatus.STORED, ArchiveStatus.STORED, ArchiveStatus.WAITING]
    monkeypatch.undo()
    let_pass(timedelta(hours=1))
    work("archive")
    assert statuses() == [ArchiveStatus.STORED] * 3


def test_a_time_limit_in_the_middle_of_a_batch_makes_no_result_wait(
    waiting: PrivacyRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    check, seen = archive.check_zip, list[object]()

    def time_is_up_at_the_second(one: ResultArchive, target: Path) -> int:
        seen.append(one.pk)
        if len(seen) == 2:
            raise SoftTimeLimitExceeded
        return check(one, target)

    with monkeypatch.context() as now:
        now.setattr(archive, "check_zip", time_is_up_at_the_second)
        with pytest.raises(SoftTimeLimitExceeded):
            archive.fetch_next()
    assert statuses() == [ArchiveStatus.STORED, ArchiveStatus.WAITING, ArchiveStatus.WAITING]
    work("archive")
    assert statuses() == [ArchiveStatus.STORED] * 3


def full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_room(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(SealedWriter, "_emit", no_room)


def test_a_full_disk_of_days_uses_up_no_try_and_is_visible(
    waiting: PrivacyRequest, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as now:
        full_disk(now)
        for _ in range(archive.MOST_ATTEMPTS + 1):
            work("archive")
            let_pass(timedelta(hours=1))
    assert set(ResultArchive.objects.values_list("status", "attempts", "last_error")) == {
        (ArchiveStatus.WAITING, 0, archive.DISK)
    }
    assert {one.value for one in figures.read() if one.name == "portal_results_without_room" and one.needs_person} == {3}
    assert [path for path in media.rglob("archives/*/*") if path.is_file()] == []
    work("archive")
    assert statuses() == [ArchiveStatus.STORED] * 3
    assert {one.value for one in figures.read() if one.name == "portal_results_without_room"} == {0}


def test_a_full_disk_costs_one_batch_of_downloads_a_minute(
    waiting: PrivacyRequest, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    full_disk(monkeypatch)
    monkeypatch.setattr(archive, "BATCH", 1)
    assert [archive.fetch_next() for _ in range(3)] == [1, 0, 0]
    let_pass(timedelta(seconds=archive.DISK_WAIT_SECONDS))
    assert [archive.fetch_next() for _ in range(2)] == [1, 0]
    monkeypatch.undo()
    let_pass(timedelta(minutes=2))
    work("archive")
    assert statuses() == [ArchiveStatus.STORED] * 3


def test_a_full_disk_after_adobe_has_let_go_ends_with_a_person(waiting: PrivacyRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    full_disk(monkeypatch)
    monkeypatch.setattr(archive, "MOST_ATTEMPTS", 2)
    ResultArchive.objects.update(adobe_expires_at=timezone.now() - timedelta(days=1))
    for _ in range(2):
        work("archive")
        let_pass(timedelta(hours=1))
    assert set(ResultArchive.objects.values_list("status", "last_error")) == {(ArchiveStatus.FAILED, archive.DISK)}


def test_an_outage_of_days_loses_no_result(
    waiting: PrivacyRequest, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = ResultArchive.objects.first()
    assert one is not None
    ResultArchive.objects.exclude(pk=one.pk).delete()
    monkeypatch.setattr(archive, "MOST_ATTEMPTS", 4)
    simulator.fault("error503", match={"operation": "content"}, times=1000)
    for _ in range(3):
        work("archive")
        let_pass(timedelta(hours=2))
    assert statuses() == [ArchiveStatus.WAITING]
    simulator.control("faults", method="DELETE")
    # Tries are left for a result that is itself no good.
    simulator.fault("truncated_zip", match={"operation": "content"}, times=1)
    work("archive")
    let_pass(timedelta(hours=2))
    work("archive")
    assert statuses() == [ArchiveStatus.STORED]


def test_one_404_ends_neither_a_job_nor_a_result(
    transactional_db: None, simulator: Simulator, organization: Organization, officer: User, media: Path
) -> None:
    sent_request(organization, officer, people(1, "access"))
    simulator.fault("not_found", match={"operation": "detail"}, times=1)
    everything_due()
    work("detail")
    assert Job.objects.get().status == JobStatus.SUBMITTED
    simulator.control("finish", {})
    let_pass(timedelta(hours=2))
    work("list", "detail")
    simulator.fault("not_found", match={"operation": "content"}, times=1)
    work("archive")
    assert statuses() == [ArchiveStatus.WAITING]
    let_pass(timedelta(hours=2))
    work("archive")
    assert statuses() == [ArchiveStatus.STORED]


def test_of_two_workers_that_fetch_the_same_result_one_is_kept(waiting: PrivacyRequest) -> None:
    rows = list(ResultArchive.objects.select_related("job__organization__data_key", "job__request__data_key", "request"))
    first, second = [archive.fetch(row) for row in rows], [archive.fetch(row) for row in rows]
    archive._store([one for one in first if one])
    archive._store([one for one in second if one])
    assert stored_files() == set(ResultArchive.objects.values_list("path", flat=True))
    assert statuses() == [ArchiveStatus.STORED] * 3


def test_a_worker_without_the_master_key_refuses_no_file(
    transactional_db: None, organization: Organization, officer: User, media: Path, settings: LazySettings
) -> None:
    upload = stored_upload(organization, officer, b'{"users": []}')
    good = settings.MASTER_KEYS
    settings.MASTER_KEYS = "other:" + "b3RoZXJvdGhlcm90aGVyb3RoZXJvdGhlcm90aGVyb3Q="
    with pytest.raises(crypto.MasterKeyMissing):
        intake.check_next()
    settings.MASTER_KEYS = good
    upload.refresh_from_db()
    assert (upload.status, upload.file_path.exists()) == ("checking", True)


def test_a_worker_without_the_master_key_gives_no_request_up(
    transactional_db: None, organization: Organization, officer: User, media: Path, settings: LazySettings
) -> None:
    upload = stored_upload(organization, officer, json.dumps(payload(people(1))).encode())
    intake.check(upload)
    intake.confirm(upload, officer)
    good = settings.MASTER_KEYS
    settings.MASTER_KEYS = "other:" + "b3RoZXJvdGhlcm90aGVyb3RoZXJvdGhlcm90aGVyb3Q="
    with pytest.raises(crypto.MasterKeyMissing):
        intake.prepare_next()
    settings.MASTER_KEYS = good
    assert PrivacyRequest.objects.get().status == RequestStatus.PREPARING
