"""From a file to a request: received, checked, confirmed or discarded, prepared; what crashes and second workers leave behind."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.db.models.signals import pre_save
from django.utils import timezone

from portal import crypto
from portal.ids import new_id
from portal.models import AuditEvent, DataKey, Organization, User
from portal.outbound import CallState
from portal.uploads import UPLOAD_LABEL, StoredUpload
from privacy import intake, writing
from privacy.intake import preparing
from privacy.models import DataSubject, IdentityDigest, Job, PrivacyRequest, Submission, Upload
from privacy.statuses import JobStatus, RequestStatus, UploadStatus
from tests.conftest import OTHER_IMS_ORG, make_organization
from tests.files import RECEIVED_ON, confirmed_request, payload, people, stored_upload
from tests.people import make_user
from tests.steps import step_is_due

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def media(settings: LazySettings, tmp_path: Path) -> Path:
    """A media folder of this test alone."""
    folder = tmp_path / "media"
    settings.MEDIA_ROOT = folder
    return folder


def uploaded(organization: Organization, user: User, body: dict[str, Any]) -> Upload:
    """A checked upload, as it is in the database."""
    upload = stored_upload(organization, user, json.dumps(body).encode())
    intake.check(upload)
    kept: Upload = Upload.objects.select_related("organization__data_key", "data_key").get(pk=upload.pk)
    return kept


def confirmed(organization: Organization, user: User, body: dict[str, Any]) -> PrivacyRequest:
    """A request that waits to be prepared."""
    (request,) = intake.confirm(uploaded(organization, user, body), user)
    return request


def opted_out(count: int) -> list[dict[str, Any]]:
    """People who opt out of sale."""
    return people(count, "opt-out-of-sale", prefix="seller")


def wire_keys(request: PrivacyRequest) -> dict[int, str | None]:
    """Each person's key at Adobe by their place in the file."""
    return {subject.position: subject.wire_key for subject in DataSubject.objects.filter(request=request)}


@contextmanager
def on_saving_call(number: int, act: Callable[[], None]) -> Iterator[None]:
    """Do something in the middle of the batch that saves a call for the `number`th time."""
    seen = 0

    def receiver(**_: Any) -> None:
        nonlocal seen
        seen += 1
        if seen == number:
            act()

    pre_save.connect(receiver, sender=Submission)
    try:
        yield
    finally:
        pre_save.disconnect(receiver, sender=Submission)


class PowerCut(Exception):
    """The worker dies."""


def die() -> None:
    """Raise what nobody catches."""
    raise PowerCut


# --- Receive ---


def test_it_keeps_a_received_file_with_its_key_and_its_name_unreadable(
    organization: Organization, officer: User, media: Path
) -> None:
    upload_id = new_id()
    key = DataKey.new("upload", upload_id)
    path = f"uploads/{upload_id}"
    with crypto.write_sealed(media / path, crypto.box_for(key), UPLOAD_LABEL) as file:
        file.write(b'{"users": ["dsmith@acme.com"]}')
    stored = StoredUpload(name="DavidSmith.json", path=path, size=30, data_key=key, too_large=False, refused=False)
    upload = intake.receive(stored, organization=organization, user=officer, received_on=RECEIVED_ON)
    upload = Upload.objects.get(pk=upload.pk)
    assert (upload.status, upload.size, upload.received_on) == (UploadStatus.WAITING, 30, RECEIVED_ON)
    assert upload.file_name == "DavidSmith.json"
    assert b"DavidSmith" not in bytes(upload.file_name_sealed or b"")
    assert b"dsmith" not in (media / path).read_bytes()
    with intake.open_stream(upload) as plain:
        assert plain.read() == b'{"users": ["dsmith@acme.com"]}'
    assert AuditEvent.objects.filter(action="upload.received", object_id=str(upload.pk), actor_name="officer").count() == 1


# --- Check ---


