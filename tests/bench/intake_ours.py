"""One side of `tests.bench.intake`: the portal's own way from a file to prepared requests, in one process."""

from __future__ import annotations

import cProfile
import os
import pstats
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import django

django.setup()

from django.core.management import call_command  # noqa: E402 - Django must be set up
from django.utils import timezone  # noqa: E402

from portal import uploads  # noqa: E402
from portal.models import Organization, User  # noqa: E402
from privacy import intake  # noqa: E402
from privacy.models import DataSubject, IdentityDigest, Job, PrivacyRequest, Submission, Upload  # noqa: E402
from privacy.statuses import RequestStatus, UploadStatus  # noqa: E402
from tests.bench import crowd  # noqa: E402
from tests.bench.costs import Meter, tables_size  # noqa: E402
from tests.conftest import make_organization  # noqa: E402
from tests.people import make_user  # noqa: E402

# Others whose jobs are open, so that looking for them finds tables that are not empty.
OPEN_BEFORE = 1000
TABLES = [model._meta.db_table for model in (Submission, DataSubject, IdentityDigest, Job)]


def main(path: Path) -> None:
    """Hand over what it cost."""
    call_command("migrate", verbosity=0)
    organization = make_organization()
    officer = make_user("officer", "Officer", organization)
    _prepare_others(path, organization, officer)
    before, meter = tables_size(TABLES), Meter()
    rows = {model: model._default_manager.count() for model in (DataSubject, IdentityDigest, Job)}
    with _profiled():
        with meter.part("received"), path.open("rb") as source:
            upload = _received(source, path.stat().st_size, organization, officer)
        with meter.part("checked"):
            assert intake.check_next() == 1
        upload.refresh_from_db()
        assert upload.status == UploadStatus.READY, upload.result["findings"][:3]
        with meter.part("confirmed"):
            (request,) = intake.confirm(upload, officer)
        with meter.part("prepared"):
            assert intake.prepare_next() == 1
    request.refresh_from_db()
    assert request.status == RequestStatus.SENDING
    meter.hand_over(
        file_bytes=path.stat().st_size,
        file_stored_mb=round(upload.size / 1e6, 1),
        tables_mb=round((tables_size(TABLES) - before) / 1e6, 1),
        rows={model.__name__: model._default_manager.count() - count for model, count in rows.items()},
        request=str(request.pk),
        calls=Submission.objects.filter(request=request).count(),
    )


def _received(source: object, size: int, organization: Organization, officer: User) -> Upload:
    stored = uploads.store(source, name="people.json", size=size)  # type: ignore[arg-type]  # an open file
    return intake.receive(stored, organization=organization, user=officer, received_on=timezone.now().date())


def _prepare_others(path: Path, organization: Organization, officer: User) -> None:
    others = path.with_suffix(".others")
    size = crowd.write(others, OPEN_BEFORE, prefix="other")
    with others.open("rb") as source:
        upload = _received(source, size, organization, officer)
    others.unlink()
    assert intake.check_next() == 1
    upload.refresh_from_db()
    intake.confirm(upload, officer)
    assert intake.prepare_next() == 1
    assert PrivacyRequest.objects.get().jobs_total == OPEN_BEFORE * len(crowd.ACTIONS)


@contextmanager
def _profiled() -> Iterator[None]:
    """With BENCH_PROFILE, say where Python spent its time; slower by about two."""
    if "BENCH_PROFILE" not in os.environ:
        yield
        return
    profile = cProfile.Profile()
    profile.enable()
    yield
    profile.disable()
    pstats.Stats(profile, stream=sys.stderr).sort_stats("tottime").print_stats(45)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
