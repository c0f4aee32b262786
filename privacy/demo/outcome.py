"""What became of requests: why not everything is complete, the results one by one, and the table at the end."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Sequence

from django.db.models import Count, Sum
from rich.console import Console
from rich.filesize import decimal
from rich.markup import escape
from rich.table import Table

from portal import audit, crypto
from portal.models import Organization, User
from portal.outbound import CallState
from privacy import archive, catalog, codes, playbook
from privacy.models import Job, PrivacyRequest, ProductResponse, ResultArchive, Submission
from privacy.statuses import JOB_AT_ADOBE_OPEN, JOB_FAILED, ArchiveStatus, JobStatus

MOST_RESULTS_SHOWN = 5


# --- Why not everything is complete ---


def failures(requests: Sequence[PrivacyRequest]) -> list[str]:
    """One sentence for each kind of thing that went wrong; none when all is well."""
    reasons = [
        f"{organization.name} is on hold. {organization.hold_reason_words}"
        for organization in Organization.objects.filter(privacy_requests__in=requests).exclude(held_at=None).distinct()
    ]
    for request in requests:
        reasons += [f"{request.number}: {words}" for words in (*_calls(request), *_products(request), *_jobs(request))]
        lost = ResultArchive.objects.filter(request=request, status__in=(ArchiveStatus.FAILED, ArchiveStatus.EXPIRED))
        for status, reason, count in lost.values_list("status", "last_error").annotate(Count("pk")).order_by("status"):
            reasons.append(f"{request.number}: {_number(count, 'result')} {ArchiveStatus(status).label.lower()} ({reason})")
    return reasons


def _calls(request: PrivacyRequest) -> list[str]:
    calls = request.submissions.all()
    refused = [f"Adobe refused call {call.ordinal}: {call.words}" for call in calls.filter(state=CallState.REJECTED)]
    waiting = calls.exclude(person_reason="").defer("answer_sealed")
    return refused + [f"call {call.ordinal} needs a person: {call.why_person}." for call in waiting]


def _products(request: PrivacyRequest) -> list[str]:
    failed = ProductResponse.objects.filter(request=request, status__in=JOB_FAILED)
    counts = failed.values_list("product_code", "code", "adobe_status").annotate(Count("pk")).order_by("product_code", "code")
    return [
        f"{catalog.product_name(product)} failed in {_number(count, 'job')}: {code_words(code, status)}"
        for product, code, status, count in counts
    ]


def _jobs(request: PrivacyRequest) -> list[str]:
    lost = Job.objects.filter(request=request, status__in=(JobStatus.GONE, JobStatus.NOT_SENT))
    counts = lost.values_list("status").annotate(Count("pk")).order_by("status")
    return [f"{_number(count, 'job')}: {JobStatus(status).label.lower()}" for status, count in counts]


def what_is_open(requests: Sequence[PrivacyRequest]) -> list[str]:
    """What a run that moves no more waits for."""
    lines = []
    for request in requests:
        calls = Submission.objects.filter(request=request, state__in=(CallState.QUEUED, CallState.SENDING, CallState.UNKNOWN))
        for state, error, count in calls.values_list("state", "last_error").annotate(Count("pk")).order_by("state"):
            lines.append(f"{request.number}: {_number(count, 'call')} {CallState(state).label.lower()} {error}".rstrip())
        answers = ProductResponse.objects.filter(request=request, status__in=JOB_AT_ADOBE_OPEN)
        counts = answers.values_list("product_code", "adobe_status").annotate(Count("pk")).order_by("product_code")
        for product, word, count in counts:
            lines.append(f'{request.number}: {catalog.product_name(product)} still says "{word}" in {_number(count, "job")}')
        results = ResultArchive.objects.filter(request=request, status=ArchiveStatus.WAITING).count()
        if results:
            lines.append(f"{request.number}: {_number(results, 'result')} waiting to be fetched")
    return lines


def code_words(code: str, status: str) -> str:
    """Adobe's code in words, never alone: those of an unpublished one are the status that came with it."""
    known = playbook.PLAYS.get(codes.bare(code))
    return f"{known.title if known else status.capitalize()} (Adobe code {codes.short(code) or 'missing'})"


