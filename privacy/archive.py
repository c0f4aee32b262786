"""Results of access jobs: fetched once, checked, encrypted as they stream, hashed, kept, and given out with permission."""

from __future__ import annotations

import hashlib
import logging
import time
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path, PurePosixPath

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from portal import audit, connections, crypto, leases, steps
from portal.adobe import errors
from portal.models import User
from privacy.models import ResultArchive
from privacy.polling import hold_when_blocked, wait_after
from privacy.statuses import ArchiveStatus

logger = logging.getLogger(__name__)

ARCHIVE_LABEL = "privacy.ResultArchive.file"
LEASE_SECONDS = 900.0
BATCH = 20
# A batch begins no further download after this: what was fetched is noted long before the task's time limit.
FETCH_SECONDS = 15.0
MOST_FILES = 10_000
MOST_ATTEMPTS = 20
READ_BYTES = 64 * 1024


class BadArchive(Exception):
    """What came is not a ZIP that can be trusted; `str()` is a short reason word."""


@dataclass(frozen=True)
class Fetched:
    """A checked ZIP that lies encrypted under `path`, relative to the media folder."""

    archive: ResultArchive
    path: str
    size: int
    sha256: str
    files: int


def archives_due() -> bool:
    """Whether a result waits to be fetched."""
    return ResultArchive.objects.due_to_fetch(timezone.now()).exists()


def fetch_next() -> int:
    """Fetch a batch of results, then note them in one transaction. Returns how many were tried.

    A crash between the two costs a second download. Results that there was no time for are due again at once.
    """
    lease, ids = leases.take(
        ResultArchive.objects.due_to_fetch(timezone.now()), "next_attempt_at", most=BATCH, seconds=LEASE_SECONDS
    )
    chosen = ResultArchive.objects.filter(pk__in=ids, lease=lease)
    archives = list(chosen.select_related("job__organization__data_key", "job__request__data_key", "request"))
    fetched: list[Fetched] = []
    tried = 0
    until = time.monotonic() + FETCH_SECONDS
    while tried < len(archives) and time.monotonic() < until:
        one = fetch(archives[tried])
        tried += 1
        if one is not None:
            fetched.append(one)
    left = [archive.pk for archive in archives[tried:]]
    ResultArchive.objects.filter(pk__in=left, lease=lease).update(next_attempt_at=timezone.now())
    _store(fetched)
    return tried


def fetch(archive: ResultArchive) -> Fetched | None:
    """Fetch one result into an encrypted file; only a checked ZIP is kept. None when that failed, which is noted."""
    path = Path("archives") / f"{archive.pk.hex[-2:]}" / f"{archive.pk}"
    target = Path(settings.MEDIA_ROOT) / path
    try:
        size, digest = _download(archive, target)
        files = check_zip(archive, target)
    except errors.NotFound:
        _end(archive, ArchiveStatus.EXPIRED, "not_found")
    except errors.AdobeError as error:
        hold_when_blocked(archive.job.organization, error)
        _try_later(archive, type(error).__name__, wait_after(error, archive.attempts + 1))
    except BadArchive as error:
        crypto.discard(target)
        _try_later(archive, str(error), wait_after(errors.BadAnswer(), archive.attempts + 1))
    else:
        return Fetched(archive, str(path), size, digest, files)
    return None


def _download(archive: ResultArchive, target: Path) -> tuple[int, str]:
    digest = hashlib.sha256()
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with crypto.write_sealed(target, crypto.box_for(archive.data_key), ARCHIVE_LABEL) as file:

        def write(chunk: bytes) -> None:
            digest.update(chunk)
            file.write(chunk)

        service = connections.service_for(archive.job.organization)
        info = service.download(archive.address, archive.job.adobe_job_id or "", write, max_bytes=settings.ARCHIVE_MAX_BYTES)
    return info.size, digest.hexdigest()


