"""Results of access jobs: fetched once, checked, encrypted as they stream, hashed, kept, and given out with permission."""

from __future__ import annotations

import errno
import hashlib
import logging
import lzma
import os
import time
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path, PurePosixPath

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from portal import audit, clock, connections, crypto, leases, runtime, steps
from portal.adobe import errors
from portal.ids import new_id
from portal.models import User
from portal.outbound import backoff
from privacy import noticing, progress
from privacy.models import ResultArchive
from privacy.polling import NOT_FOUND, hold_when_blocked, not_found_again, wait_after
from privacy.statuses import ArchiveStatus

logger = logging.getLogger(__name__)

ARCHIVE_LABEL = "privacy.ResultArchive.file"
BATCH = 20
# A batch begins no further download after this: what was fetched is noted long before the task's time limit.
FETCH_SECONDS = 15.0
MOST_FILES = 10_000
MOST_ATTEMPTS = 20
READ_BYTES = 64 * 1024
# The word of `last_error` for a result that our own disk does not take, and how long it waits then: soon after a person has made
# room all goes on.
DISK = "disk"
DISK_WAIT_SECONDS = 60.0


# What zipfile lets through of a damaged member (zlib, lzma, cut data), of one with a password (RuntimeError) and of one packed in
# a way that it does not know (NotImplementedError, which is a RuntimeError).
_UNREADABLE = (zlib.error, lzma.LZMAError, EOFError, RuntimeError, ValueError)


# Adobe, or the way to it, does not work now. That may last for days, and says nothing about the result.
_OUTAGES = (errors.NotSent, errors.Throttled, errors.BadAnswer, errors.OrganizationBlocked)


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


def fetch_next() -> int:
    """Fetch a batch of results, then note them in one transaction. Returns how many were tried.

    A crash between the two costs a second download. Results that there was no time for are due again at once. The lease is as
    long as a claim: no task lives longer.
    """
    lease, ids = leases.take(
        ResultArchive.objects.due_to_fetch(clock.now()), "next_attempt_at", most=BATCH, seconds=settings.CLAIM_SECONDS
    )
    chosen = ResultArchive.objects.filter(pk__in=ids, lease=lease)
    archives = list(chosen.select_related("job__organization__data_key", "job__request__data_key", "request"))
    fetched: list[Fetched] = []
    tried = 0
    until = time.monotonic() + FETCH_SECONDS
    try:
        while tried < len(archives) and time.monotonic() < until:
            one = fetch(archives[tried])
            tried += 1
            if one is not None:
                fetched.append(one)
    finally:
        # Also when the time limit ends one of them half-way: what was fetched before it stays.
        _store(fetched)
        left = [archive.pk for archive in archives[tried:]]
        ResultArchive.objects.filter(pk__in=left, lease=lease).update(next_attempt_at=clock.now())
    if tried and not fetched and chosen.filter(pk__in=[one.pk for one in archives[:tried]], last_error=DISK).count() == tried:
        _spare_adobe_what_no_disk_takes()
    return tried


def _spare_adobe_what_no_disk_takes() -> None:
    """The disk took none of a batch: however many wait, one batch a minute is enough to notice that there is room again."""
    due = ResultArchive.objects.due_to_fetch(clock.now()).order_by()
    due.update(next_attempt_at=clock.now() + timedelta(seconds=DISK_WAIT_SECONDS))


