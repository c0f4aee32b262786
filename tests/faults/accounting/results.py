"""Results of access jobs: each is here, whole, and the one that Adobe gives."""

from __future__ import annotations

import hashlib

from portal import crypto
from privacy import archive
from privacy.models import Job, ResultArchive
from privacy.statuses import ArchiveStatus, JobStatus
from tests.faults.accounting.findings import Kind, Notes
from tests.faults.accounting.truth import Ledgers


def look(ledgers: Ledgers, notes: Notes) -> None:
    """Note every result that is missing, damaged, another one, or given up though Adobe has it."""
    complete = Job.objects.filter(status=JobStatus.COMPLETE, request__data_key__isnull=False, next_poll_at=None)
    known = dict(complete.exclude(adobe_job_id=None).values_list("adobe_job_id", "pk"))
    rows = {row.job_id: row for row in ResultArchive.objects.select_related("job__request__data_key").defer("job__raw_sealed")}
    for adobe_id, state in ledgers.job_states.items():
        if not (state["known"] and state["result"] and adobe_id in known):
            continue
        row = rows.get(known[adobe_id])
        if row is None:
            notes.found(Kind.WRONG, "Adobe has a result, and nothing here waits for it", known[adobe_id], adobe_id)
        else:
            _compare(row, adobe_id, ledgers, notes)


def _compare(row: ResultArchive, adobe_id: str, ledgers: Ledgers, notes: Notes) -> None:
    match row.status:
        case ArchiveStatus.STORED:
            if not _digest(row) == row.sha256 == ledgers.digest_of(adobe_id):
                notes.found(Kind.WRONG, "the stored result is not the one that Adobe has", row.pk, adobe_id)
            notes.numbers["results_compared"] += 1
        case ArchiveStatus.FAILED:
            notes.numbers["with_a_person"] += 1
        case ArchiveStatus.EXPIRED:
            notes.found(Kind.WRONG, "the result counts as gone, and Adobe has it", row.pk, adobe_id)


def _digest(row: ResultArchive) -> str:
    digest = hashlib.sha256()
    try:
        for chunk in archive.stream(row):
            digest.update(chunk)
    except (OSError, crypto.CannotDecrypt) as error:
        return type(error).__name__
    return digest.hexdigest()
