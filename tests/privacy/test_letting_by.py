"""A long file of one organization lets short ones of others by; it loses nothing for that."""

from __future__ import annotations

import json

import pytest

from portal import interludes
from portal.models import AuditEvent, User
from privacy import intake
from privacy.intake import preparing
from privacy.models import PrivacyRequest, Upload
from privacy.statuses import RequestStatus, UploadStatus
from tests.conftest import OTHER_IMS_ORG, make_organization
from tests.files import payload, people, stored_upload
from tests.people import make_user

pytestmark = pytest.mark.django_db

LONG = 60


@pytest.fixture(autouse=True)
def at_every_step(monkeypatch: pytest.MonkeyPatch, media: object) -> None:
    """As if each step of the long work took as long as it may go on by itself."""
    monkeypatch.setattr(interludes, "OWN_SECONDS", 0.0)
    monkeypatch.setattr(preparing, "BATCH_PEOPLE", 20)


@pytest.fixture
def stranger() -> User:
    other = make_organization(ims_org_id=OTHER_IMS_ORG, name="Other")
    return make_user("stranger", "Officer", other)


def uploaded(user: User, count: int, prefix: str) -> Upload:
    organization = user.organizations.get()
    return stored_upload(organization, user, json.dumps(payload(people(count, prefix=prefix))).encode())


def confirmed(user: User, count: int, prefix: str) -> PrivacyRequest:
    upload = uploaded(user, count, prefix)
    intake.check(upload)
    return intake.confirm(upload, user)[0]


def order_of(action: str) -> list[str]:
    """The objects of the events, as they came."""
    return list(AuditEvent.objects.filter(action=action).order_by("at", "id").values_list("object_id", flat=True))


def test_a_long_request_lets_a_short_one_of_another_organization_by(officer: User, stranger: User) -> None:
    long, short = confirmed(officer, LONG, "a"), confirmed(stranger, 1, "b")
    PrivacyRequest.objects.filter(pk=long.pk).update(next_attempt_at=long.created_at.replace(year=2020))
    assert intake.prepare_next() == 1
    assert order_of("request.prepared") == [str(short.pk), str(long.pk)]
    long.refresh_from_db()
    assert (long.status, long.people, long.subjects.count(), long.jobs.count()) == (RequestStatus.SENDING, LONG, LONG, 2 * LONG)


def test_a_long_file_lets_a_short_one_of_another_organization_by(
    officer: User, stranger: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    long, short = uploaded(officer, LONG, "a"), uploaded(stranger, 1, "b")
    Upload.objects.filter(pk=long.pk).update(next_attempt_at=long.created_at.replace(year=2020))
    assert intake.check_next() == 1
    assert order_of("upload.checked") == [str(short.pk), str(long.pk)]
    assert set(Upload.objects.values_list("status", flat=True)) == {UploadStatus.READY}


def test_neither_its_own_organization_s_nor_another_long_one_is_let_by(officer: User, stranger: User) -> None:
    first, own, as_long = confirmed(officer, LONG, "a"), confirmed(officer, 1, "b"), confirmed(stranger, LONG, "c")
    PrivacyRequest.objects.filter(pk=first.pk).update(next_attempt_at=first.created_at.replace(year=2020))
    assert intake.prepare_next() == 1
    assert order_of("request.prepared") == [str(first.pk)]
    waiting = PrivacyRequest.objects.filter(status=RequestStatus.PREPARING).values_list("pk", flat=True)
    assert set(waiting) == {own.pk, as_long.pk}


def test_a_short_one_that_cannot_be_read_does_not_harm_the_long_one(officer: User, stranger: User) -> None:
    long, short = confirmed(officer, LONG, "a"), confirmed(stranger, 1, "b")
    PrivacyRequest.objects.filter(pk=long.pk).update(next_attempt_at=long.created_at.replace(year=2020))
    assert short.upload is not None
    short.upload.file_path.unlink()
    assert intake.prepare_next() == 1
    statuses = dict(PrivacyRequest.objects.values_list("pk", "status"))
    assert statuses == {long.pk: RequestStatus.SENDING, short.pk: RequestStatus.FAILED}
