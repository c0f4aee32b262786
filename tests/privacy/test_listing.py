"""Passes through Adobe's list: what makes a job due for its detail, and what does not."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.conf import LazySettings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from portal.adobe.answers import ListedJob
from portal.ids import new_id
from portal.models import Organization, User
from privacy.models import Job, JobListing, PrivacyRequest, Submission
from privacy.polling import details as details_step
from privacy.polling import listing as listing_step
from privacy.polling.failing import NOT_LISTED
from privacy.statuses import JobStatus
from tests.conftest import Simulator
from tests.files import people
from tests.states import sent_request
from tests.steps import let_pass, step_is_due, work

pytestmark = pytest.mark.django_db(transaction=True)

LIST = {"operation": "list"}


@pytest.fixture
def sent(transactional_db: None, simulator: Simulator, organization: Organization, officer: User) -> PrivacyRequest:
    """Three people at Adobe, for so long that its list must show them."""
    request = sent_request(organization, officer, people(3, "access"))
    Submission.objects.update(first_sent_at=timezone.now() - 2 * listing_step.YOUNG)
    return request


def details(simulator: Simulator) -> int:
    return int(simulator.control("calls")["calls"]["detail"])


def list_again() -> None:
    """The next pass, a quarter of an hour later."""
    JobListing.objects.update(next_list_at=timezone.now())
    work("list")


def test_a_job_that_the_list_shows_unchanged_is_not_asked_about_all_day(sent: PrivacyRequest, simulator: Simulator) -> None:
    for _ in range(4):
        list_again()
        let_pass(timedelta(hours=8))
        work("detail")
    assert details(simulator) == 0


def test_a_pass_without_news_writes_to_no_job(sent: PrivacyRequest) -> None:
    list_again()
    with CaptureQueriesContext(connection) as queries:
        list_again()
    assert [query["sql"] for query in queries if query["sql"].startswith('UPDATE "privacy_job" ')] == []


def test_a_job_that_one_pass_misses_is_not_asked_about(sent: PrivacyRequest, simulator: Simulator) -> None:
    lost = str(Job.objects.earliest("pk").adobe_job_id)
    simulator.control(f"jobs/{lost}", method="DELETE")
    list_again()
    work("detail")
    assert details(simulator) == 0
    assert list(Job.objects.filter(last_error=NOT_LISTED).values_list("adobe_job_id", flat=True)) == [lost]


def test_a_job_that_two_passes_miss_is_asked_about(sent: PrivacyRequest, simulator: Simulator) -> None:
    lost = Job.objects.earliest("pk")
    simulator.control(f"jobs/{lost.adobe_job_id}", method="DELETE")
    list_again()
    list_again()
    assert list(Job.objects.due_for_detail(timezone.now())) == [lost]
    work("detail")
    let_pass(timedelta(hours=2))
    work("detail")
    assert set(Job.objects.filter(status=JobStatus.GONE)) == {lost}


def test_a_job_that_no_list_shows_is_asked_about_at_least_once_a_day(sent: PrivacyRequest, simulator: Simulator) -> None:
    Job.objects.update(last_error=NOT_LISTED, next_poll_at=timezone.now(), quiet_polls=20)
    work("detail")
    assert details(simulator) == 3
    assert set(Job.objects.values_list("last_error", flat=True)) == {NOT_LISTED}
    let_pass(timedelta(days=1))
    work("detail")
    assert details(simulator) == 6


def test_a_job_that_the_list_shows_again_needs_no_detail(sent: PrivacyRequest, simulator: Simulator) -> None:
    list_again()
    later = timezone.now() + timedelta(hours=5)
    Job.objects.update(last_error=NOT_LISTED, next_poll_at=later)
    list_again()
    assert set(Job.objects.values_list("last_error", "next_poll_at")) == {("", None)}


def test_a_job_of_the_last_minutes_is_not_missed(sent: PrivacyRequest, simulator: Simulator) -> None:
    Submission.objects.update(first_sent_at=timezone.now())
    simulator.control(f"jobs/{Job.objects.earliest('pk').adobe_job_id}", method="DELETE")
    list_again()
    assert not Job.objects.exclude(last_error="").exists()


def test_when_no_pass_comes_to_its_end_for_a_day_the_jobs_are_asked_about(sent: PrivacyRequest, simulator: Simulator) -> None:
    simulator.fault("error500", match=LIST, times=500)
    list_again()
    assert not Job.objects.due_for_detail(timezone.now()).exists()
    Submission.objects.update(first_sent_at=timezone.now() - timedelta(days=2))
    list_again()
    work("detail")
    assert details(simulator) == 3
    list_again()
    work("detail")
    assert details(simulator) == 3


def test_a_listing_that_worked_lately_may_fail_without_that(sent: PrivacyRequest, simulator: Simulator) -> None:
    list_again()
    simulator.fault("error500", match=LIST, times=500)
    Submission.objects.update(first_sent_at=timezone.now() - timedelta(days=2))
    list_again()
    assert not Job.objects.due_for_detail(timezone.now()).exists()


def test_what_waits_for_its_detail_keeps_its_place(sent: PrivacyRequest, simulator: Simulator) -> None:
    simulator.control("finish", {})
    list_again()
    before = dict(Job.objects.values_list("pk", "next_poll_at"))
    list_again()
    assert dict(Job.objects.values_list("pk", "next_poll_at")) == before


def test_what_is_asked_about_at_this_moment_is_not_asked_again_and_its_answer_is_kept(
    sent: PrivacyRequest, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However slow the answers are: a pass that comes before each of them would otherwise let none arrive."""
    simulator.control("finish", {})
    Job.objects.update(next_poll_at=timezone.now())
    ask = details_step._ask

    def slow(job: Job) -> details_step.Seen | None:
        seen = ask(job)
        list_again()
        assert not Job.objects.due_for_detail(timezone.now()).exists()
        return seen

    monkeypatch.setattr(details_step, "_ask", slow)
    details_step.detail_next()
    assert set(Job.objects.values_list("status", flat=True)) == {JobStatus.COMPLETE}
    calls = simulator.control("calls")["calls"]
    assert (calls["list"], calls["detail"]) == (3, 3)


