"""A request file to fill in."""

from __future__ import annotations

import json

import pytest

from portal.models import Organization, User
from privacy import intake
from tests.actors import Actors, covers
from tests.pages import Browser
from tests.people import make_user
from tests.uploading import uploaded

pytestmark = pytest.mark.django_db
ADDRESS = "/uploads/template.json"


@covers("privacy:upload-template")
def test_it_is_for_those_who_may_upload(actors: Actors) -> None:
    actors.open(ADDRESS, viewer=403, stranger=200)


def test_it_names_the_persons_own_organization_and_products(actors: Actors, organization: Organization) -> None:
    organization.product_codes = ["target", "campaign"]
    organization.save(update_fields=["product_codes"])
    body = actors.officer.get(ADDRESS).json()
    assert body["companyContexts"] == [{"namespace": "imsOrgID", "value": organization.ims_org_id}]
    assert body["include"] == ["campaign", "target"]
    assert actors.stranger.get(ADDRESS).json()["companyContexts"][0]["value"] != organization.ims_org_id


def test_it_is_a_file_to_keep(browser: Browser) -> None:
    answer = browser.get(ADDRESS)
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="privacy-request-template.json"'
    assert b"\n  " in answer.content


def test_the_template_is_a_right_request_file_as_it_is_without_a_warning(
    browser: Browser, organization: Organization, officer: User
) -> None:
    upload = uploaded(browser, organization, browser.get(ADDRESS).content)
    assert (upload.error_count, upload.warning_count) == (0, 0), upload.result["findings"]
    assert len(intake.confirm(upload, officer)) == 1


def test_an_organization_without_products_gets_one_as_an_example(browser: Browser, organization: Organization) -> None:
    Organization.objects.update(product_codes=[])
    assert json.loads(browser.get(ADDRESS).content)["include"] == ["analytics"]


def test_without_an_organization_there_is_none(media: object) -> None:
    assert Browser.of(make_user("new", "Officer")).get(ADDRESS).status_code == 403
