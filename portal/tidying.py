"""Removing files that nobody needs any more: halves that a killed process left, and stored files that no row names.

Both can be there for a short while in ordinary work: a file is written before its row names it, and a row is gone before its file
is. Hence only files that were last written a day ago or more are looked at.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from django.conf import settings

from portal import crypto, heartbeats, job_days, registry, tally
from portal.api import idempotency
from portal.search import keeping

logger = logging.getLogger(__name__)

OLD_SECONDS = 86_400.0
BATCH = 500


@dataclass(frozen=True)
class Tidied:
    """How many files were removed: unfinished ones, and whole ones that no row names."""

    parts: int
    files: int


def tidy() -> Tidied:
    """Remove what is old and nobody's, also rows about days long past. Folders without a registered owner are left alone."""
    root = Path(settings.MEDIA_ROOT)
    parts = crypto.discard_stale_parts(root, OLD_SECONDS)
    files = sum(_remove_unowned(root, folder, is_owned) for folder, is_owned in registry.file_owners().items())
    idempotency.forget_old()
    heartbeats.forget_old()
    tally.forget_old()
    job_days.forget_old()
    keeping.forget_old()
    logger.info("tidied: %d unfinished files and %d files without an owner removed", parts, files)
    return Tidied(parts, files)


def _remove_unowned(root: Path, folder: str, is_owned: Callable[[Sequence[str]], set[str]]) -> int:
    removed = 0
    old = (file for file in crypto.files_below(root / folder) if not crypto.is_part(file) and _is_old(file))
    for batch in _batches(old):
        owned = is_owned([_name(file, root) for file in batch])
        for file in batch:
            # Looked at again: a writer may have put a new file into its place since, and will name it next.
            if _name(file, root) not in owned and _is_old(file):
                crypto.discard(file)
                removed += 1
    return removed


def _batches(files: Iterator[Path]) -> Iterator[list[Path]]:
    while batch := list(islice(files, BATCH)):
        yield batch


def _is_old(file: Path) -> bool:
    return crypto.older_than(file, OLD_SECONDS)


def _name(file: Path, root: Path) -> str:
    return file.relative_to(root).as_posix()
