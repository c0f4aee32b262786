from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from portal import audit, pace
from portal.admin import base
from portal.models import AccessToken, AuditEvent, CallTally, MailTrouble, Organization, Pace, User
from portal.permissions import ADMINISTRATOR, OFFICER, VIEWER
from tests.admins import Page, make_administrator, open_page, queries_of, signed_in
from tests.conftest import OTHER_IMS_ORG, Simulator, make_organization
from tests.people import PASSWORD, make_user
from tests.portal.adobe.servers import unused_port

SECRET = "simulator-secret"
ORGANIZATIONS = reverse("admin:portal_organization_changelist")
USERS = reverse("admin:portal_user_changelist")


@pytest.fixture
def administrator(organization: Organization) -> User:
    """Looks after Acme."""
    return make_administrator("administrator", organization)


@pytest.fixture
def other() -> Organization:
    """Not Acme."""
    return make_organization(ims_org_id=OTHER_IMS_ORG, name="Other")


@pytest.fixture
def stranger(other: Organization) -> User:
    """Looks after another organization."""
    return make_administrator("stranger", other)


@pytest.fixture
def superuser(db: None) -> User:
    """Sees everything."""
    return User.objects.create_superuser("root", password=PASSWORD)


def page_of(obj: Organization | User) -> str:
    """Address of its change page."""
    return reverse(f"admin:portal_{obj._meta.model_name}_change", args=[obj.pk])


def act_of(organization: Organization, name: str) -> str:
    """Address of a button."""
    return reverse(f"admin:portal_organization_{name}", args=[organization.pk])


def organization_form(organization: Organization, **changes: Any) -> dict[str, Any]:
    """What a browser sends when the page is saved; the secret's field is empty, as on the page."""
    return {
        "name": organization.name,
        "ims_org_id": organization.ims_org_id,
        "time_zone": organization.time_zone,
        "client_id": organization.client_id,
        "client_secret": "",
        "scopes": organization.scopes,
        "gateway_url": organization.gateway_url,
        "ims_url": organization.ims_url,
        "download_hosts": "\n".join(organization.download_hosts),
        "product_codes": organization.product_codes,
        "max_people_per_call": organization.max_people_per_call,
        "max_identities_per_call": organization.max_identities_per_call,
        "calls_per_minute": organization.calls_per_minute,
        "jobs_per_day": organization.jobs_per_day,
        "recall_minutes": organization.recall_minutes,
        "sandbox_name": organization.sandbox_name,
        "max_identities_per_work_order": organization.max_identities_per_work_order,
        "members": [user.pk for user in organization.members.all()],
    } | changes


def save(user: User, organization: Organization, **changes: Any) -> Any:
    """Save the page of an organization."""
    answer = signed_in(user).post(page_of(organization), organization_form(organization, **changes))
    if answer.status_code == 302:
        organization.refresh_from_db()
    return answer


def errors_of(answer: Any) -> dict[str, list[str]]:
    """The refused fields and why."""
    assert answer.status_code == 200
    return dict(answer.context["adminform"].form.errors)


def last_event() -> AuditEvent:
    """What the trail ends with, sign-ins aside."""
    event: AuditEvent = AuditEvent.objects.exclude(action__startswith="user.signed").order_by("-id")[0]
    return event


# --- Who may enter ---


def test_it_shows_an_organization_to_its_administrators_only(
    organization: Organization, administrator: User, officer: User, stranger: User
) -> None:
    assert signed_in(administrator).get(page_of(organization)).status_code == 200
    refused: Any = signed_in(officer).get(page_of(organization))
    assert refused.status_code == 302
    assert refused.url.startswith(reverse("admin:login"))
    # The stock answer for a row that is not there.
    elsewhere: Any = signed_in(stranger).get(page_of(organization))
    assert (elsewhere.status_code, elsewhere.url) == (302, reverse("admin:index"))


def test_its_list_holds_the_own_organizations_with_their_members(
    organization: Organization, administrator: User, officer: User, stranger: User, superuser: User
) -> None:
    def listed(user: User) -> list[tuple[str, int]]:
        answer: Any = signed_in(user).get(ORGANIZATIONS)
        return [(row.name, row.members_total) for row in answer.context["cl"].result_list]

    assert listed(administrator) == [("Acme", 2)]
    assert listed(stranger) == [("Other", 1)]
    assert listed(superuser) == [("Acme", 2), ("Other", 1)]