def _number(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


# --- Results ---


def show_results(requests: Sequence[PrivacyRequest], officer: User, console: Console) -> list[str]:
    """Download every stored result in the officer's name: decrypted as a stream, hashed, and not written anywhere.

    Gives a sentence for each one that is not what was stored.
    """
    stored = ResultArchive.objects.filter(request__in=requests, status=ArchiveStatus.STORED).order_by("request__number")
    chosen = stored.select_related("request__data_key", "job__request__data_key", "job__subject", "job__organization")
    problems = []
    for place, result in enumerate(chosen.order_by("request__number", "job__subject__position").iterator()):
        person = f"{result.request.number}, person {result.job.subject.position if result.job.subject else 'unknown'}"
        try:
            names = _download(result, officer)
        except (crypto.CannotDecrypt, FileNotFoundError, zipfile.BadZipFile, archive.BadArchive) as error:
            problems.append(f"The result of {person} cannot be read: {error}")
            continue
        if place < MOST_RESULTS_SHOWN:
            files = ", ".join(names) or "no product found anything"
            size = decimal(result.size or 0)
            words = f"Result of {person}: {size}, SHA-256 {result.sha256[:12]}… as stored: {files}"
            console.print(words, markup=False, highlight=False)
    if stored.count() > MOST_RESULTS_SHOWN:
        console.print(f"… {_number(stored.count(), 'result')} in all, each read to its end.", highlight=False)
    return problems


def _download(result: ResultArchive, officer: User) -> list[str]:
    """The files in it. Raises BadArchive when its bytes are not those that were stored."""
    digest = hashlib.sha256()
    for chunk in archive.stream(result):
        digest.update(chunk)
    if digest.hexdigest() != result.sha256:
        raise archive.BadArchive("its SHA-256 is not the one that was noted when it was stored")
    audit.record(
        "result.downloaded",
        actor=officer,
        organization=result.job.organization,
        obj=result,
        root_id=result.request_id,
        details={"bytes": result.size or 0, "sha256": result.sha256},
    )
    with crypto.open_sealed(result.file_path, crypto.box_for(result.data_key), archive.ARCHIVE_LABEL) as plain:
        members = zipfile.ZipFile(plain).infolist()
    # The first folder is Adobe's job id, the same for all.
    return [member.filename.partition("/")[2] for member in members if not member.is_dir()]


# --- Tables ---


def show_tables(requests: Sequence[PrivacyRequest], console: Console) -> None:
    """Requests in numbers, then what each product said."""
    table = Table("Request", title="Requests", title_justify="left")
    for name in ("People", "Jobs", "Done", "Failed", "Results", "Size"):
        table.add_column(name, justify="right")
    for request in requests:
        stored = request.archives.filter(status=ArchiveStatus.STORED).aggregate(count=Count("pk"), size=Sum("size"))
        numbers = (request.people, request.jobs_total, request.jobs_done, request.jobs_failed, stored["count"])
        table.add_row(request.number, *(f"{number:,}" for number in numbers), decimal(stored["size"] or 0))
    console.print(table)
    console.print(_answers(requests))


def _answers(requests: Sequence[PrivacyRequest]) -> Table:
    table = Table("Product", "Answer", title="What the products said", title_justify="left")
    table.add_column("Jobs", justify="right")
    answers = ProductResponse.objects.filter(request__in=requests)
    counts = answers.values_list("product_code", "code", "adobe_status").annotate(Count("pk")).order_by("product_code", "code")
    for product, code, status, count in counts:
        words = code_words(code, status) if code else f"no answer yet, still {status}"
        table.add_row(escape(catalog.product_name(product)), escape(words), f"{count:,}")
    return table
