"""Prepared requests without the file that they would come from, so that only what comes after is measured."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.utils import timezone

from portal.ids import new_id
from portal.models import DataKey, Organization
from privacy import schema
from privacy.models import PrivacyRequest
from privacy.writing import Writer
from tests.conftest import make_organization

LAW = "gdpr"
PRODUCTS = ("analytics", "profileService")
BATCH = 1000


def make_acme(address: str, **fields: Any) -> Organization:
    """The organization; nothing but Adobe itself limits it."""
    return make_organization(address, calls_per_minute=0, **fields)


def queued_request(organization: Organization, people: int) -> PrivacyRequest:
    """A request for access of so many people of one identity each, prepared, and its calls queued: 1,000 people a call."""
    request_id = new_id()
    request = PrivacyRequest(
        id=request_id,
        number=f"PR-BENCH-{PrivacyRequest.objects.count() + 1:04}",
        organization=organization,
        data_key=DataKey.objects.make("request", request_id),
        regulation=LAW,
        products=list(PRODUCTS),
        received_on=timezone.now().date(),
        lease=(lease := new_id()),
    )
    request.envelope = schema.Envelope(LAW, PRODUCTS).to_dict()
    request.save(force_insert=True)
    writer = Writer(request, lease)
    for first in range(1, people + 1, BATCH):
        writer.write([_person(number) for number in range(first, min(first + BATCH, people + 1))])
    writer.finish()
    # As autovacuum would have done by the time that the calls go out.
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    request.refresh_from_db()
    return request


def _person(number: int) -> schema.Person:
    email = schema.Identity("email", f"person.number{number}@customers.example.com", "standard")
    return schema.Person(row=number, key=f"case-{number:07}", actions=("access",), identities=(email,))