@pytest.mark.parametrize("act", ["test", "hold", "resume"])
def test_its_buttons_are_for_its_administrators(
    act: str, organization: Organization, administrator: User, officer: User, stranger: User
) -> None:
    assert signed_in(administrator).get(act_of(organization, act)).status_code == 405
    assert signed_in(stranger).post(act_of(organization, act)).status_code == 404
    refused: Any = signed_in(officer).post(act_of(organization, act))
    assert refused.url.startswith(reverse("admin:login"))
    looker = make_user("looker", VIEWER, organization)
    looker.is_staff = True
    looker.save()
    looker.user_permissions.add(Permission.objects.get(codename="view_organization"))
    assert signed_in(looker).post(act_of(organization, act)).status_code == 403
    without_token = Client(enforce_csrf_checks=True)
    without_token.force_login(administrator)
    assert without_token.post(act_of(organization, act)).status_code == 403
    assert not AuditEvent.objects.filter(action__startswith="organization.").exists()


# --- The form ---


def test_it_never_gives_the_secret_back(organization: Organization, administrator: User) -> None:
    page = open_page(signed_in(administrator), page_of(organization))
    assert page.fields["client_secret"] == [""]
    assert SECRET not in page.html
    refused = save(administrator, organization, name="", client_secret="typed-secret")
    assert "typed-secret" not in refused.content.decode()


def test_it_hides_the_secret_from_whoever_may_only_look(organization: Organization) -> None:
    looker = make_user("looker", VIEWER, organization)
    looker.is_staff = True
    looker.save()
    looker.user_permissions.add(Permission.objects.get(codename="view_organization"))
    page = open_page(signed_in(looker), page_of(organization))
    assert "simulator-client" in page.html
    assert SECRET not in page.html


def test_it_keeps_the_secret_when_none_is_typed_and_encrypts_a_new_one(organization: Organization, administrator: User) -> None:
    save(administrator, organization, name="Acme Corporation")
    assert (organization.name, organization.client_secret) == ("Acme Corporation", SECRET)
    save(administrator, organization, client_secret="another-secret")
    assert organization.client_secret == "another-secret"
    assert b"another-secret" not in bytes(organization.client_secret_sealed or b"")


def test_it_drops_a_token_that_was_made_with_other_credentials(organization: Organization, administrator: User) -> None:
    token = AccessToken(organization=organization, expires_at=timezone.now() + timedelta(days=1))
    token.value = "token"
    token.save()
    save(administrator, organization, name="Acme Corporation")
    assert AccessToken.objects.exists()
    save(administrator, organization, client_secret="another-secret")
    assert not AccessToken.objects.exists()


def test_it_offers_products_by_name_and_keeps_codes(organization: Organization, administrator: User) -> None:
    organization.product_codes = ["analytics", "brandNewProduct"]
    organization.save()
    page = open_page(signed_in(administrator), page_of(organization))
    assert {"analytics", "profileService", "brandNewProduct"} <= set(page.fields["product_codes"])
    assert "Real-Time Customer Profile" in page.html
    save(administrator, organization, product_codes=["profileService", "brandNewProduct"])
    assert organization.product_codes == ["profileService", "brandNewProduct"]
    assert "product_codes" in errors_of(save(administrator, organization, product_codes=["noSuchProduct"]))


def test_it_takes_hosts_one_a_line(organization: Organization, administrator: User) -> None:
    save(administrator, organization, download_hosts="Files.Example.com\r\n\r\n 127.0.0.1:8443 \r\nfiles.example.com\r\n")
    assert organization.download_hosts == ["files.example.com", "127.0.0.1:8443"]
    page = open_page(signed_in(administrator), page_of(organization))
    assert "files.example.com\n127.0.0.1:8443" in page.html


@pytest.mark.parametrize(
    "line", ["https://files.example.com", "files.example.com/x", "a b", "*.example.com", "me@host", "h:99999x"]
)
def test_it_refuses_a_line_that_is_no_host(line: str, organization: Organization, administrator: User) -> None:
    errors = errors_of(save(administrator, organization, download_hosts=f"good.example.com\n{line}"))
    assert "Line 2" in errors["download_hosts"][0]


