"""Which stored files are this app's own: asked by the tidying before it removes a file."""

from __future__ import annotations

from collections.abc import Sequence

from privacy.models import ResultArchive, TableImport, Upload


def owned_uploads(paths: Sequence[str]) -> set[str]:
    """Those of `paths` that are the file of an upload."""
    return set(Upload.objects.filter(path__in=paths).values_list("path", flat=True))


def owned_tables(paths: Sequence[str]) -> set[str]:
    """Those of `paths` that are the file of a table, or of the bad rows of one."""
    tables = TableImport.objects.all()
    files = set(tables.filter(path__in=paths).values_list("path", flat=True))
    return files | set(tables.filter(bad_path__in=paths).values_list("bad_path", flat=True))


def owned_archives(paths: Sequence[str]) -> set[str]:
    """Those of `paths` that are the file of a result."""
    return set(ResultArchive.objects.filter(path__in=paths).values_list("path", flat=True))
