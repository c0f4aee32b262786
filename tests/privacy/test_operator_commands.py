"""The operator's commands: submit_file, sync_jobs, poll_now. Each works with and without workers, and says how it ended."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from portal.models import Organization, User
from portal.outbound import CallState
from privacy.models import Job, JobSync, PrivacyRequest, ResultArchive, Submission, Upload
from privacy.statuses import ArchiveStatus, JobStatus, SyncStatus, UploadStatus
from tests.conftest import IMS_ORG, OTHER_IMS_ORG, Simulator
from tests.files import payload, people
from tests.states import CREATE, sent_request

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def acme(transactional_db: None, simulator: Simulator, organization: Organization, media: Path, officer: User) -> Organization:
    """Acme with its officer, at an empty simulator."""
    return organization


def written(folder: Path, users: list[dict[str, Any]], name: str = "people.json") -> str:
    path = folder / name
    path.write_text(json.dumps(payload(users)))
    return str(path)


def run(name: str, *arguments: str, **options: Any) -> tuple[int, str, str]:
    """Exit code, standard output, standard error."""
    out, err = StringIO(), StringIO()
    try:
        call_command(name, *arguments, stdout=out, stderr=err, **options)
    except SystemExit as ended:
        return int(ended.code or 0), out.getvalue(), err.getvalue()
    return 0, out.getvalue(), err.getvalue()


def submit(*files: str, **options: Any) -> tuple[int, str, str]:
    return run("submit_file", *files, organization=IMS_ORG, user="officer", patience=0.1, **options)


def test_a_file_is_checked_confirmed_and_sent(acme: Organization, simulator: Simulator, tmp_path: Path) -> None:
    code, out, _ = submit(written(tmp_path, people(3)))
    assert code == 0
    assert "3 people, 6 jobs, 1 of 1 calls taken by Adobe" in out
    assert len(simulator.ledger()) == 6
    assert PrivacyRequest.objects.get().created_by is not None


def test_a_large_file_is_checked_here_when_no_worker_does(
    acme: Organization, settings: Any, simulator: Simulator, tmp_path: Path
) -> None:
    settings.UPLOAD_INLINE_BYTES = 10
    assert submit(written(tmp_path, people(2, "access")))[0] == 0
    assert len(simulator.ledger()) == 2


def test_when_one_file_has_errors_nothing_of_any_is_sent(acme: Organization, simulator: Simulator, tmp_path: Path) -> None:
    wrong = people(1)
    wrong[0]["userIDs"] = []
    code, _, err = submit(written(tmp_path, people(1), "good.json"), written(tmp_path, wrong, "wrong.json"))
    assert code == 1
    assert "users[0].userIDs" in err
    assert "Nothing was sent to Adobe." in err
    assert simulator.ledger() == []
    assert set(Upload.objects.values_list("status", flat=True)) == {UploadStatus.DISCARDED}


def test_what_is_no_request_file_is_refused_and_leaves_nothing(acme: Organization, media: Path, tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text("no")
    assert submit(str(tmp_path / "x.json"))[0] == 1
    assert submit(str(tmp_path / "is not there.json"))[0] == 1
    assert not Upload.objects.exists()
    assert not [path for path in media.rglob("*") if path.is_file()]


def test_a_call_that_did_not_get_through_is_told_by_the_exit_code(
    acme: Organization, simulator: Simulator, tmp_path: Path
) -> None:
    simulator.fault("accept_then_cut", match=CREATE, times=1)
    code, out, _ = submit(written(tmp_path, people(1)))
    assert (code, Submission.objects.get().state) == (1, CallState.UNKNOWN)
    assert "0 of 1 calls taken" in out


@pytest.mark.usefixtures("viewer", "colleague")
@pytest.mark.parametrize(
    ("user", "ims_org"), [("viewer", IMS_ORG), ("colleague", IMS_ORG), ("nobody", IMS_ORG), ("officer", OTHER_IMS_ORG)]
)
def test_only_in_the_name_of_somebody_who_may(acme: Organization, tmp_path: Path, user: str, ims_org: str) -> None:
    with pytest.raises(CommandError) as refused:
        run("submit_file", written(tmp_path, people(1)), organization=ims_org, user=user)
    assert refused.value.returncode == 2
    assert not Upload.objects.exists()


def test_sync_jobs_looks_through_every_list(acme: Organization) -> None:
    Organization.objects.exclude(pk=acme.pk).delete()
    code, out, _ = run("sync_jobs")
    assert code == 0
    sync = JobSync.objects.get()
    assert (sync.status, sync.asked_by) == (SyncStatus.DONE, None)
    assert f"{sync.listings_total:,} of {sync.listings_total:,} lists read" in out


def test_poll_now_asks_about_every_open_job_and_fetches_what_is_ready(
    acme: Organization, officer: User, simulator: Simulator
) -> None:
    sent_request(acme, officer)
    simulator.control("finish", {})
    code, out, _ = run("poll_now", organization=IMS_ORG)
    assert (code, out) == (0, "Adobe answered about 6 of 6 open jobs; 3 results were fetched or tried.\n")
    assert set(Job.objects.values_list("status", flat=True)) == {JobStatus.COMPLETE}
    assert set(ResultArchive.objects.values_list("status", flat=True)) == {ArchiveStatus.STORED}


def test_poll_now_says_when_adobe_did_not_answer(acme: Organization, officer: User, simulator: Simulator) -> None:
    sent_request(acme, officer, people(1, "access"))
    simulator.fault("error500", match={"method": "GET"}, times=3)
    code, out, err = run("poll_now", organization=IMS_ORG, patience=0.1)
    assert code == 1
    assert "0 of 1 open jobs" in out
    assert "asked again later" in err


def test_an_organization_on_hold_is_not_asked(acme: Organization) -> None:
    acme.hold("by_hand")
    for name in ("poll_now", "sync_jobs"):
        with pytest.raises(CommandError) as refused:
            run(name, organization=IMS_ORG)
        assert "on hold" in str(refused.value)
        assert refused.value.returncode == 2