@pytest.mark.parametrize("which", ["gateway_url", "ims_url"])
@pytest.mark.parametrize(
    "address",
    [
        "https://platform.adobe.io/data",
        "https://h.example.com/?a=b",
        "https://h.example.com/#x",
        "ftp://h.example.com",
        "https://u:p@h.example.com",
    ],
)
def test_it_refuses_what_is_more_than_an_address(
    which: str, address: str, organization: Organization, administrator: User
) -> None:
    assert which in errors_of(save(administrator, organization, **{which: address}))


def test_it_takes_a_plain_address_outside_production_only(organization: Organization, administrator: User, settings: Any) -> None:
    save(administrator, organization, gateway_url="http://127.0.0.1:8080/", ims_url="http://127.0.0.1:8080")
    assert organization.gateway_url == "http://127.0.0.1:8080"
    settings.PORTAL_ENVIRONMENT = "production"
    assert set(errors_of(save(administrator, organization))) == {"gateway_url", "ims_url"}
    save(administrator, organization, gateway_url="https://platform.adobe.io", ims_url="https://ims-na1.adobelogin.com")
    assert organization.gateway_url == "https://platform.adobe.io"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("time_zone", "Mars/Olympus"),
        ("scopes", 'openid,"quoted"'),
        ("scopes", " , "),
        ("max_people_per_call", 1001),
        ("max_people_per_call", 0),
        ("max_identities_per_call", 1001),
        ("recall_minutes", 7 * 24 * 60 + 1),
        ("sandbox_name", "Prod!"),
        ("max_identities_per_work_order", 100_001),
        ("ims_org_id", "nonsense"),
    ],
)
def test_it_refuses_what_adobe_would_refuse(
    field: str, value: str | int, organization: Organization, administrator: User
) -> None:
    assert field in errors_of(save(administrator, organization, **{field: value}))


def test_it_tidies_scopes_and_takes_a_time_zone(organization: Organization, administrator: User) -> None:
    save(administrator, organization, scopes="openid, AdobeID\topenid,", time_zone="Europe/Stockholm")
    assert (organization.scopes, organization.time_zone) == ("openid,AdobeID", "Europe/Stockholm")


def test_saving_writes_what_was_changed_and_leaves_a_hold_alone(organization: Organization, administrator: User) -> None:
    with CaptureQueriesContext(connection) as captured:
        save(administrator, organization, name="Acme Corporation")
    updates = [query["sql"] for query in captured if query["sql"].startswith('UPDATE "portal_organization"')]
    assert len(updates) == 1
    assert "held_at" not in updates[0]
    assert "client_secret_sealed" not in updates[0]


def test_its_administrator_adds_an_organization_and_belongs_to_it(organization: Organization, administrator: User) -> None:
    client = signed_in(administrator)
    new = Organization(name="New", ims_org_id=OTHER_IMS_ORG, client_id="c", product_codes=["target"])
    add = reverse("admin:portal_organization_add")
    body = organization_form(organization, name="New", ims_org_id=new.ims_org_id, product_codes=["target"], members=[])
    assert "client_secret" in errors_of(client.post(add, body))
    assert client.post(add, body | {"client_secret": "new-secret"}).status_code == 302
    made = Organization.objects.get(name="New")
    assert (made.client_secret, list(made.members.all())) == ("new-secret", [administrator])
    assert (last_event().action, last_event().organization_id) == ("organization.added", str(made.pk))


def test_it_offers_only_people_in_sight_as_members(
    organization: Organization, administrator: User, officer: User, stranger: User
) -> None:
    answer: Any = signed_in(administrator).get(page_of(organization))
    assert set(answer.context["adminform"].form.fields["members"].queryset) == {administrator, officer}
    assert "members" in errors_of(save(administrator, organization, members=[administrator.pk, stranger.pk]))


def test_an_organization_is_never_deleted(organization: Organization, superuser: User) -> None:
    delete = reverse("admin:portal_organization_delete", args=[organization.pk])
    assert signed_in(superuser).post(delete, {"post": "yes"}).status_code == 403
    assert Organization.objects.filter(pk=organization.pk).exists()


def test_a_change_is_audited_by_the_names_of_its_fields(organization: Organization, administrator: User) -> None:
    save(administrator, organization, name="Secret project", client_secret="another-secret")
    event = last_event()
    assert (event.action, event.actor_id, event.object_id) == (
        "organization.changed",
        str(administrator.pk),
        str(organization.pk),
    )
    assert event.details == {"fields": "client_secret, name"}
    events = AuditEvent.objects.count()
    save(administrator, organization)
    # Nothing changed, so there is nothing to tell; the sign-in of that browser is the only new line.
    assert AuditEvent.objects.exclude(action__startswith="user.").count() == AuditEvent.objects.filter(pk=event.pk).count()
    assert AuditEvent.objects.count() == events + 1


