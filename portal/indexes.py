"""Indexes for tables that are written to while a migration runs."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations


class AddIndexBesideWriters(AddIndexConcurrently):
    """CREATE INDEX CONCURRENTLY on PostgreSQL, so the migration has `atomic = False`; an ordinary index on SQLite."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """Make it."""
        if schema_editor.connection.vendor == "postgresql":
            super().database_forwards(app_label, schema_editor, from_state, to_state)
        else:
            migrations.AddIndex.database_forwards(self, app_label, schema_editor, from_state, to_state)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """Take it away again."""
        if schema_editor.connection.vendor == "postgresql":
            super().database_backwards(app_label, schema_editor, from_state, to_state)
        else:
            migrations.AddIndex.database_backwards(self, app_label, schema_editor, from_state, to_state)


class DropForeignKeyIndexBesideWriters(migrations.AlterField):
    """The field gets `db_index=False`, since another index begins with its column: DROP INDEX CONCURRENTLY on PostgreSQL.

    As an ordinary change of the field, PostgreSQL would hold back all writers, and SQLite write the whole table anew.
    """

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:  # noqa: ARG002 - as Django calls it
        """Drop it."""
        model = to_state.apps.get_model(app_label, self.model_name)
        for name in _own_indexes(schema_editor.connection, model, model._meta.get_field(self.name)):
            schema_editor.execute(f"DROP INDEX {_beside(schema_editor)} {schema_editor.quote_name(name)}")

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:  # noqa: ARG002 - as Django calls it
        """Make it again."""
        model = to_state.apps.get_model(app_label, self.model_name)
        for made in schema_editor._field_indexes_sql(model, model._meta.get_field(self.name)):
            schema_editor.execute(str(made).replace("CREATE INDEX", f"CREATE INDEX {_beside(schema_editor)}", 1))


def _beside(schema_editor: Any) -> str:
    return "CONCURRENTLY" if schema_editor.connection.vendor == "postgresql" else ""


def _own_indexes(connection: Any, model: Any, field: Any) -> list[str]:
    """Names of the indexes on this column alone that Django made for the field, as the database has them."""
    declared = {index.name for index in model._meta.indexes}
    with connection.cursor() as cursor:
        there = connection.introspection.get_constraints(cursor, model._meta.db_table)
    return [
        name
        for name, found in there.items()
        if found["index"] and not found["unique"] and found["columns"] == [field.column] and name not in declared
    ]
