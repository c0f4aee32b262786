"""Asking again for what failed, on pages: what would be asked is said first, and the requests are linked both ways."""

from __future__ import annotations

import pytest

from portal.models import Organization, User
from privacy import intake, progress
from privacy.models import Job, PrivacyRequest, ProductResponse
from privacy.statuses import JobStatus, Origin, RequestStatus
from tests.actors import Actors, covers, everything_kept
from tests.files import confirmed_request, payload, people
from tests.pages import Browser, Page
from tests.states import address_of, again

pytestmark = pytest.mark.django_db


@pytest.fixture
def failed(media: object, organization: Organization, officer: User) -> PrivacyRequest:
    """Three people: for the first, Analytics failed to delete; for the second, both products failed in everything."""
    request = confirmed_request(organization, officer, payload(people(3)))
    request.submissions.update(state="sent")
    for number, job in enumerate(request.jobs.select_related("subject"), start=1):
        assert job.subject is not None
        wrong = {1: ["analytics"] if job.action == "delete" else [], 2: ["analytics", "profileService"]}.get(
            job.subject.position, []
        )
        Job.objects.filter(pk=job.pk).update(
            status=JobStatus.ERROR if wrong else JobStatus.COMPLETE, adobe_job_id=f"job-{number}"
        )
        for code in ("analytics", "profileService"):
            status, said = (JobStatus.ERROR, "PRVCY-1000-400") if code in wrong else (JobStatus.COMPLETE, "PRVCY-6000-200")
            ProductResponse.objects.create(job=job, request=request, product=code, product_code=code, status=status, code=said)
    progress.refresh(request.pk)
    return again(request)


def preview(browser: Browser, request: PrivacyRequest, **query: str) -> Page:
    """The page before the confirmation."""
    return browser.page(address_of("request-resubmit", request), **query)


@covers("privacy:request-resubmit")
def test_only_an_officer_of_the_organization_may(actors: Actors, failed: PrivacyRequest) -> None:
    address = address_of("request-resubmit", failed)
    before = everything_kept()
    for ask in ("get", "post"):
        for person, status in ((actors.viewer, 403), (actors.stranger, 404), (actors.nobody, 302)):
            assert getattr(person, ask)(address).status_code == status
    actors.refuse_methods(address, allowed=("get", "post"))
    assert actors.officer.get(address).status_code == 200
    assert everything_kept() == before
    assert actors.officer.post(address).status_code == 302
    assert failed.resubmissions.count() == 2


def test_it_says_who_and_what_before_anything_is_made(browser: Browser, failed: PrivacyRequest) -> None:
    page = preview(browser, failed)
    assert page.title == "Ask Adobe again for what failed"
    first, second = (page.section(f"part-{place}") for place in (1, 2))
    assert "New request 1 of 2" in first.text
    assert [one.text for one in first.one("ul", class_="figures").all("strong")] == ["1", "1", "1", "1"]
    assert [one.text for one in second.one("ul", class_="figures").all("strong")] == ["1", "2", "1", "2"]
    assert "Analytics, Real-Time Customer Profile" in second.text
    words = page.section("confirm").text
    assert "This deletes the data of 2 people in the products named here. Adobe cannot undo it." in words
    assert "The law's days go on from the day of receipt, 2 Nov 2026: due 2 Dec 2026" in words
    assert page.forms[address_of("request-resubmit", failed)].buttons == ["Ask again for 2 people"]


def test_the_requests_are_linked_both_ways(browser: Browser, failed: PrivacyRequest) -> None:
    page = browser.page(address_of("request-detail", failed))
    assert page.links[address_of("request-resubmit", failed)] == "Ask again for what failed…"
    browser.post(address_of("request-resubmit", failed))
    made = list(failed.resubmissions.order_by("number"))
    page = browser.page(address_of("request-detail", failed))
    assert page.facts()["Asked again in"] == ", ".join(one.number for one in made)
    assert f"1 person of it asked again in {made[0].number}" in page.section("happened").text
    for one in made:
        facts = browser.page(address_of("request-detail", one)).facts()
        assert facts["Origin"] == f"Resubmitted: what failed in {failed.number}"
    page = preview(browser, failed)
    assert "There is nothing to ask again" in page.text
    assert address_of("request-resubmit", failed) not in page.forms


def test_one_new_request_is_shown_at_once(browser: Browser, failed: PrivacyRequest) -> None:
    answer = browser.post(address_of("request-resubmit", failed), {"product": "profileService"})
    made = PrivacyRequest.objects.get(origin=Origin.RESUBMISSION)
    assert answer.headers["Location"] == address_of("request-detail", made)
    assert made.products == ["profileService"]
    again_pressed = browser.post(address_of("request-resubmit", failed), {"product": "profileService"})
    assert again_pressed.headers["Location"] == address_of("request-detail", failed)
    assert "was asked again already" in browser.get(again_pressed.headers["Location"]).content.decode()


def test_one_product_and_one_of_adobes_codes_can_be_chosen(browser: Browser, failed: PrivacyRequest) -> None:
    ProductResponse.objects.filter(job__subject__position=1, status=JobStatus.ERROR).update(code="PRVCY-1030-400")
    page = preview(browser, failed, product="analytics", code="PRVCY-1030-400")
    assert "only Analytics, Adobe's code 1030" in page.text
    form = page.forms[address_of("request-resubmit", failed)]
    assert (form.buttons, form.fields["product"], form.fields["code"]) == (
        ["Ask again for 1 person"],
        "analytics",
        "PRVCY-1030-400",
    )
    browser.post(form.action, form.fields)
    made = PrivacyRequest.objects.get(origin=Origin.RESUBMISSION)
    assert (made.products, list(made.subjects.values_list("position", flat=True))) == (["analytics"], [1])
    assert preview(browser, failed, code="PRVCY-9999-400").text.endswith(f"Back to {failed.number}")


def test_what_adobe_no_longer_knows_is_said(browser: Browser, failed: PrivacyRequest) -> None:
    failed.jobs.filter(status=JobStatus.ERROR).update(status=JobStatus.GONE)
    assert "Adobe may have done 3 of these jobs. It no longer knows them" in preview(browser, failed).text


def test_the_choice_to_collect_first_is_offered_where_both_are_asked(
    browser: Browser, failed: PrivacyRequest, organization: Organization
) -> None:
    form = preview(browser, failed).forms[address_of("request-resubmit", failed)]
    browser.post(form.action, form.fields | {"access_first": "yes"})
    held = failed.resubmissions.get(products=["analytics", "profileService"])
    assert held.access_first
    assert not failed.resubmissions.get(products=["analytics"]).access_first
    for _ in range(2):
        assert intake.prepare_next() == 1
    assert held.submissions.held_for_access().count() == 1
    assert again(held).status == RequestStatus.SENDING