def check_zip(archive: ResultArchive, target: Path) -> int:
    """The number of files in the ZIP. Raises BadArchive for what is no ZIP, is damaged, or names paths outside of itself."""
    with crypto.open_sealed(target, crypto.box_for(archive.data_key), ARCHIVE_LABEL) as plain:
        try:
            with zipfile.ZipFile(plain) as zipped:
                members = zipped.infolist()
                if len(members) > MOST_FILES:
                    raise BadArchive("too_many_files")
                if any(is_outside(member.filename) for member in members):
                    raise BadArchive("path_outside")
                if sum(member.file_size for member in members) > settings.ARCHIVE_MAX_BYTES * 10:
                    raise BadArchive("unpacks_too_large")
                if zipped.testzip() is not None:
                    raise BadArchive("damaged")
        except zipfile.BadZipFile:
            raise BadArchive("not_a_zip") from None
    return sum(not member.is_dir() for member in members)


def is_outside(name: str) -> bool:
    """Whether a member's name would leave the folder it is unpacked into."""
    path = PurePosixPath(name.replace("\\", "/"))
    return path.is_absolute() or ".." in path.parts or ":" in (path.parts[0] if path.parts else "")


def _store(fetched: Sequence[Fetched]) -> None:
    with transaction.atomic():
        audit.record_many([_stored_record(one) for one in fetched if _note(one)])
    # A request that was shredded meanwhile keeps no file.
    removed = ResultArchive.objects.filter(pk__in=[one.archive.pk for one in fetched], status=ArchiveStatus.REMOVED)
    gone = set(removed.values_list("pk", flat=True))
    for one in fetched:
        if one.archive.pk in gone:
            crypto.discard(Path(settings.MEDIA_ROOT) / one.path)


def _note(one: Fetched) -> bool:
    """Returns whether the result was still waited for."""
    kept = ResultArchive.objects.filter(pk=one.archive.pk, status=ArchiveStatus.WAITING).update(
        status=ArchiveStatus.STORED,
        path=one.path,
        size=one.size,
        sha256=one.sha256,
        file_count=one.files,
        stored_at=timezone.now(),
        last_error="",
        lease=None,
    )
    return bool(kept)


def _stored_record(one: Fetched) -> audit.AuditRecord:
    return _event(one.archive, "result.stored", {"bytes": one.size, "sha256": one.sha256})


def _try_later(archive: ResultArchive, reason: str, wait: float) -> None:
    if archive.attempts + 1 >= MOST_ATTEMPTS:
        _end(archive, ArchiveStatus.FAILED, reason)
        return
    ResultArchive.objects.filter(pk=archive.pk, status=ArchiveStatus.WAITING).update(
        attempts=archive.attempts + 1, next_attempt_at=timezone.now() + timedelta(seconds=wait), last_error=reason
    )


def _end(archive: ResultArchive, status: ArchiveStatus, reason: str) -> None:
    with transaction.atomic():
        if ResultArchive.objects.filter(pk=archive.pk, status=ArchiveStatus.WAITING).update(status=status, last_error=reason):
            _record(archive, f"result.{status}", {"reason": reason})


def _record(archive: ResultArchive, action: str, details: dict[str, str | int]) -> None:
    audit.record_many([_event(archive, action, details)])


def _event(archive: ResultArchive, action: str, details: dict[str, str | int]) -> audit.AuditRecord:
    return audit.AuditRecord(
        action,
        actor=None,
        organization=archive.job.organization,
        obj=archive,
        root_id=archive.request_id,
        details=details,
    )


def fetch_again(archive: ResultArchive, user: User) -> bool:
    """A person asks to try a failed download again."""
    changed = ResultArchive.objects.filter(pk=archive.pk, status=ArchiveStatus.FAILED).update(
        status=ArchiveStatus.WAITING, attempts=0, next_attempt_at=timezone.now()
    )
    if changed:
        audit.record(
            "result.asked_again", actor=user, organization=archive.job.organization, obj=archive, root_id=archive.request_id
        )
        steps.wake("archive")
    return bool(changed)


def stream(archive: ResultArchive) -> Iterator[bytes]:
    """The ZIP in clear, chunk by chunk, for the person who may have it. Raises CannotDecrypt, FileNotFoundError."""
    with crypto.open_sealed(archive.file_path, crypto.box_for(archive.data_key), ARCHIVE_LABEL) as plain:
        while chunk := plain.read(READ_BYTES):
            yield chunk
