"""Administrators add laws and products; what is wrong, used or shipped is refused with the reason."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from portal.models import AuditEvent, Organization, User
from privacy import catalog
from privacy.models import AdobeProduct, JobListing, Law, LawDeadline
from tests.admins import make_administrator, open_page, signed_in
from tests.files import confirmed_request, payload, people
from tests.people import make_user

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("media")]


@pytest.fixture
def client(organization: Organization) -> Client:
    """An administrator's browser."""
    return signed_in(make_administrator("administrator", organization))


def law_form(**fields: Any) -> dict[str, Any]:
    """The form of a new law with one deadline."""
    management = {"deadlines-TOTAL_FORMS": 1, "deadlines-INITIAL_FORMS": 0, "deadlines-MIN_NUM_FORMS": 0}
    deadline = {"action": "access", "amount": 12, "unit": "days", "extension": "", "source": "Article 9"}
    law = {"code": "pdpa_vnm", "name": "Viet Nam's law", "is_offered": "on", "aliases": "pdpa_old\n", "misspellings": ""}
    return law | management | {f"deadlines-0-{name}": value for name, value in deadline.items()} | fields


def product_form(**fields: Any) -> dict[str, Any]:
    """The form of a new product."""
    texts = {"older_codes": "OldFyre", "answer_names": "Live Fyre\nFyre", "namespaces": "Email/standard\n*/custom"}
    words = {"access_returns": "Comments", "delete_does": "Removes them"}
    return {"code": "livefyre", "name": "Livefyre", "is_offered": "on", "supports_opt_out": "unknown"} | texts | words | fields


def post(client: Client, model: str, data: dict[str, Any], pk: str = "") -> Any:
    """Save the form; 302 when it was right."""
    address = reverse(f"admin:privacy_{model}_change", args=[pk]) if pk else reverse(f"admin:privacy_{model}_add")
    return client.post(address, data)


def actions() -> list[str]:
    """What the trail says, oldest first, without sign-ins."""
    return [event.action for event in AuditEvent.objects.order_by("at", "id") if not event.action.startswith("user.")]


def test_a_law_is_added_with_its_deadline_and_noted(client: Client) -> None:
    assert post(client, "law", law_form()).status_code == 302
    law = catalog.current().laws.find("PDPA_OLD")
    assert law is not None
    assert (law.code, law.name, str(law.deadlines["access"])) == ("pdpa_vnm", "Viet Nam's law", "12 days")
    assert actions()[-1] == "law.added"
    assert "pdpa_vnm" in open_page(client, reverse("admin:privacy_law_changelist")).html


def test_a_product_is_added_and_noted(client: Client) -> None:
    assert post(client, "adobeproduct", product_form()).status_code == 302
    product = catalog.current().products.by_answer_name("fyre")
    assert product is not None
    assert (product.code, product.older_codes, product.supports_opt_out) == ("livefyre", ("OldFyre",), None)
    assert product.takes("email", "standard")
    assert product.takes("loyalty", "custom")
    assert not product.takes("loyalty", "standard")
    assert actions()[-1] == "adobeproduct.added"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"code": "not a code"}, "not a code is not a code: write letters, digits and underscores"),
        ({"code": "GDPR"}, "GDPR belongs to gdpr already."),
        ({"code": "cpra_usa"}, "cpra_usa belongs to cpra_ca_usa already."),
        ({"aliases": "fine\nCCPA"}, "CCPA belongs to ccpa already."),
        ({"misspellings": "dpdpa"}, "dpdpa belongs to dpdpa_de_usa already."),
        ({"aliases": "two words"}, "two words is not a code"),
        ({"deadlines-0-amount": 0}, "greater than or equal to 1"),
        ({"deadlines-0-amount": 10_000_000}, "less than or equal to 1000"),
        ({"deadlines-0-source": ""}, "This field is required"),
    ],
)
def test_a_law_that_could_not_work_is_refused(client: Client, fields: dict[str, Any], words: str) -> None:
    answer = post(client, "law", law_form(**fields))
    assert answer.status_code == 200
    assert words in answer.content.decode()
    assert Law.objects.count() == 31


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"namespaces": "email"}, "email: write the namespace, a slash and the type, as email/standard."),
        ({"namespaces": "email/anything"}, "email/anything: the type must be one of standard, custom"),
        ({"namespaces": "e?mail/standard"}, "only * stands for something else"),
        ({"namespaces": "/standard"}, "write the namespace"),
        ({"code": "Analytics"}, "Analytics belongs to analytics already."),
        ({"older_codes": "AdobeCloudPlatform"}, "AdobeCloudPlatform belongs to aepDataLake already."),
        ({"older_codes": "no code"}, "no code is not a code"),
        ({"answer_names": "profile"}, "profile belongs to profileService already."),
        ({"answer_names": "x" * 101}, "at most 100 characters"),
    ],
)
def test_a_product_that_could_not_work_is_refused(client: Client, fields: dict[str, Any], words: str) -> None:
    answer = post(client, "adobeproduct", product_form(**fields))
    assert answer.status_code == 200
    assert words in answer.content.decode()
    assert AdobeProduct.objects.count() == 13


