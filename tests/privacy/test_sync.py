"""The page of jobs made elsewhere: its passes, its bar, and who may start one."""

from __future__ import annotations

import pytest
from django.urls import reverse

from portal.models import Organization
from privacy import elsewhere
from privacy.models import JobSync
from privacy.statuses import SyncStatus
from tests.actors import Actors, covers

pytestmark = pytest.mark.django_db

PAGE = "/elsewhere/"


def start_of(organization: Organization) -> str:
    return reverse("privacy:sync-start", args=[organization.pk])


@covers("privacy:sync-list", "privacy:sync-progress")
def test_everybody_may_look_and_sees_their_own_organizations(actors: Actors, organization: Organization) -> None:
    elsewhere.start(organization, None)
    for address in (PAGE, f"{PAGE}progress/"):
        actors.open(address, stranger=200)
    assert "Acme" in actors.viewer.page(PAGE).text
    assert "Acme" not in actors.stranger.page(PAGE).text


@covers("privacy:sync-start")
def test_only_those_with_the_right_may_start_a_pass(actors: Actors, organization: Organization) -> None:
    actors.act(start_of(organization))
    assert JobSync.objects.get().asked_by is not None


def test_a_second_press_starts_nothing_and_says_why(actors: Actors, organization: Organization) -> None:
    actors.officer.post(start_of(organization))
    actors.officer.post(start_of(organization))
    assert JobSync.objects.count() == 1
    assert "being looked through already" in actors.officer.page(PAGE).text


def test_a_pass_under_way_has_a_bar_and_then_says_what_it_found(actors: Actors, organization: Organization) -> None:
    assert "Nobody has looked" in actors.officer.page(PAGE).text
    sync = elsewhere.start(organization, None)
    page = actors.officer.page(PAGE)
    assert f'value="0" max="{sync.listings_total}"' in page.html
    assert "data-live" in page.html
    assert "Look now" not in page.text
    JobSync.objects.update(status=SyncStatus.DONE, listings_done=sync.listings_total, jobs_seen=12, jobs_added=3)
    page = actors.officer.page(PAGE)
    assert "12 jobs listed, 3 new here" in page.text
    assert "data-live" not in page.html
    assert "Look now" in page.text
    assert "Look now" not in actors.viewer.page(PAGE).text