def test_a_right_file_is_ready(organization: Organization, officer: User) -> None:
    upload = uploaded(organization, officer, payload(people(3)))
    assert (upload.status, upload.error_count, upload.bytes_checked) == (UploadStatus.READY, 0, upload.size)
    assert upload.result["summary"]["people"] == 3


def test_a_file_with_errors_is_refused_and_says_which(organization: Organization, officer: User) -> None:
    upload = uploaded(organization, officer, payload(people(3), regulation="ql25"))
    assert (upload.status, upload.error_count) == (UploadStatus.REFUSED, 1)
    assert upload.result["findings"][0]["hint"] == "Did you mean ql25_qc_can?"
    details = AuditEvent.objects.get(action="upload.checked").details
    assert (details["errors"], details["warnings"]) == (1, upload.warning_count)


def test_the_organizations_products_are_its_own(organization: Organization, officer: User) -> None:
    Organization.objects.update(product_codes=["analytics"])
    organization.refresh_from_db()
    upload = uploaded(organization, officer, payload(people(1)))
    assert upload.result["findings"][0]["code"] == "not-provisioned"


def test_a_worker_checks_each_waiting_file_once(organization: Organization, officer: User) -> None:
    for _ in range(2):
        stored_upload(organization, officer, json.dumps(payload(people(1))).encode())
    assert [intake.check_next(), intake.check_next(), intake.check_next()] == [1, 1, 0]
    assert set(Upload.objects.values_list("status", "attempts")) == {(UploadStatus.READY, 1)}
    assert not step_is_due("check")


def test_a_check_of_a_discarded_upload_changes_nothing(organization: Organization, officer: User) -> None:
    upload = stored_upload(organization, officer, json.dumps(payload(people(1))).encode())
    Upload.objects.update(status=UploadStatus.DISCARDED)
    intake.check(upload)
    upload.refresh_from_db()
    assert (upload.status, upload.result_sealed) == (UploadStatus.DISCARDED, None)


# --- People who are open already ---


def already_open(upload: Upload) -> list[tuple[int, str]]:
    """Row and message of each such warning."""
    return [(each["row"], each["message"]) for each in upload.result["findings"] if each["code"] == "already-open"]


def test_people_are_found_by_any_identity_in_open_requests_of_the_organization(organization: Organization, officer: User) -> None:
    earlier = confirmed_request(organization, officer, payload(people(3, "access")))
    again = people(4, "access", prefix="person")
    again[1] |= {"key": "other-key"}
    again[1]["userIDs"] = [
        {"namespace": "Email", "value": "PERSON2@Example.com", "type": "standard"},
        {"namespace": "ECID", "value": "1", "type": "standard"},
    ]
    again[2]["action"] = ["delete"]
    upload = uploaded(organization, officer, payload(again))
    assert upload.status == UploadStatus.READY
    assert already_open(upload) == [
        (1, f"Row 1, person-1: the same access is already open in {earlier.number}."),
        (2, f"Row 2, other-key: the same access is already open in {earlier.number}."),
    ]


def test_people_of_another_organization_are_strangers(organization: Organization, officer: User, colleague: User) -> None:
    other = Organization.objects.get(ims_org_id=OTHER_IMS_ORG)
    confirmed_request(other, colleague, payload(people(2)))
    assert already_open(uploaded(organization, officer, payload(people(2)))) == []


@pytest.mark.parametrize("status", [JobStatus.COMPLETE, JobStatus.ERROR, JobStatus.GONE, JobStatus.NOT_SENT])
def test_people_whose_jobs_are_done_are_not_open(organization: Organization, officer: User, status: JobStatus) -> None:
    confirmed_request(organization, officer, payload(people(2)))
    Job.objects.update(status=status)
    assert already_open(uploaded(organization, officer, payload(people(2)))) == []


# --- Confirm ---


