"""Confirming an upload: the request is made once, however often the button is pressed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from portal.models import AuditEvent, Organization, User
from privacy import intake
from privacy.models import PrivacyRequest, Upload
from privacy.statuses import RequestStatus, UploadStatus
from tests.actors import Actors, covers, everything_kept
from tests.files import payload, people, stored_upload
from tests.pages import Browser, Page
from tests.uploading import request_file, uploaded

pytestmark = pytest.mark.django_db


def address_of(upload: Upload) -> str:
    """Where the form is sent to."""
    return f"/uploads/{upload.pk}/confirm/"


def mixed(browser: Browser, organization: Organization) -> Upload:
    """An upload with opt-outs beside access."""
    body = payload([*people(2, "access"), *people(3, "opt-out-of-sale", prefix="seller")], regulation="ccpa")
    return uploaded(browser, organization, json.dumps(body).encode())


def refusal(browser: Browser, upload: Upload, **fields: str) -> str:
    """Press the button, which changes nothing, and read the message that the upload's page shows then."""
    before = everything_kept()
    answer = browser.post(address_of(upload), fields)
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/uploads/{upload.pk}/")
    assert everything_kept() == before
    return Page.of(browser.get(answer.headers["Location"])).root.one("div", class_="notice-error").text


@covers("privacy:upload-confirm")
def test_only_an_officer_of_the_organization_may(actors: Actors, organization: Organization) -> None:
    actors.act(address_of(uploaded(actors.officer, organization)))
    assert PrivacyRequest.objects.values_list("created_by__username", flat=True).get() == "officer"


def test_it_makes_the_request_and_leads_to_it(browser: Browser, organization: Organization, officer: User) -> None:
    upload = uploaded(browser, organization)
    answer = browser.post(address_of(upload))
    request = PrivacyRequest.objects.get()
    assert answer.headers["Location"] == f"/requests/{request.number}/"
    assert (request.status, request.upload, request.organization) == (RequestStatus.PREPARING, upload, organization)
    upload.refresh_from_db()
    assert upload.status == UploadStatus.CONFIRMED
    event = AuditEvent.objects.get(action="request.confirmed")
    assert (event.actor_name, event.root_id, event.details["number"]) == ("officer", str(request.pk), request.number)


def test_a_second_press_leads_to_the_same_request(browser: Browser, organization: Organization) -> None:
    upload = uploaded(browser, organization)
    first, second = (browser.post(address_of(upload)) for _ in range(2))
    assert first.headers["Location"] == second.headers["Location"]
    assert PrivacyRequest.objects.count() == 1
    assert AuditEvent.objects.filter(action="request.confirmed").count() == 1


def test_a_press_that_comes_a_moment_too_late_leads_to_the_same_request(
    browser: Browser, organization: Organization, officer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = uploaded(browser, organization)
    confirm = intake.confirm

    def overtaken(row: Upload, user: User, **choices: Any) -> list[PrivacyRequest]:
        confirm(Upload.objects.get(pk=row.pk), officer)
        return confirm(row, user, **choices)

    monkeypatch.setattr(intake, "confirm", overtaken)
    assert browser.post(address_of(upload)).headers["Location"] == f"/requests/{PrivacyRequest.objects.get().number}/"


def test_two_requests_need_the_agreement(browser: Browser, organization: Organization) -> None:
    upload = mixed(browser, organization)
    assert refusal(browser, upload) == "The file becomes two requests. Agree to that first."
    assert refusal(browser, upload, agree_to_two="no") == "The file becomes two requests. Agree to that first."
    assert not PrivacyRequest.objects.exists()
    answer = browser.post(address_of(upload), {"agree_to_two": "yes"})
    # Two requests have no page of their own, so the upload's page names both.
    assert answer.headers["Location"] == f"/uploads/{upload.pk}/"
    assert sorted(PrivacyRequest.objects.values_list("opt_out", flat=True)) == [False, True]
    assert browser.post(address_of(upload)).headers["Location"] == f"/uploads/{upload.pk}/"
    assert PrivacyRequest.objects.count() == 2


def test_a_file_with_errors_cannot_be_confirmed(browser: Browser, organization: Organization) -> None:
    upload = uploaded(browser, organization, request_file(regulation="moon-law"))
    assert refusal(browser, upload) == "This upload is not ready to be confirmed."
    assert not PrivacyRequest.objects.exists()


def test_a_file_that_nobody_has_checked_cannot_be_confirmed(browser: Browser, organization: Organization, officer: User) -> None:
    upload = stored_upload(organization, officer, request_file())
    assert refusal(browser, upload) == "This upload is not ready to be confirmed."
    assert not PrivacyRequest.objects.exists()


def test_a_discarded_upload_cannot_be_confirmed(browser: Browser, organization: Organization, officer: User) -> None:
    upload = uploaded(browser, organization)
    intake.discard(upload, officer)
    assert refusal(browser, upload) == "This upload is not ready to be confirmed."
    assert not PrivacyRequest.objects.exists()


def test_an_upload_whose_file_is_gone_cannot_be_confirmed(browser: Browser, organization: Organization) -> None:
    upload = uploaded(browser, organization)
    upload.file_path.unlink()
    assert refusal(browser, upload).startswith("The file of this upload is no longer here.")
    assert not PrivacyRequest.objects.exists()


def test_a_second_officer_may_confirm_what_another_uploaded(browser: Browser, organization: Organization, officer: User) -> None:
    other = User.objects.create_user("second")
    other.groups.set(officer.groups.all())
    other.organizations.add(organization)
    upload = uploaded(browser, organization)
    Browser.of(other).post(address_of(upload))
    assert PrivacyRequest.objects.get().created_by == other


@pytest.mark.parametrize(
    ("form", "default", "waits"),
    [
        ({"offers_access_first": "yes", "access_first": "yes"}, False, True),
        ({"offers_access_first": "yes"}, True, False),
        # A form that did not offer it, as of a system that presses the button: the organization's own word holds.
        ({}, True, True),
        ({}, False, False),
    ],
)
def test_whether_deletes_wait_for_access_is_chosen_here(
    browser: Browser, organization: Organization, form: dict[str, str], default: bool, waits: bool
) -> None:
    organization.access_before_delete = default
    organization.save(update_fields=["access_before_delete"])
    browser.post(address_of(uploaded(browser, organization)), form)
    assert PrivacyRequest.objects.get().access_first is waits