def test_what_could_not_be_asked_about_is_asked_again_when_the_list_has_news(sent: PrivacyRequest, simulator: Simulator) -> None:
    simulator.fault("error500", match={"operation": "detail"}, times=20)
    Job.objects.update(next_poll_at=timezone.now())
    work("detail")
    assert not Job.objects.due_for_detail(timezone.now()).exists()
    simulator.control("faults", method="DELETE")
    simulator.control("finish", {})
    list_again()
    assert Job.objects.due_for_detail(timezone.now()).count() == 3


def test_news_about_what_is_asked_about_keeps_the_usual_interval(sent: PrivacyRequest, simulator: Simulator) -> None:
    simulator.control("finish", {})
    soon = timezone.now() + timedelta(seconds=details_step.LEASE_SECONDS)
    Job.objects.update(lease=new_id(), next_poll_at=soon - timedelta(seconds=5))
    one = listing_step._Pass(JobListing.objects.get())
    for page in listing_step._pages(one.listing, listing_step._spans(one.listing, timezone.now())):
        one.read(page)
    assert one.due == 3
    assert not Job.objects.due_for_detail(timezone.now()).exists()


def test_an_ended_job_waits_for_nothing(sent: PrivacyRequest, simulator: Simulator) -> None:
    simulator.control("finish", {})
    list_again()
    work("detail")
    assert set(Job.objects.values_list("status", "next_poll_at")) == {(JobStatus.COMPLETE, None)}
    list_again()
    work("detail")
    assert details(simulator) == 3


# --- What is news ---

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def known(
    *, status: str = "processing", word: str = "processing", modified: datetime | None = NOON, detail: datetime | None = NOON
) -> listing_step._Known:
    """What we know of the job."""
    return listing_step._Known(new_id(), "a", status, word, modified, detail, "")


def listed(status: str = "processing", word: str = "processing", modified: datetime | None = NOON) -> ListedJob:
    """What the list shows of it."""
    return ListedJob("a", "r", "k", "access", status, word, "", None, modified)


