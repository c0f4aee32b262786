"""Bringing record deletes into the states that pages show, with the simulator as Adobe and the portal's own steps as worker."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from hygiene import intake
from hygiene.models import QuotaReading, RecordDelete, WorkOrder
from portal.models import Organization, User
from tests.conftest import Simulator
from tests.pages import Browser, Page
from tests.steps import let_pass, work

CREATE = {"method": "POST", "path": "/data/core/hygiene/workorder"}
DATASET = "7eab61f3e5c34810a49a1ab3"
WANTED = intake.Wanted(name="Spring cleaning", description="Old sign-ups", datasets=(DATASET,))


def addresses(count: int, prefix: str = "gone") -> str:
    """So many e-mail addresses, one a line."""
    return "\n".join(f"{prefix}{number}@example.com" for number in range(1, count + 1))


def draft(organization: Organization, user: User, *, lines: str = "", wanted: intake.Wanted = WANTED) -> RecordDelete:
    """Three typed identities (unless told otherwise) that were checked."""
    return intake.take_typed(lines or addresses(3), "email", wanted, organization=organization, user=user)


def confirmed(organization: Organization, user: User, *, lines: str = "", wanted: intake.Wanted = WANTED) -> RecordDelete:
    """A record delete whose work orders are queued."""
    made = draft(organization, user, lines=lines, wanted=wanted)
    intake.confirm(made, user)
    work("hygiene-prepare")
    return again(made)


def sent(organization: Organization, user: User, *, lines: str = "", wanted: intake.Wanted = WANTED) -> RecordDelete:
    """A record delete whose work orders Adobe has taken."""
    made = confirmed(organization, user, lines=lines, wanted=wanted)
    work("hygiene-submit")
    return again(made)


def undecided(organization: Organization, user: User, simulator: Simulator, fault: str = "cut_before_answer") -> RecordDelete:
    """A record delete whose only work order was struck by a fault, after all looks at Adobe's list."""
    simulator.fault(fault, match=CREATE, times=1)
    made = sent(organization, user)
    for _ in range(4):
        let_pass(timedelta(hours=7))
        work("hygiene-look")
    return again(made)


def finish(simulator: Simulator, **options: Any) -> None:
    """Adobe finishes its work orders; we look."""
    simulator.control("workorders/finish", options)
    look()


def look() -> None:
    """Ask Adobe about everything that is open, now."""
    WorkOrder.objects.exclude(next_poll_at=None).update(next_poll_at=timezone.now())
    work("hygiene-detail")


def again(made: RecordDelete) -> RecordDelete:
    """The record delete as it stands in the database now."""
    found: RecordDelete = RecordDelete.objects.select_related("organization__data_key", "data_key").get(pk=made.pk)
    return found


def order_of(made: RecordDelete, ordinal: int = 1) -> WorkOrder:
    """One work order of a record delete."""
    found: WorkOrder = made.work_orders.select_related("organization", "record_delete__data_key").get(ordinal=ordinal)
    return found


def read_quotas(organization: Organization, *, daily: int = 1000, used: int = 0, monthly: int = 1_000_000) -> QuotaReading:
    """What Adobe would have answered about the quotas just now."""
    quotas = [
        {"name": "dailyConsumerDeleteIdentitiesQuota", "description": "", "consumed": used, "quota": daily},
        {"name": "monthlyConsumerDeleteIdentitiesQuota", "description": "", "consumed": used, "quota": monthly},
    ]
    reading: QuotaReading = QuotaReading.objects.create(organization=organization, quotas=quotas)
    return reading


def page_of(row: RecordDelete | WorkOrder, name: str = "detail") -> str:
    """The address of a page about a record delete (by its number) or a work order (by its id)."""
    if isinstance(row, RecordDelete):
        return reverse(f"hygiene:{name if name == 'work-order-list' else f'record-delete-{name}'}", args=[row.number])
    return reverse(f"hygiene:work-order-{name}", args=[row.pk])


def send(browser: Browser, organization: Organization | None, file: bytes | None = None, /, **fields: Any) -> Any:
    """Send the form for a new record delete, as the browser does."""
    given: dict[str, Any] = {"organization": organization.pk if organization else "", "scope": "named", "datasets": DATASET}
    if file is not None:
        given["identity_file"] = SimpleUploadedFile(fields.pop("file_name", "identities.json"), file)
    headers = fields.pop("headers", {})
    return browser.post(reverse("hygiene:record-delete-new"), given | fields, headers=headers)


def begun(answer: Any) -> RecordDelete:
    """The record delete that came of sending the form."""
    assert answer.status_code == 302, Page.of(answer).text
    return again(RecordDelete.objects.get(number=answer.headers["Location"].rstrip("/").rsplit("/", 1)[1]))
