"""Settings that may be changed while the portal runs: for administrators, each change checked and audited."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import LazySettings
from django.contrib.admin.utils import quote
from django.test import Client
from django.urls import reverse

from portal import runtime
from portal.models import AuditEvent, Organization, RuntimeSetting, User
from portal.permissions import VIEWER
from portal.runtime import MEGABYTE, SETTINGS
from tests.admins import Page, make_administrator, make_looker, open_page, queries_of, signed_in
from tests.people import make_user

LIST = "LIST_EVERY_SECONDS"
ALL = reverse("admin:portal_runtimesetting_changelist")


def page_of(name: str) -> str:
    """Address of a setting's page."""
    return reverse("admin:portal_runtimesetting_change", args=[quote(name)])


def reset_of(name: str) -> str:
    """Address of its button."""
    return reverse("admin:portal_runtimesetting_reset", args=[name])


@pytest.fixture(autouse=True)
def known_environment(settings: LazySettings, settings_and_clock_of_each_test: None) -> None:
    """As the README has it."""
    settings.LIST_EVERY_SECONDS, settings.UPLOAD_MAX_BYTES, settings.MAIL_DIGEST_HOUR = 900.0, 100 * MEGABYTE, 7
    runtime.forget()


@pytest.fixture
def administrator(organization: Organization) -> User:
    """May change them."""
    return make_administrator("administrator", organization)


@pytest.fixture
def looker(organization: Organization) -> User:
    """May look at them and change none."""
    return make_looker("view_runtimesetting", organization)


def changes() -> list[tuple[str, dict[str, Any]]]:
    """What the trail has of settings."""
    events = AuditEvent.objects.filter(action__startswith="setting.").order_by("id")
    return list(events.values_list("action", "details"))


# --- Who may ---


def test_they_are_for_administrators(administrator: User, looker: User, officer: User) -> None:
    for address in (ALL, page_of(LIST)):
        assert signed_in(administrator).get(address).status_code == 200
        assert signed_in(looker).get(address).status_code == 200
        refused: Any = signed_in(officer).get(address)
        assert refused.url.startswith(reverse("admin:login"))
    runtime.change(LIST, 60, administrator)
    for person, status in ((looker, 403), (officer, 302)):
        for address in (page_of(LIST), reset_of(LIST)):
            assert signed_in(person).post(address, {"value": "120"}).status_code == status
    without_token = Client(enforce_csrf_checks=True)
    without_token.force_login(administrator)
    assert without_token.post(page_of(LIST), {"value": "120"}).status_code == 403
    assert signed_in(administrator).get(reset_of(LIST)).status_code == 405
    assert RuntimeSetting.objects.get().value == 60
    assert len(changes()) == 1


def test_staff_without_the_right_sees_none(organization: Organization) -> None:
    person = make_user("staff", VIEWER, organization)
    person.is_staff = True
    person.save()
    for address in (ALL, page_of(LIST)):
        assert signed_in(person).get(address).status_code == 403


def test_whoever_may_only_look_gets_no_form(looker: User, administrator: User) -> None:
    runtime.change(LIST, 60, administrator)
    assert "value" not in open_page(signed_in(looker), page_of(LIST)).fields
    assert "value" in open_page(signed_in(administrator), page_of(LIST)).fields


def test_none_is_added_or_deleted(administrator: User) -> None:
    runtime.change(LIST, 60, administrator)
    root = User.objects.create_superuser("root", password="x" * 20)
    assert signed_in(root).get(reverse("admin:portal_runtimesetting_add")).status_code == 403
    delete = reverse("admin:portal_runtimesetting_delete", args=[quote(LIST)])
    assert signed_in(root).post(delete, {"post": "yes"}).status_code == 403
    assert RuntimeSetting.objects.exists()


def test_a_setting_that_is_none_is_not_there(administrator: User) -> None:
    client = signed_in(administrator)
    for address in (page_of("SECRET_KEY"), reset_of("SECRET_KEY")):
        assert client.post(address, {"value": "1"}).status_code == 404


# --- What is shown ---