# --- The connection test ---


def try_connection(user: User, organization: Organization) -> Page:
    """Press the button."""
    answer = signed_in(user).post(act_of(organization, "test"))
    assert answer.status_code == 200
    page = Page(answer.content.decode())
    assert SECRET not in page.html
    event = last_event()
    failed = [step for step, state in zip(STEPS, page.step_states, strict=True) if state == "failed"]
    assert (event.action, event.actor_id, event.organization_id) == ("organization.tested", str(user.pk), str(organization.pk))
    assert event.details == {"ok": not failed, "failed_step": "".join(failed)}
    return page


STEPS = ["dns", "tls", "token", "entitlement", "listing"]


def test_the_connection_test_passes_every_step(simulator: Simulator, organization: Organization, administrator: User) -> None:
    page = try_connection(administrator, organization)
    assert page.step_states == ["passed"] * 5
    assert "Every step passed" in page.html


def a_name_that_is_not_known(organization: Organization, simulator: Simulator) -> None:
    organization.gateway_url = "http://no-such-host.invalid"


def a_closed_port(organization: Organization, simulator: Simulator) -> None:
    organization.gateway_url = f"http://127.0.0.1:{unused_port()}"


def a_wrong_secret(organization: Organization, simulator: Simulator) -> None:
    organization.client_secret = "rotated-last-week"


def a_missing_permission(organization: Organization, simulator: Simulator) -> None:
    simulator.fault("forbidden")


def a_broken_listing(organization: Organization, simulator: Simulator) -> None:
    simulator.fault("error500", match={"operation": "list"}, times=20)


@pytest.mark.parametrize(
    ("fault", "failing", "advice"),
    [
        (a_name_that_is_not_known, 0, "Check the address for typing errors"),
        (a_closed_port, 1, "Check the port"),
        (a_wrong_secret, 2, "the secret may have been rotated"),
        (a_missing_permission, 3, "add the Privacy Service API to the project"),
        (a_broken_listing, 4, "try again in some minutes"),
    ],
)
def test_the_connection_test_says_which_step_fails_and_what_to_do(
    fault: Callable[[Organization, Simulator], None],
    failing: int,
    advice: str,
    simulator: Simulator,
    organization: Organization,
    administrator: User,
) -> None:
    fault(organization, simulator)
    organization.save()
    page = try_connection(administrator, organization)
    assert page.step_states == ["passed"] * failing + ["failed"] + ["waits"] * (4 - failing)
    assert advice in page.html


def test_the_calls_of_the_connection_test_count_among_the_organizations_own(
    simulator: Simulator, organization: Organization, administrator: User
) -> None:
    Organization.objects.filter(pk=organization.pk).update(calls_per_minute=600)
    try_connection(administrator, organization)
    assert Pace.objects.filter(organization=organization, free_at__gt=0).exists()
    assert CallTally.objects.filter(organization=organization, outcome="200").count() >= 2


def test_the_connection_test_waits_for_nobody_whose_calls_are_used_up(
    simulator: Simulator, organization: Organization, administrator: User
) -> None:
    Organization.objects.filter(pk=organization.pk).update(calls_per_minute=600)
    organization.refresh_from_db()
    pace.hold_back(organization, 3600)
    page = try_connection(administrator, organization)
    assert page.step_states[:3] == ["passed"] * 3
    assert "calls a minute are used up, so Adobe was not asked" in page.html


# --- Hold and resume ---


def test_it_holds_and_resumes_by_hand(organization: Organization, administrator: User) -> None:
    client = signed_in(administrator)
    assert client.post(act_of(organization, "hold")).status_code == 302
    organization.refresh_from_db()
    assert (organization.is_on_hold, organization.hold_reason) == (True, "by_hand")
    assert (last_event().action, last_event().details) == ("organization.held", {"reason": "by_hand"})
    assert "An administrator put the organization on hold." in open_page(client, page_of(organization)).html

    client.post(act_of(organization, "hold"))
    assert AuditEvent.objects.filter(action="organization.held").count() == 1

    assert client.post(act_of(organization, "resume")).status_code == 302
    organization.refresh_from_db()
    assert not organization.is_on_hold
    assert (last_event().action, last_event().actor_id) == ("organization.resumed", str(administrator.pk))

    client.post(act_of(organization, "resume"))
    assert AuditEvent.objects.filter(action="organization.resumed").count() == 1


