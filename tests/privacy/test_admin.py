from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection, models
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from portal.ids import new_id
from portal.models import DataKey, Organization, User
from portal.outbound import LIST_UNREAD, CallState, PersonReason
from privacy.models import Job, JobListing, PrivacyRequest, ProductResponse, ResultArchive, Submission, Upload
from privacy.statuses import ArchiveStatus, JobStatus
from tests.admins import Page, make_administrator, open_page, queries_of, signed_in
from tests.conftest import OTHER_IMS_ORG, make_organization
from tests.files import RECEIVED_ON, confirmed_request, payload, people
from tests.people import PASSWORD

MODELS: list[type[models.Model]] = [Upload, PrivacyRequest, Submission, Job, ProductResponse, ResultArchive, JobListing]
PERSONAL = ["alex-1", "alex1@example.com", "people.json", "alex's own words", "files.example.com/alex"]


@dataclass
class Rows:
    """One row of each kind, all of one request."""

    request: PrivacyRequest
    job: Job
    response: ProductResponse
    archive: ResultArchive
    by_model: dict[type[models.Model], models.Model]


@pytest.fixture
def administrator(organization: Organization) -> User:
    """Looks after Acme. The laws that are followed are seen only with a right of their own."""
    user = make_administrator("administrator", organization)
    user.user_permissions.add(Permission.objects.get(codename="view_joblisting"))
    return user


@pytest.fixture
def stranger(db: None) -> User:
    """Looks after another organization, with every right to look."""
    user = make_administrator("stranger", make_organization(ims_org_id=OTHER_IMS_ORG, name="Other"))
    user.user_permissions.add(*Permission.objects.filter(codename__startswith="view_"))
    return user


@pytest.fixture
def superuser(db: None) -> User:
    """Sees everything."""
    return User.objects.create_superuser("root", password=PASSWORD)


@pytest.fixture
def rows(organization: Organization, officer: User) -> Rows:
    """A request of three people for two products, of which one job is complete, with an answer and a result."""
    request = confirmed_request(organization, officer, payload(people(3, "access", prefix="alex-")))
    call = Submission.objects.get(request=request)
    job = Job.objects.filter(request=request).order_by("id")[0]
    job.adobe_job_id, job.status, job.adobe_status, job.has_result = "adobe-job-1", JobStatus.COMPLETE, "complete", True
    job.raw = b"alex's own words"
    job.save()
    response = ProductResponse(job=job, request=request, product="Analytics", product_code="analytics", status=JobStatus.COMPLETE)
    response.answer = {"message": "alex's own words"}
    response.save()
    archive = ResultArchive(job=job, request=request, status=ArchiveStatus.STORED, size=1234, file_count=2, sha256="ab" * 32)
    archive.address = "https://files.example.com/alex.zip"
    archive.save()
    listing = JobListing.objects.create(organization=organization, regulation="gdpr")
    PrivacyRequest.objects.filter(pk=request.pk).update(jobs_total=3, jobs_done=1)
    assert request.upload is not None
    every = [request.upload, request, call, job, response, archive, listing]
    return Rows(request, job, response, archive, {type(row): row for row in every})


def list_of(model: type[models.Model]) -> str:
    """Address of its list."""
    return reverse(f"admin:privacy_{model._meta.model_name}_changelist")


def page_of(row: models.Model) -> str:
    """Address of its page."""
    return reverse(f"admin:privacy_{row._meta.model_name}_change", args=[row.pk])


def listed(user: User, model: type[models.Model], query: str = "") -> list[Any]:
    """Keys of the rows that a list shows."""
    answer: Any = signed_in(user).get(f"{list_of(model)}?{query}")
    assert answer.status_code == 200
    return [row.pk for row in answer.context["cl"].result_list]


# --- Who sees which rows ---


@pytest.mark.parametrize("model", MODELS)
def test_it_shows_rows_to_administrators_of_their_organization(
    model: type[models.Model], rows: Rows, administrator: User, officer: User, stranger: User, superuser: User
) -> None:
    row = rows.by_model[model]
    for user in (administrator, superuser):
        assert row.pk in listed(user, model)
        assert signed_in(user).get(page_of(row)).status_code == 200
    assert listed(stranger, model) == []
    elsewhere: Any = signed_in(stranger).get(page_of(row))
    assert (elsewhere.status_code, elsewhere.url) == (302, reverse("admin:index"))
    for address in (list_of(model), page_of(row)):
        refused: Any = signed_in(officer).get(address)
        assert refused.url.startswith(reverse("admin:login"))


