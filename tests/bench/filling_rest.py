"""What stands beside the jobs of a filled portal: opt-outs, record deletes, the figures of days, and one person to look for."""

from __future__ import annotations

from django.db import connection

from hygiene.models import RecordDelete, ServiceProgress, WorkOrder
from portal import crypto
from privacy import writing
from privacy.models import (
    ConsentCall,
    CountedDay,
    DataSubject,
    DayFigure,
    IdentityDigest,
    JobListing,
    OptOut,
    OptOutDigest,
    PrivacyRequest,
)
from tests.bench.filling import Ground, insert

SERVICES = ("Data Management", "Identity Service", "Profile Service")
# Stands in three requests, whatever the size, and has an officer's key of their own.
RARE, RARE_KEY = "rare.person@example.com", "case-rare"


def fill_rest(on: Ground) -> None:
    """Of every hundredth request an opt-out, of every fiftieth a record delete; by the plan that `fill` has left."""
    opt_out = {
        "id": "pg_temp.id_of(at, 20, n)",
        "number": "'OO-2025-' || lpad(n::text, 6, '0')",
        "organization_id": on.organization(),
        "counts": """'{"email": 3}'::jsonb""",
        "values_total": "3",
        "received_on": "at::date",
        "due_on": "(at + interval '15 days')::date",
        "status": "'sent'",
        "created_by_id": str(on.user.pk),
        "created_at": "at",
        "finished_at": "at",
        "to_index_at": "NULL::timestamptz",
    }
    rows = "FROM plan WHERE mod(n, 100) = 1"
    insert(OptOut, opt_out, rows)
    call = {"id": "pg_temp.id_of(at, 21, n)", "opt_out_id": "pg_temp.id_of(at, 20, n)", "ordinal": "1", "values": "3"}
    insert(ConsentCall, call | {"state": "'sent'", "created_at": "at", "settled_at": "at"}, rows)
    digest = {"opt_out_id": "pg_temp.id_of(at, 20, n)", "digest": "sha256(('opt-out' || n || value)::bytea)"}
    insert(OptOutDigest, digest, "FROM plan CROSS JOIN generate_series(1, 3) AS value WHERE mod(n, 100) = 1")
    _record_deletes(on)


def _record_deletes(on: Ground) -> None:
    record_delete = {
        "id": "pg_temp.id_of(at, 22, n)",
        "number": "'RD-2025-' || lpad(n::text, 6, '0')",
        "organization_id": on.organization(),
        "datasets": """'["ALL"]'::jsonb""",
        "counts": """'{"email": 100}'::jsonb""",
        "identities": "100",
        "orders_total": "5",
        "orders_done": "CASE WHEN age > 30 THEN 5 ELSE 2 END",
        "status": "CASE WHEN age > 30 THEN 'complete' ELSE 'in_progress' END",
        "created_by_id": str(on.user.pk),
        "created_at": "at",
        "confirmed_at": "at",
    }
    insert(RecordDelete, record_delete, "FROM plan WHERE mod(n, 50) = 1")
    orders = "FROM plan CROSS JOIN generate_series(1, 5) AS place WHERE mod(n, 50) = 1"
    order_id = "pg_temp.id_of(at + place * interval '1 second', 23, n)"
    order = {
        "id": order_id,
        "organization_id": on.organization(),
        "record_delete_id": "pg_temp.id_of(at, 22, n)",
        "ordinal": "place",
        "identities": "20",
        "reference": "'PP-' || n || '-' || place",
        "state": "'sent'",
        "created_at": "at",
        "status": "CASE WHEN age > 30 OR place < 3 THEN 'completed' ELSE 'received' END",
        "adobe_work_order_id": "'order-' || n || '-' || place",
    }
    insert(WorkOrder, order, orders)
    service = {"id": "pg_temp.id_of(at + place * interval '1 second' + nth * interval '1 ms', 24, n)", "work_order_id": order_id}
    names = ", ".join(f"({n}, '{name}')" for n, name in enumerate(SERVICES))
    said = orders.replace(" WHERE", f" CROSS JOIN (VALUES {names}) AS said (nth, service) WHERE")
    insert(ServiceProgress, service | {"service": "service", "status": "'success'"}, said)


