"""What `make demo ARGS="--once FILE"` does with its files; tests/portal/test_demo.py runs the whole of it, as a command."""

from __future__ import annotations

from pathlib import Path

import pytest

from portal.models import User
from privacy.demo.once import run_once
from privacy.demo.samples import write_samples
from privacy.models import PrivacyRequest, Upload
from privacy.statuses import UploadStatus
from tests.steps import work

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(tmp_path: Path, media: Path) -> Path:
    """With the files that the demo writes."""
    write_samples(tmp_path)
    return tmp_path


def once(folder: Path, officer: User, *names: str) -> int:
    """The exit status. Instead of waiting for the worker, its work is done."""
    files = [folder / name for name in names]
    return run_once(files, folder, officer.username, lambda: work("check"), patience_seconds=0)


def test_it_prints_the_findings_of_a_file_with_mistakes_and_sends_nothing(
    folder: Path, officer: User, capsys: pytest.CaptureFixture[str]
) -> None:
    assert once(folder, officer, "access-and-delete.json", "with-mistakes.json") == 1
    said = capsys.readouterr().out
    assert "Row 6, case-6005: a person can have at most 9 identities; this one has 12. Split it into two people." in said
    assert "Nothing was sent to Adobe." in said
    assert not PrivacyRequest.objects.exists()
    assert set(Upload.objects.values_list("status", flat=True)) == {UploadStatus.REFUSED, UploadStatus.DISCARDED}
