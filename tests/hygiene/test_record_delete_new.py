"""Beginning a record delete: from a file or typed, for one dataset, several, or ALL."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from django.conf import LazySettings

from hygiene.models import RecordDelete
from hygiene.statuses import RecordDeleteStatus
from portal.models import AuditEvent, Organization, User
from tests.actors import Actors, covers, everything_kept, stored_files
from tests.conftest import OTHER_IMS_ORG, make_organization
from tests.hygiene.deletes import DATASET, addresses, begun, page_of, send
from tests.pages import Browser, Page
from tests.people import make_user
from tests.steps import work

pytestmark = pytest.mark.django_db
ADDRESS = "/record-deletes/new/"
TYPED = {"namespace": "email", "identities": addresses(3)}
BRIEF = {
    "action": "delete_identity",
    "datasetId": "c48b51623ec641a2949d339bad69cb15",
    "displayName": "Example Consumer Delete Request",
    "description": "Cleanup identities required by Jira request 12345.",
    "identities": [
        {"namespace": {"code": "email"}, "id": "poul.anderson@example.com"},
        {"namespace": {"code": "email"}, "id": "cordwainer.smith@gmail.com"},
    ],
}


def refused(answer: Any) -> Page:
    """The page that says what is wrong; nothing was kept."""
    assert answer.status_code == 422
    assert not RecordDelete.objects.exists()
    assert stored_files() == set()
    return Page.of(answer)


def summary(page: Page) -> str:
    """The words of the error summary."""
    return page.root.one("div", class_="error-summary").text


# --- Who may ---


@covers("hygiene:record-delete-new")
def test_only_officers_may_open_it_and_viewers_leave_no_file(actors: Actors, organization: Organization) -> None:
    assert actors.officer.get(ADDRESS).status_code == actors.stranger.get(ADDRESS).status_code == 200
    assert actors.viewer.get(ADDRESS).status_code == 403
    assert actors.nobody.get(ADDRESS).headers["Location"] == f"/sign-in/?next={ADDRESS}"
    actors.refuse_methods(ADDRESS, allowed=("get", "post"))
    before = everything_kept()
    assert send(actors.viewer, organization, json.dumps(BRIEF).encode()).status_code == 403
    assert send(actors.nobody, organization, json.dumps(BRIEF).encode()).status_code == 302
    page = refused(send(actors.stranger, organization, **TYPED))
    assert "Choose one of your organizations." in summary(page)
    assert everything_kept() == before


def test_without_an_organization_there_is_no_form(organization: Organization) -> None:
    page = Browser.of(make_user("new", "Officer")).page(ADDRESS)
    assert "You were not given an organization yet" in page.text
    assert page.forms == {}


# --- What is taken ---


def test_typed_identities_are_kept_encrypted_and_checked_at_once(
    browser: Browser, organization: Organization, officer: User
) -> None:
    made = begun(send(browser, organization, name="Spring cleaning", description="Old sign-ups", **TYPED))
    assert (made.status, made.organization, made.created_by) == (RecordDeleteStatus.READY, organization, officer)
    assert (made.name, made.description, made.datasets, made.identities) == ("Spring cleaning", "Old sign-ups", [DATASET], 3)
    assert stored_files() == {made.path}
    assert b"gone1@example.com" not in made.file_path.read_bytes()


def test_a_csv_file_is_taken(browser: Browser, organization: Organization) -> None:
    made = begun(send(browser, organization, b"namespace,value\nemail,a@example.com\nECID,12345\n", file_name="old.csv"))
    assert (made.status, made.identities, made.file_name) == (RecordDeleteStatus.READY, 2, "old.csv")


@pytest.mark.parametrize("scope", ["file", "named"])
def test_what_the_form_leaves_to_the_file_is_taken_from_it(browser: Browser, organization: Organization, scope: str) -> None:
    made = begun(send(browser, organization, json.dumps(BRIEF).encode(), scope=scope, datasets=""))
    assert made.datasets == ["c48b51623ec641a2949d339bad69cb15"]
    assert made.name == "Example Consumer Delete Request"
    assert made.status == RecordDeleteStatus.READY


def test_a_table_names_no_dataset_so_the_form_must(browser: Browser, organization: Organization) -> None:
    page = refused(send(browser, organization, b"namespace,value\nemail,a@example.com\n", file_name="old.csv", datasets=""))
    assert "Enter the id of at least one dataset." in summary(page)


@pytest.mark.parametrize(
    ("fields", "datasets", "profile_only"),
    [
        ({"datasets": "abc123, def456\nabc123"}, ["abc123", "def456"], False),
        ({"scope": "all", "datasets": ""}, ["ALL"], False),
        # What stands in a field that the choice above it does not speak of does not count.
        ({"scope": "all", "datasets": "abc123", "profile_only": "on"}, ["ALL"], True),
    ],
)
def test_datasets_are_one_several_or_all(
    browser: Browser, organization: Organization, fields: dict[str, str], datasets: list[str], profile_only: bool
) -> None:
    made = begun(send(browser, organization, **TYPED | fields))
    assert (made.datasets, made.profile_only) == (datasets, profile_only)


def test_a_large_file_waits_for_a_worker_and_shows_how_far_it_is(
    browser: Browser, organization: Organization, settings: LazySettings
) -> None:
    settings.UPLOAD_INLINE_BYTES = 50
    made = begun(send(browser, organization, json.dumps(BRIEF).encode(), scope="file"))
    assert made.status == RecordDeleteStatus.WAITING
    assert "Waiting to be checked" in browser.page(page_of(made)).section("checking-title").text
    work("hygiene-check")
    assert browser.page(page_of(made)).title == "Check what will be deleted"


def test_a_request_of_htmx_is_led_on_in_its_own_way(browser: Browser, organization: Organization) -> None:
    answer = send(browser, organization, headers={"HX-Request": "true"}, **TYPED)
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (200, page_of(RecordDelete.objects.get()))


def test_it_stands_in_the_trail_without_names_and_identities(browser: Browser, organization: Organization) -> None:
    begun(send(browser, organization, name="Jane Doe", **TYPED))
    events = AuditEvent.objects.filter(action__startswith="record_delete.")
    assert {event.action for event in events} == {"record_delete.received", "record_delete.checked"}
    assert "Jane" not in repr(list(events.values()))
    assert "gone1" not in repr(list(events.values()))


# --- What is not taken ---


@pytest.mark.parametrize(
    ("fields", "field", "sentence"),
    [
        ({"organization": ""}, "organization", "Choose the organization."),
        ({"identities": " \n "}, "identity_file", "Choose a file, or type the identities below."),
        ({"namespace": " "}, "namespace", "Enter the namespace of the typed identities, such as email."),
        ({"datasets": " , "}, "datasets", "Enter the id of at least one dataset."),
        ({"scope": ""}, "scope", "Choose the datasets."),
        ({"scope": "file"}, "scope", "Typed identities come without a file: name the datasets, or choose ALL."),
        ({"profile_only": "on"}, "", "A profile-only delete is for ALL datasets"),
        ({"datasets": "ALL, abc123"}, "", "ALL cannot stand beside single datasets."),
        ({"datasets": "a b/c"}, "", "A dataset id has letters, digits, hyphens and underscores only."),
        ({"name": "x" * 201}, "", "The name is longer than 200 characters."),
    ],
)
def test_a_wrong_field_is_named_at_the_top_and_at_its_place_and_keeps_what_was_typed(
    browser: Browser, organization: Organization, fields: dict[str, str], field: str, sentence: str
) -> None:
    given = {"description": "Kept as typed"} | TYPED | fields
    page = refused(send(browser, organization, **given))
    assert sentence in summary(page)
    if field:
        assert sentence in page.root.one(id=f"error-{field}").text
    assert page.root.one("textarea", id="id_description").text == "Kept as typed"
    if "identities" not in fields:
        assert page.root.one("textarea", id="id_identities").text == " ".join(addresses(3).split())


def test_a_file_and_typed_identities_together_are_refused(browser: Browser, organization: Organization) -> None:
    page = refused(send(browser, organization, json.dumps(BRIEF).encode(), **TYPED))
    assert "choose a file or type them, not both" in summary(page)


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7\n", b'{"identities": [', b"\xff\xfe\x00"])
def test_a_file_that_cannot_be_read_is_refused_with_a_reason_and_nothing_of_it_is_kept(
    browser: Browser, organization: Organization, content: bytes
) -> None:
    before = everything_kept()
    page = refused(send(browser, organization, content))
    assert page.root.one(id="error-identity_file").text in summary(page)
    assert everything_kept() == before


def test_a_file_over_the_limit_is_refused(browser: Browser, organization: Organization, settings: LazySettings) -> None:
    settings.UPLOAD_MAX_BYTES = 64
    assert "The file is larger than" in summary(refused(send(browser, organization, json.dumps(BRIEF).encode())))


# --- The form itself ---


def test_both_forms_say_what_they_are_not_for(browser: Browser, organization: Organization) -> None:
    deletes, requests = browser.page(ADDRESS), browser.page("/uploads/new/")
    assert "They are not for requests of data subjects under privacy laws." in deletes.text
    assert "It is not for cleansing data." in requests.text
    main = "".join(link["href"] for link in deletes.root.one("main").all("a"))
    assert "/uploads/" not in main
    assert "/record-deletes/" not in "".join(link["href"] for link in requests.root.one("main").all("a"))


def test_of_several_organizations_none_is_chosen_beforehand(browser: Browser, organization: Organization, officer: User) -> None:
    officer.organizations.add(make_organization(ims_org_id=OTHER_IMS_ORG, name="Other"))
    options = browser.page(ADDRESS).root.one("select", id="id_organization").all("option")
    assert [option.text for option in options] == ["Choose the organization", "Acme", "Other"]
    assert "Choose the organization." in summary(refused(send(browser, None, **TYPED)))


@covers("hygiene:record-delete-template")
def test_templates_are_files_that_the_form_takes(actors: Actors, organization: Organization) -> None:
    for kind in ("json", "csv"):
        address = f"/record-deletes/template.{kind}"
        actors.open(address, viewer=403, stranger=200)
        answer = actors.officer.get(address)
        assert answer.headers["Content-Disposition"] == f'attachment; filename="record-delete-template.{kind}"'
        content = answer.content
        if kind == "json":
            body = json.loads(content)
            assert list(body["namespacesIdentities"][0]) == ["namespace", "ids"]
            content = json.dumps(body | {"datasetId": "ALL"}).encode()
        else:
            assert next(csv.reader(io.StringIO(content.decode()))) == ["namespace", "value"]
        scope = {"scope": "file"} if kind == "json" else {}
        made = begun(send(actors.officer, organization, content, file_name=f"template.{kind}", **scope))
        assert (made.identities, made.error_count) == (3, 0)
    assert actors.officer.get("/record-deletes/template.xml").status_code == 404
