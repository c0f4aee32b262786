"""The ledger: every job that was ever accepted, forgotten or not, with the key it came with."""

from __future__ import annotations

from typing import Any

from portal.simulator.clock import iso
from portal.simulator.jobs import Job, JobStore


def page(jobs: JobStore, after: int, limit: int | None) -> dict[str, Any]:
    """Entries with `n` greater than `after`, oldest first; `total` counts all of them."""
    last = None if limit is None else after + limit
    return {"entries": [_entry(job) for job in jobs.accepted[after:last]], "total": len(jobs.accepted)}


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
