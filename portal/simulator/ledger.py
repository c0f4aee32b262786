"""The ledger: every job that was ever accepted, forgotten or not, with the key it came with."""

from __future__ import annotations

from typing import Any

from portal.simulator.clock import iso
from portal.simulator.jobs import Job, JobStore


def page(jobs: JobStore, window: slice) -> dict[str, Any]:
    """Entries in the window, oldest first; `total` counts all of them."""
    return {"entries": [_entry(job) for job in jobs.accepted[window]], "total": len(jobs.accepted)}


def _entry(job: Job) -> dict[str, Any]:
    return {
        "n": job.number,
        "org": job.org,
        "requestId": job.request_id,
        "jobId": job.job_id,
        "key": job.key,
        "action": job.action,
        "regulation": job.shown_regulation,
        "include": list(job.include),
        "acceptedAt": iso(job.created),
        "call": job.call,
    }
