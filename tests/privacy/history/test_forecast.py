"""How long products usually take, and by when what is open is likely to be done."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from portal.models import Organization
from privacy.history import Times, likely_done, times_of, usual, usual_of
from privacy.history.forecast import of_open
from tests.conftest import OTHER_IMS_ORG, make_organization
from tests.privacy.history.rows import history, plain_request

NOW = timezone.now()


@pytest.mark.django_db
def test_what_a_product_usually_takes_is_from_the_organizations_own_days(organization: Organization) -> None:
    history(organization, "analytics", {2: 6, 24: 3, 720: 1})
    history(make_organization(ims_org_id=OTHER_IMS_ORG, name="Other"), "analytics", {8760: 500})
    found = usual(organization, "analytics")
    assert found is not None
    assert (found.half, found.most, found.answers) == (2, 24, 10)
    assert (found.half_words, found.most_words) == ("2 hours", "1 day")
    assert usual_of(organization) == {"analytics": found}


@pytest.mark.django_db
def test_it_is_not_known_of_few_answers_nor_of_old_ones(organization: Organization) -> None:
    history(organization, "analytics", {2: 4})
    history(organization, "profileService", {2: 400}, days_ago=120)
    assert usual(organization, "analytics") is None
    assert usual(organization, "profileService") is None
    assert usual_of(organization) == {}


@pytest.mark.django_db
def test_the_law_narrows_it(organization: Organization) -> None:
    history(organization, "analytics", {2: 5})
    history(organization, "analytics", {24: 5}, law="ccpa")
    assert times_of([organization.pk])["analytics"] == Times({2: 5, 24: 5})
    assert times_of([organization.pk], "ccpa")["analytics"] == Times({24: 5})


def test_nine_of_ten_open_things_are_done_by_the_forecast() -> None:
    times = Times({1: 50, 24: 40, 72: 10})
    fresh = of_open(times, {1: 100}, NOW)
    assert (fresh.by, fresh.open, fresh.beyond) == (NOW + timedelta(hours=24), 100, 0)


def test_what_is_old_already_takes_as_long_as_old_things_did() -> None:
    # Of what took more than 18 hours one half was done at 24 hours, and the other at 72.
    times = Times({1: 80, 24: 10, 72: 10})
    assert of_open(times, {24: 10}, NOW).by == NOW + timedelta(hours=72 - 18)


def test_what_takes_longer_than_anything_before_is_told_apart() -> None:
    found = of_open(Times({1: 50, 24: 50}), {720: 3, 1: 10}, NOW)
    assert (found.open, found.beyond) == (13, 3)
    assert found.by == NOW + timedelta(hours=24)
    assert of_open(Times({1: 50}), {720: 3}, NOW).by is None


def test_without_history_there_is_no_forecast() -> None:
    found = of_open(Times(), {1: 3}, NOW)
    assert (found.by, found.open, found.beyond) == (None, 3, 0)


@pytest.mark.django_db
def test_a_request_is_done_when_its_slowest_product_is(organization: Organization) -> None:
    times = {"analytics": Times({2: 10}), "profileService": Times({48: 10})}
    request = plain_request(organization, created_at=NOW)
    assert likely_done(request, times, NOW) == NOW + timedelta(hours=48)
    request.created_at = NOW - timedelta(hours=40)
    # Analytics never took so long: nothing is known of when it will answer.
    assert likely_done(request, times, NOW) is None
    assert likely_done(request, {"analytics": times["analytics"]}, NOW) is None
