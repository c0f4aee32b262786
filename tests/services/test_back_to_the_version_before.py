"""The way back: old code works with the tables of the new, and its migrations can be taken back with rows in the tables."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from portal import heartbeats
from portal.models import CallTally, Heartbeat, Organization, ProcessKind
from tests.conftest import OTHER_IMS_ORG, make_organization
from tests.portal.test_migrations import BASELINE

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def newest() -> Iterator[list[tuple[str, str]]]:
    """The last migration of each app; whatever happens, the tables are those of today at the end."""
    leaves = [key for key in MigrationExecutor(connection).loader.graph.leaf_nodes() if key[0] in BASELINE]
    yield leaves
    migrate(leaves)


def migrate(targets: list[tuple[str, str]]) -> None:
    """Forwards or backwards, as it has to be."""
    MigrationExecutor(connection).migrate(targets)


def test_old_code_inserts_into_the_tables_of_the_new(newest: list[tuple[str, str]]) -> None:
    new = make_organization()
    old_models = MigrationExecutor(connection).loader.project_state([*BASELINE.items()]).apps
    old = old_models.get_model("portal", "Organization")
    fields = old.objects.values().get(pk=new.pk) | {"ims_org_id": OTHER_IMS_ORG, "name": "Made by old code"}
    fields.pop("id")
    old.objects.create(**fields)
    made = Organization.objects.get(ims_org_id=OTHER_IMS_ORG)
    assert (made.calls_per_minute, made.jobs_per_day) == (600, 0)


def test_migrations_are_taken_back_and_run_again_with_rows_in_the_tables(newest: list[tuple[str, str]]) -> None:
    organization = make_organization()
    heartbeats.begin("one@here", ProcessKind.WORKER)
    CallTally.objects.create(organization=organization, minute=timezone.now(), route="/jobs", outcome="202", calls=1)
    migrate([*BASELINE.items()])
    assert Heartbeat._meta.db_table not in connection.introspection.table_names()
    migrate(newest)
    organization.refresh_from_db()
    assert (organization.name, organization.client_secret) == ("Acme", "simulator-secret")
    assert (organization.calls_per_minute, organization.jobs_per_day) == (600, 0)
    assert not CallTally.objects.exists()