def test_all_of_them_are_shown_with_what_holds_and_where_it_comes_from(administrator: User) -> None:
    client = signed_in(administrator)
    page = open_page(client, ALL)
    assert all(page_of(name) in page.links and name in page.html for name in SETTINGS)
    assert "15 minutes" in page.html
    assert "Changed by" not in page.html
    runtime.change(LIST, 60, administrator)
    changed = open_page(client, ALL)
    assert "1 minute" in changed.html
    assert "Changed by administrator" in changed.html
    assert "In the environment: 15 minutes." in changed.html


def test_a_value_that_cannot_be_used_is_said_to_be_none(administrator: User) -> None:
    RuntimeSetting.objects.create(name=LIST, value=1)
    page = open_page(signed_in(administrator), ALL)
    assert "Not used:" in page.html
    assert "between 5 seconds and 1 day" in page.html


def test_the_list_takes_as_many_queries_whatever_was_changed(administrator: User) -> None:
    client = signed_in(administrator)
    before = queries_of(client, ALL)
    for name, setting in SETTINGS.items():
        runtime.change(name, setting.least, administrator)
    assert queries_of(client, ALL) == before


@pytest.mark.parametrize("address", [ALL, page_of(LIST)])
def test_its_pages_hold_no_code_of_their_own(address: str, administrator: User) -> None:
    runtime.change(LIST, 60, administrator)
    assert Page(signed_in(administrator).get(address).content.decode()).inline_code == []


# --- Changing ---


def test_a_change_holds_and_is_audited(administrator: User) -> None:
    answer: Any = signed_in(administrator).post(page_of(LIST), {"value": "90"}, follow=True)
    assert "Reading Adobe&#x27;s list is now 1 minute 30 seconds." in answer.content.decode()
    assert runtime.fraction(LIST) == 90
    assert RuntimeSetting.objects.get().changed_by == administrator
    assert changes() == [("setting.changed", {"setting": LIST, "from": 900.0, "to": 90.0})]


def test_the_same_value_twice_is_one_change(administrator: User) -> None:
    client = signed_in(administrator)
    for _ in range(2):
        answer: Any = client.post(page_of(LIST), {"value": "90"}, follow=True)
    assert "was 1 minute 30 seconds already" in answer.content.decode()
    assert len(changes()) == 1


def test_a_size_is_typed_in_megabytes(administrator: User) -> None:
    page = open_page(signed_in(administrator), page_of("UPLOAD_MAX_BYTES"))
    assert page.fields["value"] == ["100"]
    signed_in(administrator).post(page_of("UPLOAD_MAX_BYTES"), {"value": "1.5"})
    assert runtime.number("UPLOAD_MAX_BYTES") == 3 * MEGABYTE // 2


@pytest.mark.parametrize(
    ("name", "typed", "says"),
    [
        (LIST, "4", "It must be between 5 seconds and 1 day."),
        (LIST, "86401", "It must be between 5 seconds and 1 day."),
        (LIST, "often", "Enter a number."),
        (LIST, "", "This field is required."),
        (LIST, "nan", "Enter a number."),
        ("MAIL_DIGEST_HOUR", "7.5", "It must be a whole number."),
        ("MAIL_DIGEST_HOUR", "24", "It must be between 00:00 and 23:00."),
        ("UPLOAD_MAX_BYTES", "1e308", "It must be a number."),
    ],
)
def test_a_wrong_value_is_refused_and_kept_in_the_field(name: str, typed: str, says: str, administrator: User) -> None:
    answer = signed_in(administrator).post(page_of(name), {"value": typed})
    page = Page(answer.content.decode())
    assert answer.status_code == 422
    assert says in page.html
    assert page.fields["value"] == [typed]
    assert not RuntimeSetting.objects.exists()
    assert changes() == []


def test_it_goes_back_to_the_environments_value(administrator: User) -> None:
    client = signed_in(administrator)
    assert reset_of(LIST) not in client.get(page_of(LIST)).content.decode()
    client.post(page_of(LIST), {"value": "90"})
    assert reset_of(LIST) in client.get(page_of(LIST)).content.decode()
    answer: Any = client.post(reset_of(LIST), follow=True)
    assert "the environment&#x27;s value holds again, 15 minutes" in answer.content.decode()
    assert runtime.fraction(LIST) == 900
    assert changes()[-1] == ("setting.reset", {"setting": LIST, "from": 90.0, "to": 900.0})
    client.post(reset_of(LIST))
    assert len(changes()) == 2
