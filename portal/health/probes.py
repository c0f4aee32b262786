"""What must be so before this process can serve: each question is cheap enough to be asked every second."""

from __future__ import annotations

from functools import cache

from django.core.exceptions import ImproperlyConfigured
from django.db import Error, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from portal import crypto
from portal.models import DataKey


def failing() -> list[str]:
    """The names of what fails: `database`, `migrations`, `master_keys`. Nothing can be said of the others without a database."""
    try:
        questions = {"migrations": missing_migrations(), "master_keys": missing_master_keys()}
    except Error:
        return ["database"]
    except ImproperlyConfigured:
        return ["master_keys"]
    return [name for name, missing in questions.items() if missing]


def missing_migrations() -> list[str]:
    """Migrations of this code that the database has not seen, the last of each app only. Raises django.db.Error."""
    applied = set(MigrationRecorder(connection).applied_migrations())
    return [f"{app}.{name}" for app, name in sorted(_last_migrations() - applied)]


@cache
def _last_migrations() -> frozenset[tuple[str, str]]:
    return frozenset(MigrationLoader(None, ignore_no_migrations=True).graph.leaf_nodes())


def missing_master_keys() -> list[str]:
    """Ids of master keys that data keys need and that this process was not given.

    Raises django.db.Error, and ImproperlyConfigured when the list of keys cannot be read at all.
    """
    given = {key.id for key in crypto.master_keys()}
    return [key_id for key_id in master_keys_in_use() if key_id not in given]


def master_keys_in_use() -> list[str]:
    """The id of every master key that wraps a data key: one step in the index for each, however many data keys there are."""
    found: list[str] = []
    ids = DataKey.objects.order_by("master_key_id").values_list("master_key_id", flat=True)
    after = ids
    while (key_id := after.first()) is not None:
        found.append(key_id)
        after = ids.filter(master_key_id__gt=key_id)
    return found
