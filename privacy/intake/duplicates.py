"""Choosing what to do about people who have an open request of the same action already: leave them out, or ask Adobe twice.

What is chosen counts at once: the numbers of the preview are counted anew, here or, of a large file, by a worker.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Count
from django.utils.translation import gettext as _

from portal import audit, clock, runtime, steps
from portal.models import User
from privacy.intake.receiving import check
from privacy.intake.refusals import NotPossible
from privacy.models import Upload
from privacy.statuses import UploadStatus
from privacy.writing import LEASE_SECONDS


@dataclass(frozen=True)
class Tally:
    """What was chosen about how many."""

    left_out: int
    included: int
    undecided: int

    @property
    def people(self) -> int:
        """All duplicates of the upload."""
        return self.left_out + self.included + self.undecided


def tally(upload: Upload) -> Tally:
    """What was chosen about the duplicates of an upload."""
    counts = upload.duplicates.order_by().values_list("left_out").annotate(people=Count("pk"))
    by_choice: dict[bool | None, int] = dict(counts)
    return Tally(by_choice.get(True, 0), by_choice.get(False, 0), by_choice.get(None, 0))


def choose(upload: Upload, user: User, choices: Mapping[UUID, bool]) -> None:
    """Leave some of the duplicates out (True) and include others (False). Raises NotPossible."""
    with transaction.atomic():
        _claim(upload)
        for left_out in (True, False):
            ids = [pk for pk, wanted in choices.items() if wanted is left_out]
            upload.duplicates.filter(pk__in=ids).update(left_out=left_out)
        _record(upload, user)
    _count_again(upload)


def choose_all(upload: Upload, user: User, *, left_out: bool) -> None:
    """Leave every duplicate out, or include every one. Raises NotPossible."""
    with transaction.atomic():
        _claim(upload)
        upload.duplicates.all().update(left_out=left_out)
        _record(upload, user)
    _count_again(upload)


def _claim(upload: Upload) -> None:
    """From here until it is counted it can be neither confirmed nor chosen about. Raises NotPossible."""
    alive_until = clock.now() + timedelta(seconds=LEASE_SECONDS if _is_small(upload) else 0)
    ready = Upload.objects.filter(pk=upload.pk, status=UploadStatus.READY)
    if not ready.update(status=UploadStatus.WAITING, bytes_checked=0, next_attempt_at=alive_until):
        raise NotPossible(_("This upload was confirmed or discarded, or is being counted. Look at it again."))
    if not _is_small(upload):
        steps.wake("check")


def _record(upload: Upload, user: User) -> None:
    chosen = tally(upload)
    audit.record(
        "upload.duplicates_chosen",
        actor=user,
        organization=upload.organization,
        obj=upload,
        root_id=upload.pk,
        details=asdict(chosen),
    )


def _count_again(upload: Upload) -> None:
    upload.status, upload.bytes_checked = UploadStatus.WAITING, 0
    if _is_small(upload):
        check(upload)


def _is_small(upload: Upload) -> bool:
    return upload.size <= runtime.number("UPLOAD_INLINE_BYTES")