@pytest.mark.parametrize("model", MODELS)
def test_it_lets_nobody_add_change_or_delete(model: type[models.Model], rows: Rows, superuser: User) -> None:
    client, row = signed_in(superuser), rows.by_model[model]
    assert client.get(reverse(f"admin:privacy_{model._meta.model_name}_add")).status_code == 403
    assert client.post(page_of(row), {"status": "complete"}).status_code == 403
    assert (
        client.post(reverse(f"admin:privacy_{model._meta.model_name}_delete", args=[row.pk]), {"post": "yes"}).status_code == 403
    )
    client.post(list_of(model), {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"})
    assert type(row)._default_manager.filter(pk=row.pk).exists()


def test_a_filter_names_the_own_organizations_only(rows: Rows, administrator: User, organization: Organization) -> None:
    second = make_organization(ims_org_id="FEDCBA9876543210FEDCBA98@AdobeOrg", name="Second")
    make_organization(ims_org_id=OTHER_IMS_ORG, name="Somebody else")
    administrator.organizations.add(second)
    html = open_page(signed_in(administrator), list_of(Job)).html
    assert "Second" in html
    assert "Somebody else" not in html
    assert len(listed(administrator, Job, f"organization__id__exact={organization.pk}")) == 3
    assert listed(administrator, Job, f"organization__id__exact={second.pk}") == []


# --- Nothing personal ---


@pytest.mark.parametrize("model", MODELS)
def test_it_shows_nothing_that_names_a_person(model: type[models.Model], rows: Rows, superuser: User) -> None:
    client = signed_in(superuser)
    for address in (list_of(model), page_of(rows.by_model[model])):
        html = open_page(client, address).html
        assert [word for word in PERSONAL if word in html] == []


@pytest.mark.parametrize("model", MODELS)
def test_a_list_loads_nothing_that_is_sealed(model: type[models.Model], rows: Rows, superuser: User) -> None:
    client = signed_in(superuser)
    with CaptureQueriesContext(connection) as captured:
        open_page(client, list_of(model))
    reads = [query["sql"] for query in captured if f'FROM "{model._meta.db_table}"' in query["sql"]]
    assert reads
    assert not [sql for sql in reads if "_sealed" in sql]


@pytest.mark.parametrize("model", [PrivacyRequest, Submission, Job, ProductResponse, ResultArchive])
def test_it_does_not_search_for_people(model: type[models.Model], rows: Rows, superuser: User) -> None:
    for words in ("alex1@example.com", "alex", "officer", "Acme"):
        assert listed(superuser, model, f"q={words}") == []


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (PrivacyRequest, "number"),
        (Submission, "number"),
        (Job, "number"),
        (Job, "job"),
        (ProductResponse, "job"),
        (ResultArchive, "job"),
    ],
)
def test_it_searches_by_number_and_by_adobes_job_id(model: type[models.Model], words: str, rows: Rows, superuser: User) -> None:
    given = {"number": rows.request.number, "job": "adobe-job-1"}[words]
    found = listed(superuser, model, f"q={given}")
    assert rows.by_model[model].pk in found
    assert len(found) == (3 if (model, words) == (Job, "number") else 1)


# --- What the pages show ---


def test_a_requests_page_shows_a_bar_for_each_product_and_leads_to_its_jobs(rows: Rows, administrator: User) -> None:
    page = open_page(signed_in(administrator), page_of(rows.request))
    assert page.bars == [("1", "3"), ("0", "3")]
    assert re.search(r"Analytics</a>.*?1 of 3 jobs done, 2 waiting", page.html, re.DOTALL)
    assert re.search(r"Real-Time Customer Profile</a>.*?0 of 3 jobs done, 3 waiting", page.html, re.DOTALL)
    jobs = f"{list_of(Job)}?request__id__exact={rows.request.pk}"
    assert jobs in page.links
    assert f"{list_of(ProductResponse)}?request__id__exact={rows.request.pk}&product=analytics" in page.links
    other = confirmed_request(rows.request.organization, rows.request.created_by, payload(people(2, "access", prefix="sam-")))
    shown = listed(administrator, Job, jobs.partition("?")[2])
    assert len(shown) == 3
    assert not set(shown) & set(other.jobs.values_list("pk", flat=True))


def test_it_leads_to_the_jobs_that_failed(rows: Rows, administrator: User) -> None:
    failed = Job.objects.filter(request=rows.request, status=JobStatus.WAITING)[0]
    Job.objects.filter(pk=failed.pk).update(status=JobStatus.ERROR)
    PrivacyRequest.objects.filter(pk=rows.request.pk).update(jobs_failed=1)
    links = open_page(signed_in(administrator), page_of(rows.request)).links
    address = next(link for link in links if "status__in" in link)
    assert listed(administrator, Job, address.partition("?")[2]) == [failed.pk]


def test_a_jobs_page_shows_its_answers_and_its_result(rows: Rows, administrator: User) -> None:
    page = open_page(signed_in(administrator), page_of(rows.job))
    assert "Analytics" in page.html
    assert "1234" in page.html
    assert page_of(rows.archive) in page.links
    assert reverse("privacy:job-result", args=[rows.job.pk]) in page.links


@pytest.mark.parametrize("kind", [Job, ResultArchive])
def test_a_download_is_offered_to_those_who_may_have_it(
    kind: type[models.Model], rows: Rows, administrator: User, organization: Organization
) -> None:
    download = reverse("privacy:job-result", args=[rows.job.pk])
    row = rows.by_model[kind]
    looker = User.objects.create_user("looker", password=PASSWORD, is_staff=True)
    looker.organizations.add(organization)
    looker.user_permissions.add(*Permission.objects.filter(codename__startswith="view_"))
    assert download in open_page(signed_in(administrator), page_of(row)).links
    assert download not in open_page(signed_in(looker), page_of(row)).links
    ResultArchive.objects.filter(pk=rows.archive.pk).update(status=ArchiveStatus.WAITING)
    assert download not in open_page(signed_in(administrator), page_of(row)).links


