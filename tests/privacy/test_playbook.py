"""What Adobe's 15 codes mean for a person, and what a request's jobs add up to."""

from __future__ import annotations

import pytest

from portal.models import Organization, User
from portal.simulator.outcomes import OUTCOMES
from privacy import playbook
from privacy.models import Job, PrivacyRequest, ProductResponse
from privacy.playbook import PLAYS, Action
from privacy.statuses import JobStatus
from tests.actors import Actors
from tests.conftest import Simulator
from tests.files import confirmed_request, payload, people
from tests.states import address_of, finish, job_of, sent_request

# Privacy Service guide, troubleshooting: response codes.
PUBLISHED = {
    *(f"{number}-400" for number in (1000, 1001, 1010, 1020, 1021, 1022, 1023, 1024, 1030, 1040)),
    *(f"{number}-200" for number in (6000, 6051, 6052, 6053, 6054)),
}


def test_every_published_code_has_an_entry_and_no_other_has() -> None:
    assert set(PLAYS) == PUBLISHED


def test_every_published_code_that_the_local_adobe_gives_has_an_entry() -> None:
    given = {outcome.code for outcome in OUTCOMES.values()} - {"PRVCY-9999-299"}
    assert {code.removeprefix("PRVCY-") for code in given} <= set(PLAYS)


@pytest.mark.parametrize("code", sorted(PUBLISHED))
def test_what_ended_with_200_is_done_and_every_other_has_a_next_step(code: str) -> None:
    entry = PLAYS[code]
    assert entry.done == code.endswith("-200")
    assert entry.done or (entry.next_step and entry.action != Action.NOTHING)
    assert entry.meaning.endswith(".")


def test_each_code_has_a_title_of_its_own() -> None:
    titles = [entry.title for entry in PLAYS.values()]
    assert len(titles) == len(set(titles))


@pytest.mark.parametrize(
    ("code", "status", "title"),
    [
        ("PRVCY-6052-200", "complete", "Not found"),
        ("PRVCY-1000-400", "error", "Badly formatted"),
        ("PRVCY-9999-299", "error", "Failed without a known code"),
        ("", "error", "Failed without a known code"),
        # A product that failed is never shown as done, whatever its code says.
        ("PRVCY-6000-200", "error", "Failed without a known code"),
        ("PRVCY-9999-299", "complete", None),
        ("", "complete", None),
        ("", "processing", None),
    ],
)
def test_the_status_decides_where_a_code_says_nothing(code: str, status: str, title: str | None) -> None:
    said = playbook.play(code, status)
    assert (said.title if said else None) == title


# --- Of a request ---


@pytest.fixture
def request_row(organization: Organization, officer: User) -> PrivacyRequest:
    """Four people, each with an access and a delete job."""
    return confirmed_request(organization, officer, payload(people(4), include=["analytics", "profileService"]))


def answer(request: PrivacyRequest, position: int, action: str, product: str, code: str, status: str) -> Job:
    """What a product said about one person's job."""
    job = job_of(request, action, position)
    Job.objects.filter(pk=job.pk).update(status=status)
    response = ProductResponse(job=job, request=request, product=product, product_code=product, code=code, status=status)
    response.save()
    return job


@pytest.mark.django_db
@pytest.mark.usefixtures("media")
def test_jobs_that_ended_alike_are_one_group_and_what_is_not_done_comes_first(request_row: PrivacyRequest) -> None:
    for position in (1, 2):
        answer(request_row, position, "access", "analytics", "PRVCY-1020-400", JobStatus.ERROR)
    answer(request_row, 1, "delete", "analytics", "PRVCY-1020-400", JobStatus.ERROR)
    for position in (1, 2, 3):
        answer(request_row, position, "access", "profileService", "PRVCY-6052-200", JobStatus.COMPLETE)
    answer(request_row, 4, "access", "analytics", "PRVCY-6000-200", JobStatus.COMPLETE)
    answer(request_row, 4, "delete", "analytics", "", JobStatus.COMPLETE)
    Job.objects.filter(pk=job_of(request_row, "delete", 3).pk).update(status=JobStatus.GONE)
    found = [(group.code, group.title, group.done, group.jobs, group.people) for group in playbook.of_request(request_row)]
    assert found == [
        ("1020", "Result not delivered", False, 3, 2),
        ("", "No longer at Adobe", False, 1, 1),
        ("6052", "Not found", True, 3, 3),
    ]


@pytest.mark.django_db
@pytest.mark.usefixtures("media")
def test_a_job_that_failed_without_a_word_of_any_product_is_a_group_too(request_row: PrivacyRequest) -> None:
    Job.objects.filter(pk=job_of(request_row, "access", 1).pk).update(status=JobStatus.ERROR)
    (group,) = playbook.of_request(request_row)
    assert (group.product, group.product_name, group.jobs, group.action) == ("", "All products", 1, Action.RESUBMIT)


@pytest.mark.django_db
def test_the_numbers_of_a_group_lead_to_its_jobs(actors: Actors, request_row: PrivacyRequest) -> None:
    answer(request_row, 1, "access", "analytics", "PRVCY-1000-400", JobStatus.ERROR)
    answer(request_row, 2, "access", "analytics", "PRVCY-1020-400", JobStatus.ERROR)
    answer(request_row, 3, "access", "analytics", "", JobStatus.ERROR)
    Job.objects.filter(pk=job_of(request_row, "delete", 1).pk).update(status=JobStatus.ERROR)
    Job.objects.filter(pk=job_of(request_row, "delete", 2).pk).update(status=JobStatus.GONE)
    groups = playbook.of_request(request_row)
    assert len(groups) == 5
    for group in groups:
        page = actors.officer.page(address_of("job-list", request_row), **group.query)
        assert len(page.rows) == group.jobs == 1, group
        assert group.title in page.text


@pytest.mark.django_db
def test_the_page_of_a_job_says_what_a_code_means_and_what_to_do_next(
    actors: Actors, simulator: Simulator, organization: Organization, officer: User
) -> None:
    users = people(1, "access")
    users[0]["userIDs"][0]["value"] = "badformat@example.com"
    request = sent_request(organization, officer, users, include=["analytics"])
    finish(simulator)
    page = actors.officer.page(address_of("job-detail", job_of(request)))
    said = page.section("answers").text
    assert "Badly formatted (Adobe code 1000)" in said
    assert "Not done. Correct these people in the file and upload them again" in said
    assert "/uploads/new/" in [link["href"] for link in page.section("answers").all("a")]


@pytest.mark.django_db
def test_identities_that_nobody_knows_are_a_completion_and_look_like_one(
    actors: Actors, simulator: Simulator, organization: Organization, officer: User
) -> None:
    users = people(1, "access")
    users[0]["userIDs"][0]["value"] = "notfound@example.com"
    request = sent_request(organization, officer, users, include=["analytics"])
    finish(simulator)
    section = actors.officer.page(address_of("job-detail", job_of(request))).section("answers")
    assert [pill.text for pill in section.all("span", class_="pill")] == ["Complete"]
    assert "Not found (Adobe code 6052)" in section.text
    assert "Not done" not in section.text
