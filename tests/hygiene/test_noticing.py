"""Who is told of a record delete or a dataset expiration, and of what: exactly once, in the transaction in which it happens."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from hygiene import expirations, progress
from hygiene.models import DatasetExpiration, RecordDelete
from portal.models import Notice, Organization, User
from portal.notices.mailing import message
from tests.conftest import Simulator
from tests.hygiene import deletes
from tests.hygiene.expirations import CREATE, DATASET, asked, look, made_elsewhere, pending, undecided, wanted
from tests.pages import Browser, Page
from tests.people import make_user
from tests.steps import let_pass, work

pytestmark = pytest.mark.django_db
DAY = 86_400.0


def told() -> list[tuple[str, str]]:
    return sorted(Notice.objects.values_list("user__username", "kind"))


@pytest.fixture
def other(organization: Organization) -> User:
    """Another officer of the same organization."""
    return make_user("other-officer", "Officer", organization)


# --- Record deletes ---


def test_who_made_a_record_delete_is_told_once_that_it_is_complete(
    organization: Organization, officer: User, other: User, viewer: User, simulator: Simulator, media: object
) -> None:
    made = deletes.sent(organization, officer)
    assert told() == []
    deletes.finish(simulator)
    progress.refresh(made.pk)
    assert told() == [(officer.username, "complete")]
    notice = Notice.objects.get()
    assert (notice.number, notice.address) == (made.number, deletes.page_of(made))


def test_who_made_a_record_delete_is_told_that_it_failed(
    organization: Organization, officer: User, other: User, simulator: Simulator, media: object
) -> None:
    deletes.sent(organization, officer)
    deletes.finish(simulator, status="failed")
    assert told() == [(officer.username, "failed")]


def test_an_undecided_work_order_is_told_to_every_officer_each_time(
    organization: Organization, officer: User, other: User, viewer: User, simulator: Simulator, media: object
) -> None:
    made = deletes.undecided(organization, officer, simulator)
    everybody = sorted([(officer.username, "attention"), ("other-officer", "attention")])
    assert told() == everybody
    RecordDelete.objects.filter(pk=made.pk).update(status="sending")
    progress.refresh(made.pk)
    assert told() == sorted(everybody * 2)


def test_a_maker_who_lost_the_organization_is_told_nothing_more(
    organization: Organization, officer: User, other: User, simulator: Simulator, media: object
) -> None:
    deletes.sent(organization, officer)
    organization.members.remove(officer)
    deletes.finish(simulator)
    assert told() == [("other-officer", "complete")]


# --- Dataset expirations ---


def test_who_made_and_who_changed_an_expiration_are_told_once_that_the_dataset_is_gone(
    organization: Organization, officer: User, other: User, viewer: User, simulator: Simulator
) -> None:
    row = pending(organization, officer)
    expirations.change(row, wanted(60), other)
    work("expiration-submit")
    simulator.advance(90 * DAY)
    for _ in range(2):
        expirations.read_list(organization)
    assert told() == sorted([(officer.username, "complete"), ("other-officer", "complete")])
    notice = Notice.objects.filter(user=officer).get()
    assert notice.number == f"Dataset {DATASET}"
    assert notice.address == reverse("hygiene:expiration-detail", args=[row.pk])


@pytest.mark.parametrize(("language", "name"), [("en", "Dataset"), ("sv", "Datauppsättning"), ("nl", "Dataset")])
def test_a_notice_calls_the_dataset_in_the_language_of_who_reads_it(
    organization: Organization, officer: User, simulator: Simulator, browser: Browser, language: str, name: str
) -> None:
    User.objects.filter(pk=officer.pk).update(language=language)
    asked(organization, officer, "nosuch-dataset")
    work("expiration-submit")
    notice = Notice.objects.get()
    assert notice.number == "Dataset nosuch-dataset"
    page = browser.page("/notices/")
    assert f"{name} nosuch-dataset" in [link.text for link in page.root.all("a")]
    officer.refresh_from_db()
    email = message(officer, [notice])
    assert email.subject.startswith(f"{name} nosuch-dataset: ")
    assert f"{name} nosuch-dataset: " in str(email.body)
    reply = Page.of(browser.post("/notices/read/", {"notice": str(notice.pk)}, follow=True))
    assert f"{name} nosuch-dataset" in reply.root.one("div", class_="notice-success").text


def test_who_asked_is_told_what_adobe_refused(
    organization: Organization, officer: User, other: User, simulator: Simulator
) -> None:
    asked(organization, officer, "nosuch-dataset")
    work("expiration-submit")
    assert told() == [(officer.username, "refused")]


def test_a_change_of_unknown_outcome_is_told_to_everybody_who_may_decide(
    organization: Organization, officer: User, other: User, viewer: User, simulator: Simulator
) -> None:
    undecided(organization, officer, simulator)
    assert told() == sorted([(officer.username, "attention"), ("other-officer", "attention")])


def test_a_change_that_could_not_be_looked_up_for_a_day_is_told_too(
    organization: Organization, officer: User, simulator: Simulator
) -> None:
    simulator.fault("accept_then_cut", match=CREATE, times=1)
    asked(organization, officer)
    work("expiration-submit")
    simulator.fault("error500", match={"method": "GET", "path": "/data/core/hygiene/ttl"}, times=1000)
    for _ in range(4):
        look()
        let_pass(timedelta(hours=7))
    assert told() == [(officer.username, "attention")]


def test_what_adobes_own_pages_made_is_nobodys_here(organization: Organization, officer: User, simulator: Simulator) -> None:
    made_elsewhere(organization, DATASET)
    expirations.read_list(organization)
    simulator.advance(90 * DAY)
    expirations.read_list(organization)
    assert DatasetExpiration.objects.get().status == "completed"
    assert told() == []


def test_an_expiration_of_somebody_who_left_is_told_to_who_may_decide(
    organization: Organization, officer: User, other: User, viewer: User, simulator: Simulator
) -> None:
    pending(organization, officer)
    organization.members.remove(officer)
    simulator.advance(90 * DAY)
    expirations.read_list(organization)
    assert told() == [("other-officer", "complete")]
