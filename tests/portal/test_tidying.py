"""Tidying: what is old and nobody's goes; what is young, or whose row names it, stays."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from uuid import uuid4

import pytest
from celery.schedules import crontab
from django.conf import LazySettings
from django.utils import timezone

from portal import crypto, registry, tasks, tidying
from portal.celery import app
from portal.models import Organization, User
from portal.tidying import OLD_SECONDS, Tidied, tidy
from privacy import shredding
from privacy.models import Job, ResultArchive
from privacy.statuses import ArchiveStatus
from tests.files import confirmed_request, payload, people, stored_upload

pytestmark = pytest.mark.django_db

Own = Callable[[Callable[[Sequence[str]], set[str]]], None]


@pytest.fixture(autouse=True)
def media(settings: LazySettings, tmp_path: Path) -> Path:
    """A media folder of this test's own."""
    settings.MEDIA_ROOT = tmp_path / "media"
    return tmp_path / "media"


def put(media: Path, name: str, *, seconds_old: float = OLD_SECONDS + 60) -> Path:
    """A file that was last written so long ago."""
    file = media / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"sealed")
    make_old(file, seconds_old)
    return file


def make_old(file: Path, seconds: float = OLD_SECONDS + 60) -> None:
    """Move its last change into the past."""
    then = file.stat().st_mtime - seconds
    os.utime(file, (then, then))


def left(media: Path) -> set[str]:
    """All files that are there."""
    return {file.relative_to(media).as_posix() for file in media.rglob("*") if file.is_file()}


def test_it_removes_old_files_that_no_row_names(media: Path) -> None:
    put(media, f"uploads/{uuid4()}")
    put(media, f"archives/a7/{uuid4()}")
    put(media, f"archives/0f/{uuid4()}")
    assert tidy() == Tidied(parts=0, files=3)
    assert left(media) == set()


def test_it_removes_old_halves_anywhere(media: Path) -> None:
    put(media, "uploads/one.0123456789abcdef.part")
    put(media, "archives/a7/two.0123456789abcdef.part")
    put(media, "exports/three.0123456789abcdef.part")
    assert tidy() == Tidied(parts=3, files=0)
    assert left(media) == set()


def test_it_leaves_young_files_alone(media: Path) -> None:
    names = {"uploads/one", "uploads/one.0123456789abcdef.part", "archives/a7/two"}
    for name in names:
        put(media, name, seconds_old=OLD_SECONDS - 60)
    assert tidy() == Tidied(parts=0, files=0)
    assert left(media) == names


def test_it_leaves_the_file_of_an_upload_alone(media: Path, organization: Organization, officer: User) -> None:
    upload = stored_upload(organization, officer, b"{}")
    make_old(upload.file_path)
    stranger = put(media, f"uploads/{uuid4()}")
    assert tidy() == Tidied(parts=0, files=1)
    assert not stranger.exists()
    assert upload.file_path.exists()


@pytest.fixture
def archive(media: Path, organization: Organization, officer: User) -> ResultArchive:
    """A stored result, old."""
    request = confirmed_request(organization, officer, payload(people(1, "access")))
    job = Job.objects.get(request=request)
    stored = ResultArchive(job=job, request=request, status=ArchiveStatus.STORED, stored_at=timezone.now())
    stored.path = f"archives/{stored.pk.hex[-2:]}/{stored.pk}"
    stored.save()
    with crypto.write_sealed(stored.file_path, crypto.box_for(stored.data_key), "privacy.ResultArchive.file") as file:
        file.write(b"zip")
    make_old(stored.file_path)
    return stored


def test_it_leaves_the_file_of_a_result_alone(media: Path, archive: ResultArchive) -> None:
    put(media, f"archives/{archive.pk.hex[-2:]}/{uuid4()}")
    assert tidy() == Tidied(parts=0, files=1)
    assert archive.file_path.exists()


def test_a_file_that_is_named_in_another_folder_is_not_owned(media: Path, archive: ResultArchive) -> None:
    stranger = put(media, f"uploads/{archive.pk}")
    assert tidy().files == 1
    assert not stranger.exists()


