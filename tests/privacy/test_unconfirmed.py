"""What was begun and never confirmed goes after a time, and nothing of it stays."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from portal import registry
from portal.models import AuditEvent, DataKey, Organization, User
from privacy import building, intake, tables, unconfirmed
from privacy.models import Draft, OptOut, PrivacyRequest, TableImport, Upload
from privacy.statuses import OptOutStatus, TableStatus, UploadStatus
from tests.actors import stored_files
from tests.files import stored_upload
from tests.opt_outs import draft as opt_out_draft
from tests.pages import Browser
from tests.tables import csv_bytes, wide
from tests.tables import taken as begun_table
from tests.uploading import request_file, uploaded

pytestmark = pytest.mark.django_db
# The default, and a day less.
OLD, YOUNG = timedelta(days=31), timedelta(days=29)


def let_pass(model: Any, delta: timedelta, field: str = "created_at") -> None:
    """All rows were last touched so long ago; the night comes."""
    model.objects.update(**{field: timezone.now() - delta})
    unconfirmed.discard_old()


def expired() -> list[tuple[str, str]]:
    """What the trail says of it, and who did it."""
    return list(AuditEvent.objects.filter(action__endswith=".expired").values_list("action", "actor_id"))


def test_a_draft_goes_when_it_was_not_saved_for_a_month(organization: Organization, officer: User) -> None:
    draft = building.start(organization, officer)
    let_pass(Draft, YOUNG, "saved_at")
    assert Draft.objects.exists()
    let_pass(Draft, OLD, "saved_at")
    assert not Draft.objects.exists()
    assert not DataKey.objects.filter(owner_kind="draft").exists()
    assert expired() == [("draft.expired", "")]
    assert AuditEvent.objects.get(action="draft.expired").object_id == str(draft.pk)


def test_the_preview_of_a_draft_lives_and_goes_with_it(organization: Organization, officer: User, media: object) -> None:
    draft = building.start(organization, officer)
    upload = stored_upload(organization, officer, request_file())
    Upload.objects.update(status=UploadStatus.READY)
    Draft.objects.update(upload=upload)
    let_pass(Upload, OLD)
    assert Draft.objects.get().pk == draft.pk
    assert Upload.objects.get().status == UploadStatus.READY
    let_pass(Draft, OLD, "saved_at")
    assert Upload.objects.get().status == UploadStatus.DISCARDED
    assert stored_files() == set()


def test_who_saves_a_draft_at_this_moment_keeps_it(organization: Organization, officer: User) -> None:
    draft = building.start(organization, officer)
    Draft.objects.update(version=2)
    building.discard(draft, None)
    assert Draft.objects.exists()


@pytest.mark.parametrize("content", [request_file(), request_file(regulation="moon-law")])
def test_an_upload_goes_with_its_file(browser: Browser, organization: Organization, content: bytes) -> None:
    upload = uploaded(browser, organization, content)
    let_pass(Upload, YOUNG)
    assert stored_files() == {upload.path}
    let_pass(Upload, OLD)
    upload.refresh_from_db()
    assert (upload.status, upload.result_sealed, upload.data_key) == (UploadStatus.DISCARDED, None, None)
    assert stored_files() == set()
    assert expired() == [("upload.expired", "")]


def test_what_is_confirmed_or_in_a_workers_hands_stays(browser: Browser, organization: Organization, officer: User) -> None:
    intake.confirm(uploaded(browser, organization), officer)
    stored_upload(organization, officer, request_file())
    let_pass(Upload, OLD)
    assert PrivacyRequest.objects.exists()
    assert sorted(Upload.objects.values_list("status", flat=True)) == [UploadStatus.CONFIRMED, UploadStatus.WAITING]
    assert expired() == []


def test_a_table_whose_columns_nobody_chose_goes(browser: Browser, organization: Organization) -> None:
    begun_table(browser, organization, csv_bytes(wide(3)))
    let_pass(TableImport, YOUNG)
    assert TableImport.objects.get().status == TableStatus.MAPPING
    let_pass(TableImport, OLD)
    assert TableImport.objects.get().status == TableStatus.DISCARDED
    assert stored_files() == set()
    assert expired() == [("table.expired", "")]


def test_an_opt_out_that_nobody_confirmed_goes(organization: Organization, officer: User) -> None:
    opt_out_draft(organization, officer)
    let_pass(OptOut, YOUNG)
    assert OptOut.objects.get().status == OptOutStatus.DRAFT
    let_pass(OptOut, OLD)
    assert OptOut.objects.get().entities_sealed is None
    assert not DataKey.objects.filter(owner_kind="consent").exists()
    assert expired() == [("opt_out.expired", "")]


def test_the_lists_say_until_when(browser: Browser, organization: Organization, officer: User) -> None:
    building.start(organization, officer)
    uploaded(browser, organization)
    begun_table(browser, organization, csv_bytes(wide(3)))
    until = (timezone.now() + timedelta(days=30)).strftime("%-d %b %Y")
    for address in ("/drafts/", "/make/", "/uploads/", "/tables/"):
        assert f"kept until {until}" in browser.page(address).text, address


def test_the_night_does_it() -> None:
    assert {unconfirmed.discard_old, tables.forget_old} <= set(registry.daily())
