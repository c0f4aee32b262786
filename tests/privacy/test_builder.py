"""Building a request on screen: drafts of one's own, saved as they grow, corrected at the field, taken in as a file would be."""

from __future__ import annotations

import json
import re
from io import BytesIO
from typing import Any

import pytest
from django.http import QueryDict
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from portal.models import AuditEvent, DataKey, Organization, User
from privacy import building, checking, intake
from privacy.building import Content, Stamp
from privacy.models import Draft, PrivacyRequest, Upload
from privacy.schema import Identity
from privacy.statuses import Origin, UploadStatus
from tests.actors import Actors, covers, everything_kept, stored_files
from tests.conftest import OTHER_IMS_ORG, make_organization
from tests.pages import Browser, Page
from tests.people import make_user

pytestmark = pytest.mark.django_db


def begun(organization: Organization, owner: User) -> Draft:
    """A new draft."""
    return building.start(organization, owner)


def address_of(draft: Draft, act: str = "") -> str:
    """Where its pages are."""
    return f"/drafts/{draft.pk}/{act}"


def filled(*emails: str, **fields: Any) -> dict[str, Any]:
    """A form about these people, each with one e-mail address."""
    form: dict[str, Any] = {
        "law": "gdpr",
        "products": ["profileService", "identity"],
        "actions": ["access", "delete"],
        "received_on": timezone.localdate().isoformat(),
        "version": "1",
        "page": "one",
    }
    for row, email in enumerate(emails, 1):
        form |= {f"key-{row}": f"ref-{row}"}
        form |= {f"namespace-{row}-1": "Email", f"type-{row}-1": "standard", f"value-{row}-1": email}
    return form | fields


def send(browser: Browser, draft: Draft, form: dict[str, Any], do: str = "check") -> Any:
    """Press a button of the form."""
    return browser.post(address_of(draft), form | {"do": do})


def previewed(browser: Browser, draft: Draft, form: dict[str, Any]) -> Upload:
    """The upload that came of it."""
    answer = send(browser, draft, form)
    assert answer.status_code == 302, Page.of(answer).text
    return Upload.objects.get(pk=answer.headers["Location"].rstrip("/").rsplit("/", 1)[1])


def content_of(draft: Draft) -> Content:
    """As it is kept now."""
    return Content.from_dict(Draft.objects.get(pk=draft.pk).content)


def values_of(page: Page) -> dict[str, str]:
    """What is filled in about people on the page."""
    fields = page.root.one("div", id="rows").all("input")
    return {field["name"]: field["value"] for field in fields}


# --- Who may ---


@covers("privacy:make", "privacy:draft-list")
def test_whoever_may_upload_may_make_a_request(actors: Actors) -> None:
    actors.open("/make/", stranger=200)
    assert actors.viewer.page("/make/").forms == {}
    assert "Officers make requests" in actors.viewer.page("/make/").text
    actors.open("/drafts/", viewer=403, stranger=200)


@covers("privacy:draft-new")
def test_whoever_may_upload_may_begin_a_draft(actors: Actors, organization: Organization) -> None:
    actors.act("/drafts/new/", {"organization": str(organization.pk)}, stranger=422)
    draft = Draft.objects.get()
    assert (draft.owner.username, draft.organization) == ("officer", organization)


@covers("privacy:draft-detail")
def test_a_draft_is_its_owner_s_alone(actors: Actors, organization: Organization, officer: User) -> None:
    draft = begun(organization, officer)
    second = Browser.of(make_user("second", "Officer", organization))
    for person, status in ((actors.nobody, 302), (actors.viewer, 403), (actors.stranger, 404), (second, 404)):
        before = everything_kept()
        assert person.get(address_of(draft)).status_code == status
        assert send(person, draft, filled("a@example.com"), "save").status_code == status
        assert everything_kept() == before
    assert actors.officer.get(address_of(draft)).status_code == 200
    actors.refuse_methods(address_of(draft), allowed=("get", "post"))


@covers("privacy:draft-save")
def test_nobody_but_the_owner_saves_a_draft(actors: Actors, organization: Organization, officer: User) -> None:
    draft = begun(organization, officer)
    second = Browser.of(make_user("second", "Officer", organization))
    before = everything_kept()
    assert second.post(address_of(draft, "save/"), filled("a@example.com")).status_code == 404
    assert everything_kept() == before
    actors.act(address_of(draft, "save/"), filled("a@example.com"), officer=200)