def test_a_changed_deadline_counts_and_is_noted_as_a_change_of_its_law(client: Client) -> None:
    rule = LawDeadline.objects.get(law="hipaa_usa")
    form = {
        "name": "HIPAA",
        "is_offered": "on",
        "aliases": "",
        "misspellings": "hipaa_aus\nhipaa",
        "deadlines-TOTAL_FORMS": 1,
        "deadlines-INITIAL_FORMS": 1,
        "deadlines-0-id": rule.pk,
        "deadlines-0-law": "hipaa_usa",
        "deadlines-0-action": "access",
        "deadlines-0-amount": 25,
        "deadlines-0-unit": "days",
        "deadlines-0-source": "A new rule",
    }
    assert post(client, "law", form, "hipaa_usa").status_code == 302
    assert str(catalog.current().laws.by_code["hipaa_usa"].deadlines["access"]) == "25 days"
    event = AuditEvent.objects.order_by("at", "id").last()
    assert event is not None
    assert (event.action, event.object_id, event.details) == ("law.changed", "hipaa_usa", {"fields": "name, deadlines"})
    assert post(client, "law", form | {"deadlines-0-DELETE": "on"}, "hipaa_usa").status_code == 302
    assert not LawDeadline.objects.filter(law="hipaa_usa").exists()


def test_a_code_cannot_be_changed_once_it_is_there(client: Client) -> None:
    post(client, "adobeproduct", product_form())
    assert post(client, "adobeproduct", product_form(code="another", name="Renamed"), "livefyre").status_code == 302
    assert AdobeProduct.objects.get(pk="livefyre").name == "Renamed"
    assert not AdobeProduct.objects.filter(pk="another").exists()


# --- Deleting ---


def delete(client: Client, model: str, pk: str) -> int:
    """Try it; 302 when it went."""
    status: int = client.post(reverse(f"admin:privacy_{model}_delete", args=[pk]), {"post": "yes"}).status_code
    return status


def test_what_nothing_uses_can_be_deleted_and_that_is_noted(client: Client) -> None:
    post(client, "law", law_form())
    post(client, "adobeproduct", product_form())
    assert delete(client, "law", "pdpa_vnm") == delete(client, "adobeproduct", "livefyre") == 302
    assert not LawDeadline.objects.filter(law="pdpa_vnm").exists()
    assert actions()[-2:] == ["law.deleted", "adobeproduct.deleted"]


def test_what_ships_stays_and_says_why(client: Client) -> None:
    assert delete(client, "law", "gdpr") == delete(client, "adobeproduct", "cjm") == 403
    html = open_page(client, reverse("admin:privacy_law_change", args=["gdpr"])).html
    assert "It ships with the portal. It cannot be deleted; switch it off above instead." in html


def test_what_is_used_stays_and_says_by_what(client: Client, organization: Organization, officer: User) -> None:
    post(client, "law", law_form())
    post(client, "adobeproduct", product_form())
    organization.product_codes = ["livefyre"]
    organization.save()
    confirmed_request(organization, officer, payload(people(1), regulation="pdpa_vnm", include=["livefyre"]))
    JobListing.objects.create(organization=organization, regulation="pdpa_vnm")
    assert delete(client, "law", "pdpa_vnm") == delete(client, "adobeproduct", "livefyre") == 403
    html = open_page(client, reverse("admin:privacy_law_change", args=["pdpa_vnm"])).html
    assert "It is used by requests and job lists." in html
    html = open_page(client, reverse("admin:privacy_adobeproduct_change", args=["livefyre"])).html
    assert "It is used by organizations and requests." in html


def test_only_an_administrator_may_change_them(organization: Organization) -> None:
    officer = make_user("staff-officer", "Officer", organization)
    officer.is_staff = True
    officer.save()
    client = signed_in(officer)
    assert post(client, "law", law_form()).status_code == post(client, "adobeproduct", product_form()).status_code == 403
    assert client.get(reverse("admin:privacy_law_changelist")).status_code == 200
