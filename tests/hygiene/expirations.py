"""Dataset expirations in the states that pages show, with the simulator as Adobe and the portal's own steps as worker."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone

from hygiene import expirations
from hygiene.models import DatasetExpiration, ExpirationOrder
from portal.connections import expirations_for
from portal.models import Organization, User
from tests.conftest import Simulator
from tests.steps import let_pass, work

TTL = "/data/core/hygiene/ttl"
CREATE = {"method": "POST", "path": TTL}
CHANGE = {"method": "PUT", "path": TTL}
CANCEL = {"method": "DELETE", "path": TTL}
DATASET = "62759f2ede9e601b63a2ee14"


def in_days(days: float) -> datetime:
    """So many days from now, on a whole minute."""
    return (timezone.now() + timedelta(days=days)).replace(second=0, microsecond=0)


def wanted(days: float = 30, name: str = "Licence ends", description: str = "") -> expirations.Wanted:
    """An expiration as a person could want it."""
    return expirations.Wanted(name, description, in_days(days))


def asked(organization: Organization, user: User, dataset: str = DATASET, days: float = 30) -> DatasetExpiration:
    """One that waits to be sent."""
    return expirations.create(dataset, wanted(days), organization=organization, user=user)


def pending(organization: Organization, user: User, dataset: str = DATASET, days: float = 30) -> DatasetExpiration:
    """One that Adobe has taken."""
    row = asked(organization, user, dataset, days)
    work("expiration-submit", "expiration-list")
    row = again(row)
    assert row.status == "pending", row.status
    return row


def made_elsewhere(organization: Organization, dataset: str, days: float = 30, name: str = "Made by hand") -> str:
    """One that somebody made in Adobe's own screens. Returns its id."""
    service = expirations_for(organization)
    made = service.create(dataset, name=name, description="", expires_at=in_days(days), still_held=lambda: True)
    return made.ttl_id


def look() -> None:
    """All looks at Adobe come due, one after the other."""
    for _ in range(3):
        let_pass(timedelta(hours=7))
        work("expiration-look")


def undecided(organization: Organization, user: User, simulator: Simulator) -> DatasetExpiration:
    """One whose creation was lost twice, so that a person must decide."""
    simulator.fault("cut_before_answer", match=CREATE, times=2)
    row = asked(organization, user)
    for _ in range(2):
        work("expiration-submit")
        look()
    assert order_of(row).person_reason == "none_found"
    return again(row)


def again(row: DatasetExpiration) -> DatasetExpiration:
    """As it stands in the database now."""
    found: DatasetExpiration = DatasetExpiration.objects.select_related("organization__data_key").get(pk=row.pk)
    return found


def order_of(row: DatasetExpiration) -> ExpirationOrder:
    """Its newest order, as it is now."""
    order: ExpirationOrder | None = row.orders.order_by("-created_at").first()
    assert order is not None
    order.organization = row.organization
    return order


def changes(simulator: Simulator) -> list[tuple[str, str]]:
    """What Adobe accepted, in order: the change and the dataset."""
    return [(entry["change"], entry["datasetId"]) for entry in simulator.control("ledger/expirations")["entries"]]