@pytest.mark.parametrize(
    ("model", "query", "count"),
    [
        (PrivacyRequest, "product=analytics", 1),
        (PrivacyRequest, "product=target", 0),
        (PrivacyRequest, "regulation=gdpr", 1),
        (PrivacyRequest, "regulation=ccpa", 0),
        (PrivacyRequest, "status__exact=complete", 0),
        (Job, "product=analytics", 1),
        (Job, "product=profileService", 0),
        (Job, "regulation=gdpr", 3),
        (Job, "regulation=ccpa", 0),
        (Job, "status__exact=complete", 1),
        (ProductResponse, "product=analytics", 1),
        (ProductResponse, "product=target", 0),
        (Submission, "regulation=ccpa", 0),
        (ResultArchive, "status__exact=stored", 1),
        (JobListing, "regulation=gdpr", 1),
    ],
)
def test_its_lists_can_be_narrowed(model: type[models.Model], query: str, count: int, rows: Rows, administrator: User) -> None:
    assert len(listed(administrator, model, query)) == count


def test_a_list_begins_with_the_newest(organization: Organization, officer: User, administrator: User) -> None:
    made = [
        confirmed_request(organization, officer, payload(people(1, "access", prefix=f"p{number}-"))).pk for number in range(3)
    ]
    assert listed(administrator, PrivacyRequest) == made[::-1]


# --- After a hold ---


def test_resuming_an_organization_wakes_its_queue(rows: Rows, administrator: User, organization: Organization) -> None:
    later = timezone.now() + timedelta(hours=1)
    Submission.objects.update(next_attempt_at=later)
    organization.hold("forbidden", "words")
    assert not Submission.objects.due_to_send(later).exists()
    signed_in(administrator).post(reverse("admin:portal_organization_resume", args=[organization.pk]))
    assert Submission.objects.due_to_send(timezone.now()).count() == 1


# --- What holds for every page ---


@pytest.mark.parametrize("model", MODELS)
def test_its_pages_hold_no_code_of_their_own(model: type[models.Model], rows: Rows, superuser: User) -> None:
    client = signed_in(superuser)
    for address in (list_of(model), page_of(rows.by_model[model])):
        answer = client.get(address)
        assert "default-src 'self'" in answer["Content-Security-Policy"]
        assert Page(answer.content.decode()).inline_code == [], address


def fill(organization: Organization, user: User, count: int) -> None:
    """`count` more rows of each kind, each of its own request."""
    start = PrivacyRequest.objects.count()
    for number in range(start, start + count):
        key = DataKey.objects.make("request", new_id())
        upload = Upload.objects.create(organization=organization, uploaded_by=user, received_on=RECEIVED_ON, data_key=key)
        request = PrivacyRequest.objects.create(
            number=f"PR-2026-{number:06d}",
            organization=organization,
            upload=upload,
            data_key=key,
            regulation="gdpr",
            products=["analytics"],
            received_on=RECEIVED_ON,
            created_by=user,
        )
        call = Submission.objects.create(request=request, ordinal=1, people=1, expected_jobs=1, has_deletes=False)
        job = Job.objects.create(organization=organization, request=request, submission=call, action="access")
        ProductResponse.objects.create(job=job, request=request, product="Analytics", product_code="analytics", status="complete")
        ResultArchive.objects.create(job=job, request=request)
        JobListing.objects.create(organization=organization, regulation=f"law-{number}")


@pytest.mark.parametrize("model", MODELS)
def test_a_list_takes_as_many_queries_for_fifty_rows_as_for_five(
    model: type[models.Model],
    organization: Organization,
    administrator: User,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    client, address = signed_in(administrator), list_of(model)
    fill(organization, administrator, 5)
    few = queries_of(client, address)
    assert few <= 12
    fill(organization, administrator, 45)
    with django_assert_max_num_queries(few):
        answer: Any = client.get(address)
    assert len(answer.context["cl"].result_list) == 50


def test_a_call_says_why_it_waits_for_a_person(rows: Rows, administrator: User) -> None:
    call = Submission.objects.get(request=rows.request)
    calls = Submission.objects.filter(pk=call.pk)
    calls.update(state=CallState.UNKNOWN, person_reason=PersonReason.NO_LIST)
    client = signed_in(administrator)
    for address in (list_of(Submission), page_of(call)):
        assert "Adobe keeps no list in which it could be looked for</td>" in words_of(client.get(address))
    # The same code where there is a list, and nobody could read it.
    calls.update(last_error=LIST_UNREAD)
    for address in (list_of(Submission), page_of(call)):
        assert "Adobe&#x27;s list could not be read for a day</td>" in words_of(client.get(address))


def words_of(answer: Any) -> str:
    """The page; a value on a row's own page ends like one in a list."""
    html: str = answer.content.decode()
    return html.replace('<div class="readonly">', "<td>").replace("</div>", "</td>")
