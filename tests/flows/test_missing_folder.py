"""A disk that is not mounted for a while: the whole folder of stored files is gone. Nothing ends because of that."""

from __future__ import annotations

import json
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from django.db.models import F

from hygiene import intake as hygiene_intake
from hygiene import preparing
from hygiene.models import RecordDelete
from hygiene.statuses import RecordDeleteStatus
from portal.models import Organization, User
from portal.outbound import CallState
from privacy import intake
from privacy.models import PrivacyRequest
from privacy.statuses import RequestStatus
from tests import hygiene_files
from tests.conftest import Simulator
from tests.files import payload, people, stored_upload
from tests.steps import let_pass, work

pytestmark = pytest.mark.django_db(transaction=True)


def unmount(media: Path) -> Path:
    away = media.rename(media.with_name("elsewhere"))
    media.mkdir()
    return away


def mount(media: Path, away: Path) -> None:
    media.rmdir()
    away.rename(media)


def test_work_orders_wait_for_their_folder(media: Path, simulator: Simulator, organization: Organization, officer: User) -> None:
    record_delete = hygiene_files.queued_delete(organization, officer)
    away = unmount(media)
    work("hygiene-submit")
    order = hygiene_files.order_of(record_delete)
    assert (order.state, order.last_error, order.first_sent_at) == (CallState.QUEUED, "folder_missing", None)
    mount(media, away)
    let_pass(timedelta(hours=1))
    work("hygiene-submit")
    assert hygiene_files.deleted(simulator) == Counter(hygiene_files.emails(3))


def test_what_is_being_prepared_waits_for_its_file(
    media: Path, simulator: Simulator, organization: Organization, officer: User
) -> None:
    upload = stored_upload(organization, officer, json.dumps(payload(people(2))).encode())
    intake.check(upload)
    intake.confirm(upload, officer)
    record_delete = hygiene_files.taken_in(organization, officer, hygiene_files.payload(hygiene_files.emails(3)))
    hygiene_intake.confirm(record_delete, officer)
    away = unmount(media)
    with pytest.raises(FileNotFoundError):
        intake.prepare_next()
    with pytest.raises(FileNotFoundError):
        preparing.prepare_next()
    assert PrivacyRequest.objects.get().status == RequestStatus.PREPARING
    assert RecordDelete.objects.get().status == RecordDeleteStatus.PREPARING
    # Not at once again: a lease that runs out.
    assert (intake.prepare_next(), preparing.prepare_next()) == (0, 0)
    mount(media, away)
    for model in (PrivacyRequest, RecordDelete):
        model.objects.update(next_attempt_at=F("next_attempt_at") - timedelta(hours=1))
    work("prepare", "hygiene-prepare", "submit", "hygiene-submit")
    assert len(simulator.ledger()) == 4
    assert hygiene_files.deleted(simulator) == Counter(hygiene_files.emails(3))