@covers("privacy:draft-discard")
def test_nobody_but_the_owner_discards_a_draft(actors: Actors, organization: Organization, officer: User) -> None:
    draft = begun(organization, officer)
    second = Browser.of(make_user("second", "Officer", organization))
    for person, status in ((actors.nobody, 302), (actors.viewer, 403), (actors.stranger, 404), (second, 404)):
        before = everything_kept()
        assert person.post(address_of(draft, "discard/")).status_code == status
        assert everything_kept() == before
    actors.refuse_methods(address_of(draft, "discard/"), allowed=("get", "post"))
    assert actors.officer.post(address_of(draft, "discard/")).status_code == 302


# --- Begin ---


def test_it_offers_every_way(browser: Browser) -> None:
    page = browser.page("/make/")
    assert page.title == "Make a request"
    assert {"/uploads/new/", "/tables/new/"} <= set(page.links)
    assert page.forms["/drafts/new/"].buttons == ["Build a request"]
    assert "You have no drafts." in page.text


def test_of_several_organizations_one_is_chosen(browser: Browser, officer: User) -> None:
    other = make_organization(ims_org_id=OTHER_IMS_ORG, name="Other")
    officer.organizations.add(other)
    answer = browser.post("/drafts/new/")
    assert answer.status_code == 422
    assert "Choose the organization whose data the people ask about." in Page.of(answer).text
    assert not Draft.objects.exists()
    browser.post("/drafts/new/", {"organization": str(other.pk)})
    assert Draft.objects.get().organization == other


def test_a_new_draft_chooses_nothing_for_the_person(browser: Browser) -> None:
    page = browser.page(browser.post("/drafts/new/").headers["Location"])
    ticked = [
        box["id"] for box in page.root.one("form", id="builder").all("input", type="checkbox") if "checked" in box.attributes
    ]
    assert ticked == []
    assert page.root.one("input", id="received_on")["value"] == timezone.localdate().isoformat()
    assert [
        option["value"] for option in page.root.one("select", id="law").all("option") if "selected" in option.attributes
    ] == []


def test_drafts_are_listed_with_what_they_hold(browser: Browser, organization: Organization, officer: User) -> None:
    draft = begun(organization, officer)
    send(browser, draft, filled("a@example.com", "b@example.com"), "save")
    for address in ("/make/", "/drafts/"):
        page = browser.page(address)
        assert page.links[address_of(draft)].startswith("General Data Protection Regulation")
        assert "2" in [cell.text for cell in page.rows[0].all("td")]
        assert "example.com" not in page.html


# --- What stands beside ---


def test_each_product_says_what_it_takes_and_does(browser: Browser, organization: Organization, officer: User) -> None:
    page = browser.page(address_of(begun(organization, officer)))
    words = page.root.one("p", id="about-analytics").text
    assert "Takes AAID, ECID (standard); any namespace (analytics)." in words
    assert "Delete: Replaces values in the columns labelled for deletion" in words


def test_only_products_of_the_organization_are_offered(browser: Browser, organization: Organization, officer: User) -> None:
    organization.product_codes = ["target", "astrology"]
    organization.save(update_fields=["product_codes"])
    page = browser.page(address_of(begun(organization, officer)))
    assert [box["value"] for box in page.root.all("input", name="products")] == ["target"]


def test_the_law_says_its_days_while_somebody_types(browser: Browser, organization: Organization, officer: User) -> None:
    draft = begun(organization, officer)
    part = Page.of(browser.post(address_of(draft, "save/"), filled("", received_on="2026-11-02", actions=["access"])))
    assert "1 month" in part.facts()["Access"]
    assert "2 Dec 2026" in part.facts()["Access"]
    assert "Delete" not in part.facts()


# --- Saved as it grows ---


