"""One job: what each product answered in words, and who it is about, masked."""

from __future__ import annotations

import pytest

from portal.models import Organization, User
from privacy.models import DataSubject, Job, ProductResponse, ResultArchive
from privacy.statuses import ArchiveStatus, JobStatus
from tests.actors import Actors, covers
from tests.admins import queries_of
from tests.conftest import Simulator
from tests.files import confirmed_request, payload, people
from tests.pages import Page
from tests.states import address_of, finish, job_of, look, sent_request

pytestmark = pytest.mark.django_db

PASS_USER = {
    "key": "John Dow",
    "action": ["access", "delete"],
    "userIDs": [
        {
            "namespace": "http://www.adobe.com/primetimeAuthentication/Dish",
            "type": "unregistered",
            "value": "1234-5678-8765-4321",
        }
    ],
}


@pytest.fixture
def finished(simulator: Simulator, organization: Organization, officer: User) -> Job:
    """The access job of a person whose products all answered well."""
    request = sent_request(organization, officer, people(1), include=["analytics", "audienceManager"])
    finish(simulator)
    return job_of(request)


def shown(actors: Actors, job: Job) -> Page:
    """The officer's page of it."""
    return actors.officer.page(address_of("job-detail", job))


@covers("privacy:job-detail")
def test_everybody_of_the_organization_may_look(actors: Actors, finished: Job) -> None:
    actors.open(address_of("job-detail", finished))


def test_it_shows_nobody_in_clear(actors: Actors, finished: Job) -> None:
    page = shown(actors, finished)
    assert "person1@example.com" not in page.html
    assert "person-1" not in page.html
    assert page.facts()["Key in the file"] == "…"
    assert page.facts()["Found and processed (1)"] == "p…1@e…m"
    assert "Raw answer" not in page.text


def test_whatever_adobe_says_of_the_person_is_masked_wherever_it_says_it(actors: Actors, finished: Job) -> None:
    assert finished.subject is not None
    wire_key = finished.subject.wire_key or ""
    answer = ProductResponse.objects.select_related("job__request__data_key").get(job=finished, product_code="analytics")
    answer.answer = {
        "message": "No hits for PERSON1@example.com",
        "detail": f"{wire_key} was looked for as person-1",
        "results": {
            "person1@example.com": {"message": "person1@example.com is unknown", "hits": 12},
            "attributes": [{"displayName": "Somebody Else", "crm": 12345678901234}],
        },
    }
    answer.save(update_fields=["answer_sealed"])
    page = shown(actors, finished)
    for value in ("person1@example.com", wire_key, "person-1", "Somebody Else", "12345678901234"):
        assert value.lower() not in page.html.lower()
    # Enough stays to be read: the words around it, and counts.
    assert "No hits for P…1@e…m" in page.section("answers").text
    assert page.facts()["Hits"] == "12"


def test_words_of_adobe_cannot_bring_markup(actors: Actors, finished: Job) -> None:
    answer = ProductResponse.objects.select_related("job__request__data_key").get(job=finished, product_code="analytics")
    answer.answer = {"message": "<script>alert(1)</script>", "detail": None, "results": {"<b>": "<i>"}}
    answer.save(update_fields=["answer_sealed"])
    assert "<script>alert(1)</script>" in shown(actors, finished).section("answers").text


def test_a_person_without_a_key_in_the_file_has_none(
    actors: Actors, simulator: Simulator, organization: Organization, officer: User
) -> None:
    users = people(1)
    del users[0]["key"]
    assert shown(actors, job_of(sent_request(organization, officer, users))).facts()["Key in the file"] == "none"


def test_it_tells_what_happened_to_this_job_alone(actors: Actors, finished: Job) -> None:
    actors.officer.post(address_of("job-reveal", finished))
    entries = [entry.text for entry in shown(actors, finished).section("happened").all("li")]
    assert len(entries) == 3
    assert entries[0].startswith("The identities were shown unmasked")
    assert entries[0].endswith("officer")
    other = shown(actors, job_of(finished.request, "delete"))
    assert "unmasked" not in other.section("happened").text


# --- States ---


