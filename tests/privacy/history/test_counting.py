"""Figures of days: exactly what the jobs say, the same however often a day is counted, and no day left out."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from portal.models import Organization, User
from privacy.history import counting
from privacy.models import CountedDay, DayFigure, Job, ProductResponse
from privacy.statuses import JOB_FAILED, DayKind, JobStatus
from tests.conftest import OTHER_IMS_ORG, Simulator, make_organization
from tests.files import people
from tests.privacy.history.rows import answer, at, end, figures, plain_request, sent_jobs
from tests.states import finish, sent_request
from tests.steps import step_is_due, work

pytestmark = pytest.mark.django_db


def today() -> date:
    """Of UTC."""
    return timezone.now().astimezone(UTC).date()


def days_ago(count: int) -> date:
    """That day."""
    return today() - timedelta(days=count)


def count_from(organization: Organization, day: date) -> None:
    """Let the chain begin with this day, and go on for as long as something is due."""
    CountedDay.objects.create(organization=organization, day=day, next_count_at=timezone.now())
    work("figures")


def test_what_was_sent_ended_and_failed_on_a_day_by_law_product_and_duration(organization: Organization) -> None:
    gdpr, ccpa = plain_request(organization), plain_request(organization, "ccpa")
    day = days_ago(2)
    slow, quick = sent_jobs(gdpr, 3, at(days_ago(4))), sent_jobs(ccpa, 2, at(day, 8))
    end(slow, at(day))
    end(quick, at(day, 11), JobStatus.ERROR, ["analytics"])
    count_from(organization, day)
    iso = day.isoformat()
    assert figures(organization, day=day) == {
        (iso, "ccpa", "", "submitted", None): 2,
        (iso, "gdpr", "", "complete", 48): 3,
        (iso, "gdpr", "analytics", "complete", 48): 3,
        (iso, "gdpr", "profileService", "complete", 48): 3,
        (iso, "ccpa", "", "failed", 3): 2,
        (iso, "ccpa", "analytics", "failed", 3): 2,
    }


def test_the_figures_are_those_of_the_jobs_themselves(
    simulator: Simulator, organization: Organization, officer: User, media: None
) -> None:
    sent_request(organization, officer, [*people(4), *people(2, prefix="error")])
    finish(simulator)
    sent_request(organization, officer, people(3, prefix="later"), regulation="ccpa")
    work("figures")
    expected: Counter[tuple[str, str, str]] = Counter()
    for job in Job.objects.select_related("request"):
        expected[job.request.regulation, "", "submitted"] += 1
        if job.finished_at:
            expected[job.request.regulation, "", "failed" if job.status in JOB_FAILED else "complete"] += 1
    for one in ProductResponse.objects.filter(job__finished_at__isnull=False).select_related("request"):
        expected[one.request.regulation, one.product_code, "failed" if one.status in JOB_FAILED else "complete"] += 1
    counted: Counter[tuple[str, str, str]] = Counter()
    for row in DayFigure.objects.exclude(kind=DayKind.OPEN):
        counted[row.regulation, row.product_code, row.kind] += row.count
    assert counted == expected
    assert counted["gdpr", "", "failed"] > 0


def test_a_day_ends_at_midnight_in_utc_whatever_the_time_zone_of_the_organization(organization: Organization) -> None:
    Organization.objects.update(time_zone="Pacific/Auckland")
    day = days_ago(3)
    request = plain_request(organization)
    last = datetime(day.year, day.month, day.day, 23, 59, 59, tzinfo=UTC)
    end(sent_jobs(request, 1, last - timedelta(minutes=5)), last)
    end(sent_jobs(request, 2, last + timedelta(seconds=1)), last + timedelta(seconds=1))
    count_from(organization, day)
    ended = DayFigure.objects.filter(product_code="", kind=DayKind.COMPLETE)
    assert dict(ended.values_list("day", "count")) == {day: 1, day + timedelta(days=1): 2}


def test_counting_again_changes_nothing(organization: Organization) -> None:
    day = days_ago(1)
    request = plain_request(organization)
    end(sent_jobs(request, 2, at(days_ago(2))), at(day))
    sent_jobs(request, 1, timezone.now() - timedelta(hours=2))
    count_from(organization, day)
    before = figures(organization)
    assert before
    CountedDay.objects.update(next_count_at=timezone.now())
    work("figures")
    assert figures(organization) == before


def test_today_is_counted_again_later_and_a_day_that_is_over_never(organization: Organization) -> None:
    count_from(organization, days_ago(1))
    rows = {row.day: row for row in CountedDay.objects.all()}
    assert set(rows) == {days_ago(1), today()}
    assert rows[days_ago(1)].next_count_at is None
    again = rows[today()].next_count_at
    assert again is not None
    assert again - rows[today()].counted_at == timedelta(seconds=settings.FIGURES_EVERY_SECONDS)
    assert not step_is_due("figures")


def test_missed_days_are_made_up_for_one_after_another(organization: Organization) -> None:
    request = plain_request(organization)
    for ago in (20, 7, 1):
        end(sent_jobs(request, ago, at(days_ago(ago), 1)), at(days_ago(ago)))
    count_from(organization, days_ago(20))
    assert CountedDay.objects.count() == 21
    ended = DayFigure.objects.filter(product_code="", kind=DayKind.COMPLETE)
    assert dict(ended.values_list("day", "count")) == {days_ago(20): 20, days_ago(7): 7, days_ago(1): 1}


def test_the_chain_of_a_new_organization_begins_with_what_first_happened(organization: Organization) -> None:
    request = plain_request(organization)
    end(sent_jobs(request, 1, at(days_ago(9))), at(days_ago(6)))
    other = make_organization(ims_org_id=OTHER_IMS_ORG, name="Other")
    assert step_is_due("figures")
    work("figures")
    assert not step_is_due("figures")
    first = CountedDay.objects.order_by("day").first()
    assert first is not None
    assert first.day == days_ago(9)
    assert [row.day for row in CountedDay.objects.filter(organization=other)] == [today()]


def test_each_organization_has_figures_of_its_own(organization: Organization) -> None:
    other = make_organization(ims_org_id=OTHER_IMS_ORG, name="Other")
    end(sent_jobs(plain_request(organization), 2, at(days_ago(1))), at(days_ago(1), 15))
    end(sent_jobs(plain_request(other), 5, at(days_ago(1))), at(days_ago(1), 15))
    work("figures")
    ended = DayFigure.objects.filter(product_code="", kind=DayKind.COMPLETE)
    assert dict(ended.values_list("organization", "count")) == {organization.pk: 2, other.pk: 5}


def test_a_worker_whose_day_was_taken_over_writes_nothing(organization: Organization) -> None:
    end(sent_jobs(plain_request(organization), 2, at(days_ago(1))), at(days_ago(1), 15))
    row = CountedDay.objects.create(organization=organization, day=days_ago(1), next_count_at=timezone.now())
    row.lease = organization.pk
    counting.count(row)
    assert not DayFigure.objects.exists()


def test_a_duration_that_makes_no_sense_is_counted_without_one(organization: Organization) -> None:
    request = plain_request(organization)
    day = days_ago(1)
    end(sent_jobs(request, 1, at(day), adobe_created_at=None), at(day))
    end(sent_jobs(request, 1, at(day), adobe_created_at=at(day, 20)), at(day, 13))
    count_from(organization, day)
    assert set(DayFigure.objects.filter(kind=DayKind.COMPLETE).values_list("hours", flat=True)) == {None}


def test_a_product_that_answers_one_job_under_two_names_counts_once(organization: Organization) -> None:
    day = days_ago(1)
    jobs = sent_jobs(plain_request(organization), 1, at(day, 1))
    end(jobs, at(day, 2), products=["analytics"])
    ProductResponse.objects.create(
        job=jobs[0],
        request_id=jobs[0].request_id,
        product="Adobe Analytics",
        product_code="analytics",
        status="complete",
        processed_at=at(day, 2),
    )
    count_from(organization, day)
    assert DayFigure.objects.get(product_code="analytics").count == 1


# --- What is open ---


def test_what_is_open_now_by_product_and_age(organization: Organization) -> None:
    request = plain_request(organization)
    now = timezone.now()
    old, fresh = sent_jobs(request, 3, now - timedelta(hours=30)), sent_jobs(request, 2, now - timedelta(minutes=5))
    answer(old[:2], now, JobStatus.COMPLETE, "analytics")
    answer(fresh, now, JobStatus.PROCESSING, "analytics", "profileService")
    work("figures")
    iso = today().isoformat()
    assert figures(organization, kind=DayKind.OPEN) == {
        (iso, "gdpr", "", "open", 36): 3,
        (iso, "gdpr", "", "open", 1): 2,
        (iso, "gdpr", "analytics", "open", 36): 1,
        (iso, "gdpr", "analytics", "open", 1): 2,
        (iso, "gdpr", "profileService", "open", 36): 3,
        (iso, "gdpr", "profileService", "open", 1): 2,
    }


def test_open_is_what_is_open_now_and_of_no_day_before(organization: Organization) -> None:
    jobs = sent_jobs(plain_request(organization), 1, timezone.now() - timedelta(hours=1))
    yesterday = CountedDay.objects.create(organization=organization, day=days_ago(1), next_count_at=timezone.now())
    DayFigure.objects.create(organization=organization, regulation="gdpr", day=yesterday.day, kind=DayKind.OPEN, count=9)
    work("figures")
    assert set(DayFigure.objects.filter(kind=DayKind.OPEN).values_list("day", flat=True)) == {today()}
    end(jobs, timezone.now())
    CountedDay.objects.update(next_count_at=timezone.now())
    work("figures")
    assert not DayFigure.objects.filter(kind=DayKind.OPEN).exists()


# --- Jobs that come with a past ---


def test_jobs_made_elsewhere_are_counted_on_the_days_on_which_they_ended(organization: Organization) -> None:
    count_from(organization, days_ago(2))
    request = plain_request(organization)
    for ago in (2, 5):
        end(sent_jobs(request, ago, at(days_ago(30))), at(days_ago(ago)))
    counting.count_again(organization.pk, [days_ago(2), days_ago(5), today()])
    work("figures")
    ended = DayFigure.objects.filter(product_code="", kind=DayKind.COMPLETE)
    assert dict(ended.values_list("day", "count")) == {days_ago(2): 2, days_ago(5): 5}
    assert CountedDay.objects.count() == 6