def test_it_is_saved_while_somebody_types(browser: Browser, organization: Organization, officer: User) -> None:
    draft = begun(organization, officer)
    part = Page.of(browser.post(address_of(draft, "save/"), filled(" a@example.com ", "b@example.com")))
    assert part.root.one("p", id="saved").text.startswith("Saved ")
    assert part.root.one("input", name="version")["value"] == "2"
    kept = content_of(draft)
    assert [person.identities[0].value for person in kept.people] == ["a@example.com", "b@example.com"]
    assert (kept.law, kept.products, kept.actions) == ("gdpr", ["profileService", "identity"], ["access", "delete"])
    page = browser.page(address_of(draft))
    assert values_of(page)["value-2-1"] == "b@example.com"


def test_what_was_typed_is_kept_sealed(browser: Browser, organization: Organization, officer: User) -> None:
    draft = begun(organization, officer)
    browser.post(address_of(draft, "save/"), filled("marked@example.com"))
    assert b"marked@example.com" not in (Draft.objects.get().content_sealed or b"marked@example.com")


def test_a_page_that_stood_open_elsewhere_overwrites_nothing(browser: Browser, organization: Organization, officer: User) -> None:
    draft = begun(organization, officer)
    browser.post(address_of(draft, "save/"), filled("new@example.com", page="two"))
    answer = browser.post(address_of(draft, "save/"), filled("old@example.com", page="one"))
    assert answer.status_code == 422
    assert "Not saved: this draft was saved from another window meanwhile." in Page.of(answer).text
    answer = send(browser, draft, filled("old@example.com", page="one"), "save")
    assert answer.status_code == 409
    page = Page.of(answer)
    assert values_of(page)["value-1-1"] == "old@example.com"
    assert content_of(draft).people[0].identities[0].value == "new@example.com"
    # Saved once more, knowingly.
    again = filled("old@example.com", page=page.root.one("input", name="page")["value"], version=version_of(page))
    assert send(browser, draft, again, "save").status_code == 302
    assert content_of(draft).people[0].identities[0].value == "old@example.com"


def version_of(page: Page) -> str:
    """The version that a page was made from."""
    return page.root.one("input", name="version")["value"]


def test_two_saves_of_one_page_at_once_do_not_stand_in_each_other_s_way(
    browser: Browser, organization: Organization, officer: User
) -> None:
    draft = begun(organization, officer)
    newer = browser.post(address_of(draft, "save/"), filled("whole@example.com", edit="7"))
    older = browser.post(address_of(draft, "save/"), filled("who", edit="5"))
    assert (newer.status_code, older.status_code) == (200, 200)
    assert content_of(draft).people[0].identities[0].value == "whole@example.com"


def test_a_save_that_comes_twice_leaves_the_page_that_was_opened_between_as_good_as_it_was(
    browser: Browser, organization: Organization, officer: User
) -> None:
    draft = begun(organization, officer)
    browser.post(address_of(draft, "save/"), filled("first@example.com", edit="7"))
    opened = Page.of(browser.get(address_of(draft)))
    assert opened.root.one("form", id="builder")["data-kept"] == "one 7"
    # The browser carries the last save of a page that is left, beside the one that was on its way.
    assert browser.post(address_of(draft, "save/"), filled("first@example.com", edit="7")).status_code == 200
    assert version_of(Page.of(browser.get(address_of(draft)))) == version_of(opened)
    later = filled("second@example.com", page="two", edit="1", version=version_of(opened))
    assert browser.post(address_of(draft, "save/"), later).status_code == 200
    assert content_of(draft).people[0].identities[0].value == "second@example.com"


def test_without_scripts_each_save_counts(browser: Browser, organization: Organization, officer: User) -> None:
    draft = begun(organization, officer)
    for value in ("first@example.com", "second@example.com"):
        assert send(browser, draft, filled(value, edit="0"), "save").status_code == 302
        assert content_of(draft).people[0].identities[0].value == value


# --- Buttons without scripts ---


