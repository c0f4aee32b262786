"""A database backup is restored: whatever happened at Adobe since, the ledger has each person and action exactly once."""

from __future__ import annotations

import io
import json
import shutil
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.core import serializers
from django.core.management import CommandError, call_command
from django.db import models, transaction
from django.db.models import F, Q
from django.db.models.signals import pre_save
from django.utils import timezone

from portal import outbound
from portal.models import AccessToken, AuditEvent, DataKey, Organization, User
from portal.models import Counter as Numbers
from portal.outbound import CallState, PersonReason
from privacy import intake, restoring, submission
from privacy.intake import preparing as preparing_step
from privacy.models import (
    DataSubject,
    IdentityDigest,
    Job,
    JobListing,
    PrivacyRequest,
    ProductResponse,
    ResultArchive,
    Submission,
    Upload,
)
from privacy.statuses import ArchiveStatus, JobStatus, RequestStatus
from tests.conftest import Simulator
from tests.files import confirmed_request, payload, people, stored_upload
from tests.steps import everything_due, let_pass, work

pytestmark = pytest.mark.django_db(transaction=True)

# In the order in which they need each other.
TABLES: list[type[models.Model]] = [
    DataKey,
    Numbers,
    AccessToken,
    Upload,
    PrivacyRequest,
    DataSubject,
    IdentityDigest,
    Submission,
    Job,
    ProductResponse,
    ResultArchive,
    JobListing,
]


class Backup:
    """The rows and, when asked for, the files of one moment."""

    def __init__(self, media: Path, kept: Path) -> None:
        self._media, self._kept = media, kept
        self._rows = {model: serializers.serialize("python", model._default_manager.all()) for model in TABLES}
        shutil.copytree(media, kept)

    def restore(self, *, files: bool = True) -> None:
        """Put the rows back as they were; rows made since are gone. Without `files` the media folder stays as it is."""
        with transaction.atomic():
            # The organization's own key is in use, and stays.
            for model in reversed(TABLES[1:]):
                model._default_manager.all().delete()
            for model in TABLES:
                for one in serializers.deserialize("python", self._rows[model]):
                    one.save()
        if files:
            shutil.rmtree(self._media)
            shutil.copytree(self._kept, self._media)


@pytest.fixture
def media(settings: LazySettings, tmp_path: Path) -> Path:
    """A media folder of this test alone."""
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.MEDIA_ROOT.mkdir()
    return tmp_path / "media"


@pytest.fixture
def acme(transactional_db: None, media: Path, organization: Organization) -> Organization:
    """Acme, whose calls reach the simulator."""
    return organization


def backup_of(media: Path) -> Backup:
    """A backup of this moment."""
    return Backup(media, media.with_name("backup"))


def run() -> str:
    """Run the command, as its operator would from a script."""
    out = io.StringIO()
    call_command("after_restore", "--yes", stdout=out)
    return out.getvalue()


def at_adobe(simulator: Simulator) -> Counter[tuple[str, str]]:
    """How often Adobe took each (key, action)."""
    return Counter((entry["key"], entry["action"]) for entry in simulator.ledger())


def asked_for(*requests: PrivacyRequest) -> Counter[tuple[str, str]]:
    """Each (wire key, action) of the requests, once."""
    jobs = Job.objects.filter(request__in=requests).select_related("subject__request__data_key")
    return Counter((job.subject.wire_key or "", job.action) for job in jobs if job.subject)


def states(request: PrivacyRequest) -> list[str]:
    """The states of the request's calls, in order."""
    return list(request.submissions.order_by("ordinal").values_list("state", flat=True))


def look_three_times() -> None:
    """Time passes until every look was made and whatever followed was done."""
    for _ in range(4):
        let_pass(timedelta(hours=7))
        work("look", "submit")


# --- Calls ---


