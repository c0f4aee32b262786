"""Two workers at the same rows: neither waits for the other, so that they cannot wait for each other."""

from __future__ import annotations

from datetime import timedelta
from threading import Thread
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.utils import timezone

from portal import leases
from portal.models import Organization
from privacy.models import JobListing

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]


def test_a_row_that_somebody_writes_is_left_to_him(organization: Organization) -> None:
    due = timezone.now() - timedelta(minutes=1)
    rows = [JobListing.objects.create(organization=organization, regulation=f"law{n}", next_list_at=due) for n in range(3)]
    taken: list[int] = []

    def take() -> None:
        try:
            _, ids = leases.take(JobListing.objects.due(timezone.now()), "next_list_at", most=10, seconds=60)
            taken.extend(ids)
        finally:
            connection.close()

    with transaction.atomic():
        JobListing.objects.filter(pk=rows[1].pk).update(lease=UUID(int=1))
        other = Thread(target=take)
        other.start()
        # Without the row that is written here it comes to its end while this transaction is open.
        other.join(20)
        assert not other.is_alive()
    assert sorted(taken) == sorted([rows[0].pk, rows[2].pk])