def test_the_buttons_add_and_remove_rows(browser: Browser, organization: Organization, officer: User) -> None:
    draft = begun(organization, officer)
    form = filled("a@example.com", "b@example.com")

    def press(do: str) -> Page:
        nonlocal form
        answer = send(browser, draft, form, do)
        assert answer.status_code == 302
        page = browser.page(answer.headers["Location"].split("#")[0])
        form = filled(version=version_of(page)) | values_of(page)
        form |= {name.replace("namespace", "type"): "standard" for name in form if name.startswith("namespace")}
        return page

    page = press("add-person")
    assert (values_of(page)["namespace-3-1"], values_of(page)["value-3-1"]) == ("Email", "")
    assert "value-2-2" in values_of(press("add-identity:2"))
    assert "value-2-2" not in values_of(press("remove-identity:2:2"))
    page = press("remove-person:1")
    assert values_of(page)["value-1-1"] == "b@example.com"
    for _ in range(3):
        page = press("remove-person:1")
    assert values_of(page) == {"key-1": "", "namespace-1-1": "", "value-1-1": ""}


@pytest.mark.parametrize("do", ["", "nonsense", "remove-person:x", "remove-identity:1", "add-identity:99", "add-identity"])
def test_a_button_that_means_nothing_only_saves(browser: Browser, organization: Organization, officer: User, do: str) -> None:
    draft = begun(organization, officer)
    assert send(browser, draft, filled("a@example.com"), do).status_code == 302
    assert len(content_of(draft).people) == 1


def test_nobody_gets_more_than_nine_identities_by_the_button() -> None:
    content = Content()
    added = [content.add_identity(1) is not None for _ in range(10)]
    assert added == [True] * 8 + [False] * 2
    for _ in range(300):
        content.add_person()
    assert len(content.people) == building.MOST_PEOPLE


# --- Errors at their fields ---


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({"namespace-1-1": ""}, "namespace-1-1", "Row 1, ref-1, identity 1: namespace is empty."),
        ({"type-1-1": "Standard"}, "type-1-1", "“Standard” is not a type of identity that Adobe knows."),
        ({"type-1-1": "namespaceId"}, "namespace-1-1", "the type namespaceId needs the namespace's number."),
        ({"key-2": "ref-1"}, "key-2", "Row 2, ref-1: row 1 has the same key."),
    ],
)
def test_a_row_says_what_is_wrong_as_one_leaves_its_field(
    browser: Browser, organization: Organization, officer: User, fields: dict[str, str], field: str, words: str
) -> None:
    draft = begun(organization, officer)
    part = Page.of(browser.post(address_of(draft, "save/"), filled("a@example.com", "b@example.com") | fields))
    (fault,) = [item for item in part.root.all("li") if "data-error" in item.attributes]
    assert fault["data-field"] == field
    assert words in fault.text
    holder = part.root.one("div", id=f"faults-{field.split('-')[1]}")
    assert fault in holder.all("li")


def test_what_is_not_filled_in_yet_is_no_error_while_somebody_types(
    browser: Browser, organization: Organization, officer: User
) -> None:
    draft = begun(organization, officer)
    part = Page.of(browser.post(address_of(draft, "save/"), filled("", law="", products=[], actions=[])))
    assert part.root.all("li") == []


def test_a_namespace_that_no_product_takes_is_a_warning_at_once(
    browser: Browser, organization: Organization, officer: User
) -> None:
    draft = begun(organization, officer)
    part = Page.of(browser.post(address_of(draft, "save/"), filled("a@example.com", products=["target"])))
    (fault,) = part.root.all("li")
    assert "None of the products takes email identities of type standard" in fault.text
    assert "data-error" not in fault.attributes


@pytest.mark.parametrize(
    ("fields", "anchor", "words"),
    [
        ({"law": ""}, "law", "No law is chosen."),
        ({"law": "moon-law"}, "law", "moon-law is not a law that Adobe knows."),
        ({"products": []}, "products", "No product is chosen."),
        ({"actions": []}, "actions", "Nothing is asked for."),
        ({"actions": ["access", "opt-out-of-sale"]}, "actions", "Opt-out of sale cannot stand beside access or deletion."),
        ({"received_on": ""}, "received_on", "The day of receipt is missing."),
        ({"received_on": "2999-01-01"}, "received_on", "This day has not come yet."),
        ({"value-1-1": "", "key-1": ""}, "value-1-1", "value is empty"),
    ],
)
def test_the_check_names_each_error_and_leads_to_its_field(
    browser: Browser, organization: Organization, officer: User, fields: dict[str, Any], anchor: str, words: str
) -> None:
    draft = begun(organization, officer)
    answer = send(browser, draft, filled("a@example.com") | fields)
    assert answer.status_code == 422
    page = Page.of(answer)
    summary = page.root.one("div", class_="error-summary")
    links = {link["href"]: link.text for link in summary.all("a")}
    assert words in links[f"#{anchor}"]
    assert not Upload.objects.exists()
    # What was typed is still there.
    assert values_of(page)["value-1-1"] == fields.get("value-1-1", "a@example.com")