def test_a_confirmed_upload_is_one_request_with_its_law_and_products(organization: Organization, officer: User) -> None:
    upload = uploaded(organization, officer, payload(people(2), include=["Analytics"], regulation="cpra_usa", priority="low"))
    (request,) = intake.confirm(upload, officer)
    request.refresh_from_db()
    assert (request.status, request.opt_out, request.restored) == (RequestStatus.PREPARING, False, False)
    assert (request.regulation, request.products, request.received_on) == ("cpra_ca_usa", ["analytics"], RECEIVED_ON)
    assert request.envelope["priority"] == "low"
    assert Upload.objects.get().status == UploadStatus.CONFIRMED
    assert AuditEvent.objects.get(action="request.confirmed").details["number"] == request.number


def test_a_second_confirm_finds_nothing(organization: Organization, officer: User) -> None:
    upload = uploaded(organization, officer, payload(people(2)))
    as_another_tab_sees_it = Upload.objects.get(pk=upload.pk)
    intake.confirm(upload, officer)
    with pytest.raises(intake.NotPossible, match="confirmed or discarded a moment ago"):
        intake.confirm(as_another_tab_sees_it, officer)
    with pytest.raises(intake.NotPossible, match="not ready to be confirmed"):
        intake.confirm(Upload.objects.get(pk=upload.pk), officer)
    assert PrivacyRequest.objects.count() == 1


@pytest.mark.parametrize("body", [payload(people(2), regulation="ql25"), payload([]), {"users": []}])
def test_a_refused_upload_cannot_be_confirmed(organization: Organization, officer: User, body: dict[str, Any]) -> None:
    upload = uploaded(organization, officer, body)
    assert upload.status == UploadStatus.REFUSED
    with pytest.raises(intake.NotPossible):
        intake.confirm(upload, officer, agreed_to_two=True)
    assert not PrivacyRequest.objects.exists()


def test_an_unchecked_upload_cannot_be_confirmed(organization: Organization, officer: User) -> None:
    with pytest.raises(intake.NotPossible):
        intake.confirm(stored_upload(organization, officer, b"{}"), officer)


def test_opt_outs_beside_access_become_two_requests_after_agreement(organization: Organization, officer: User) -> None:
    upload = uploaded(organization, officer, payload([*people(3, "access"), *opted_out(2)]))
    with pytest.raises(intake.NotPossible, match="The file becomes two requests"):
        intake.confirm(upload, officer)
    assert Upload.objects.get().status == UploadStatus.READY
    requests = intake.confirm(upload, officer, agreed_to_two=True)
    assert [request.opt_out for request in requests] == [False, True]
    assert requests[0].data_key != requests[1].data_key
    assert [intake.prepare_next(), intake.prepare_next(), intake.prepare_next()] == [1, 1, 0]
    access, opt_out = PrivacyRequest.objects.order_by("number")
    assert (access.people, opt_out.people) == (3, 2)
    assert set(Job.objects.filter(request=access).values_list("action", flat=True)) == {"access"}
    assert set(Job.objects.filter(request=opt_out).values_list("action", flat=True)) == {"opt-out-of-sale"}
    assert [subject.position for subject in DataSubject.objects.filter(request=opt_out).order_by("position")] == [4, 5]


def test_only_opt_outs_are_one_request_without_agreement(organization: Organization, officer: User) -> None:
    (request,) = intake.confirm(uploaded(organization, officer, payload(opted_out(2))), officer)
    assert request.opt_out


def test_numbers_count_up_in_the_year_of_receipt(organization: Organization, officer: User) -> None:
    numbers = []
    for received in (date(2026, 11, 2), date(2026, 12, 31), date(2027, 1, 1), date(2026, 12, 31)):
        upload = uploaded(organization, officer, payload(people(1)))
        Upload.objects.filter(pk=upload.pk).update(received_on=received)
        upload.received_on = received
        numbers += [request.number for request in intake.confirm(upload, officer)]
    assert numbers == ["PR-2026-000001", "PR-2026-000002", "PR-2027-000001", "PR-2026-000003"]


