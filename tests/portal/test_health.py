"""The health of the portal: two addresses for load balancers, and a page for administrators."""

from __future__ import annotations

import base64
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import F
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from portal import heartbeats, registry
from portal.health import picture, probes
from portal.models import CallTally, Heartbeat, Organization, ProcessKind, User, Wakeup
from portal.outbound import CallState
from privacy import figures
from privacy.models import JobListing, PrivacyRequest, Submission
from privacy.statuses import RequestStatus
from tests.actors import Actors, covers
from tests.admins import make_administrator
from tests.files import confirmed_request, payload, people
from tests.pages import Browser, Element
from tests.people import make_user

# --- Live and ready ---


@covers("health-live")
def test_live_asks_no_database_and_needs_no_sign_in(media: Path) -> None:
    answer = Client().get("/health/live")
    assert (answer.status_code, answer.content) == (200, b"live\n")


@pytest.mark.django_db
@covers("health-ready")
def test_ready_says_so_to_anybody(organization: Organization, media: Path) -> None:
    answer = Client().get("/health/ready")
    assert (answer.status_code, answer.json()) == (200, {"ready": True, "failing": []})


@pytest.mark.django_db
def test_ready_costs_few_questions_however_many_keys_there_are(organization: Organization) -> None:
    probes.failing()
    with CaptureQueriesContext(connection) as queries:
        assert probes.failing() == []
    assert len(queries) <= 5