# --- On to the preview ---


def test_it_goes_the_way_of_an_upload(browser: Browser, organization: Organization, officer: User) -> None:
    draft = begun(organization, officer)
    upload = previewed(browser, draft, filled("a@example.com", "b@example.com"))
    assert (upload.status, upload.origin, upload.organization) == (UploadStatus.READY, Origin.BUILDER, organization)
    page = browser.page(f"/uploads/{upload.pk}/")
    assert "This deletes the data of 2 people in 2 products. Adobe cannot undo it." in page.text
    assert page.links[address_of(draft)] == "Go back to the draft and correct it"
    people = list(checking.read_people(lambda: intake.open_stream(upload)))
    assert [person.key for person in people] == ["ref-1", "ref-2"]
    assert people[0].identities == (Identity("Email", "a@example.com", "standard"),)
    assert people[0].actions == ("access", "delete")


def test_several_identities_of_several_types_stand_in_one_person(
    browser: Browser, organization: Organization, officer: User
) -> None:
    form = filled("a@example.com")
    form |= {"namespace-1-2": "crm", "type-1-2": "custom", "value-1-2": "0042"}
    form |= {"namespace-1-3": "10", "type-1-3": "namespaceId", "value-1-3": "AB-1"}
    upload = previewed(browser, begun(organization, officer), form)
    (person,) = checking.read_people(lambda: intake.open_stream(upload))
    assert [tuple(one)[:3] for one in person.identities] == [
        ("Email", "a@example.com", "standard"),
        ("crm", "0042", "custom"),
        ("10", "AB-1", "namespaceId"),
    ]


def test_blank_rows_are_left_out(browser: Browser, organization: Organization, officer: User) -> None:
    draft = begun(organization, officer)
    upload = previewed(browser, draft, filled("a@example.com", "", "c@example.com", **{"key-2": ""}))
    assert [person.row for person in checking.read_people(lambda: intake.open_stream(upload))] == [1, 2]
    # The rows of the form are those of the file.
    assert [person.key for person in content_of(draft).people] == ["ref-1", "ref-3"]


def test_pressing_twice_makes_one_upload(browser: Browser, organization: Organization, officer: User) -> None:
    draft, form = begun(organization, officer), filled("a@example.com")
    assert previewed(browser, draft, form) == previewed(browser, draft, form)
    assert Upload.objects.count() == 1


def test_a_corrected_draft_takes_the_place_of_its_first_preview(
    browser: Browser, organization: Organization, officer: User
) -> None:
    draft = begun(organization, officer)
    first = previewed(browser, draft, filled("a@example.com"))
    second = previewed(browser, draft, filled("b@example.com"))
    first.refresh_from_db()
    assert (first.status, second.status) == (UploadStatus.DISCARDED, UploadStatus.READY)
    assert stored_files() == {second.path}


def test_the_request_says_that_it_was_built_and_the_draft_is_gone(
    browser: Browser, organization: Organization, officer: User
) -> None:
    draft = begun(organization, officer)
    upload = previewed(browser, draft, filled("a@example.com"))
    browser.post(f"/uploads/{upload.pk}/confirm/")
    assert PrivacyRequest.objects.get().origin == Origin.BUILDER
    assert not Draft.objects.exists()
    assert not DataKey.objects.filter(owner_kind="draft").exists()
    assert browser.get(address_of(draft)).status_code == 404


def test_a_discarded_preview_leaves_the_draft(browser: Browser, organization: Organization, officer: User) -> None:
    draft = begun(organization, officer)
    upload = previewed(browser, draft, filled("a@example.com"))
    browser.post(f"/uploads/{upload.pk}/discard/")
    assert values_of(browser.page(address_of(draft)))["value-1-1"] == "a@example.com"
    assert previewed(browser, draft, filled("a@example.com")) != upload


# --- Discard ---