def test_it_shows_why_it_is_on_hold_in_adobes_words(organization: Organization, administrator: User) -> None:
    organization.hold("forbidden", "Profile is not valid <for> this service")
    page = open_page(signed_in(administrator), page_of(organization))
    assert "Adobe says this credential may not do that" in page.html
    assert "Profile is not valid &lt;for&gt; this service" in page.html
    assert act_of(organization, "resume") in page.html
    listed = open_page(signed_in(administrator), f"{ORGANIZATIONS}?hold=yes")
    assert "Adobe says this credential may not do that" in listed.html
    assert page_of(organization) not in open_page(signed_in(administrator), f"{ORGANIZATIONS}?hold=no").html


# --- People ---


def person_form(person: User, **changes: Any) -> dict[str, Any]:
    """What a browser sends when a person's page is saved."""
    return {
        "username": person.username,
        "first_name": person.first_name,
        "last_name": person.last_name,
        "email": person.email,
        "is_active": "on",
        "organizations": [organization.pk for organization in person.organizations.all()],
        "groups": [group.pk for group in person.groups.all()],
    } | changes


def new_person(*organizations: Organization, **changes: Any) -> dict[str, Any]:
    """What a browser sends to add a person."""
    group = Group.objects.get(name=OFFICER)
    password = {"usable_password": "true", "password1": "a long new password", "password2": "a long new password"}
    return (
        {"username": "newcomer", "organizations": [each.pk for each in organizations], "groups": [group.pk]} | password | changes
    )


def test_its_administrators_see_the_people_of_their_organizations(
    organization: Organization, administrator: User, officer: User, stranger: User, superuser: User
) -> None:
    def listed(user: User) -> set[str]:
        answer: Any = signed_in(user).get(USERS)
        return {row.username for row in answer.context["cl"].result_list}

    assert listed(administrator) == {"administrator", "officer"}
    assert listed(stranger) == {"stranger"}
    assert listed(superuser) == {"administrator", "officer", "stranger", "root"}
    assert signed_in(administrator).get(page_of(officer)).status_code == 200
    assert signed_in(stranger).get(page_of(officer)).status_code == 302
    refused: Any = signed_in(officer).get(page_of(officer))
    assert refused.url.startswith(reverse("admin:login"))


def test_an_administrator_adds_a_person_to_the_own_organization_only(
    organization: Organization, administrator: User, other: Organization
) -> None:
    client, add = signed_in(administrator), reverse("admin:portal_user_add")
    assert "organizations" in errors_of(client.post(add, new_person()))
    assert "organizations" in errors_of(client.post(add, new_person(other)))
    answer = client.post(add, new_person(organization, is_superuser="on"))
    assert answer.status_code == 302
    made = User.objects.get(username="newcomer")
    assert list(made.organizations.all()) == [organization]
    assert [group.name for group in made.groups.all()] == [OFFICER]
    assert not made.is_superuser
    assert made.check_password("a long new password")
    assert (last_event().action, last_event().object_id) == ("user.added", str(made.pk))


def test_a_change_of_a_person_is_audited_by_the_names_of_its_fields(
    organization: Organization, administrator: User, officer: User
) -> None:
    client = signed_in(administrator)
    viewers = Group.objects.get(name=VIEWER)
    assert client.post(page_of(officer), person_form(officer, email="new@example.com", groups=[viewers.pk])).status_code == 302
    assert (last_event().action, last_event().details) == ("user.changed", {"fields": "email, groups"})
    password = reverse("admin:auth_user_password_change", args=[officer.pk])
    assert client.post(password, new_person()).status_code == 302
    assert (last_event().action, last_event().details) == ("user.changed", {"fields": "password"})
    assert last_event().organization_id == ""


def test_a_superuser_gives_a_person_another_organization(
    organization: Organization, other: Organization, officer: User, superuser: User
) -> None:
    body = person_form(officer, organizations=[organization.pk, other.pk])
    assert signed_in(superuser).post(page_of(officer), body).status_code == 302
    assert set(officer.organizations.all()) == {organization, other}
    assert last_event().details == {"fields": "organizations"}


def also_elsewhere(person: User) -> None:
    person.organizations.add(make_organization(ims_org_id="FEDCBA9876543210FEDCBA98@AdobeOrg", name="Third"))


