"""Calls to Adobe are counted by the minute, and a count that fails never costs an answer."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from portal import connections, tally
from portal.adobe.errors import NotSent
from portal.models import CallTally, Organization
from tests.conftest import Simulator

JOBS = "GET /data/core/privacy/jobs"


@pytest.mark.django_db
def test_calls_of_one_minute_with_one_end_are_one_line(organization: Organization) -> None:
    for milliseconds in (10, 30):
        tally.note(organization.pk, JOBS, "200", milliseconds)
    tally.note(organization.pk, JOBS, "429", 5)
    lines = tally.last_minutes(organization, 2)
    assert [(line.outcome, line.calls, line.average) for line in lines] == [("200", 2, 20), ("429", 1, 5)]


@pytest.mark.django_db
def test_older_minutes_are_not_told_and_old_ones_are_forgotten(organization: Organization) -> None:
    for age in (timedelta(minutes=30), timedelta(days=15)):
        CallTally.objects.create(organization=organization, minute=timezone.now() - age, route=JOBS, outcome="200", calls=1)
    assert tally.last_minutes(organization, 10) == []
    assert tally.forget_old() == 1
    assert CallTally.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_count_that_fails_is_logged_and_spoils_nothing(organization: Organization, caplog: pytest.LogCaptureFixture) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE portal_calltally RENAME TO away")
    try:
        with caplog.at_level(logging.WARNING), transaction.atomic():
            tally.note(organization.pk, JOBS, "200", 10)
            Organization.objects.filter(pk=organization.pk).update(name="Kept")
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE away RENAME TO portal_calltally")
    assert "not counted" in caplog.text
    assert Organization.objects.get().name == "Kept"


@pytest.mark.django_db
def test_every_call_is_counted_also_tokens_and_those_that_reach_nobody(organization: Organization, simulator: Simulator) -> None:
    service = connections.service_for(organization)
    service.ping()
    organization.gateway_url = "http://127.0.0.1:9"
    with pytest.raises(NotSent):
        connections.service_for(organization).ping()
    counted = {(line.route, line.outcome): line.calls for line in tally.last_minutes(organization, 2)}
    assert counted[("POST /ims/token/v3", "200")] == 1
    assert counted[("GET /data/core/privacy/jobs/ping", "200")] == 1
    # The transport tries a read three times.
    assert counted[("GET /data/core/privacy/jobs/ping", "connect")] == 3
