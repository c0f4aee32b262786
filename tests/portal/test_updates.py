"""One UPDATE for many rows, each with values of its own; on whichever database the run is on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from portal.ids import new_id
from portal.models import Organization
from portal.updates import update_each
from tests.conftest import make_organization


@pytest.fixture
def three(db: None) -> list[Organization]:
    """Organizations A, B and C."""
    return [make_organization(ims_org_id=f"{letter * 24}@AdobeOrg", name=letter) for letter in "ABC"]


def names() -> list[str]:
    return list(Organization.objects.order_by("ims_org_id").values_list("name", flat=True))


def test_each_row_gets_its_own_values_and_all_get_the_same_ones(three: list[Organization]) -> None:
    columns: dict[str, Sequence[Any]] = {
        "pk": [one.pk for one in three[:2]],
        "name": ['O\'Hara "{}" %s, ünï\\', "plain"],
        "calls_per_minute": [1, 2],
    }
    assert update_each(Organization, columns, hold_reason="by_hand") == 2
    assert names() == ['O\'Hara "{}" %s, ünï\\', "plain", "C"]
    rows = Organization.objects.order_by("ims_org_id").values_list("calls_per_minute", "hold_reason")[:2]
    assert list(rows) == [(1, "by_hand"), (2, "by_hand")]
    assert Organization.objects.get(name="C").hold_reason == ""


def test_times_and_nothing_are_written_as_they_are(three: list[Organization]) -> None:
    moments = [timezone.now(), None, timezone.now() - timedelta(days=1, microseconds=7)]
    update_each(Organization, {"pk": [one.pk for one in three], "held_at": moments})
    assert list(Organization.objects.order_by("ims_org_id").values_list("held_at", flat=True)) == moments
    update_each(Organization, {"pk": [three[0].pk]}, held_at=None)
    assert Organization.objects.get(pk=three[0].pk).held_at is None


def test_it_is_one_statement_and_none_for_no_row(three: list[Organization]) -> None:
    with CaptureQueriesContext(connection) as queries:
        update_each(Organization, {"pk": [one.pk for one in three], "name": ["x", "y", "z"]})
        update_each(Organization, {"pk": [], "name": []})
    assert len(queries) == 1
    assert names() == ["x", "y", "z"]


def test_a_row_that_is_not_there_is_not_made(three: list[Organization]) -> None:
    assert update_each(Organization, {"pk": [new_id(), three[0].pk], "name": ["nobody", "x"]}) == 1
    assert names() == ["x", "B", "C"]


def test_only_rows_that_hold_what_is_asked_for_are_written(three: list[Organization]) -> None:
    Organization.objects.filter(pk=three[1].pk).update(held_at=timezone.now())
    Organization.objects.filter(pk=three[2].pk).update(hold_reason="by_hand")
    columns: dict[str, Sequence[Any]] = {"pk": [one.pk for one in three], "name": ["x", "y", "z"]}
    assert update_each(Organization, columns, only={"held_at": None, "hold_reason": ""}) == 1
    assert names() == ["x", "B", "C"]
