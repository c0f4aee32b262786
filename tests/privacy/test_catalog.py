"""The tables of laws and products: filled with what ships, and the truth from then on, without a release."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command

from portal import registry
from portal.models import Organization, User
from privacy import catalog, intake
from privacy.models import AdobeProduct, Law, LawDeadline, PrivacyRequest
from privacy.shipped import LAWS, PRODUCTS
from privacy.shipped.filling import add_missing
from tests.catalogs import SHIPPED
from tests.conftest import Simulator
from tests.files import payload, people, stored_upload
from tests.pages import Browser
from tests.states import finish, job_of, sent_request
from tests.uploading import request_file, uploaded

pytestmark = pytest.mark.django_db


def rows() -> tuple[int, int, int]:
    """How many laws, deadlines and products there are."""
    return Law.objects.count(), LawDeadline.objects.count(), AdobeProduct.objects.count()


SHIPPED_ROWS = (len(LAWS), sum(len(law.deadlines) for law in LAWS), len(PRODUCTS))


def test_the_tables_start_with_what_ships() -> None:
    assert rows() == SHIPPED_ROWS
    assert catalog.current().laws.by_code == SHIPPED.laws.by_code
    assert catalog.current().products.by_code == SHIPPED.products.by_code


@pytest.mark.django_db(transaction=True)
def test_a_database_that_was_emptied_is_filled_again() -> None:
    call_command("flush", interactive=False, verbosity=0)
    assert rows() == SHIPPED_ROWS


def test_a_release_adds_what_is_missing_and_changes_nothing_that_is_there() -> None:
    Law.objects.filter(pk="gdpr").update(name="Our own words")
    LawDeadline.objects.filter(law="gdpr").delete()
    Law.objects.filter(pk="pipa_kor").delete()
    AdobeProduct.objects.filter(pk="marketo").delete()
    add_missing(apps)
    assert Law.objects.get(pk="gdpr").name == "Our own words"
    assert not LawDeadline.objects.filter(law="gdpr").exists()
    assert LawDeadline.objects.filter(law="pipa_kor").count() == 2
    assert AdobeProduct.objects.filter(pk="marketo").exists()


def test_it_is_read_once_and_then_costs_nothing(django_assert_num_queries: Callable[[int], Any]) -> None:
    with django_assert_num_queries(3):
        catalog.current()
    with django_assert_num_queries(0):
        assert catalog.law_name("gdpr") == "General Data Protection Regulation (EU and UK)"
        assert catalog.due_on("gdpr", "access", date(2026, 11, 2)) == date(2026, 12, 2)
        assert catalog.product_name("cjm") == "Journey Optimizer"


def test_what_this_process_saves_counts_at_once() -> None:
    catalog.current()
    law = Law.objects.create(code="pdpa_vnm", name="Personal Data Protection (Viet Nam)")
    assert catalog.law_name("pdpa_vnm") == "Personal Data Protection (Viet Nam)"
    LawDeadline.objects.create(law=law, action="access", amount=3, unit="days", source="The decree")
    assert catalog.due_on("pdpa_vnm", "access", date(2026, 11, 2)) == date(2026, 11, 5)
    law.delete()
    assert catalog.law_name("pdpa_vnm") == "pdpa_vnm"


def test_what_another_process_saved_counts_a_little_later(monkeypatch: pytest.MonkeyPatch) -> None:
    catalog.current()
    # As another process does it: this one hears nothing of it.
    Law.objects.filter(pk="gdpr").update(name="Changed elsewhere")
    assert catalog.law_name("gdpr") == "General Data Protection Regulation (EU and UK)"
    monkeypatch.setattr(catalog, "KEPT_SECONDS", -1)
    assert catalog.law_name("gdpr") == "Changed elsewhere"


def test_a_large_file_asks_the_tables_once(
    organization: Organization, django_assert_max_num_queries: Callable[[int], Any]
) -> None:
    content = request_file(400)
    with django_assert_max_num_queries(10):
        intake.check_stream(lambda: io.BytesIO(content), organization)


# --- What an administrator adds works everywhere ---


@pytest.fixture
def added(organization: Organization) -> Organization:
    """A law that Adobe may take soon and a product that it had once, added by an administrator."""
    Law.objects.filter(pk="dpdpa_de_usa").update(misspellings=[])
    law = Law.objects.create(code="dpdpa", name="A law of tomorrow", aliases=["dpdpa_old"])
    LawDeadline.objects.create(law=law, action="access", amount=10, unit="days", source="Article 1")
    AdobeProduct.objects.create(
        code="automationProduct", name="Automation", namespaces=["Email/standard"], answer_names=["Automation Product"]
    )
    organization.product_codes = [*organization.product_codes, "automationProduct"]
    organization.save(update_fields=["product_codes"])
    return organization


def test_an_added_law_and_product_are_uploaded_sent_dated_and_shown(
    browser: Browser, simulator: Simulator, added: Organization, officer: User
) -> None:
    simulator.control("switches", {"spec_only_codes": "accept"})
    upload = uploaded(browser, added, request_file(1, "access", regulation="dpdpa_old", include=["automationProduct"]))
    preview = browser.page(f"/uploads/{upload.pk}/").text
    assert "A law of tomorrow" in preview
    assert "Automation" in preview
    assert "Article 1" in preview
    users = people(1, "access", prefix="sent")
    request = sent_request(added, officer, users, regulation="dpdpa", include=["automationProduct"])
    assert [entry["regulation"] for entry in simulator.ledger()] == ["dpdpa"]
    assert request.due_on == date(2026, 11, 12)
    finish(simulator)
    page = browser.page(f"/requests/{request.number}/").text
    assert "A law of tomorrow" in page
    assert "Automation" in page
    (response,) = job_of(request).product_responses.all()
    assert (response.product, response.product_code) == ("Automation Product", "automationProduct")


def test_an_added_product_can_be_chosen_for_an_organization_while_it_is_offered(added: Organization) -> None:
    assert ("automationProduct", "Automation") in registry.product_choices()
    AdobeProduct.objects.get(pk="automationProduct").delete()
    assert "automationProduct" not in dict(registry.product_choices())


# --- Switched off ---


def test_what_is_switched_off_is_refused_with_the_reason_and_keeps_its_name(
    browser: Browser, organization: Organization, officer: User
) -> None:
    for row in (Law.objects.get(pk="ccpa"), AdobeProduct.objects.get(pk="analytics")):
        row.is_offered = False
        row.save()
    upload = uploaded(browser, organization, request_file(1, regulation="ccpa", include=["analytics"]))
    assert upload.status == "refused"
    said = browser.page(f"/uploads/{upload.pk}/").text
    assert "No new request is made under ccpa: an administrator switched it off." in said
    assert "No new request names analytics: an administrator switched it off." in said
    assert catalog.law_name("ccpa") == "California Consumer Privacy Act"


@pytest.mark.usefixtures("media")
def test_a_file_that_was_checked_before_cannot_be_confirmed_any_more(organization: Organization, officer: User) -> None:
    upload = stored_upload(organization, officer, json.dumps(payload(people(1))).encode())
    intake.check(upload)
    law = Law.objects.get(pk="gdpr")
    law.is_offered = False
    law.save()
    with pytest.raises(intake.NotPossible, match="under gdpr: an administrator switched it off"):
        intake.confirm(upload, officer)
    upload.refresh_from_db()
    assert upload.status == "ready"
    assert not PrivacyRequest.objects.exists()
