"""A portal that was at work for a year: requests of every size with all that belongs to them, written by the database itself.

Rows come in blocks. A block has requests of one person and of many, of every organization, law, state and day of the year, so a
hundred blocks are a hundred times one of them. What is sealed is sealed once and copied: all requests of one organization share
a key here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import Group
from django.db import connection, models

from portal.models import AuditEvent, DataKey, Notice, Organization, User
from portal.permissions import ADMINISTRATOR, OFFICER
from privacy.models import (
    DataSubject,
    IdentityDigest,
    Job,
    PrivacyRequest,
    ProductResponse,
    RequestNote,
    ResultArchive,
    Submission,
    Upload,
)
from tests.conftest import make_organization
from tests.people import make_user

PRODUCTS = ("analytics", "profileService")
# Requests of the last month are still at work.
AT_WORK = "age <= 30"
# Of those of the month before, every fiftieth was forgotten: it is overdue.
UNANSWERED = f"({AT_WORK} OR age <= 60 AND mod(n, 50) = 0)"
_FUNCTIONS = """
CREATE OR REPLACE FUNCTION pg_temp.id_of(at timestamptz, kind int, n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
    SELECT (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7' || lpad(to_hex(kind), 3, '0')
            || '8' || lpad(to_hex(n), 15, '0'))::uuid $$;
CREATE OR REPLACE FUNCTION pg_temp.state_of(person bigint, age float) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN mod(person, 100) < 3 THEN 'error' WHEN mod(person, 100) = 3 THEN 'gone'
        WHEN age <= 30 AND mod(person, 100) < 50 THEN 'processing' WHEN age <= 30 AND mod(person, 100) < 60 THEN 'submitted'
        ELSE 'complete' END $$;
DROP TABLE IF EXISTS pg_temp.plan, pg_temp.person;
"""
# One line a request: its number, how many people it has and the number of the one before its first, and how old it is in days.
_PLAN = """
CREATE TEMP TABLE plan AS
SELECT *, pg_temp.id_of(at, 1, n) AS id FROM (
    SELECT *, now() - age * interval '1 day' AS at FROM (
        SELECT (block - 1) * {requests} + place AS n, size, block,
            (block - 1) * {people} + sum(size) OVER (PARTITION BY block ORDER BY place) - size AS before,
            CASE WHEN place = 1 AND mod(block, 5) = 1 THEN 10
                ELSE 365 * mod(place * 0.618034 + block * 0.31, 1) END::float AS age,
            CASE WHEN mod(place, 10) < 7 THEN 0 WHEN mod(place, 10) < 9 THEN 1 ELSE 2 END AS organization,
            (ARRAY['gdpr', 'gdpr', 'ccpa', 'gdpr', 'lgpd_bra'])[1 + mod(place, 5)] AS law
        FROM generate_series({first}, {last}) AS block
        CROSS JOIN (SELECT size, row_number() OVER (ORDER BY size DESC) AS place
                    FROM (VALUES {sizes}) AS sizes (count, size) CROSS JOIN generate_series(1, count)) AS sized
    ) AS numbered
) AS aged;
CREATE TEMP TABLE person AS
SELECT plan.*, before + place AS person, place, pg_temp.id_of(at, 2, before + place) AS subject,
       pg_temp.state_of(before + place, age) AS state
FROM plan CROSS JOIN generate_series(1, size) AS place;
ANALYZE plan; ANALYZE person;
"""
FROM_PEOPLE = "FROM person"
FROM_JOBS = "FROM person CROSS JOIN (VALUES ('access', 0), ('delete', 1)) AS asked (action, second)"
JOB = "pg_temp.id_of(at + interval '1 second', 4, person * 2 + second)"
ENDED = "at + interval '1 hour' + mod(person, 20) * interval '1 day'"


@dataclass(frozen=True)
class Ground:
    """Whose the rows are, and who looks at them."""

    organizations: Sequence[Organization]
    keys: Sequence[DataKey]
    user: User
    colleague: User

    def organization(self) -> str:
        """In SQL: the id of the organization of a line of the plan."""
        return _among([one.pk for one in self.organizations], "organization")

    def key(self) -> str:
        """In SQL: the id of its key."""
        return _among([one.pk for one in self.keys], "organization")


def _among(values: Sequence[object], column: str, kind: str = "uuid") -> str:
    """In SQL: one of these values, by a column that counts from 0."""
    return f"(ARRAY[{', '.join(repr(str(value)) for value in values)}]::{kind}[])[{column} + 1]"


def ground() -> Ground:
    """Three organizations, an administrator who is an officer too, and a colleague."""
    organizations = [make_organization(ims_org_id=f"{n:024}@AdobeOrg", name=f"Organization {n}") for n in range(1, 4)]
    user, colleague = (make_user(name, OFFICER, *organizations) for name in ("officer", "colleague"))
    user.groups.add(Group.objects.get(name=ADMINISTRATOR))
    user.is_staff = True
    user.save()
    keys = [DataKey.objects.make("request", organization.pk) for organization in organizations]
    return Ground(organizations, keys, user, colleague)


@dataclass(frozen=True)
class Block:
    """How many requests a block of so many jobs has, and of how many people each: two jobs a person."""

    jobs: int

    @property
    def people(self) -> int:
        return sum(count * size for count, size in self.sizes)

    @property
    def sizes(self) -> list[tuple[int, int]]:
        """(Requests, people of each): two fifths of the people stand in one request, a fifth are alone."""
        people = self.jobs // 2
        return [(1, people * 2 // 5), (10, people // 50), (people // 25, 5), (people // 5, 1)]

    @property
    def requests(self) -> int:
        return sum(count for count, _size in self.sizes)


def fill(on: Ground, block: Block, first: int, last: int) -> None:
    """Write these blocks."""
    sizes = ", ".join(f"({count}, {size})" for count, size in block.sizes)
    plan = _PLAN.format(requests=block.requests, people=block.people, first=first, last=last, sizes=sizes)
    with connection.cursor() as cursor:
        cursor.execute(_FUNCTIONS + plan)
    _requests(on)
    _people(on)
    _jobs(on)
    _trail(on)


def _requests(on: Ground) -> None:
    insert(
        PrivacyRequest,
        {
            "id": "id",
            "number": "'PR-2025-' || lpad(n::text, 6, '0')",
            "organization_id": on.organization(),
            "data_key_id": on.key(),
            "regulation": "law",
            "products": f"""'["{'", "'.join(PRODUCTS)}"]'::jsonb""",
            "received_on": "at::date",
            "due_on": "(at + interval '30 days')::date",
            "acknowledged_on": "(at + interval '1 day')::date",
            "answered_on": f"CASE WHEN NOT {UNANSWERED} THEN (at + interval '25 days')::date END",
            "outcome": f"CASE WHEN NOT {UNANSWERED} THEN 'granted' ELSE '' END",
            "assignee_id": f"(ARRAY[{on.user.pk}, {on.colleague.pk}, NULL])[1 + mod(n, 3)]",
            "status": f"CASE WHEN {AT_WORK} AND mod(n, 500) = 0 THEN 'attention' WHEN {AT_WORK} THEN 'in_progress' "
            "WHEN mod(n, 20) = 0 THEN 'failed' ELSE 'complete' END",
            "people": "size",
            "people_prepared": "size",
            "jobs_total": "size * 2",
            "jobs_done": f"CASE WHEN {AT_WORK} THEN size / 2 ELSE size * 2 END",
            "jobs_failed": "CASE WHEN mod(n, 20) = 0 THEN 1 ELSE 0 END",
            "created_by_id": str(on.user.pk),
            "created_at": "at",
            "finished_at": f"CASE WHEN NOT {AT_WORK} THEN at + interval '20 days' END",
            "to_index_at": "NULL::timestamptz",
        },
        "FROM plan",
    )
    unknown = f"{AT_WORK} AND mod(n, 500) = 0"
    insert(
        Submission,
        {
            "id": "pg_temp.id_of(at, 3, n * 16 + part)",
            "request_id": "id",
            "ordinal": "part + 1",
            "people": "least(size, 1000)",
            "expected_jobs": "least(size, 1000) * 2",
            "has_deletes": "TRUE",
            "state": f"CASE WHEN {unknown} THEN 'unknown' ELSE 'sent' END",
            "person_reason": f"CASE WHEN {unknown} THEN 'none_found' ELSE '' END",
            "created_at": "at",
            "settled_at": f"CASE WHEN NOT ({unknown}) THEN at + interval '1 hour' END",
            "first_sent_at": "at + interval '1 hour'",
            "adobe_request_id": "'adobe-' || n || '-' || part",
        },
        "FROM plan CROSS JOIN generate_series(0, (size - 1) / 1000) AS part",
    )


def _people(on: Ground) -> None:
    """Everybody has an e-mail address, every fifth an ECID too."""
    insert(
        DataSubject,
        {
            "id": "subject",
            "request_id": "id",
            "position": "place",
            "actions": """'["access", "delete"]'::jsonb""",
            **{name: _among(values, "organization", "bytea") for name, values in _sealed(on).items()},
            "wire_key_digest": "sha256(('wire' || person)::bytea)",
            "officer_key_digest": "sha256(('key' || person)::bytea)",
        },
        FROM_PEOPLE,
    )
    for namespace, of in (("email", "TRUE"), ("ecid", "mod(person, 5) = 0")):
        digest = f"sha256(('{namespace}' || person)::bytea)"
        columns = {"subject_id": "subject", "digest": digest, "namespace": f"'{namespace}'"}
        insert(IdentityDigest, columns, f"{FROM_PEOPLE} WHERE {of}")


def _sealed(on: Ground) -> Mapping[str, list[str]]:
    """What stands sealed with each person, by organization, as PostgreSQL writes bytes."""
    found: dict[str, list[str]] = {"officer_key_sealed": [], "wire_key_sealed": [], "identities_sealed": []}
    for organization, key in zip(on.organizations, on.keys, strict=True):
        row = DataSubject(request=PrivacyRequest(organization=organization, data_key=key))
        row.officer_key, row.wire_key = "case-0000001", "case-0000001#abcdefghijklmnop"
        row.identities = [{"namespace": "email", "value": "person.number1@customers.example.com", "type": "standard"}]
        for name, values in found.items():
            values.append(f"\\x{bytes(getattr(row, name)).hex()}")
    return found


def _jobs(on: Ground) -> None:
    done = "state IN ('complete', 'error', 'gone')"
    products = ", ".join(f"({nth}, '{code}')" for nth, code in enumerate(PRODUCTS))
    insert(
        Job,
        {
            "id": JOB,
            "organization_id": on.organization(),
            "request_id": "id",
            "subject_id": "subject",
            "submission_id": "pg_temp.id_of(at, 3, n * 16 + (place - 1) / 1000)",
            "action": "action",
            "status": "state",
            "adobe_job_id": f"({JOB})::text",
            "adobe_status": "state",
            "adobe_created_at": "at + interval '1 hour'",
            "adobe_modified_at": ENDED,
            "has_result": "state = 'complete' AND second = 0",
            "detail_at": "now() - mod(person, 24) * interval '1 hour'",
            "next_poll_at": f"CASE WHEN NOT {done} THEN now() + mod(person, 1440) * interval '1 minute' END",
            "finished_at": f"CASE WHEN {done} THEN {ENDED} END",
            # Adobe's answer, as it came.
            "raw_sealed": "decode(repeat('5a', 150), 'hex')",
        },
        FROM_JOBS,
    )
    insert(
        ProductResponse,
        {
            "id": "pg_temp.id_of(at + interval '2 seconds', 5, person * 4 + second * 2 + nth)",
            "job_id": JOB,
            "request_id": "id",
            "product": "product",
            "product_code": "product",
            # Of a job under way one product is done, now this one and now that.
            "status": "CASE WHEN state IN ('processing', 'submitted') AND nth = mod(person, 2) THEN 'complete' ELSE state END",
            "adobe_status": "state",
            "code": "CASE WHEN state = 'error' THEN (ARRAY['PRVCY-6054-400', 'PRVCY-6052-200'])[1 + mod(person, 2)] ELSE '' END",
            "processed_at": ENDED,
        },
        f"{FROM_JOBS} CROSS JOIN (VALUES {products}) AS said (nth, product) WHERE state <> 'gone'",
    )
    expiring = f"{AT_WORK} AND mod(person, 200) = 61"
    insert(
        ResultArchive,
        {
            "id": "pg_temp.id_of(at + interval '3 seconds', 6, person)",
            "job_id": JOB,
            "request_id": "id",
            "status": f"CASE WHEN {expiring} THEN 'waiting' ELSE 'stored' END",
            "size": "20000",
            "adobe_expires_at": f"CASE WHEN {expiring} THEN now() + interval '2 days' ELSE {ENDED} END",
        },
        f"{FROM_JOBS} WHERE second = 0 AND state = 'complete'",
    )


def _trail(on: Ground) -> None:
    """Events of requests and of jobs; notes, notices, uploads."""
    for nth, action in enumerate(("request.prepared", "request.sending", "request.in_progress")):
        columns = _event(on, f"pg_temp.id_of(at, 7, n * 4 + {nth})", action, f"at + {nth} * interval '1 minute'", "id")
        insert(AuditEvent, columns, "FROM plan")
    ended = f"{FROM_JOBS} WHERE state IN ('complete', 'error', 'gone')"
    insert(AuditEvent, _event(on, "pg_temp.id_of(at, 8, person * 2 + second)", "job.complete", ENDED, JOB), ended)
    note = {"id": "pg_temp.id_of(at, 9, n)", "request_id": "id", "by_id": str(on.user.pk), "at": "at"}
    insert(RequestNote, note, "FROM plan WHERE mod(n, 10) = 0")
    notice = {
        "id": "pg_temp.id_of(at, 10, n)",
        "user_id": str(on.user.pk),
        "organization_id": on.organization(),
        "kind": "'complete'",
        "number": "'PR-2025-' || lpad(n::text, 6, '0')",
        "address": "'/requests/'",
        "once": "n::text",
        "at": "at",
        # The newest are not read yet: as many, whatever the size.
        "read_at": "CASE WHEN n > 1000 THEN at END",
    }
    insert(Notice, notice, "FROM plan WHERE mod(n, 20) = 0")
    upload = {
        "id": "pg_temp.id_of(at, 11, n)",
        "organization_id": on.organization(),
        "uploaded_by_id": str(on.user.pk),
        "received_on": "at::date",
        "status": "CASE WHEN n < 1000 THEN 'ready' ELSE 'confirmed' END",
        "created_at": "at",
    }
    insert(Upload, upload, "FROM plan WHERE mod(n, 20) = 0")


def _event(on: Ground, event_id: str, action: str, at: str, about: str) -> dict[str, str]:
    return {
        "id": event_id,
        "at": at,
        "action": f"'{action}'",
        "organization_id": f"{on.organization()}::text",
        "object_id": f"({about})::text",
        "root_id": "id::text",
        "details": """'{"jobs": 2}'::jsonb""",
    }


def insert(model: type[models.Model], columns: Mapping[str, str], source: str) -> None:
    """INSERT … SELECT: `columns` by attname, each an expression of SQL; every other field gets its default."""
    fields = [field for field in model._meta.concrete_fields if field.attname not in columns and not _by_database(field)]
    constants = [f"%s::{field.db_type(connection)}" for field in fields]
    values: list[Any] = [field.get_db_prep_save(field.get_default(), connection) for field in fields]
    into = ", ".join(f'"{name}"' for name in [*columns, *(field.column for field in fields)])
    statement = f"INSERT INTO {model._meta.db_table} ({into}) SELECT {', '.join([*columns.values(), *constants])} {source}"
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def _by_database(field: Any) -> bool:
    return isinstance(field, models.AutoField) or field.db_default is not models.NOT_PROVIDED