@pytest.mark.parametrize(
    ("shown", "ours", "is_news"),
    [
        (listed(), known(), False),
        (listed("complete", "complete"), known(), True),
        (listed("processing", "2"), known(), False),
        (listed("other", "suspended"), known(status="other", word="odd"), True),
        (listed(modified=NOON + HOUR), known(), True),
        # The list lags behind the job itself.
        (listed(modified=NOON - HOUR), known(), False),
        # Its date and the job's never agree: what was asked long after it has told.
        (listed(modified=NOON + HOUR), known(detail=NOON + 3 * HOUR), False),
        # Accepted, and never asked about: the date is noted.
        (listed(), known(modified=None, detail=None), False),
        (listed(modified=NOON + HOUR), known(detail=None), True),
        (listed(), known(modified=None), True),
        (listed(modified=None), known(), False),
    ],
)
def test_what_is_news(shown: ListedJob, ours: listing_step._Known, is_news: bool) -> None:
    assert listing_step._has_news(shown, ours) is is_news


# --- Which days are listed ---


def spans_of(request: PrivacyRequest, now: datetime) -> list[tuple[date, date]]:
    """The days that a pass would read."""
    return listing_step._spans(JobListing.objects.get(organization=request.organization), now)


def test_only_days_that_can_hold_open_jobs_are_listed(sent: PrivacyRequest) -> None:
    now = timezone.now()
    today = now.date()
    first, *_others = Job.objects.order_by("pk")
    Submission.objects.update(first_sent_at=now - timedelta(days=40))
    Job.objects.filter(pk=first.pk).update(adobe_modified_at=now - timedelta(days=20))
    day = timedelta(days=1)
    assert spans_of(sent, now) == [
        (today - 41 * day, today - 39 * day),
        (today - 21 * day, today - 19 * day),
        (today - day, today + day),
    ]


def test_a_law_without_open_jobs_is_not_listed(sent: PrivacyRequest, simulator: Simulator) -> None:
    Job.objects.update(status=JobStatus.COMPLETE)
    assert spans_of(sent, timezone.now()) == []
    list_again()
    assert simulator.control("calls")["calls"]["list"] == 0


def test_a_long_pass_keeps_its_lease(sent: PrivacyRequest) -> None:
    JobListing.objects.update(next_list_at=timezone.now() - timedelta(seconds=1), lease=new_id())
    one = JobListing.objects.select_related("organization__data_key").get()
    pages = listing_step._pages(one, [(timezone.now().date(), timezone.now().date())])
    assert len(next(iter(pages))) == 3
    assert not step_is_due("list")


# --- When the next pass is ---


def listed_after(minutes: int) -> int:
    """One pass, so many minutes after the last one: how many minutes later the next one is due."""
    now = timezone.now()
    JobListing.objects.update(next_list_at=now, listed_at=now - timedelta(minutes=minutes))
    work("list")
    row = JobListing.objects.get()
    assert row.listed_at is not None
    return round((row.next_list_at - row.listed_at).total_seconds() / 60)


@pytest.fixture
def quiet(sent: PrivacyRequest) -> PrivacyRequest:
    """At Adobe for days, and due in a month."""
    Submission.objects.update(first_sent_at=timezone.now() - timedelta(days=5))
    Job.objects.update(adobe_created_at=timezone.now() - timedelta(days=5))
    PrivacyRequest.objects.update(due_on=timezone.now().date() + timedelta(days=30))
    return sent


def test_a_list_that_stays_as_it_is_is_read_more_and_more_seldom_up_to_a_bound(quiet: PrivacyRequest) -> None:
    assert [listed_after(minutes) for minutes in (1, 16, 24, 36, 600)] == [15, 24, 36, 54, 60]


def test_news_a_near_due_date_and_a_young_job_bring_the_usual_interval_back(quiet: PrivacyRequest, simulator: Simulator) -> None:
    PrivacyRequest.objects.update(due_on=timezone.now().date() + timedelta(days=3))
    assert listed_after(40) == 15
    PrivacyRequest.objects.update(due_on=None)
    assert listed_after(40) == 60
    Submission.objects.update(first_sent_at=timezone.now() - timedelta(hours=1))
    assert listed_after(40) == 15
    Submission.objects.update(first_sent_at=timezone.now() - timedelta(days=5))
    simulator.control("finish", {"jobIds": [Job.objects.earliest("pk").adobe_job_id]})
    assert listed_after(40) == 15


def test_it_is_never_read_more_seldom_than_where_events_tell_of_changes(quiet: PrivacyRequest, settings: LazySettings) -> None:
    settings.LIST_WITH_EVENTS_EVERY_SECONDS = 1200.0
    assert listed_after(40) == 20
    settings.LIST_WITH_EVENTS_EVERY_SECONDS = 60.0
    assert listed_after(40) == 15
