"""Migrations that can run while the version before is still at work, and be taken back.

What stands before the baseline was never released. From then on old code must be able to read and write every table while, and
after, a migration runs: nothing goes away or becomes narrower, a new column fills itself, an index is made beside the writers.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any, TypeAlias

import pytest
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation

from portal.indexes import DropForeignKeyIndexBesideWriters

AnyField: TypeAlias = "models.Field[Any, Any]"
# The last migration of each app that was never released.
BASELINE = {"portal": "0004_words_in_admin", "privacy": "0006_words_in_admin", "hygiene": "0003_words_in_admin"}
# Operations that would be refused, each by (app, migration, what) with the reason why it harms nobody.
ALLOWED: dict[tuple[str, str, str], str] = {}
# What a field may say about itself without its column changing.
WORDS = {"choices", "help_text", "verbose_name", "validators", "editable", "blank", "default", "error_messages"}


def faults_of(
    app: str,
    name: str,
    operations: Sequence[Operation],
    state: migrations.state.ProjectState,
    old: Collection[tuple[str, str]],
) -> Iterator[str]:
    """What old code, or the way back, would stumble over. `old`: the models that it knows. `state` is moved on."""
    for operation in operations:
        what = operation.describe()
        if (app, name, what) not in ALLOWED:
            yield from (f"{app}.{name}: {what}: {why}" for why in _why_not(app, operation, old, state))
        operation.state_forwards(app, state)


def _why_not(
    app: str, operation: Operation, old: Collection[tuple[str, str]], state: migrations.state.ProjectState
) -> Iterator[str]:
    if not operation.reversible:
        yield "there is no way back"
    if (app, _model_of(operation)) not in old:
        return  # no code before this knows the table
    match operation:
        case migrations.RemoveField() | migrations.RenameField() | migrations.RenameModel() | migrations.DeleteModel():
            yield "old code still uses it"
        case migrations.AddField():
            yield from _why_old_code_cannot_insert(operation.field)
        case DropForeignKeyIndexBesideWriters():
            yield from _why_no_other_index(state.models[app, operation.model_name_lower], operation.name_lower)
        case migrations.AlterField():
            yield from _why_narrower(state.models[app, operation.model_name_lower].fields[operation.name_lower], operation.field)
        case AddIndexConcurrently():
            pass
        case migrations.AddIndex() | migrations.AddConstraint():
            yield "it locks the table against writers: AddIndexConcurrently, or a constraint NOT VALID that is validated later"


def _model_of(operation: Operation) -> str:
    """Its name in small letters; empty for what is about no model."""
    for attribute in ("model_name_lower", "old_name_lower", "name_lower"):
        if name := getattr(operation, attribute, ""):
            return str(name)
    return ""


def _why_old_code_cannot_insert(field: AnyField) -> Iterator[str]:
    if field.many_to_many:
        return  # a table of its own
    if not field.null and field.db_default is models.NOT_PROVIDED:
        yield "old code does not know the column: it needs db_default, or null"
    if field.unique or getattr(field, "db_index", False):
        yield "its index locks the table against writers"


def _why_narrower(before: AnyField, after: AnyField) -> Iterator[str]:
    old, new = before.deconstruct(), after.deconstruct()
    if old[1] != new[1]:
        yield f"{old[1]} becomes {new[1]}"
    changed = {key for key in old[3] | new[3] if old[3].get(key) != new[3].get(key)} - WORDS
    if before.null is False and after.null is True:
        changed -= {"null"}
    if (after.max_length or 0) >= (before.max_length or 0):
        changed -= {"max_length"}
    if changed:
        yield f"{', '.join(sorted(changed))} changes"


def _why_no_other_index(model: migrations.state.ModelState, name: str) -> Iterator[str]:
    """Deleting what it points at, and every list below that, would read the whole table."""
    indexes = [index for index in model.options.get("indexes", []) if index.condition is None]
    unique = [one for one in model.options.get("constraints", []) if isinstance(one, models.UniqueConstraint)]
    fields = [*(index.fields for index in indexes), *(one.fields for one in unique if one.condition is None)]
    if not any(columns and columns[0].lstrip("-") == name for columns in fields):
        yield "no other index begins with it"


def migrations_after_baseline() -> Iterator[tuple[str, str]]:
    """(app, name) of each, in the order they run."""
    graph = MigrationLoader(None).graph
    before = {key for app, name in BASELINE.items() for key in graph.forwards_plan((app, name))}
    seen: set[tuple[str, str]] = set()
    for leaf in sorted(graph.leaf_nodes()):
        for key in graph.forwards_plan(leaf):
            if key[0] in BASELINE and key not in before and key not in seen:
                seen.add(key)
                yield key


def test_every_migration_can_run_while_the_version_before_is_at_work() -> None:
    loader = MigrationLoader(None)
    state = loader.project_state([*BASELINE.items()])
    old = set(state.models)
    faults: list[str] = []
    for app, name in migrations_after_baseline():
        faults += faults_of(app, name, loader.disk_migrations[app, name].operations, state, old)
    assert faults == []


def test_every_exception_is_for_a_migration_that_is_there() -> None:
    loader = MigrationLoader(None)
    known = {
        (app, name, operation.describe())
        for (app, name), migration in loader.disk_migrations.items()
        for operation in migration.operations
    }
    assert set(ALLOWED) <= known
    assert all(ALLOWED.values())


# --- The test itself finds what it is for ---


def note(options: dict[str, Any] | None = None, /, **fields: AnyField) -> migrations.state.ProjectState:
    """One model with these fields, as old code knows it."""
    state = migrations.state.ProjectState()
    made = migrations.CreateModel("Note", [("id", models.BigAutoField(primary_key=True)), *fields.items()], options)
    made.state_forwards("portal", state)
    return state


def judged(operation: Operation, **fields: AnyField) -> list[str]:
    """What is wrong with one operation on the model."""
    return [
        fault.rpartition(": ")[2]
        for fault in faults_of("portal", "9999_test", [operation], note(None, **fields), {("portal", "note")})
    ]


@pytest.mark.parametrize(
    ("operation", "fault"),
    [
        (migrations.RemoveField("note", "text"), "old code still uses it"),
        (migrations.RenameField("note", "text", "words"), "old code still uses it"),
        (migrations.DeleteModel("Note"), "old code still uses it"),
        (migrations.AddField("note", "size", models.IntegerField(default=0)), "it needs db_default, or null"),
        (migrations.AddField("note", "size", models.IntegerField(null=True, db_index=True)), "locks the table"),
        (migrations.AlterField("note", "text", models.CharField(max_length=9)), "max_length changes"),
        (migrations.AlterField("note", "text", models.IntegerField()), "IntegerField"),
        (migrations.AddIndex("note", models.Index(fields=["text"], name="note_text")), "AddIndexConcurrently"),
        (migrations.RunPython(migrations.RunPython.noop), "no way back"),
    ],
)
def test_what_old_code_cannot_live_with_is_found(operation: Operation, fault: str) -> None:
    found = judged(operation, text=models.CharField(max_length=10))
    assert any(fault in each for each in found), found


@pytest.mark.parametrize(
    "operation",
    [
        migrations.AddField("note", "size", models.IntegerField(default=0, db_default=0)),
        migrations.AddField("note", "size", models.IntegerField(null=True)),
        migrations.AlterField("note", "text", models.CharField("Words", max_length=20, null=True, help_text="More room.")),
        AddIndexConcurrently("note", models.Index(fields=["text"], name="note_text")),
        migrations.RunPython(migrations.RunPython.noop, migrations.RunPython.noop),
    ],
)
def test_what_old_code_does_not_notice_passes(operation: Operation) -> None:
    assert judged(operation, text=models.CharField(max_length=10)) == []


@pytest.mark.parametrize(
    ("options", "faults"),
    [
        ({}, ["no other index begins with it"]),
        ({"indexes": [models.Index(fields=["text", "pen"], name="note_text")]}, ["no other index begins with it"]),
        ({"indexes": [models.Index(fields=["pen"], name="p", condition=models.Q(text=""))]}, ["no other index begins with it"]),
        ({"indexes": [models.Index(fields=["-pen", "text"], name="note_pen")]}, []),
        ({"constraints": [models.UniqueConstraint(fields=["pen", "text"], name="note_once")]}, []),
    ],
)
def test_the_index_of_a_foreign_key_goes_only_where_another_begins_with_it(options: dict[str, Any], faults: list[str]) -> None:
    pen = models.ForeignKey("portal.Pen", on_delete=models.CASCADE, db_index=False)
    state = note(options, text=models.CharField(max_length=10), pen=pen)
    found = faults_of("portal", "9999_test", [DropForeignKeyIndexBesideWriters("note", "pen", pen)], state, {("portal", "note")})
    assert [fault.rpartition(": ")[2] for fault in found] == faults
