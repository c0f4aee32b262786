"""The laws and products as help for officers, led to from where they are chosen."""

from __future__ import annotations

import pytest

from portal.models import Organization, User
from privacy.models import AdobeProduct, Law, LawDeadline
from tests.actors import Actors, covers
from tests.admins import make_administrator, queries_of, signed_in
from tests.pages import Browser, Page
from tests.uploading import request_file, uploaded

pytestmark = pytest.mark.django_db
LAWS, PRODUCTS = "/laws/", "/products/"


def row(page: Page, row_id: str) -> str:
    """The words of one row of the table."""
    return page.root.one("tr", id=row_id).text


@covers("privacy:law-list", "privacy:product-list")
def test_everybody_who_is_signed_in_may_look(actors: Actors) -> None:
    for address in (LAWS, PRODUCTS):
        actors.open(address, stranger=200)


def test_a_law_stands_there_with_its_codes_days_extension_and_source(browser: Browser) -> None:
    page = browser.page(LAWS)
    assert len(page.rows) == 31
    said = row(page, "law-cpra_ca_usa")
    for words in ("California Privacy Rights Act", "cpra_usa", "45 days", "extension: 45 days", "15 working days", "CCPA:"):
        assert words in said
    assert "1 month " in row(page, "law-gdpr")
    assert "no number no number no number The law gives no number of days." in row(page, "law-dpdpa_ind")


def test_a_product_stands_there_with_what_it_takes_gives_and_does(browser: Browser, organization: Organization) -> None:
    organization.product_codes = ["analytics"]
    organization.save()
    page = browser.page(PRODUCTS)
    assert len(page.rows) == 13
    said = row(page, "product-analytics")
    for words in ("Acme", "AAID, type standard", "any namespace, type analytics", "Replaces values", "yes"):
        assert words in said
    said = row(page, "product-primetimeAuthentication")
    for words in ("none of your organizations", "http://www.adobe.com/primetimeAuthentication/{MVPD}, type unregistered", "no"):
        assert words in said
    assert "Adobe does not say" in row(page, "product-cjm")
    assert "older: AdobeCloudPlatform" in row(page, "product-aepDataLake")


def test_what_was_added_or_switched_off_shows(browser: Browser) -> None:
    law = Law.objects.create(code="pdpa_vnm", name="Personal Data Protection (Viet Nam)", is_offered=False)
    LawDeadline.objects.create(law=law, action="access", amount=1, unit="working days", source="A decree")
    AdobeProduct.objects.create(code="livefyre", name="Livefyre", is_offered=False)
    said = row(browser.page(LAWS), "law-pdpa_vnm")
    assert "Not offered" in said
    assert "1 working day " in said
    assert "Not offered" in row(browser.page(PRODUCTS), "product-livefyre")


def test_the_form_and_the_preview_lead_here(browser: Browser, organization: Organization) -> None:
    assert {LAWS, PRODUCTS} <= set(browser.page("/uploads/new/").links)
    upload = uploaded(browser, organization, request_file(1, include=["analytics"]))
    assert {f"{LAWS}#law-gdpr", f"{PRODUCTS}#product-analytics"} <= set(browser.page(f"/uploads/{upload.pk}/").links)


def test_only_an_administrator_is_led_on_to_change_them(browser: Browser, organization: Organization) -> None:
    changing = {LAWS: "/admin/privacy/law/", PRODUCTS: "/admin/privacy/adobeproduct/"}
    administrator = Browser.of(make_administrator("administrator", organization))
    for address, there in changing.items():
        assert there not in browser.page(address).links
        assert there in administrator.page(address).links


@pytest.mark.parametrize("address", [LAWS, PRODUCTS])
def test_the_number_of_rows_costs_no_queries(address: str, officer: User, media: object) -> None:
    client = signed_in(officer)
    few = queries_of(client, address)
    for number in range(20):
        law = Law.objects.create(code=f"law{number}", name=f"Law {number}")
        LawDeadline.objects.create(law=law, action="access", amount=1, unit="days", source="x")
        AdobeProduct.objects.create(code=f"product{number}", name=f"Product {number}")
    assert queries_of(client, address) == few
