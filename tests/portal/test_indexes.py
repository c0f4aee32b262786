"""Indexes that are made and dropped beside writers, and that no foreign key pays for an index it does not need."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, models
from django.db.migrations.state import ProjectState

from portal.indexes import DropForeignKeyIndexBesideWriters
from privacy.models import Job

OUR_APPS = ("portal", "privacy", "hygiene")


def indexes_of(model: type[models.Model]) -> dict[str, list[str]]:
    """Name -> columns, as the database has them; without the indexes of some rows only."""
    partial = {index.name for index in model._meta.indexes if index.condition is not None}
    with connection.cursor() as cursor:
        there = connection.introspection.get_constraints(cursor, model._meta.db_table)
    kept = {name: found for name, found in there.items() if name not in partial and not name.endswith("_like")}
    return {name: found["columns"] for name, found in kept.items() if found["index"] or found["unique"]}


@pytest.mark.django_db
def test_no_index_is_the_beginning_of_another() -> None:
    spare = []
    for model in (model for app in OUR_APPS for model in apps.get_app_config(app).get_models()):
        found = indexes_of(model)
        spare += [
            f"{model._meta.label}: {name} {columns}"
            for name, columns in found.items()
            if columns and any(other[: len(columns)] == columns for each, other in found.items() if each != name)
        ]
    assert spare == []


@pytest.mark.django_db(transaction=True)
def test_an_index_that_was_dropped_comes_back_on_the_way_back() -> None:
    was = indexes_of(Job)
    field: Any = Job._meta.get_field("subject").clone()
    field.db_index = False
    operation = DropForeignKeyIndexBesideWriters("job", "subject", field)
    before, after = ProjectState.from_apps(apps), ProjectState.from_apps(apps)
    before.models["privacy", "job"].fields["subject"].db_index = True
    back = _run(operation.database_backwards, after, before)
    assert [columns for name, columns in back.items() if name not in was] == [["subject_id"]]
    assert _run(operation.database_forwards, before, after) == was


def _run(change: Callable[..., None], before: ProjectState, after: ProjectState) -> dict[str, list[str]]:
    with connection.schema_editor(atomic=False) as editor:
        change("privacy", editor, before, after)
    return indexes_of(Job)