def test_calls_sent_after_the_backup_are_found_and_not_sent_again(
    simulator: Simulator, acme: Organization, officer: User, media: Path
) -> None:
    request = confirmed_request(acme, officer, payload(people(3)))
    reader = confirmed_request(acme, officer, payload(people(2, "access", prefix="reader")))
    backup = backup_of(media)
    work("submit")
    expected = asked_for(request, reader)
    assert at_adobe(simulator) == expected
    backup.restore()
    assert states(request) == states(reader) == [CallState.QUEUED]
    run()
    work("submit")
    assert states(request) == states(reader) == [CallState.UNKNOWN]
    work("look", "submit")
    assert states(request) == states(reader) == [CallState.SENT]
    look_three_times()
    assert at_adobe(simulator) == expected
    assert not Job.objects.filter(adobe_job_id=None).exists()
    assert set(PrivacyRequest.objects.values_list("status", flat=True)) == {RequestStatus.IN_PROGRESS}


def test_when_nothing_had_been_sent_access_goes_out_and_deletes_wait_for_a_person(
    simulator: Simulator, acme: Organization, officer: User, media: Path
) -> None:
    deletes = confirmed_request(acme, officer, payload(people(3)))
    opt_outs = confirmed_request(
        acme, officer, payload(people(1, "opt-out-of-sale", prefix="seller"), include=["profileService"])
    )
    access = confirmed_request(acme, officer, payload(people(2, "access", prefix="reader")))
    backup = backup_of(media)
    backup.restore()
    run()
    work("look", "submit")
    assert simulator.ledger() == []
    look_three_times()
    assert at_adobe(simulator) == asked_for(access)
    assert states(access) == [CallState.SENT]
    for waiting in (deletes, opt_outs):
        call = waiting.submissions.get()
        assert (call.state, call.person_reason, call.looks_done) == (CallState.UNKNOWN, PersonReason.NONE_FOUND, 3)
        waiting.refresh_from_db()
        assert waiting.status == RequestStatus.ATTENTION


def test_of_several_calls_only_those_that_adobe_does_not_know_are_open_in_the_end(
    simulator: Simulator, acme: Organization, officer: User, media: Path
) -> None:
    Organization.objects.update(max_people_per_call=2)
    acme.refresh_from_db()
    request = confirmed_request(acme, officer, payload(people(4, "access")))
    backup = backup_of(media)
    assert submission.send(request.submissions.get(ordinal=1).pk)
    backup.restore()
    run()
    work("look", "submit")
    assert states(request) == [CallState.SENT, CallState.UNKNOWN]
    look_three_times()
    assert states(request) == [CallState.SENT, CallState.SENT]
    assert at_adobe(simulator) == asked_for(request)


@pytest.mark.parametrize("state", [CallState.SENDING, CallState.UNKNOWN])
def test_calls_that_were_under_way_at_the_backup_are_looked_for_anew(
    simulator: Simulator, acme: Organization, officer: User, media: Path, state: CallState
) -> None:
    request = confirmed_request(acme, officer, payload(people(2)))
    simulator.fault("accept_then_cut", match={"operation": "create"}, times=1)
    work("submit")
    Submission.objects.update(
        state=state, looks_done=2, person_reason=PersonReason.NONE_FOUND if state == CallState.UNKNOWN else ""
    )
    backup = backup_of(media)
    backup.restore()
    run()
    call = request.submissions.get()
    assert (call.state, call.looks_done, call.person_reason) == (CallState.UNKNOWN, 0, "")
    work("look")
    assert states(request) == [CallState.SENT]
    assert at_adobe(simulator) == asked_for(request)


def test_a_worker_from_before_the_restore_cannot_settle_a_call(
    simulator: Simulator, acme: Organization, officer: User, media: Path
) -> None:
    request = confirmed_request(acme, officer, payload(people(1)))
    held = outbound.claim(Submission.objects.all(), request.submissions.get().pk, Q())
    assert held is not None
    backup_of(media).restore()
    run()
    assert not held.still_held()
    assert not held.settle(CallState.QUEUED)
    assert states(request) == [CallState.UNKNOWN]