# --- Discard ---


@pytest.mark.parametrize("body", [payload(people(2)), payload([])])
def test_a_discarded_upload_leaves_nothing_of_the_file(organization: Organization, officer: User, body: dict[str, Any]) -> None:
    upload = uploaded(organization, officer, body)
    assert upload.data_key is not None
    key_id, path = upload.data_key.pk, upload.file_path
    assert path.exists()
    intake.discard(upload, officer)
    assert not path.exists()
    assert not DataKey.objects.filter(pk=key_id).exists()
    upload = Upload.objects.get(pk=upload.pk)
    assert upload.status == UploadStatus.DISCARDED
    assert (upload.file_name_sealed, upload.result_sealed, upload.data_key) == (None, None, None)
    with pytest.raises(crypto.CannotDecrypt):
        intake.open_stream(upload)
    with pytest.raises(intake.NotPossible):
        intake.confirm(upload, officer)
    with pytest.raises(intake.NotPossible):
        intake.discard(upload, officer)


def test_a_confirmed_upload_cannot_be_discarded(organization: Organization, officer: User) -> None:
    upload = uploaded(organization, officer, payload(people(1)))
    intake.confirm(upload, officer)
    with pytest.raises(intake.NotPossible):
        intake.discard(upload, officer)
    assert upload.file_path.exists()
    assert intake.prepare_next() == 1


# --- Prepare ---


def test_it_writes_every_person_job_and_call(organization: Organization, officer: User) -> None:
    body = payload([*people(3, "access", "delete"), *people(2, "access", prefix="reader")])
    request = confirmed_request(organization, officer, body)
    assert (request.status, request.people, request.people_prepared, request.jobs_total) == (RequestStatus.SENDING, 5, 5, 8)
    call = request.submissions.get()
    assert (call.state, call.people, call.expected_jobs, call.has_deletes) == (CallState.QUEUED, 5, 8, True)
    subject = DataSubject.objects.get(request=request, position=1)
    assert (subject.officer_key, subject.actions) == ("person-1", ["access", "delete"])
    assert subject.identities == [
        {"namespace": "email", "value": "person1@example.com", "type": "standard", "isDeletedClientSide": False}
    ]
    assert IdentityDigest.objects.filter(subject__request=request).count() == 5
    assert set(Job.objects.values_list("status", flat=True)) == {JobStatus.WAITING}
    details = AuditEvent.objects.get(action="request.prepared").details
    assert (details["people"], details["jobs"], details["calls"]) == (5, 8, 1)


def test_calls_keep_the_organizations_limits_over_batches(
    organization: Organization, officer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preparing, "BATCH_PEOPLE", 2)
    Organization.objects.update(max_people_per_call=3)
    organization.refresh_from_db()
    request = confirmed_request(organization, officer, payload(people(8, "access")))
    calls = list(request.submissions.order_by("ordinal"))
    assert [(call.ordinal, call.people, call.expected_jobs, call.has_deletes) for call in calls] == [
        (1, 3, 3, False),
        (2, 3, 3, False),
        (3, 2, 2, False),
    ]
    placed = Job.objects.order_by("submission__ordinal", "subject__position").values_list(
        "submission__ordinal", "subject__position"
    )
    assert list(placed) == [(1, 1), (1, 2), (1, 3), (2, 4), (2, 5), (2, 6), (3, 7), (3, 8)]


def test_the_wire_key_is_the_officers_key_and_80_bits_that_nobody_can_guess(organization: Organization, officer: User) -> None:
    body = payload([*people(2), {name: value for name, value in people(1, prefix="nameless")[0].items() if name != "key"}])
    request = confirmed_request(organization, officer, body)
    keys = wire_keys(request)
    assert re.fullmatch(r"person-1#[A-Z2-7]{16}", keys[1] or "")
    assert re.fullmatch(rf"{request.number}-3#[A-Z2-7]{{16}}", keys[3] or "")
    assert len({(key or "").split("#")[1] for key in keys.values()}) == 3


