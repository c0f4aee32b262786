"""Many rows at the price of their content: writing them (COPY on PostgreSQL), and finding them by thousands of values.

For tables that take hundreds of thousands of rows at a time. Rows are plain tuples: no model instance is made, no `save` and no
signal runs, and wrappers of the connection do not see a COPY.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.db import connection, models


def insert(model: type[models.Model], fields: Sequence[str], rows: Iterable[tuple[Any, ...]], **same: Any) -> None:
    """Insert rows that hold the values of `fields` (names as in `attname`), in the caller's transaction.

    `same` are fields with one value for all rows; every other field gets its default. Raises IntegrityError as the database does;
    ValueError for a field whose default is made anew for each row, which must be named.
    """
    by_name = {field.attname: field for field in model._meta.concrete_fields}
    named = [by_name[name] for name in fields]
    others = [field for field in by_name.values() if field not in named and not _is_made_by_database(field)]
    columns = [*named, *others]
    rest = tuple(same[field.attname] if field.attname in same else _default(field) for field in others)
    write = _copy if connection.vendor == "postgresql" else _insert
    write(model._meta.db_table, columns, (row + rest for row in rows))


class Among(models.Lookup):
    """A condition for `filter`: a column holds one of very many values. `in` would make a parameter of each."""

    lookup_name = "among"
    prepare_rhs = False

    def __init__(self, column: str, values: Iterable[Any]) -> None:
        """`column` as `filter` names it."""
        super().__init__(models.F(column), list(values))

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Sequence[Any]]:  # type: ignore[override]  # as Django's own
        """As `in`."""
        sql, params = self.process_lhs(compiler, connection)
        prepared = [self.lhs.output_field.get_db_prep_value(value, connection) for value in self.rhs]
        return f"{sql} IN ({', '.join(['%s'] * len(prepared)) or 'NULL'})", [*params, *prepared]

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, Sequence[Any]]:
        """One array; of UUIDs its text, which psycopg would write value by value."""
        sql, params = self.process_lhs(compiler, connection)
        if isinstance(self.lhs.output_field, models.UUIDField):
            return f"{sql} = ANY(%s::uuid[])", [*params, f"{{{','.join(map(str, self.rhs))}}}"]
        return f"{sql} = ANY(%s)", [*params, self.rhs]


def _copy(table: str, columns: Sequence[Any], rows: Iterable[tuple[Any, ...]]) -> None:
    # In binary form psycopg neither quotes nor guesses: each column has the type that its field says.
    types = [field.db_type(connection).partition("(")[0] for field in columns]
    statement = f"COPY {_names(table, columns)} FROM STDIN (FORMAT BINARY)"
    with connection.cursor() as cursor, connection.wrap_database_errors, cursor.copy(statement) as copy:
        copy.set_types(types)
        for row in rows:
            copy.write_row(row)


def _insert(table: str, columns: Sequence[Any], rows: Iterable[tuple[Any, ...]]) -> None:
    prepare: list[Callable[..., Any]] = [field.get_db_prep_save for field in columns]
    values = ", ".join(["%s"] * len(columns))
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO {_names(table, columns)} VALUES ({values})",  # noqa: S608 - names of our own models
            [[one(value, connection=connection) for one, value in zip(prepare, row, strict=True)] for row in rows],
        )


def _names(table: str, columns: Sequence[Any]) -> str:
    quote = connection.ops.quote_name
    return f"{quote(table)} ({', '.join(quote(field.column) for field in columns)})"


def _is_made_by_database(field: Any) -> bool:
    return isinstance(field, models.AutoField | models.BigAutoField)


def _default(field: Any) -> Any:
    if field.has_default() and callable(field.default) and field.default not in _FRESH_AND_EQUAL:
        raise ValueError(f"{field.model._meta.label}.{field.name}: its default is made for each row, so it must be named")
    return field.get_default()


# Defaults that are made for each row because they could be changed in it, and are equal.
_FRESH_AND_EQUAL = (list, dict)