def test_finished_calls_stay_as_they_are(simulator: Simulator, acme: Organization, officer: User, media: Path) -> None:
    sent = confirmed_request(acme, officer, payload(people(1)))
    work("submit")
    refused = confirmed_request(acme, officer, payload(people(1, prefix="refused")))
    simulator.fault("reject400", match={"operation": "create"}, times=1)
    work("submit")
    before = list(Submission.objects.order_by("pk").values())
    backup_of(media).restore()
    assert restoring.after_restore().calls == 0
    assert list(Submission.objects.order_by("pk").values()) == before
    assert (states(sent), states(refused)) == ([CallState.SENT], [CallState.REJECTED])


# --- How far back a look reaches ---


def later(monkeypatch: pytest.MonkeyPatch, simulator: Simulator, days: int) -> None:
    """So many days pass, here and at Adobe."""
    now = timezone.now

    def shifted() -> datetime:
        return now() + timedelta(days=days)

    monkeypatch.setattr(timezone, "now", shifted)
    simulator.advance(days * 86_400)


def test_a_look_lists_back_to_the_making_of_the_call(
    simulator: Simulator, acme: Organization, officer: User, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = confirmed_request(acme, officer, payload(people(2)))
    backup = backup_of(media)
    work("submit")
    backup.restore()
    # Far beyond the days that Adobe lists when it is given no dates.
    later(monkeypatch, simulator, 20)
    run()
    call = request.submissions.get()
    assert call.first_sent_at == call.created_at
    work("look")
    assert states(request) == [CallState.SENT]
    assert at_adobe(simulator) == asked_for(request)


def test_a_call_that_knows_when_it_was_first_sent_keeps_that_time(
    simulator: Simulator, acme: Organization, officer: User, media: Path
) -> None:
    request = confirmed_request(acme, officer, payload(people(1)))
    long_ago = timezone.now() - timedelta(days=3)
    Submission.objects.update(first_sent_at=long_ago)
    run()
    assert request.submissions.get().first_sent_at == long_ago


def test_a_call_older_than_adobes_list_waits_for_a_person(
    simulator: Simulator, acme: Organization, officer: User, media: Path
) -> None:
    request = confirmed_request(acme, officer, payload(people(2, "access")))
    Submission.objects.update(created_at=F("created_at") - timedelta(days=46))
    run()
    look_three_times()
    call = request.submissions.get()
    assert (call.state, call.person_reason) == (CallState.UNKNOWN, PersonReason.TOO_OLD)
    assert simulator.ledger() == []


# --- Requests in preparation ---


def in_preparation(organization: Organization, user: User, count: int, *actions: str) -> PrivacyRequest:
    """A confirmed request that no worker has taken up."""
    upload = stored_upload(organization, user, json.dumps(payload(people(count, *actions))).encode())
    intake.check(upload)
    (request,) = intake.confirm(upload, user)
    return request


def test_a_request_restored_in_preparation_whose_calls_had_gone_out_sends_nothing_again(
    simulator: Simulator, acme: Organization, officer: User, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = in_preparation(acme, officer, 3)
    backup = backup_of(media)
    work("prepare", "submit")
    expected = asked_for(request)
    assert at_adobe(simulator) == expected
    backup.restore()
    # The rows are made anew, long after their calls went out.
    later(monkeypatch, simulator, 20)
    run()
    work("prepare", "submit")
    assert states(request) == [CallState.UNKNOWN]
    call = request.submissions.get()
    assert call.first_sent_at == request.created_at
    let_pass(timedelta(minutes=6))
    work("look")
    assert states(request) == [CallState.SENT]
    look_three_times()
    assert at_adobe(simulator) == expected == asked_for(request)


@pytest.mark.parametrize(("actions", "sent"), [(("access",), True), (("access", "delete"), False)])
def test_a_request_restored_in_preparation_whose_calls_had_not_gone_out_sends_only_access_by_itself(
    simulator: Simulator, acme: Organization, officer: User, media: Path, actions: tuple[str, ...], sent: bool
) -> None:
    request = in_preparation(acme, officer, 2, *actions)
    backup_of(media).restore()
    run()
    work("prepare", "submit")
    assert simulator.ledger() == []
    look_three_times()
    assert at_adobe(simulator) == (asked_for(request) if sent else Counter())
    assert request.submissions.get().person_reason == ("" if sent else PersonReason.NONE_FOUND)


class PowerCut(Exception):
    """The worker dies."""


def power_cut(**_: object) -> None:
    """Raise what nobody catches once four people are written."""
    if DataSubject.objects.count() == 4:
        raise PowerCut


def test_what_was_half_prepared_at_the_backup_is_not_looked_for_before_it_is_whole(
    simulator: Simulator, acme: Organization, officer: User, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = in_preparation(acme, officer, 5)
    monkeypatch.setattr(preparing_step, "BATCH_PEOPLE", 2)
    pre_save.connect(power_cut, sender=Submission)
    try:
        with pytest.raises(PowerCut):
            intake.prepare_next()
    finally:
        pre_save.disconnect(power_cut, sender=Submission)
    assert request.subjects.count() == 4
    backup = backup_of(media)
    backup.restore()
    assert restoring.after_restore().calls == 0
    assert states(request) == [CallState.QUEUED]
    work("look", "submit", "prepare", "submit", "look")
    assert simulator.ledger() == []
    assert (states(request), request.submissions.get().people) == ([CallState.UNKNOWN], 5)


def test_a_request_whose_file_is_gone_is_named(simulator: Simulator, acme: Organization, officer: User, media: Path) -> None:
    request = in_preparation(acme, officer, 1)
    backup = backup_of(media)
    work("prepare")
    backup.restore(files=False)
    told = run()
    assert f"The uploaded file of {request.number} is gone" in told
    request.refresh_from_db()
    assert (request.status, request.restored) == (RequestStatus.PREPARING, True)


def test_requests_confirmed_after_the_restore_go_out_as_always(
    simulator: Simulator, acme: Organization, officer: User, media: Path
) -> None:
    run()
    request = confirmed_request(acme, officer, payload(people(2)))
    work("submit")
    assert states(request) == [CallState.SENT]


def test_numbers_given_since_the_backup_are_not_given_again(
    simulator: Simulator, acme: Organization, officer: User, media: Path
) -> None:
    confirmed_request(acme, officer, payload(people(1)))
    backup = backup_of(media)
    lost = confirmed_request(acme, officer, payload(people(1, prefix="lost")))
    backup.restore()
    run()
    next_one = confirmed_request(acme, officer, payload(people(1, prefix="next")))
    assert (lost.number, next_one.number) == ("PR-2026-000002", "PR-2026-001002")


# --- Results and tokens ---


def with_result(simulator: Simulator, organization: Organization, user: User) -> ResultArchive:
    """A finished access job whose result is stored here."""
    confirmed_request(organization, user, payload(people(1, "access")))
    work("submit")
    simulator.control("finish", {})
    everything_due()
    work("detail", "archive")
    result = ResultArchive.objects.get()
    assert result.status == ArchiveStatus.STORED
    return result


def test_a_result_whose_file_is_missing_is_fetched_again(
    simulator: Simulator, acme: Organization, officer: User, media: Path
) -> None:
    before = with_result(simulator, acme, officer)
    before.file_path.unlink()
    assert "Results whose file is missing, to be fetched again: 1" in run()
    waiting = ResultArchive.objects.get()
    assert (waiting.status, waiting.path, waiting.sha256, waiting.size) == (ArchiveStatus.WAITING, "", "", None)
    work("archive")
    after = ResultArchive.objects.get()
    assert (after.status, after.file_count) == (ArchiveStatus.STORED, before.file_count)
    assert after.file_path.exists()


def test_a_result_whose_file_is_there_is_left_alone(simulator: Simulator, acme: Organization, officer: User, media: Path) -> None:
    with_result(simulator, acme, officer)
    before = ResultArchive.objects.values().get()
    assert restoring.after_restore().results == 0
    assert ResultArchive.objects.values().get() == before


def test_without_a_media_folder_nothing_is_changed(simulator: Simulator, acme: Organization, officer: User, media: Path) -> None:
    with_result(simulator, acme, officer)
    shutil.rmtree(media)
    with pytest.raises(CommandError, match="is not there"):
        run()
    assert ResultArchive.objects.get().status == ArchiveStatus.STORED
    assert AccessToken.objects.exists()


def test_tokens_are_forgotten(simulator: Simulator, acme: Organization, officer: User, media: Path) -> None:
    confirmed_request(acme, officer, payload(people(1)))
    work("submit")
    assert AccessToken.objects.count() == 1
    assert "Access tokens forgotten: 1" in run()
    assert not AccessToken.objects.exists()


# --- The command ---


def test_it_is_in_the_trail(simulator: Simulator, acme: Organization, officer: User, media: Path) -> None:
    queued = confirmed_request(acme, officer, payload(people(2)))
    preparing = in_preparation(acme, officer, 1)
    run()
    assert AuditEvent.objects.get(action="backup.restored").details == {"calls": 1, "preparing": 1, "results": 0, "tokens": 0}
    call = AuditEvent.objects.get(action="call.unknown")
    assert (call.root_id, call.details["reason"]) == (str(queued.pk), "restored_from_backup")
    assert AuditEvent.objects.get(action="request.restored").root_id == str(preparing.pk)


def test_it_says_what_it_did_and_what_is_missing(simulator: Simulator, acme: Organization, officer: User, media: Path) -> None:
    confirmed_request(acme, officer, payload(people(2)))
    upload = stored_upload(acme, officer, json.dumps(payload(people(1, prefix="later"))).encode())
    intake.check(upload)
    upload.file_path.unlink()
    told = run()
    assert "Calls of unknown outcome now, to be looked for in Adobe's list before anything is sent: 1" in told
    assert "Requests to be prepared anew, their calls looked for as well: 0" in told
    assert "Requests confirmed after the backup are missing here, but Adobe has them." in told
    assert "1 uploads wait to be confirmed." in told
    assert "1 open uploads have no file any more. Discard them." in told
    assert "Requests whose personal data was removed after the backup have it again: remove it again." in told


@pytest.mark.parametrize("typed", ["", "\n", "yes\n", "Restored?\n"])
def test_without_the_word_nothing_is_changed(
    simulator: Simulator, acme: Organization, officer: User, media: Path, monkeypatch: pytest.MonkeyPatch, typed: str
) -> None:
    request = confirmed_request(acme, officer, payload(people(1)))
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))
    with pytest.raises(CommandError, match="Nothing was changed"):
        call_command("after_restore", stdout=io.StringIO())
    assert states(request) == [CallState.QUEUED]


def test_the_word_is_as_good_as_the_option(
    simulator: Simulator, acme: Organization, officer: User, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = confirmed_request(acme, officer, payload(people(1)))
    monkeypatch.setattr("sys.stdin", io.StringIO("restored\n"))
    call_command("after_restore", stdout=io.StringIO())
    assert states(request) == [CallState.UNKNOWN]


def test_a_second_run_does_no_harm(simulator: Simulator, acme: Organization, officer: User, media: Path) -> None:
    request = confirmed_request(acme, officer, payload(people(2)))
    backup = backup_of(media)
    work("submit")
    backup.restore()
    run()
    run()
    work("look", "submit")
    run()
    look_three_times()
    assert states(request) == [CallState.SENT]
    assert at_adobe(simulator) == asked_for(request)
    assert set(Job.objects.values_list("status", flat=True)) == {JobStatus.SUBMITTED}