def test_a_job_at_adobe_can_be_asked_about_by_those_who_may(
    actors: Actors, simulator: Simulator, organization: Organization, officer: User
) -> None:
    job = job_of(sent_request(organization, officer, people(1)))
    page = shown(actors, job)
    assert page.pills[0] == "Submitted"
    assert page.facts()["Job id"].startswith(job.adobe_job_id or "-")
    assert address_of("job-refresh", job) in page.forms
    assert address_of("job-refresh", job) not in actors.viewer.page(address_of("job-detail", job)).forms


def test_a_look_that_failed_is_said_and_changes_nothing_else(
    actors: Actors, simulator: Simulator, organization: Organization, officer: User
) -> None:
    job = job_of(sent_request(organization, officer, people(1, "access")))
    simulator.fault("error500", match={"operation": "detail"}, times=20)
    look()
    page = shown(actors, job)
    assert page.pills[0] == "Submitted"
    assert "the answer could not be used" in page.facts()["Last asked"]


@pytest.mark.parametrize(
    ("status", "pill"),
    [
        (JobStatus.SUBMITTED, "Submitted"),
        (JobStatus.PROCESSING, "Processing"),
        (JobStatus.COMPLETE, "Complete"),
        (JobStatus.ERROR, "Error"),
        (JobStatus.NOT_SENT, "Not sent"),
        # A word that we do not know is shown as it came.
        (JobStatus.OTHER, "on the moon"),
    ],
)
def test_each_state_of_a_job_has_its_word(actors: Actors, finished: Job, status: str, pill: str) -> None:
    Job.objects.filter(pk=finished.pk).update(status=status, adobe_status="on the moon")
    assert shown(actors, finished).pills[0] == pill


def test_a_job_that_was_not_sent_says_so(actors: Actors, organization: Organization, officer: User) -> None:
    job = job_of(confirmed_request(organization, officer, payload(people(1))))
    page = shown(actors, job)
    assert page.pills[0] == "Not sent yet"
    assert page.facts()["Job id"] == "none yet"
    assert address_of("job-refresh", job) not in page.forms
    assert page.pills.count("No word yet") == 2


@pytest.mark.parametrize(
    ("prefix", "pill", "words"),
    [
        ("notfound", "Complete", "Not found (Adobe code 6052). The product knows none of these identities"),
        ("partial", "Complete", "Partly done (Adobe code 6054)."),
        ("badformat", "Error", "Badly formatted (Adobe code 1000)."),
        ("keyrevoked", "Error", "Encryption key withdrawn (Adobe code 1040)."),
        ("notprovisioned", "Complete", "Does not apply (Adobe code 6051)."),
    ],
)
def test_each_answer_of_a_product_is_said_in_words(
    actors: Actors, simulator: Simulator, organization: Organization, officer: User, prefix: str, pill: str, words: str
) -> None:
    request = sent_request(organization, officer, people(1, "access", prefix=prefix), include=["audienceManager"])
    finish(simulator)
    page = shown(actors, job_of(request))
    answer = page.section("answers")
    assert words in answer.text
    assert pill in answer.text
    assert f"{prefix}1@example.com" not in page.html


def test_a_word_and_a_code_that_nobody_knows_are_shown_as_they_came(
    actors: Actors, simulator: Simulator, organization: Organization, officer: User
) -> None:
    request = sent_request(organization, officer, people(1, "access", prefix="oddstatus"), include=["analytics"])
    finish(simulator)
    text = shown(actors, job_of(request)).section("answers").text
    assert "suspended" in text
    assert "Adobe code PRVCY-9999-299" in text


def test_a_receipt_of_adobe_pass_is_laid_out(
    actors: Actors, simulator: Simulator, organization: Organization, officer: User
) -> None:
    request = sent_request(organization, officer, [PASS_USER], include=["primetimeAuthentication"], regulation="ccpa")
    finish(simulator)
    for action in ("access", "delete"):
        facts = shown(actors, job_of(request, action)).facts()
        assert facts["Authentication sessions"].isdecimal()
        assert facts["Authorization decisions"].isdecimal()
        assert facts["Created at"].startswith("20")
        assert "1234-5678-8765-4321" not in str(facts)


def test_a_product_that_never_answered_a_job_that_is_over_has_no_answer(actors: Actors, finished: Job) -> None:
    finished.product_responses.filter(product_code="analytics").delete()
    assert "Analytics No answer" in shown(actors, finished).section("answers").text


