"""Reading a table in a worker: it begins anew after a crash, tells how far it is, and leaves nothing that nobody needs."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.utils import timezone

from portal import clock, crypto, tidying
from portal.models import Organization
from portal.reading import FileProblem
from privacy import files, intake, tables
from privacy.models import TableImport, Upload
from privacy.statuses import TableStatus
from privacy.tables import converting
from privacy.tables.people import Good, people
from tests.actors import stored_files
from tests.pages import Browser
from tests.steps import step_is_due, work
from tests.tables import LONG, address, csv_bytes, read, taken, wide, xlsx_bytes

pytestmark = pytest.mark.django_db


class Killed(BaseException):
    """The worker's process ends here."""


@pytest.fixture
def waiting(browser: Browser, organization: Organization, settings: LazySettings) -> TableImport:
    """A table of five people that waits for a worker."""
    settings.UPLOAD_INLINE_BYTES = 10
    return read(browser, taken(browser, organization, csv_bytes(wide(5))))


def lease_over() -> None:
    """The worker that had it is dead for so long that another one may take it."""
    TableImport.objects.update(next_attempt_at=clock.read() - timedelta(seconds=1))


def killed_after(monkeypatch: pytest.MonkeyPatch, so_many: int) -> None:
    """Let the process die when it has written so many people."""
    true = people

    def dying(*arguments: Any, **options: Any) -> Iterator[Any]:
        for count, found in enumerate(true(*arguments, **options)):
            if count == so_many:
                raise Killed
            yield found

    monkeypatch.setattr(converting, "people", dying)


def test_a_worker_killed_midway_leaves_nothing_and_another_begins_anew(
    waiting: TableImport, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        killed_after(patched, 3)
        with pytest.raises(Killed):
            tables.convert_next()
    assert stored_files() == {waiting.path}
    assert not step_is_due("tables")
    lease_over()
    work("tables")
    waiting.refresh_from_db()
    assert waiting.status == TableStatus.DONE
    assert waiting.upload is not None
    with intake.open_stream(waiting.upload) as stream:
        assert len(json.load(stream)["users"]) == 5
    assert Upload.objects.count() == 1


def test_one_that_takes_its_workers_down_is_given_up(waiting: TableImport, monkeypatch: pytest.MonkeyPatch) -> None:
    killed_after(monkeypatch, 0)
    for _ in range(converting.MOST_ATTEMPTS):
        with pytest.raises(Killed):
            tables.convert_next()
        lease_over()
    work("tables")
    waiting.refresh_from_db()
    assert (waiting.status, waiting.last_error) == (TableStatus.REFUSED, "gave_up")
    assert "could not be read in several attempts" in tables.findings_of(waiting).problem


def test_what_is_discarded_while_it_is_read_stays_discarded(waiting: TableImport, monkeypatch: pytest.MonkeyPatch) -> None:
    true = people

    def discarded_on_the_way(*arguments: Any, **options: Any) -> Iterator[Any]:
        for count, found in enumerate(true(*arguments, **options)):
            if count == 2:
                tables.discard(TableImport.objects.get(), waiting.uploaded_by)
            yield found

    monkeypatch.setattr(converting, "people", discarded_on_the_way)
    work("tables")
    waiting.refresh_from_db()
    assert waiting.status == TableStatus.DISCARDED
    assert not Upload.objects.exists()
    assert stored_files() == set()


def test_how_far_it_is_is_told_on_the_way(waiting: TableImport, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(converting, "_TELL_SECONDS", 0.0)
    seen: list[tuple[int, int, str]] = []
    true = people

    def watched(*arguments: Any, **options: Any) -> Iterator[Any]:
        for found in true(*arguments, **options):
            now = TableImport.objects.get()
            seen.append((now.rows_read, now.bytes_read, now.status))
            yield found

    monkeypatch.setattr(converting, "people", watched)
    work("tables")
    assert [rows for rows, _, _ in seen] == [0, 1, 2, 3, 4]
    assert {status for _, _, status in seen} == {TableStatus.READING}
    assert all(0 < read_ <= waiting.size for _, read_, _ in seen)


def test_a_lost_file_is_said(waiting: TableImport) -> None:
    crypto.discard(waiting.file_path)
    work("tables")
    waiting.refresh_from_db()
    assert "gone or damaged" in tables.findings_of(waiting).problem


def test_a_folder_that_is_not_there_is_waited_for(waiting: TableImport, tmp_path: Path) -> None:
    folder = waiting.file_path.parent
    folder.rename(tmp_path / "elsewhere")
    with pytest.raises(FileNotFoundError):
        tables.convert_next()
    (tmp_path / "elsewhere").rename(folder)
    lease_over()
    work("tables")
    waiting.refresh_from_db()
    assert waiting.status == TableStatus.DONE


def test_its_files_are_owned(waiting: TableImport, browser: Browser, organization: Organization, settings: LazySettings) -> None:
    settings.UPLOAD_INLINE_BYTES = 1024 * 1024
    refused = read(browser, taken(browser, organization, csv_bytes(wide(2, bad=[2]))))
    paths = [waiting.path, refused.path, refused.bad_path, "uploads/nobodys"]
    assert files.owned_tables(paths) == set(paths[:3])
    before = stored_files()
    tidying.tidy()
    assert stored_files() == before


def test_bad_rows_that_nobody_came_for_are_forgotten(browser: Browser, organization: Organization) -> None:
    table = read(browser, taken(browser, organization, csv_bytes(wide(2, bad=[2]))))
    browser.post(address("go-on", table))
    table.refresh_from_db()
    TableImport.objects.update(created_at=timezone.now() - timedelta(days=29))
    tables.forget_old()
    assert table.bad_path in stored_files()
    TableImport.objects.update(created_at=timezone.now() - timedelta(days=31))
    tables.forget_old()
    assert table.bad_path not in stored_files()
    assert TableImport.objects.get().data_key is None


def test_problems_on_the_way_are_said(waiting: TableImport, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> Iterator[Any]:
        yield Good({"action": ["access"], "userIDs": []}, 1, 2)
        raise FileProblem("not-csv", "A line is too long.")

    monkeypatch.setattr(converting, "people", broken)
    work("tables")
    waiting.refresh_from_db()
    assert (waiting.status, waiting.last_error) == (TableStatus.REFUSED, "not-csv")
    assert tables.findings_of(waiting).problem == "A line is too long."
    assert stored_files() == {waiting.path}


def memory_of_reading(browser: Browser, organization: Organization, content: bytes) -> int:
    """The most memory that reading a table takes, in bytes."""
    read(browser, taken(browser, organization, content))
    tracemalloc.start()
    try:
        work("tables")
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("form", ["wide", "long", "workbook"])
def test_memory_hardly_grows_with_the_table(
    browser: Browser, organization: Organization, settings: LazySettings, form: str
) -> None:
    settings.UPLOAD_INLINE_BYTES = 10

    def content(count: int) -> bytes:
        if form == "long":
            rows = ((f"k{n}", "Email", f"person-{n}@example.com", "", "access") for n in range(count))
            return csv_bytes([LONG, *rows])
        return csv_bytes(wide(count)) if form == "wide" else xlsx_bytes(wide(count))

    few = memory_of_reading(browser, organization, content(200))
    many = memory_of_reading(browser, organization, content(2_000))
    # Two hashes are kept of each person; of a workbook the texts too.
    assert many < few + 1_800 * (1_200 if form == "workbook" else 500)
