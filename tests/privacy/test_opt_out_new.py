"""Asking for an opt-out: typed or in a file; what is wrong is said at once, what was typed stays, and nothing of it is kept."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from portal.models import AuditEvent, DataKey, Organization, User
from privacy.consent import intake
from privacy.models import OptOut
from privacy.statuses import OptOutStatus
from tests.actors import Actors, covers, everything_kept, stored_files
from tests.conftest import OTHER_IMS_ORG, make_organization
from tests.opt_outs import address_of, payload
from tests.pages import Browser, Page

pytestmark = pytest.mark.django_db
NEW = "/opt-outs/new/"


def send(browser: Browser, organization: Organization, /, content: bytes | None = None, **fields: Any) -> Any:
    """Send the form: typed, or with a file."""
    headers = fields.pop("headers", {})
    chosen: dict[str, Any] = {"organization": organization.pk, "received_on": timezone.localdate().isoformat()} | fields
    if content is not None:
        chosen["opt_out_file"] = SimpleUploadedFile(fields.pop("name", "people.json"), content)
    return browser.post(NEW, chosen, headers=headers)


def refused(browser: Browser, organization: Organization, /, content: bytes | None = None, **fields: Any) -> Page:
    """The page that says what is wrong; nothing was kept."""
    before = everything_kept()
    answer = send(browser, organization, content, **fields)
    assert answer.status_code == 422
    assert everything_kept() == before
    return Page.of(answer)


def summary(page: Page) -> str:
    """What the error summary says."""
    return page.root.one("div", class_="error-summary").text


@covers("privacy:opt-out-new")
def test_only_an_officer_may(actors: Actors, organization: Organization) -> None:
    typed = {"organization": organization.pk, "received_on": timezone.localdate(), "namespace": "Email", "identities": "a@b.c"}
    before = everything_kept()
    assert [person.get(NEW).status_code for person in (actors.officer, actors.viewer, actors.stranger, actors.nobody)] == [
        200,
        403,
        200,
        302,
    ]
    assert [person.post(NEW, typed).status_code for person in (actors.viewer, actors.nobody)] == [403, 302]
    # An officer of another organization has the page, but not this organization.
    assert actors.stranger.post(NEW, typed).status_code == 422
    actors.refuse_methods(NEW, allowed=("get", "post"))
    assert everything_kept() == before
    assert actors.officer.post(NEW, typed).status_code == 302
    assert OptOut.objects.get().organization == organization


def test_typed_identities_become_a_draft(browser: Browser, organization: Organization, officer: User) -> None:
    answer = send(browser, organization, namespace="Email", identities="a@example.com\r\nb@example.com\r\n\r\nA@example.com\r\n")
    opt_out = OptOut.objects.get()
    assert answer.headers["Location"] == address_of("opt-out-detail", opt_out)
    assert (opt_out.status, opt_out.counts, opt_out.values_total) == (OptOutStatus.DRAFT, {"Email": 2}, 2)
    assert (opt_out.created_by, opt_out.opt_out_of_sale) == (officer, True)
    assert opt_out.number.startswith("OO-")
    assert intake.entities_of(opt_out)[0].values == ("a@example.com", "b@example.com")
    assert b"example.com" not in bytes(opt_out.entities_sealed or b"")
    event = AuditEvent.objects.get(action="opt_out.drafted")
    assert event.details == {"values": 2, "duplicates": 1, "left_out": 0}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("people.json", json.dumps(payload()).encode()),
        (
            "people.csv",
            b"namespace;value\r\nemail;dsmith@acme.com\r\nemail;ajones@acme.com\r\nECID;443636576799758681021090721276\r\n",
        ),
    ],
)
def test_a_file_becomes_a_draft_and_is_not_kept(browser: Browser, organization: Organization, name: str, content: bytes) -> None:
    assert send(browser, organization, content, name=name).status_code == 302
    assert OptOut.objects.get().counts == {"Email": 2, "ECID": 1}
    assert stored_files() == set()
    assert DataKey.objects.filter(owner_kind="upload").count() == 0


def test_the_page_is_changed_in_place_and_then_left(browser: Browser, organization: Organization) -> None:
    answer = send(browser, organization, namespace="Email", identities="a@example.com", headers={"HX-Request": "true"})
    assert answer.headers["HX-Redirect"] == address_of("opt-out-detail", OptOut.objects.get())


def test_what_the_call_has_no_place_for_is_said_without_repeating_it(browser: Browser, organization: Organization) -> None:
    answer = send(browser, organization, json.dumps(payload(transactionId="secret-1", note="secret-2")).encode())
    (message,) = get_messages(answer.wsgi_request)
    assert str(message) == "Left out, because Adobe's consent call has no place for it: 2 of the file."


def test_errors_name_their_places_and_what_was_typed_stays(browser: Browser, organization: Organization) -> None:
    page = refused(browser, organization, namespace="ECID", identities="17\r\n4.4E+37\r\n")
    assert "1 error: nothing was kept Line 2: a spreadsheet has rounded the value." in summary(page)
    assert page.root.one(id="id_identities").text.split() == ["17", "4.4E+37"]
    body = payload() | {"entities": [{"nameSpace": "loyalty", "values": ["17"]}, {"nameSpace": "email", "values": [4]}]}
    page = refused(browser, organization, json.dumps(body).encode())
    assert "2 errors: nothing was kept" in summary(page)
    assert "Entity 1: “loyalty” is not a standard namespace of Adobe's." in summary(page)
    assert "in entities[1].values[0]" in summary(page)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "The file is empty."),
        (b'{"optOutOfSale": true', "The file ends before its JSON does, in line 1."),
        (b"PK\x03\x04", "Choose a JSON file, or save the sheet as CSV (UTF-8)."),
    ],
)
def test_a_file_that_cannot_be_read_is_refused(browser: Browser, organization: Organization, content: bytes, words: str) -> None:
    said = summary(refused(browser, organization, content))
    assert said.startswith("The file could not be taken, and nothing of it was kept")
    assert words in said


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({}, "identities", "Type at least one identity, or choose a file."),
        ({"identities": " \r\n "}, "identities", "Type at least one identity, or choose a file."),
        ({"identities": "a@b.c"}, "namespace", "Choose the namespace of the identities."),
        ({"identities": "a@b.c", "namespace": "loyalty"}, "namespace", "Choose one of Adobe's standard namespaces."),
        ({"identities": "a@b.c", "namespace": "Email", "organization": ""}, "organization", "Choose the organization."),
        ({"identities": "a@b.c", "namespace": "Email", "received_on": "never"}, "received_on", "Enter the day as year-month-day"),
        ({"identities": "a@b.c", "namespace": "Email", "received_on": "2999-01-01"}, "received_on", "This day has not come yet."),
    ],
)
def test_a_form_that_is_not_filled_in_says_so_at_the_field(
    browser: Browser, organization: Organization, fields: dict[str, str], field: str, words: str
) -> None:
    page = refused(browser, organization, None, **fields)
    assert words in summary(page)
    assert words in page.root.one(id=f"error-{field}").text
    assert f"#id_{field}" in page.links


def test_typing_and_choosing_a_file_at_once_is_refused(browser: Browser, organization: Organization) -> None:
    page = refused(browser, organization, json.dumps(payload()).encode(), namespace="Email", identities="a@b.c")
    assert "Take one of them away." in page.root.one(id="error-opt_out_file").text


def test_an_organization_of_somebody_else_and_its_id_in_a_file_are_refused(browser: Browser, organization: Organization) -> None:
    other = make_organization(ims_org_id=OTHER_IMS_ORG, name="Other")
    assert "Choose one of your organizations." in summary(refused(browser, other, namespace="Email", identities="a@b.c"))
    page = refused(browser, organization, json.dumps(payload(orgId=OTHER_IMS_ORG)).encode())
    assert f"orgId is not the IMS organization that was chosen, {organization.ims_org_id}." in summary(page)


def test_without_an_organization_there_is_nothing_to_fill_in(browser: Browser, officer: User) -> None:
    officer.organizations.clear()
    page = browser.page(NEW)
    assert "You were not given an organization yet" in page.text
    assert page.forms == {}


# --- Templates ---


@covers("privacy:opt-out-template-json", "privacy:opt-out-template-csv")
@pytest.mark.parametrize("kind", ["json", "csv"])
def test_each_template_can_be_downloaded_and_taken_as_it_is(actors: Actors, organization: Organization, kind: str) -> None:
    address = reverse(f"privacy:opt-out-template-{kind}")
    actors.open(address, viewer=403, stranger=200)
    answer = actors.officer.get(address)
    assert answer.headers["Content-Disposition"] == f'attachment; filename="opt-out-template.{kind}"'
    assert send(actors.officer, organization, answer.content).status_code == 302
    assert OptOut.objects.get().counts == {"Email": 2, "ECID": 1}
