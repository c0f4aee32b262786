"""Why a request is still processing: Adobe's last word, our looks, the usual time, what is known to hold a product up."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from portal.models import Organization, User
from privacy import progress, waiting
from privacy.history import Times, Usual
from privacy.models import DayFigure, Job, JobListing, PrivacyRequest, Submission
from privacy.statuses import DayKind
from tests.conftest import Simulator
from tests.files import people
from tests.pages import Browser, Element
from tests.states import address_of, again, finish, job_of, look, sent_request

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("media")]


def report_of(request: PrivacyRequest) -> waiting.Report:
    row = again(request)
    report = waiting.of_request(row, progress.by_product(row))
    assert report is not None
    return report


def shown(browser: Browser, request: PrivacyRequest) -> list[Element]:
    return browser.page(address_of("request-detail", request)).root.one("details", id="waiting").all("li")


def traps_of(request: PrivacyRequest, code: str) -> list[str]:
    (product,) = [one for one in report_of(request).products if one.code == code]
    return [trap.words for trap in product.traps]


def test_each_open_product_says_what_adobe_last_said_and_leads_to_its_jobs(
    browser: Browser, simulator: Simulator, organization: Organization, officer: User
) -> None:
    request = sent_request(organization, officer)
    look()
    first, second = shown(browser, request)
    assert first.all("strong")[0].text == "Analytics"
    link = first.one("a")
    assert link.text == "6 jobs"
    assert len(browser.page(link["href"].partition("?")[0], product="analytics", state="open").rows) == 6
    assert first.all("dd")[1].text == "not known yet"
    assert second.all("strong")[0].text == "Real-Time Customer Profile"


def test_a_product_that_was_never_heard_of_says_so(
    browser: Browser, simulator: Simulator, organization: Organization, officer: User
) -> None:
    request = sent_request(organization, officer)
    request.product_responses.all().delete()
    assert shown(browser, request)[0].all("dd")[0].text == "nothing yet about this product"


def test_only_products_that_have_not_answered_are_named_and_none_at_the_end(
    browser: Browser, simulator: Simulator, organization: Organization, officer: User
) -> None:
    request = sent_request(organization, officer)
    look()
    request.product_responses.filter(product_code="analytics").update(status="complete")
    assert [one.code for one in report_of(request).products] == ["profileService"]
    finish(simulator)
    row = again(request)
    assert waiting.of_request(row, progress.by_product(row)) is None
    assert browser.page(address_of("request-detail", request)).root.all("details", id="waiting") == []


def test_when_we_looked_and_will_look_is_the_nearest_of_job_and_list(
    simulator: Simulator, organization: Organization, officer: User
) -> None:
    request = sent_request(organization, officer)
    now = timezone.now()
    Job.objects.update(detail_at=now - timedelta(hours=3), next_poll_at=now + timedelta(hours=5))
    JobListing.objects.update(listed_at=now - timedelta(hours=1), next_list_at=now + timedelta(hours=7))
    report = report_of(request)
    assert (report.looked_at, report.looks_at) == (now - timedelta(hours=1), now + timedelta(hours=5))
    assert report.troubled == 0
    Job.objects.filter(pk=job_of(request).pk).update(last_error="BadAnswer")
    assert report_of(request).troubled == 1


def test_how_long_it_usually_takes_comes_from_the_organizations_own_history(
    browser: Browser, simulator: Simulator, organization: Organization, officer: User
) -> None:
    request = sent_request(organization, officer)
    yesterday = timezone.now().date() - timedelta(days=1)
    DayFigure.objects.create(
        organization=organization,
        regulation="gdpr",
        product_code="analytics",
        day=yesterday,
        kind=DayKind.COMPLETE,
        hours=48,
        count=9,
    )
    assert Usual.of(Times({48: 9})) == report_of(request).products[0].usual
    assert "2 days for half of the jobs, 2 days for 9 of 10" in shown(browser, request)[0].text
    assert report_of(request).products[0].advice.startswith("Nothing to do")
    Submission.objects.update(first_sent_at=timezone.now() - timedelta(days=3))
    assert report_of(request).products[0].advice.startswith("It takes longer than usual.")


def test_after_adobes_thirty_days_its_support_is_asked(simulator: Simulator, organization: Organization, officer: User) -> None:
    request = sent_request(organization, officer)
    Submission.objects.update(first_sent_at=timezone.now() - timedelta(days=31))
    assert {one.advice.split(",")[0] for one in report_of(request).products} == {
        "Adobe says that every product answers within 30 days"
    }


# --- What is known to hold products up ---


@pytest.mark.parametrize(
    ("products", "actions", "missing"),
    [
        (["cjm"], ["delete"], "Real-Time Customer Profile, Experience Platform data lake, Identity Service"),
        (["cjm", "profileService", "identity"], ["delete"], "Experience Platform data lake"),
        (["cjm", "profileService", "identity", "aepDataLake"], ["delete"], ""),
        (["cjm"], ["access"], ""),
    ],
)
def test_a_delete_in_journey_optimizer_needs_its_companions(
    simulator: Simulator, organization: Organization, officer: User, products: list[str], actions: list[str], missing: str
) -> None:
    request = sent_request(organization, officer, people(1, *actions), include=products)
    words = traps_of(request, "cjm")
    assert len(words) == bool(missing)
    assert missing in "".join(words)


@pytest.mark.parametrize(
    ("fields", "code", "beginning"),
    [
        ({"expandIds": True}, "analytics", "The request asks for expandIds"),
        ({"priority": "low"}, "analytics", "The request was sent with low priority"),
        ({}, "analytics", ""),
        ({}, "profileService", "Deletes in this product take 15 to 45 days"),
    ],
)
def test_what_the_request_itself_asked_for_may_hold_a_product_up(
    simulator: Simulator, organization: Organization, officer: User, fields: dict[str, Any], code: str, beginning: str
) -> None:
    request = sent_request(organization, officer, people(1), **fields)
    words = traps_of(request, code)
    assert len(words) == bool(beginning)
    assert "".join(words).startswith(beginning)


def test_access_alone_in_the_profile_holds_nothing_up(simulator: Simulator, organization: Organization, officer: User) -> None:
    assert traps_of(sent_request(organization, officer, people(1, "access")), "profileService") == []