def test_what_shredding_could_not_remove_is_removed_later(
    media: Path, archive: ResultArchive, officer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = archive.file_path
    archive.request.submissions.update(state="sent")
    archive.request.jobs.update(status="complete")
    with monkeypatch.context() as killed:
        killed.setattr(crypto, "discard", lambda path: None)
        shredding.shred(archive.request, officer)
    assert file.exists()
    tidy()
    assert not file.exists()


def test_it_leaves_folders_that_nobody_registered_alone(media: Path) -> None:
    put(media, "exports/report")
    put(media, "loose")
    assert tidy() == Tidied(parts=0, files=0)
    assert left(media) == {"exports/report", "loose"}


def test_a_media_folder_that_is_not_there_yet_is_tidy(media: Path) -> None:
    assert tidy() == Tidied(parts=0, files=0)


def test_it_does_not_follow_links_out_of_the_folder(media: Path, tmp_path: Path) -> None:
    outside = put(tmp_path, "outside/uploads/precious")
    (media / "uploads").mkdir(parents=True)
    (media / "uploads" / "folder").symlink_to(outside.parent)
    (media / "uploads" / "file").symlink_to(outside)
    assert tidy() == Tidied(parts=0, files=0)
    assert outside.exists()


# --- With an owner of this test's own ---


@pytest.fixture
def own(monkeypatch: pytest.MonkeyPatch) -> Own:
    """Register the owner of a folder "own", for this test."""
    monkeypatch.setattr(registry, "_file_owners", {})
    return lambda is_owned: registry.add_file_owner("own", is_owned)


def test_it_asks_in_batches_with_paths_below_the_media_folder(media: Path, monkeypatch: pytest.MonkeyPatch, own: Own) -> None:
    monkeypatch.setattr(tidying, "BATCH", 4)
    names = {put(media, f"own/{number % 3}/{number}").relative_to(media).as_posix() for number in range(10)}
    kept = sorted(names)[:5]
    asked: list[Sequence[str]] = []

    def is_owned(paths: Sequence[str]) -> set[str]:
        asked.append(paths)
        return {path for path in paths if path in kept}

    own(is_owned)
    assert tidy() == Tidied(parts=0, files=5)
    assert sorted(len(paths) for paths in asked) == [2, 4, 4]
    assert {path for paths in asked for path in paths} == names
    assert left(media) == set(kept)


def test_a_file_written_anew_while_it_asks_stays(media: Path, own: Own) -> None:
    file = put(media, "own/result")

    def is_owned(_: Sequence[str]) -> set[str]:
        file.write_bytes(b"fetched again")
        return set()

    own(is_owned)
    assert tidy() == Tidied(parts=0, files=0)
    assert file.read_bytes() == b"fetched again"


def test_a_file_removed_by_somebody_else_while_it_asks_is_no_error(media: Path, own: Own) -> None:
    file = put(media, "own/result")

    def is_owned(_: Sequence[str]) -> set[str]:
        file.unlink()
        return set()

    own(is_owned)
    assert tidy() == Tidied(parts=0, files=0)


def test_it_lists_one_file_after_another(tmp_path: Path) -> None:
    for number in range(3):
        put(tmp_path, f"deep/{number}/file")
    files: Iterator[Path] = crypto.files_below(tmp_path)
    assert next(files).name == "file"
    assert len(list(files)) == 2


# --- Every day ---


def test_it_logs_counts_and_no_names(media: Path, caplog: pytest.LogCaptureFixture) -> None:
    name = uuid4()
    put(media, f"uploads/{name}")
    put(media, "uploads/x.0123456789abcdef.part")
    with caplog.at_level(logging.INFO, logger="portal.tidying"):
        tasks.tidy()
    assert caplog.messages == ["tidied: 1 unfinished files and 1 files without an owner removed"]


def test_beat_starts_it_once_a_day_and_a_late_message_expires() -> None:
    scheduled = app.conf.beat_schedule["tidy"]
    assert scheduled["task"] == tasks.tidy.name
    assert isinstance(scheduled["schedule"], crontab)
    assert re.search(r" \d+ \d+ \* \* \* ", str(scheduled["schedule"])), "one minute of one hour, every day"
    assert 0 < scheduled["options"]["expires"] < 86_400


def test_every_scheduled_task_is_a_task_that_workers_know() -> None:
    assert {scheduled["task"] for scheduled in app.conf.beat_schedule.values()} <= set(app.tasks)


def test_both_folders_that_files_are_stored_in_have_an_owner() -> None:
    assert {"uploads", "archives"} <= set(registry.file_owners())
