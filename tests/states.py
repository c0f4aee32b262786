"""Bringing requests into the states that pages show, with the simulator as Adobe and the portal's own steps as worker."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.urls import reverse

from portal.models import Organization, User
from privacy.models import Job, PrivacyRequest
from tests.conftest import Simulator
from tests.files import confirmed_request, payload, people
from tests.steps import everything_due, let_pass, work

CREATE = {"method": "POST", "path": "/data/core/privacy/jobs"}


def sent_request(
    organization: Organization, user: User, users: list[dict[str, Any]] | None = None, **fields: Any
) -> PrivacyRequest:
    """A request (of three people, unless told otherwise) whose calls Adobe has taken."""
    request = confirmed_request(organization, user, payload(users or people(3), **fields))
    work("submit")
    return again(request)


def finish(simulator: Simulator, *jobs: Job) -> None:
    """Adobe finishes these jobs (all, when none is named); we look, and fetch the results."""
    simulator.control("finish", {"jobIds": [job.adobe_job_id for job in jobs]} if jobs else {})
    look()


def look() -> None:
    """Ask Adobe about everything that is open, now."""
    everything_due()
    work("list", "detail", "archive")


def undecided_request(
    organization: Organization, user: User, simulator: Simulator, fault: str, *, lost: int = 0
) -> PrivacyRequest:
    """A request of three people whose only call was struck by a fault, after all looks at Adobe's list.

    `lost`: so many of its jobs does Adobe know nothing of, although it has taken the others.
    """
    simulator.fault(fault, match=CREATE, times=1)
    request = sent_request(organization, user)
    for entry in simulator.ledger()[:lost]:
        simulator.control(f"jobs/{entry['jobId']}", method="DELETE")
    for _ in range(4):
        let_pass(timedelta(hours=7))
        work("look")
    return again(request)


def again(request: PrivacyRequest) -> PrivacyRequest:
    """The request as it stands in the database now."""
    found: PrivacyRequest = PrivacyRequest.objects.select_related("organization", "data_key", "upload").get(pk=request.pk)
    return found


def job_of(request: PrivacyRequest, action: str = "access", position: int = 1) -> Job:
    """One job of a request."""
    found: Job = request.jobs.select_related("subject__request__data_key", "request__data_key").get(
        action=action, subject__position=position
    )
    return found


def address_of(name: str, row: PrivacyRequest | Job, *more: object) -> str:
    """The address of a page about a request (by its number) or a job (by its id)."""
    return reverse(f"privacy:{name}", args=[row.number if isinstance(row, PrivacyRequest) else row.pk, *more])