def test_the_same_file_again_has_other_wire_keys(organization: Organization, officer: User) -> None:
    first = confirmed_request(organization, officer, payload(people(2)))
    second = confirmed_request(organization, officer, payload(people(2)))
    assert not set(wire_keys(first).values()) & set(wire_keys(second).values())


def test_the_file_is_gone_after_the_last_of_its_requests_is_prepared(organization: Organization, officer: User) -> None:
    upload = uploaded(organization, officer, payload([*people(1), *opted_out(1)]))
    intake.confirm(upload, officer, agreed_to_two=True)
    intake.prepare_next()
    assert upload.file_path.exists()
    intake.prepare_next()
    assert not upload.file_path.exists()


@pytest.mark.parametrize(
    ("regulation", "users", "due"),
    [
        ("gdpr", people(1), date(2026, 12, 2)),
        ("ccpa", people(1), date(2026, 12, 17)),
        ("ccpa", opted_out(1), date(2026, 11, 23)),
        ("dpdpa_ind", people(1), None),
        ("hipaa_usa", people(1, "delete"), None),
        ("hipaa_usa", [*people(1, "delete"), *people(1, "access", prefix="reader")], date(2026, 12, 2)),
    ],
)
def test_the_earliest_due_date_of_its_people_is_the_requests(
    organization: Organization, officer: User, regulation: str, users: list[dict[str, Any]], due: date | None
) -> None:
    assert confirmed_request(organization, officer, payload(users, regulation=regulation)).due_on == due


def test_a_worker_that_dies_half_way_is_followed_by_one_that_starts_over_with_the_same_wire_keys(
    organization: Organization, officer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preparing, "BATCH_PEOPLE", 2)
    request = confirmed(organization, officer, payload(people(5)))
    with on_saving_call(2, die), pytest.raises(PowerCut):
        intake.prepare_next()
    request.refresh_from_db()
    half = wire_keys(request)
    assert set(half) == {1, 2}
    assert (request.status, request.people_prepared) == (RequestStatus.PREPARING, 2)
    # It is not taken up at once: the row stays leased, so that a file that kills workers does not kill them all in a row.
    assert intake.prepare_next() == 0
    PrivacyRequest.objects.update(next_attempt_at=timezone.now())
    assert intake.prepare_next() == 1
    request.refresh_from_db()
    whole = wire_keys(request)
    assert set(whole) == {1, 2, 3, 4, 5}
    assert {position: whole[position] for position in half} == half
    assert (request.status, request.people, request.jobs_total) == (RequestStatus.SENDING, 5, 10)
    assert (Job.objects.count(), Submission.objects.count(), IdentityDigest.objects.count()) == (10, 1, 5)


def test_no_call_can_be_sent_before_the_last_person_is_written(
    organization: Organization, officer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preparing, "BATCH_PEOPLE", 2)
    request = confirmed(organization, officer, payload(people(5)))
    with on_saving_call(3, die), pytest.raises(PowerCut):
        intake.prepare_next()
    assert request.submissions.count() == 1
    assert not Submission.objects.due_to_send(timezone.now()).exists()


def test_a_worker_that_lost_its_lease_stops_at_its_next_batch(
    organization: Organization, officer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preparing, "BATCH_PEOPLE", 2)
    request = confirmed(organization, officer, payload(people(5)))
    second_worker = uuid.uuid4()

    def take_over() -> None:
        PrivacyRequest.objects.filter(pk=request.pk).update(lease=second_worker)

    with on_saving_call(1, take_over):
        intake.prepare_next()
    request.refresh_from_db()
    # The batch in hand was finished; nothing after it was written.
    assert (request.status, request.lease, request.people_prepared) == (RequestStatus.PREPARING, second_worker, 2)
    intake.prepare(request, second_worker)
    request.refresh_from_db()
    assert (request.status, request.people) == (RequestStatus.SENDING, 5)
    assert sorted(wire_keys(request)) == [1, 2, 3, 4, 5]
    assert Job.objects.count() == 10