def test_each_product_stands_once_whether_it_answered_or_not(actors: Actors, finished: Job) -> None:
    finished.product_responses.filter(product_code="analytics").delete()
    headings = [heading.text for heading in shown(actors, finished).section("answers").all("h3")]
    assert headings == ["Audience Manager Complete", "Analytics No answer"]


def test_a_job_that_adobe_no_longer_knows_keeps_its_last_word(actors: Actors, finished: Job) -> None:
    Job.objects.filter(pk=finished.pk).update(status=JobStatus.GONE, adobe_status="processing")
    page = shown(actors, finished)
    assert page.pills[0] == "No longer at Adobe"
    assert page.facts()["Adobe's word"] == "processing"


def test_doubled_jobs_are_named(actors: Actors, finished: Job) -> None:
    Job.objects.filter(pk=finished.pk).update(extra_adobe_job_ids=["second-id"])
    assert shown(actors, finished).facts()["Further job ids"] == "second-id"


def test_a_stored_result_shows_its_hash_and_how_long_adobe_keeps_it(actors: Actors, finished: Job) -> None:
    archive = ResultArchive.objects.get(job=finished)
    page = shown(actors, finished)
    result = page.section("result").text
    assert archive.sha256 in result
    assert "At Adobe until" in result
    assert address_of("job-result", finished) in page.links
    assert address_of("job-result", finished) not in actors.viewer.page(address_of("job-detail", finished)).links


@pytest.mark.parametrize(
    ("status", "error", "words"),
    [
        (ArchiveStatus.WAITING, "damaged", "Waiting to be fetched"),
        (ArchiveStatus.FAILED, "not_a_zip", "what came was not a ZIP"),
        (ArchiveStatus.EXPIRED, "not_found", "Adobe no longer has it"),
        (ArchiveStatus.REMOVED, "", str(ArchiveStatus.REMOVED.label)),
    ],
)
def test_a_result_that_is_not_here_says_why(actors: Actors, finished: Job, status: str, error: str, words: str) -> None:
    ResultArchive.objects.filter(job=finished).update(status=status, last_error=error)
    page = shown(actors, finished)
    assert str(words) in page.section("result").text
    assert address_of("job-result", finished) not in page.links
    assert (address_of("result-again", finished) in page.forms) == (status == ArchiveStatus.FAILED)
    assert actors.viewer.page(address_of("job-detail", finished)).forms == {}


def test_more_products_and_identities_take_no_more_queries(
    actors: Actors, simulator: Simulator, organization: Organization, officer: User
) -> None:
    few = sent_request(organization, officer, people(1), include=["analytics"])
    users = people(1, prefix="many")
    users[0]["userIDs"] = [{"namespace": "email", "value": f"many{n}@example.com", "type": "standard"} for n in range(9)]
    codes = ["analytics", "target", "campaign", "identity", "profileService", "marketo", "aepDataLake", "adCloud"]
    many = sent_request(organization, officer, users, include=codes)
    finish(simulator)
    jobs = [job_of(request) for request in (few, many)]
    assert [job.product_responses.count() for job in jobs] == [1, 8]
    assert queries_of(actors.officer, address_of("job-detail", jobs[0])) == queries_of(
        actors.officer, address_of("job-detail", jobs[1])
    )


def test_an_address_that_names_no_job_is_no_page(actors: Actors) -> None:
    for address in ("/jobs/00000000-0000-7000-8000-000000000000/", "/jobs/1/", "/jobs/x/"):
        assert actors.officer.get(address).status_code == 404


@pytest.mark.parametrize("model", ["subject", "answer"])
def test_what_does_not_open_any_more_is_said_and_nothing_of_it_is_shown(actors: Actors, finished: Job, model: str) -> None:
    if model == "subject":
        DataSubject.objects.filter(jobs=finished).update(identities_sealed=b"\x01damaged-and-long-enough-to-look-sealed")
    else:
        finished.product_responses.update(answer_sealed=b"\x01damaged-and-long-enough-to-look-sealed")
    for page in (shown(actors, finished), Page.of(actors.officer.post(address_of("job-reveal", finished)))):
        assert "What is stored about this person cannot be opened." in page.text
        assert "example.com" not in page.html
        assert "Done (Adobe code 6000)" in page.section("answers").text