def rare_person(on: Ground) -> None:
    """Somebody in three requests whom the search box is asked for."""
    lone = PrivacyRequest.objects.filter(organization=on.organizations[0], people=1).order_by("number")[:3]
    index = crypto.blind_index_for(on.organizations[0])
    digest = writing.identity_digest(index, "email", RARE)
    for subject in DataSubject.objects.filter(request__in=list(lone)):
        IdentityDigest.objects.filter(subject=subject, namespace="email").update(digest=digest)
    first = DataSubject.objects.filter(request=lone[0])
    first.update(officer_key_digest=writing.officer_key_digest(index, RARE_KEY))


# --- Figures of days ---

_JOBS = """
    SELECT organization_id, (SELECT regulation FROM privacy_privacyrequest WHERE id = request_id) AS law, '' AS product,
        ({day} AT TIME ZONE 'UTC')::date AS day, {kind} AS kind, {hours} AS hours
    FROM privacy_job WHERE {day} IS NOT NULL AND {which}
"""
_ANSWERS = """
    SELECT job.organization_id, (SELECT regulation FROM privacy_privacyrequest WHERE id = job.request_id), answer.product_code,
        {day}::date, {kind}, {hours}
    FROM privacy_productresponse answer JOIN privacy_job job ON job.id = answer.job_id WHERE {which}
"""
_LASTED = "(ARRAY[6, 24, 72, 168, 336])[1 + mod(abs(hashtext({id}::text)), 5)]"
_ENDED = "CASE WHEN {status} = 'complete' THEN 'complete' ELSE 'failed' END"


def figures(on: Ground) -> None:
    """What the step that counts days would have written."""
    DayFigure.objects.all().delete()
    for source in (
        _JOBS.format(day="adobe_created_at", kind="'submitted'", hours="NULL::int", which="TRUE"),
        _JOBS.format(day="finished_at", kind=_ENDED.format(status="status"), hours=_LASTED.format(id="id"), which="TRUE"),
        _JOBS.format(day="now()", kind="'open'", hours=_LASTED.format(id="id"), which="finished_at IS NULL"),
        _ANSWERS.format(
            day="(processed_at AT TIME ZONE 'UTC')",
            kind=_ENDED.format(status="answer.status"),
            hours=_LASTED.format(id="answer.id"),
            which="answer.status IN ('complete', 'error')",
        ),
        _ANSWERS.format(day="now()", kind="'open'", hours=_LASTED.format(id="answer.id"), which="answer.status = 'processing'"),
    ):
        _insert_figures(source)
    _days(on)


def _insert_figures(source: str) -> None:
    columns = {
        "organization_id": "organization_id",
        "regulation": "law",
        "product_code": "product",
        "day": "day",
        "kind": "kind",
        "hours": "hours",
        "count": "count(*)",
    }
    named = "(organization_id, law, product, day, kind, hours)"
    insert(DayFigure, columns, f"FROM ({source}) AS counted {named} GROUP BY organization_id, law, product, day, kind, hours")


def _days(on: Ground) -> None:
    CountedDay.objects.all().delete()
    days = f"FROM unnest(ARRAY[{', '.join(repr(str(one.pk)) for one in on.organizations)}]::uuid[]) AS one"
    counted = {"organization_id": "one", "day": "(now() - back * interval '1 day')::date", "counted_at": "now()"}
    insert(CountedDay, counted, f"{days} CROSS JOIN generate_series(0, 400) AS back")
    JobListing.objects.all().delete()
    listing = {"organization_id": "one", "regulation": "'gdpr'", "next_list_at": "now()", "listed_at": "now()"}
    insert(JobListing, listing, days)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