def also_a_superuser(person: User) -> None:
    User.objects.filter(pk=person.pk).update(is_superuser=True)


def also_with_another_right(person: User) -> None:
    person.user_permissions.add(Permission.objects.get(codename="delete_group"))


def also_with_another_right_and_not_active(person: User) -> None:
    also_with_another_right(person)
    User.objects.filter(pk=person.pk).update(is_active=False)


@pytest.mark.parametrize(
    "reaches_further", [also_elsewhere, also_a_superuser, also_with_another_right, also_with_another_right_and_not_active]
)
def test_nobody_changes_a_person_who_reaches_further(
    reaches_further: Callable[[User], None], administrator: User, officer: User
) -> None:
    reaches_further(officer)
    client = signed_in(administrator)
    page = open_page(client, page_of(officer))
    assert "Third" not in page.html
    assert client.post(page_of(officer), person_form(officer, email="new@example.com")).status_code == 403
    password = reverse("admin:auth_user_password_change", args=[officer.pk])
    assert client.post(password, new_person()).status_code == 403
    officer.refresh_from_db()
    assert officer.email == ""
    assert officer.check_password(PASSWORD)


def test_nobody_gives_rights_that_one_does_not_have(organization: Organization, administrator: User, officer: User) -> None:
    keepers = Group.objects.create(name="Keepers of groups")
    keepers.permissions.add(Permission.objects.get(codename="change_group"))
    client = signed_in(administrator)
    assert "groups" in errors_of(client.post(page_of(officer), person_form(officer, groups=[keepers.pk])))
    crafted = person_form(officer, is_superuser="on", user_permissions=[Permission.objects.get(codename="change_group").pk])
    assert client.post(page_of(officer), crafted).status_code == 302
    officer.refresh_from_db()
    assert not officer.is_superuser
    assert not officer.user_permissions.exists()
    allowed = person_form(officer, groups=[Group.objects.get(name=ADMINISTRATOR).pk], is_staff="on")
    assert client.post(page_of(officer), allowed).status_code == 302
    assert officer.groups.get().name == ADMINISTRATOR


def test_a_person_is_deactivated_and_never_deleted(administrator: User, officer: User, superuser: User) -> None:
    delete = reverse("admin:portal_user_delete", args=[officer.pk])
    assert signed_in(superuser).post(delete, {"post": "yes"}).status_code == 403
    body = person_form(officer)
    del body["is_active"]
    assert signed_in(administrator).post(page_of(officer), body).status_code == 302
    officer.refresh_from_db()
    assert not officer.is_active


def test_a_change_of_a_group_is_audited(superuser: User) -> None:
    group = Group.objects.get(name=VIEWER)
    body = {"name": "Viewers", "permissions": [permission.pk for permission in group.permissions.all()]}
    assert signed_in(superuser).post(reverse("admin:auth_group_change", args=[group.pk]), body).status_code == 302
    assert (last_event().action, last_event().details) == ("group.changed", {"fields": "name"})


# --- E-mail that does not go out ---


def test_its_administrators_see_whose_e_mail_does_not_go_out(
    organization: Organization, administrator: User, officer: User, stranger: User, superuser: User
) -> None:
    now = timezone.now()
    for name, user in ((MailTrouble.SERVER, None), (str(officer.pk), officer), (str(stranger.pk), stranger)):
        MailTrouble.objects.create(name=name, user=user, since=now, next_attempt_at=now, attempts=3, error="SMTPDataError 550")
    changelist = reverse("admin:portal_mailtrouble_changelist")

    def listed(user: User) -> set[str]:
        answer: Any = signed_in(user).get(changelist)
        return {row.name for row in answer.context["cl"].result_list}

    assert listed(administrator) == {MailTrouble.SERVER, str(officer.pk)}
    assert listed(stranger) == {MailTrouble.SERVER, str(stranger.pk)}
    assert listed(superuser) == {MailTrouble.SERVER, str(officer.pk), str(stranger.pk)}
    refused: Any = signed_in(officer).get(changelist)
    assert refused.url.startswith(reverse("admin:login"))
    address = reverse("admin:portal_mailtrouble_change", args=[officer.pk])
    assert "SMTPDataError 550" in open_page(signed_in(administrator), address).html
    assert signed_in(stranger).get(address).status_code == 302
    assert signed_in(superuser).post(address, {"attempts": 0}).status_code == 403
    assert MailTrouble.objects.get(user=officer).attempts == 3