def test_a_prepared_request_is_not_prepared_again(organization: Organization, officer: User) -> None:
    confirmed_request(organization, officer, payload(people(2)))
    assert not step_is_due("prepare")
    assert intake.prepare_next() == 0


def test_requests_of_two_organizations_do_not_mix(organization: Organization, officer: User) -> None:
    other = make_organization(ims_org_id=OTHER_IMS_ORG, name="Other")
    stranger = make_user("stranger", "Officer", other)
    mine, theirs = (
        confirmed_request(organization, officer, payload(people(2))),
        confirmed_request(other, stranger, payload(people(2))),
    )
    digests = {
        request: set(IdentityDigest.objects.filter(subject__request=request).values_list("digest", flat=True))
        for request in (mine, theirs)
    }
    assert not {bytes(one) for one in digests[mine]} & {bytes(one) for one in digests[theirs]}
    assert list(PrivacyRequest.objects.visible_to(officer)) == [mine]
    assert list(PrivacyRequest.objects.visible_to(stranger)) == [theirs]


# --- Late workers and lost files ---


def test_a_worker_whose_lease_ran_out_before_it_began_removes_nothing(organization: Organization, officer: User) -> None:
    request = confirmed_request(organization, officer, payload(people(3)))
    late = PrivacyRequest.objects.select_related("organization__data_key", "data_key", "upload__data_key").get(pk=request.pk)
    late.status = RequestStatus.PREPARING
    with pytest.raises(writing.LeaseLost):
        intake.prepare(late, uuid.uuid4())
    assert (DataSubject.objects.count(), Job.objects.count(), Submission.objects.count()) == (3, 6, 1)


def test_a_late_check_does_not_bring_a_discarded_upload_back(organization: Organization, officer: User) -> None:
    upload = stored_upload(organization, officer, json.dumps(payload(people(1))).encode())
    stale = Upload.objects.select_related("organization__data_key", "data_key").get(pk=upload.pk)
    intake.discard(upload, officer)
    Upload.objects.filter(pk=upload.pk).update(next_attempt_at=timezone.now())
    assert intake.check_next() == 0
    intake.check(stale)
    upload.refresh_from_db(fields=["status", "result_sealed"])
    assert (upload.status, upload.result_sealed) == (UploadStatus.DISCARDED, None)


def test_an_upload_whose_file_is_gone_cannot_be_confirmed(organization: Organization, officer: User) -> None:
    upload = uploaded(organization, officer, payload(people(2)))
    upload.file_path.unlink()
    with pytest.raises(intake.NotPossible, match="no longer here"):
        intake.confirm(upload, officer)
    assert not PrivacyRequest.objects.exists()


def test_an_upload_whose_file_is_gone_is_refused_by_the_check(organization: Organization, officer: User) -> None:
    upload = stored_upload(organization, officer, json.dumps(payload(people(1))).encode())
    upload.file_path.unlink()
    assert intake.check_next() == 1
    upload.refresh_from_db()
    assert upload.status == UploadStatus.REFUSED
    assert "gone or damaged" in upload.result["findings"][0]["message"]


def test_a_request_whose_file_is_gone_ends_and_says_so(organization: Organization, officer: User) -> None:
    request = confirmed(organization, officer, payload(people(2)))
    assert request.upload is not None
    request.upload.file_path.unlink()
    assert intake.prepare_next() == 1
    request.refresh_from_db()
    assert (request.status, request.submissions.count()) == (RequestStatus.FAILED, 0)
    assert AuditEvent.objects.filter(action="request.file_lost", object_id=str(request.pk)).exists()
    assert intake.prepare_next() == 0
