"""The live part of an upload's page while a worker checks it."""

from __future__ import annotations

import re

import pytest
from django.conf import LazySettings

from portal.models import Organization, User
from privacy import intake
from privacy.models import Upload
from privacy.statuses import UploadStatus
from tests.actors import Actors, covers
from tests.files import stored_upload
from tests.pages import Browser
from tests.uploading import request_file, uploaded

pytestmark = pytest.mark.django_db


@pytest.fixture
def waiting(media: object, organization: Organization, officer: User) -> Upload:
    """An upload of 5,000 bytes that nobody has checked yet."""
    return stored_upload(organization, officer, request_file().ljust(5000))


def address_of(upload: Upload) -> str:
    """Where the live part is."""
    return f"/uploads/{upload.pk}/progress/"


@covers("privacy:upload-progress")
def test_everybody_of_the_organization_may_look(actors: Actors, waiting: Upload) -> None:
    actors.open(address_of(waiting))


def test_it_shows_how_far_the_check_is_and_asks_again(browser: Browser, waiting: Upload) -> None:
    Upload.objects.update(status=UploadStatus.CHECKING, bytes_checked=2048)
    page = browser.page(address_of(waiting))
    assert not page.is_whole
    part = page.root.one(id="checking")
    assert (part["hx-get"], part["hx-swap"]) == (address_of(waiting), "outerHTML")
    assert re.match(r"every \d+s\b", part["hx-trigger"])
    assert "Checking the file" in part.text
    assert "2.0 KB of 4.9 KB read." in part.text.replace("\xa0", " ")
    bar = part.one("progress")
    assert (bar["value"], bar["max"]) == ("2048", "5000")


def test_numbers_of_the_bar_have_no_separators(browser: Browser, waiting: Upload) -> None:
    Upload.objects.update(size=1_234_567, bytes_checked=1_000_000)
    bar = browser.page(address_of(waiting)).root.one("progress")
    assert (bar["value"], bar["max"]) == ("1000000", "1234567")


def test_once_the_check_is_over_the_whole_page_comes_anew(browser: Browser, waiting: Upload) -> None:
    assert intake.check_next() == 1
    answer = browser.get(address_of(waiting), headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (200, f"/uploads/{waiting.pk}/")


def test_a_large_upload_is_live_from_the_form_until_a_worker_has_checked_it(
    browser: Browser, organization: Organization, settings: LazySettings
) -> None:
    settings.UPLOAD_INLINE_BYTES = 500
    upload = uploaded(browser, organization, request_file(20))
    part = browser.page(f"/uploads/{upload.pk}/").root.one(id="checking")
    assert "Waiting to be checked" in browser.page(part["hx-get"]).text
    assert intake.check_next() == 1
    answer = browser.get(part["hx-get"], headers={"HX-Request": "true"})
    assert "20 people" in browser.page(answer.headers["HX-Redirect"]).text


@pytest.mark.parametrize("act", [intake.confirm, intake.discard])
def test_what_was_decided_meanwhile_comes_anew_too(
    browser: Browser, organization: Organization, officer: User, act: object
) -> None:
    upload = uploaded(browser, organization)
    assert callable(act)
    act(upload, officer)
    assert browser.get(address_of(upload)).headers["HX-Redirect"] == f"/uploads/{upload.pk}/"