@pytest.mark.django_db
def test_ready_names_what_fails_and_nothing_else(
    organization: Organization, media: Path, settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.MASTER_KEYS = "next:" + base64.b64encode(b"n" * 32).decode()
    assert (Client().get("/health/ready").status_code, _failing()) == (503, ["master_keys"])
    settings.MASTER_KEYS = "nonsense"
    assert _failing() == ["master_keys"]
    monkeypatch.setattr(probes, "_last_migrations", lambda: frozenset({("portal", "9999_next")}))
    settings.MASTER_KEYS = "test:" + "dGVzdHRlc3R0ZXN0dGVzdHRlc3R0ZXN0dGVzdHRlc3Q="
    assert _failing() == ["migrations"]

    def away(*_: Any) -> None:
        raise OperationalError("could not connect to secret.example")

    monkeypatch.setattr(MigrationRecorder, "applied_migrations", away)
    assert _failing() == ["database"]


def _failing() -> Any:
    return Client().get("/health/ready").json()["failing"]


@pytest.mark.django_db
def test_load_balancers_are_not_led_to_tls(settings: LazySettings, media: Path) -> None:
    settings.SECURE_SSL_REDIRECT = True
    assert Client().get("/health/live").status_code == 200
    assert Client().get("/health/ready").status_code == 200
    assert Client().get("/health/").status_code == 301


# --- The page ---


@pytest.fixture
def administrator(organization: Organization) -> Browser:
    """Looks after Acme."""
    return Browser.of(make_administrator("administrator", organization))


@pytest.mark.django_db
@covers("health", "health-now")
@pytest.mark.parametrize("address", ["/health/", "/health/now/"])
def test_administrators_only(actors: Actors, administrator: Browser, address: str) -> None:
    actors.open(address, officer=403, viewer=403, stranger=403)
    assert administrator.get(address).status_code == 200


@pytest.mark.django_db
def test_the_way_to_it_stands_in_the_header_of_those_who_may_open_it(actors: Actors, administrator: Browser) -> None:
    assert "/health/" in administrator.page("/requests/").links
    assert "/health/" not in actors.officer.page("/requests/").links


@pytest.mark.django_db
def test_it_shows_what_waits_and_since_when(administrator: Browser, organization: Organization) -> None:
    page = administrator.page("/health/")
    rows = {row["id"]: row.text for row in page.root.all("tr") if row["id"]}
    assert set(rows) == {f"step-{name}" for name in registry.steps()}
    assert rows["step-list"] == "List jobs at Adobe 0 nothing waits"
    JobListing.objects.create(organization=organization, regulation="gdpr", next_list_at=timezone.now() - timedelta(hours=1))
    page = administrator.page("/health/now/")
    assert page.root.one("tr", id="step-list").text.startswith("List jobs at Adobe 1 ")
    assert "List jobs at Adobe: the oldest work has been due since" in page.text


@pytest.mark.django_db
def test_it_shows_who_is_alive_and_who_is_silent(administrator: Browser) -> None:
    page = administrator.page("/health/")
    assert "No worker is alive" in page.text
    assert "Beat has never shown itself" in page.text
    for name in ("one@here", "two@here"):
        heartbeats.begin(name, ProcessKind.WORKER)
    heartbeats.note(heartbeats.BEAT, ProcessKind.BEAT)
    Heartbeat.objects.filter(pk="two@here").update(seen_at=F("seen_at") - timedelta(minutes=2))
    page = administrator.page("/health/")
    assert page.pills == ["Alive", "Silent"]
    assert "No worker is alive" not in page.text
    assert "Beat has" not in page.text


@pytest.mark.django_db
def test_it_shows_how_adobe_answered_the_organizations_of_this_person(
    actors: Actors, administrator: Browser, organization: Organization
) -> None:
    now = timezone.now().replace(second=0, microsecond=0)
    Organization.objects.filter(pk=organization.pk).update(calls_per_minute=600)
    other = Organization.objects.exclude(pk=organization.pk).get()
    for row, minutes, outcome, calls in (
        (organization, 1, "202", 90),
        (organization, 2, "429", 20),
        (organization, 3, "timeout", 10),
        (organization, 61, "500", 7),
        (other, 1, "202", 5),
    ):
        CallTally.objects.create(
            organization=row,
            minute=now - timedelta(minutes=minutes),
            route="/jobs",
            outcome=outcome,
            calls=calls,
            milliseconds=calls * 50,
        )
    section = administrator.page("/health/").section("calls-title")
    assert "Acme 120 2.0 600 50 ms 30 (25 %) 429: 20, timeout: 10" in section.text
    assert "Other" not in section.text
    (acme,) = picture.calls_of(Organization.objects.filter(pk=organization.pk))
    assert (acme.calls, acme.errors, acme.throttled) == (120, 30, 20)


@pytest.mark.django_db
def test_what_needs_a_person_is_counted(administrator: Browser, organization: Organization, officer: User) -> None:
    confirmed_request(organization, officer, payload(people(2, "access")))
    Submission.objects.update(state=CallState.UNKNOWN, person_reason="none_found")
    values = {(each.name, *each.labels.values()): each.value for each in figures.read()}
    assert values["portal_calls_of_unknown_outcome", "submission", "person"] == Submission.objects.count() > 0
    facts = administrator.page("/health/").facts()
    assert facts["Outcome unknown, waiting for a person: calls with privacy jobs"].endswith("needs a person")


@pytest.mark.django_db
def test_a_number_leads_to_the_rows_it_counts(administrator: Browser, organization: Organization, officer: User) -> None:
    late = confirmed_request(organization, officer, payload(people(2, "access")))
    PrivacyRequest.objects.update(due_on=date(2020, 1, 1), status=RequestStatus.ATTENTION)
    Submission.objects.update(state=CallState.UNKNOWN, person_reason="none_found")
    facts = administrator.page("/health/").section("figures-title")
    links = {name.text: value.all("a")[0]["href"] for name, value in _pairs(facts) if value.all("a")}
    assert {words: late.number in administrator.get(address).content.decode() for words, address in links.items()} == {
        "Privacy requests: Needs a person": True,
        "Privacy requests past their due date": True,
        "Outcome unknown, waiting for a person: calls with privacy jobs": True,
        "Privacy jobs of unfinished requests: open": True,
    }
    PrivacyRequest.objects.update(due_on=date(2120, 1, 1))
    assert late.number not in administrator.get(links["Privacy requests past their due date"]).content.decode()
    Submission.objects.update(person_reason="")
    waiting = links["Outcome unknown, waiting for a person: calls with privacy jobs"]
    assert late.number not in administrator.get(waiting).content.decode()


@pytest.mark.django_db
def test_whoever_may_not_enter_the_admin_is_led_to_no_list_of_it(organization: Organization, officer: User) -> None:
    confirmed_request(organization, officer, payload(people(2, "access")))
    Submission.objects.update(state=CallState.UNKNOWN)
    looker = Browser.of(make_user("looker", "Administrator", organization))
    links = looker.page("/health/").links
    assert [address for address in links if address.startswith("/admin/")] == []
    assert "/requests/?status=open" in links


def _pairs(section: Element) -> list[tuple[Element, Element]]:
    return list(zip(section.all("dt"), section.all("dd"), strict=True))


# --- What waits ---


@pytest.mark.django_db
def test_every_step_says_what_it_does_and_what_waits_in_it() -> None:
    for step in registry.steps().values():
        assert step.label, step.name
        assert step.waiting() == (0, None), step.name
        assert not step.is_due(), step.name


@pytest.mark.django_db
def test_counting_what_waits_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "MOST_COUNTED", 2)
    now = timezone.now()
    for number in range(4):
        Wakeup.objects.create(step=str(number), published_at=now - timedelta(seconds=number))
    step = registry.Step("x", "X", lambda _now: Wakeup.objects.all(), "published_at", list)
    assert step.waiting() == (3, now - timedelta(seconds=3))
    assert picture.Queue("x", "X", 10_001, now, timedelta(0)).depth_words == "10,000+"
