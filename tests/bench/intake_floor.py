"""The other side of `tests.bench.intake`: json.loads of the file and one COPY a table; nothing is encrypted, nothing checked.

Its tables have the columns, the indexes and the foreign keys of ours, and its rows the same content: where ours holds something
sealed or a digest, the floor writes the bytes themselves. It runs after ours, on the same server, and points at the same request.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import django

django.setup()

from django.db import connection, models, transaction  # noqa: E402 - Django must be set up

from portal.ids import new_id  # noqa: E402
from privacy.models import DataSubject, IdentityDigest, Job, PrivacyRequest, Submission  # noqa: E402
from tests.bench.costs import Meter, tables_size  # noqa: E402

TABLES: tuple[type[models.Model], ...] = (Submission, DataSubject, IdentityDigest, Job)
PREFIX = "floor_"
# Four identities each, 1,000 a call.
PEOPLE_A_CALL = 250
LINES_A_WRITE = 10_000
SUBJECT_COLUMNS = (
    "id, request_id, position, officer_key_sealed, officer_key_digest, wire_key_sealed, wire_key_digest, actions,"
    " identities_sealed"
)
DIGEST_COLUMNS = "subject_id, digest, namespace"
JOB_COLUMNS = (
    "id, organization_id, request_id, subject_id, submission_id, action, status, extra_adobe_job_ids, adobe_status, has_result,"
    " quiet_polls, last_error"
)


def main(path: Path) -> None:
    """Hand over what it cost."""
    request = PrivacyRequest.objects.latest("created_at")
    _make_tables()
    calls = [str(pk) for pk in request.submissions.order_by("ordinal").values_list("pk", flat=True)]
    floor, meter = _Floor(request, calls), Meter()
    with meter.part("json.loads"):
        users: list[dict[str, Any]] = json.loads(path.read_bytes())["users"]
    with meter.part("COPY, commit"), transaction.atomic():
        _copy(DataSubject, SUBJECT_COLUMNS, floor.people(users))
        _copy(IdentityDigest, DIGEST_COLUMNS, floor.digests(users))
        _copy(Job, JOB_COLUMNS, floor.jobs(users))
    rows = {model.__name__: _count(model) for model in TABLES[1:]}
    meter.hand_over(rows=rows, tables_mb=round(tables_size(_name(model) for model in TABLES) / 1e6, 1))


class _Floor:
    """The lines of each COPY. Ids are counted up: making them costs nothing."""

    def __init__(self, request: PrivacyRequest, calls: list[str]) -> None:
        self._request, self._calls = request, calls
        self._first = new_id().int & ~0xFFFFFFFF

    def people(self, users: list[dict[str, Any]]) -> Iterator[str]:
        for position, user in enumerate(users, start=1):
            key, wire_key = user["key"].encode().hex(), f"{user['key']}#ABCDEFGHIJKLMNOP".encode().hex()
            identities = json.dumps(user["userIDs"], separators=(",", ":")).encode().hex()
            yield (
                f"{self._first + position:032x}\t{self._request.pk}\t{position}\t\\\\x{key}\t\\\\x{key}\t"
                f"\\\\x{wire_key}\t\\\\x{wire_key}\t"
                f"{json.dumps(user['action'])}\t\\\\x{identities}\n"
            )

    def digests(self, users: list[dict[str, Any]]) -> Iterator[str]:
        for position, user in enumerate(users, start=1):
            for identity in user["userIDs"]:
                yield f"{self._first + position:032x}\t\\\\x{identity['value'].encode().hex()}\t{identity['namespace']}\n"

    def jobs(self, users: list[dict[str, Any]]) -> Iterator[str]:
        number = 0
        for position, user in enumerate(users, start=1):
            call = self._calls[(position - 1) // PEOPLE_A_CALL]
            for action in user["action"]:
                number += 1
                yield (
                    f"{self._first + number:032x}\t{self._request.organization_id}\t{self._request.pk}\t"
                    f"{self._first + position:032x}\t{call}\t{action}\twaiting\t[]\t\tf\t0\t\n"
                )


def _name(model: type[models.Model]) -> str:
    return PREFIX + model._meta.db_table


def _make_tables() -> None:
    """As ours are, with indexes and foreign keys; the calls, of which there are few, with their rows."""
    with connection.cursor() as cursor:
        for model in TABLES:
            ours = model._meta.db_table
            cursor.execute(f"CREATE TABLE {_name(model)} (LIKE {ours} INCLUDING ALL)")
            cursor.execute(
                "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'f' AND conrelid = %s::regclass", [ours]
            )
            for (definition,) in cursor.fetchall():
                cursor.execute(f"ALTER TABLE {_name(model)} ADD {_among_ours(definition)}")
        cursor.execute(f"INSERT INTO {_name(Submission)} SELECT * FROM {Submission._meta.db_table}")  # noqa: S608 - our tables


def _among_ours(definition: str) -> str:
    """A foreign key of one of our tables, between the floor's."""
    for model in TABLES:
        definition = definition.replace(f"REFERENCES {model._meta.db_table}(", f"REFERENCES {_name(model)}(")
    return definition


def _copy(model: type[models.Model], columns: str, lines: Iterator[str]) -> None:
    with connection.cursor() as cursor, cursor.copy(f"COPY {_name(model)} ({columns}) FROM STDIN") as copy:
        while part := "".join(islice(lines, LINES_A_WRITE)):
            copy.write(part)


def _count(model: type[models.Model]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {_name(model)}")  # noqa: S608 - our table
        return int(cursor.fetchone()[0])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