# --- The trail ---


def test_its_administrators_read_the_trail_of_their_organizations(
    organization: Organization, administrator: User, officer: User, stranger: User, superuser: User
) -> None:
    event = audit.record("organization.tested", actor=administrator, organization=organization, obj=organization)
    address = reverse("admin:portal_auditevent_change", args=[event.pk])
    changelist = reverse("admin:portal_auditevent_changelist")
    assert "organization.tested" in open_page(signed_in(administrator), changelist).html
    assert "user.signed_in" not in open_page(signed_in(administrator), changelist).html
    assert "organization.tested" in open_page(signed_in(administrator), address).html
    assert "organization.tested" not in open_page(signed_in(stranger), changelist).html
    assert signed_in(stranger).get(address).status_code == 302
    assert signed_in(officer).get(changelist).status_code == 302
    assert "user.signed_in" in open_page(signed_in(superuser), changelist).html
    assert signed_in(superuser).post(address, {}).status_code == 403


def test_it_shows_the_seals(organization: Organization, administrator: User, officer: User, stranger: User) -> None:
    audit.record("organization.held", actor=None, organization=organization, obj=organization)
    seal = audit.seal()
    assert seal is not None
    address = reverse("admin:portal_auditseal_change", args=[seal.pk])
    for user in (administrator, stranger):
        assert bytes(seal.hash).hex() in open_page(signed_in(user), address).html
    assert signed_in(officer).get(address).status_code == 302


# --- What holds for every page ---


def pages(organization: Organization, person: User) -> list[str]:
    """Every page of this app's admin."""
    audit.record("organization.held", actor=None, organization=organization, obj=organization)
    audit.seal()
    event = AuditEvent.objects.all()[0]
    return [
        reverse("admin:index"),
        ORGANIZATIONS,
        reverse("admin:portal_organization_add"),
        page_of(organization),
        USERS,
        reverse("admin:portal_user_add"),
        page_of(person),
        reverse("admin:auth_user_password_change", args=[person.pk]),
        reverse("admin:auth_group_changelist"),
        reverse("admin:portal_auditevent_changelist"),
        reverse("admin:portal_auditevent_change", args=[event.pk]),
        reverse("admin:portal_auditseal_changelist"),
        reverse("admin:portal_auditseal_change", args=[1]),
    ]


def test_its_pages_hold_no_code_of_their_own(organization: Organization, officer: User, superuser: User) -> None:
    client = signed_in(superuser)
    for address in pages(organization, officer):
        answer = client.get(address)
        assert answer.status_code == 200, address
        assert "default-src 'self'" in answer["Content-Security-Policy"]
        assert "unsafe" not in answer["Content-Security-Policy"]
        assert Page(answer.content.decode()).inline_code == [], address


def test_the_result_of_a_connection_test_holds_no_code_of_its_own(organization: Organization, superuser: User) -> None:
    answer = signed_in(superuser).post(act_of(organization, "test"))
    assert Page(answer.content.decode()).inline_code == []


def fill(count: int) -> None:
    """`count` more organizations, people and events."""
    start = Organization.objects.count()
    for number in range(start, start + count):
        organization = make_organization(ims_org_id=f"{number:024d}@AdobeOrg", name=f"Organization {number}")
        user = User.objects.create(username=f"user-{number}")
        user.organizations.add(organization)
        audit.record("organization.held", actor=user, organization=organization, obj=organization)


@pytest.mark.parametrize("model", ["organization", "user", "auditevent"])
def test_a_list_takes_as_many_queries_for_fifty_rows_as_for_five(
    model: str, superuser: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client, address = signed_in(superuser), reverse(f"admin:portal_{model}_changelist")
    fill(5)
    few = queries_of(client, address)
    assert few <= 10
    fill(45)
    with django_assert_max_num_queries(few):
        answer: Any = client.get(address)
    assert len(answer.context["cl"].result_list) >= 50


def test_a_list_loads_nothing_that_is_sealed(organization: Organization, superuser: User) -> None:
    client = signed_in(superuser)
    with CaptureQueriesContext(connection) as captured:
        open_page(client, ORGANIZATIONS)
    listing = [query["sql"] for query in captured if "members_total" in query["sql"]]
    assert listing
    assert not any("_sealed" in sql for sql in listing)
    assert list(base.sealed_columns(Organization)) == ["client_secret_sealed", "hold_words_sealed"]