def fetch(archive: ResultArchive) -> Fetched | None:
    """Fetch one result into an encrypted file; only a checked ZIP is kept. None when that failed, which is noted."""
    # A name of its own for each try: after a lease a second worker may fetch the same result, and only one of the two is kept.
    path = Path("archives") / archive.pk.hex[-2:] / str(new_id())
    target = Path(settings.MEDIA_ROOT) / path
    try:
        size, digest = _download(archive, target)
        files = check_zip(archive, target)
    except errors.NotFound:
        _not_found(archive)
    except errors.AdobeError as error:
        hold_when_blocked(archive.job.organization, error)
        wait = wait_after(error, archive.attempts + 1)
        if isinstance(error, _OUTAGES) and not isinstance(error, errors.TooLarge) and _is_kept_at_adobe(archive):
            # However long it lasts: half of the tries are left for a result that is itself no good.
            _wait(
                archive, type(error).__name__, wait, attempts=max(archive.attempts, min(archive.attempts + 1, MOST_ATTEMPTS // 2))
            )
        else:
            _try_later(archive, type(error).__name__, wait)
    except BadArchive as error:
        crypto.discard(target)
        _try_later(archive, str(error), wait_after(errors.BadAnswer(), archive.attempts + 1))
    except OSError as error:
        _wait_for_disk(archive, target, error)
    except crypto.CannotDecrypt as error:
        # A key that this process cannot open: not the others' fault.
        logger.error("result %s cannot be kept: %s", archive.pk, type(error).__name__)  # noqa: TRY400 - says all there is to say
        _try_later(archive, type(error).__name__, wait_after(errors.BadAnswer(), archive.attempts + 1))
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
        info = service.download(
            archive.address, archive.job.adobe_job_id or "", write, max_bytes=runtime.number("ARCHIVE_MAX_BYTES")
        )
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
                if sum(member.file_size for member in members) > runtime.number("ARCHIVE_MAX_BYTES") * 10:
                    raise BadArchive("unpacks_too_large")
                if zipped.testzip() is not None:
                    raise BadArchive("damaged")
        except zipfile.BadZipFile:
            raise BadArchive("not_a_zip") from None
        except _UNREADABLE:
            raise BadArchive("damaged") from None
    return sum(not member.is_dir() for member in members)


def is_outside(name: str) -> bool:
    """Whether a member's name would leave the folder it is unpacked into."""
    path = PurePosixPath(name.replace("\\", "/"))
    return path.is_absolute() or ".." in path.parts or ":" in (path.parts[0] if path.parts else "")


def _store(fetched: Sequence[Fetched]) -> None:
    with transaction.atomic():
        kept = [one for one in fetched if _note(one)]
        audit.record_many([_stored_record(one) for one in kept])
        noticing.results_settled({one.archive.request_id for one in kept})
        _tell_waiting_deletes([one.archive for one in kept])
    # A request that was shredded meanwhile keeps no file, and neither does the slower of two workers.
    for one in fetched:
        if one not in kept:
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
    else:
        _wait(archive, reason, wait)


def _wait_for_disk(archive: ResultArchive, target: Path, error: OSError) -> None:
    """Our folder is full, or away. For as long as Adobe keeps the result that is no try: a person makes room."""
    logger.error("result %s cannot be kept: %s", archive.pk, os.strerror(error.errno or errno.EIO))
    with suppress(OSError):
        crypto.discard(target)
    wait = backoff(1, first=DISK_WAIT_SECONDS, longest=DISK_WAIT_SECONDS)
    if _is_kept_at_adobe(archive):
        _wait(archive, DISK, wait, attempts=archive.attempts)
    else:
        _try_later(archive, DISK, wait)


def _is_kept_at_adobe(archive: ResultArchive) -> bool:
    return archive.adobe_expires_at is None or clock.read() < archive.adobe_expires_at


def _wait(archive: ResultArchive, reason: str, wait: float, *, attempts: int | None = None) -> None:
    """`attempts`: how many it has had now; one more than before unless told otherwise."""
    ResultArchive.objects.filter(pk=archive.pk, status=ArchiveStatus.WAITING).update(
        attempts=archive.attempts + 1 if attempts is None else attempts,
        next_attempt_at=clock.now() + timedelta(seconds=wait),
        last_error=reason,
    )


def _not_found(archive: ResultArchive) -> None:
    """Believed the second time in a row: a gateway that fails says 404 as well, and a result may come after its job's end."""
    if archive.last_error == NOT_FOUND:
        _end(archive, ArchiveStatus.EXPIRED, NOT_FOUND)
    else:
        _wait(archive, NOT_FOUND, not_found_again().total_seconds())


def _end(archive: ResultArchive, status: ArchiveStatus, reason: str) -> None:
    with transaction.atomic():
        if ResultArchive.objects.filter(pk=archive.pk, status=ArchiveStatus.WAITING).update(status=status, last_error=reason):
            _record(archive, f"result.{status}", {"reason": reason})
            noticing.results_settled([archive.request_id])
            _tell_waiting_deletes([archive])


def _tell_waiting_deletes(archives: Sequence[ResultArchive]) -> None:
    """Deletes may wait for these results. In the transaction that notes them, so that no crash can part the two."""
    for request_id in sorted({archive.request_id for archive in archives if archive.request.access_first}):
        progress.refresh(request_id)


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


@transaction.atomic
def fetch_again(archive: ResultArchive, user: User) -> bool:
    """A person asks to try a failed download again."""
    changed = ResultArchive.objects.filter(pk=archive.pk, status=ArchiveStatus.FAILED).update(
        status=ArchiveStatus.WAITING, attempts=0, next_attempt_at=clock.now()
    )
    if changed:
        audit.record(
            "result.asked_again", actor=user, organization=archive.job.organization, obj=archive, root_id=archive.request_id
        )
        _tell_waiting_deletes([archive])
        steps.wake("archive")
    return bool(changed)


def stream(archive: ResultArchive) -> Iterator[bytes]:
    """The ZIP in clear, chunk by chunk, for the person who may have it. Raises CannotDecrypt, FileNotFoundError."""
    with crypto.open_sealed(archive.file_path, crypto.box_for(archive.data_key), ARCHIVE_LABEL) as plain:
        while chunk := plain.read(READ_BYTES):
            yield chunk
