"""Discarding an upload: its file and everything read from it go for good."""

from __future__ import annotations

import pytest

from portal.models import AuditEvent, DataKey, Organization, User
from privacy import intake
from privacy.models import Upload
from privacy.statuses import UploadStatus
from tests.actors import Actors, covers, stored_files
from tests.files import stored_upload
from tests.pages import Browser
from tests.uploading import request_file, uploaded

pytestmark = pytest.mark.django_db


def address_of(upload: Upload) -> str:
    """Where the form is sent to."""
    return f"/uploads/{upload.pk}/discard/"


@covers("privacy:upload-discard")
def test_only_an_officer_of_the_organization_may(actors: Actors, organization: Organization) -> None:
    actors.act(address_of(uploaded(actors.officer, organization)))
    assert stored_files() == set()


@pytest.mark.parametrize("content", [request_file(), request_file(regulation="moon-law")])
def test_nothing_of_the_file_stays(browser: Browser, organization: Organization, content: bytes) -> None:
    upload = uploaded(browser, organization, content)
    answer = browser.post(address_of(upload))
    assert answer.headers["Location"] == "/uploads/"
    assert "The upload was discarded: its file and everything read from it are removed." in browser.page("/uploads/").text
    upload.refresh_from_db()
    assert (upload.status, upload.data_key, upload.file_name_sealed, upload.result_sealed) == (
        UploadStatus.DISCARDED,
        None,
        None,
        None,
    )
    assert stored_files() == set()
    assert not DataKey.objects.filter(owner_kind="upload").exists()
    assert AuditEvent.objects.latest("at").action == "upload.discarded"


def test_one_that_waits_for_its_check_can_be_discarded(browser: Browser, organization: Organization, officer: User) -> None:
    browser.post(address_of(stored_upload(organization, officer, request_file())))
    assert intake.check_next() == 0
    assert stored_files() == set()


def test_a_second_press_says_that_it_is_done(browser: Browser, organization: Organization) -> None:
    upload = uploaded(browser, organization)
    browser.post(address_of(upload))
    answer = browser.post(address_of(upload), follow=True)
    assert "This upload was confirmed or discarded already." in answer.content.decode()
    assert AuditEvent.objects.filter(action="upload.discarded").count() == 1


def test_a_confirmed_upload_stays(browser: Browser, organization: Organization, officer: User) -> None:
    upload = uploaded(browser, organization)
    intake.confirm(upload, officer)
    answer = browser.post(address_of(upload))
    assert answer.headers["Location"] == f"/uploads/{upload.pk}/"
    assert "This upload was confirmed or discarded already." in browser.page(f"/uploads/{upload.pk}/").text
    upload.refresh_from_db()
    assert upload.status == UploadStatus.CONFIRMED
    assert stored_files() == {upload.path}
