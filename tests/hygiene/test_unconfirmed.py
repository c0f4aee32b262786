"""A record delete that nobody confirmed goes after a time, and nothing of it stays."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from hygiene import unconfirmed
from hygiene.models import RecordDelete
from hygiene.statuses import RecordDeleteStatus
from portal import registry
from portal.models import AuditEvent, Organization, User
from tests.actors import stored_files
from tests.hygiene.deletes import confirmed, draft

pytestmark = pytest.mark.django_db


def let_pass(days: int) -> None:
    """All were begun so long ago; the night comes."""
    RecordDelete.objects.update(created_at=timezone.now() - timedelta(days=days))
    unconfirmed.discard_old()


def test_it_goes_after_a_month_with_its_file(organization: Organization, officer: User, media: object) -> None:
    made = draft(organization, officer)
    let_pass(29)
    assert stored_files() != set()
    let_pass(31)
    made.refresh_from_db()
    assert (made.status, made.result_sealed, made.data_key) == (RecordDeleteStatus.DISCARDED, None, None)
    assert stored_files() == set()
    event = AuditEvent.objects.get(action="record_delete.expired")
    assert (event.actor_id, event.root_id) == ("", str(made.pk))


def test_a_confirmed_one_stays(organization: Organization, officer: User, media: object) -> None:
    confirmed(organization, officer)
    let_pass(31)
    assert RecordDelete.objects.get().status != RecordDeleteStatus.DISCARDED


def test_the_night_does_it() -> None:
    assert unconfirmed.discard_old in registry.daily()