def test_discarding_asks_first_and_removes_everything(browser: Browser, organization: Organization, officer: User) -> None:
    draft = begun(organization, officer)
    upload = previewed(browser, draft, filled("a@example.com", "b@example.com"))
    page = browser.page(address_of(draft, "discard/"))
    assert "This removes the draft with 2 people. It cannot be undone." in page.text
    assert Draft.objects.exists()
    browser.post(address_of(draft, "discard/"))
    upload.refresh_from_db()
    assert upload.status == UploadStatus.DISCARDED
    assert not Draft.objects.exists()
    assert not DataKey.objects.filter(owner_kind__in=("draft", "upload")).exists()
    assert stored_files() == set()
    event = AuditEvent.objects.get(action="draft.discarded")
    assert (event.object_id, event.details) == (str(draft.pk), {})


def test_saving_a_discarded_draft_is_no_page(browser: Browser, organization: Organization, officer: User) -> None:
    draft = begun(organization, officer)
    building.discard(draft, officer)
    assert browser.post(address_of(draft, "save/"), filled("a@example.com")).status_code == 404
    with pytest.raises(Draft.DoesNotExist):
        building.save(draft, Content(), Stamp(1, "one", 0))


# --- Odd forms ---


def test_fields_of_a_hand_made_form_are_read_without_trust(browser: Browser, organization: Organization, officer: User) -> None:
    draft = begun(organization, officer)
    odd = {"value-9999999-1": "x", "value-0-0": "y" * 5000, "type-3": "z", "version": "-1", "edit": "1e9", "key-2-2": "k"}
    answer = browser.post(address_of(draft, "save/"), filled("a@example.com", version="1") | odd | {"version": "1"})
    assert answer.status_code == 200
    longest = max(len(one.value) for person in content_of(draft).people for one in person.identities)
    assert longest == 2000


def test_two_hundred_people_with_nine_identities_fit(browser: Browser, organization: Organization, officer: User) -> None:
    draft = begun(organization, officer)
    form = filled()
    for row in range(1, 201):
        form[f"key-{row}"] = f"ref-{row}"
        for place in range(1, 10):
            form |= {f"namespace-{row}-{place}": "Email", f"type-{row}-{place}": "standard"}
            form[f"value-{row}-{place}"] = f"p{row}-{place}@example.com"
    upload = previewed(browser, draft, form)
    assert upload.status == UploadStatus.READY
    result = checking.CheckResult.from_dict(upload.result)
    assert (result.summary.people, result.summary.identities) == (200, 1800)


def test_texts_cannot_bring_markup(browser: Browser, organization: Organization, officer: User) -> None:
    draft = begun(organization, officer)
    send(browser, draft, filled('"><script>alert(1)</script>'), "save")
    page = browser.page(address_of(draft))
    assert values_of(page)["value-1-1"] == '"><script>alert(1)</script>'
    assert not re.search("<script>alert", page.html)


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20).map(str.strip).filter(bool)
LINES = st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=9)


@given(st.lists(st.tuples(TEXT, LINES), min_size=1, max_size=5))
def test_what_is_typed_is_what_the_file_says(typed: list[tuple[str, list[tuple[str, str]]]]) -> None:
    form = QueryDict(mutable=True)
    for row, (key, lines) in enumerate(typed, 1):
        form[f"key-{row}"] = key
        for place, (namespace, value) in enumerate(lines, 1):
            form[f"namespace-{row}-{place}"], form[f"value-{row}-{place}"] = namespace, value
    content = Content.from_dict(json.loads(json.dumps(Content.from_form(form).to_dict())))
    raw = content.to_file("ORG@AdobeOrg", content.people, ["access"])
    people = list(checking.read_people(lambda: BytesIO(raw)))
    assert [(one.key, [(each.namespace, each.value) for each in one.identities]) for one in people] == typed


def test_the_file_is_the_one_that_the_check_of_files_takes(organization: Organization) -> None:
    content = Content("gdpr", ["target"], ["access"], "2026-11-02")
    raw = json.loads(content.to_file(organization.ims_org_id, content.people, content.actions))
    assert set(raw) == {"companyContexts", "users", "include", "regulation"}
    assert raw["users"] == [{"action": ["access"], "userIDs": [{"namespace": "", "value": "", "type": "standard"}]}]
