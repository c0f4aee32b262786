"""A table is received, its columns are chosen, and it is read, at once when it is small; or it is discarded."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from django.db import transaction
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from portal import audit, clock, crypto, runtime, steps
from portal.models import Organization, User
from portal.reading import FileProblem
from portal.uploads import StoredUpload
from privacy import catalog, intake
from privacy.models import TableImport, Upload
from privacy.statuses import TableKind, TableStatus
from privacy.tables import converting, heads, remembering
from privacy.tables.converting import open_file, reading_of
from privacy.tables.guessing import guess
from privacy.tables.mapping import Mapping, kinds_of_identity
from privacy.tables.rows import Reading
from privacy.writing import LEASE_SECONDS

# How many times its size a workbook may hold, at a guess.
PACKED: Final = 20

# How long the bad rows of a table wait for somebody to correct them.
KEPT_DAYS: Final = 30
# While nobody reads it, and no upload has come of it.
_AT_REST: Final = (TableStatus.MAPPING, TableStatus.REFUSED)


def take_in(file: StoredUpload, *, organization: Organization, user: User) -> TableImport:
    """Keep a file that is a table, with a guess of what its columns are. Raises FileProblem; nothing is kept then."""
    if file.too_large:
        most = filesizeformat(runtime.number("UPLOAD_MAX_BYTES"))
        message = _("The file is larger than %(most)s, the most that is taken here. Split it into several files.")
        raise FileProblem("too-large", message % {"most": most})
    reading, head = heads.read_head(file.open_plain(), heads.detect(file.open_plain()))
    table = TableImport(
        organization=organization,
        uploaded_by=user,
        data_key=file.data_key,
        path=file.path,
        size=file.size or 0,
        next_attempt_at=clock.read(),
    )
    table.file_name = file.name or ""
    _keep_head(table, reading, head)
    with transaction.atomic():
        file.data_key.save(force_insert=True)
        table.save(force_insert=True)
        _record("table.received", table, user)
    file.kept = True
    return table


def _keep_head(table: TableImport, reading: Reading, head: heads.Head, *, remembered: bool = True) -> None:
    """With the columns as they were chosen last for such a header, else as they look."""
    table.kind, table.encoding, table.separator = reading.kind, reading.encoding, reading.separator
    known = remembering.recall(table.organization, head.columns) if remembered else None
    table.head = heads.stored(reading, head) | {"remembered": known.chosen_at.isoformat() if known else ""}
    table.mapping = (known.mapping if known else _guessed(table.organization, head)).to_dict()


def _guessed(organization: Organization, head: heads.Head) -> Mapping:
    kinds = kinds_of_identity(catalog.current(), organization.product_codes)
    return guess(head, [kind for group in kinds.values() for kind in group])


def read_differently(table: TableImport, reading: Reading) -> None:
    """Read the table with another encoding, separator, sheet or header; guessed anew. Raises FileProblem, NotPossible."""
    before = reading_of(table)
    changed = replace(reading, kind=before.kind)
    if changed == before:
        return
    # Another sheet has another header; what the person says of the header of the same one holds.
    find_header = changed.sheet != before.sheet and changed.has_header == before.has_header
    changed, head = heads.read_head(open_file(table), changed, find_header=find_header)
    _keep_head(table, changed, head)
    _change_head(table)


def guess_anew(table: TableImport) -> None:
    """The columns as they look, whatever was chosen for such a header before. Raises FileProblem, NotPossible."""
    reading, head = heads.read_head(open_file(table), reading_of(table), find_header=False)
    _keep_head(table, reading, head, remembered=False)
    _change_head(table)


def _change_head(table: TableImport) -> None:
    _change(
        table,
        encoding=table.encoding,
        separator=table.separator,
        head_sealed=table.head_sealed,
        mapping_sealed=table.mapping_sealed,
        status=TableStatus.MAPPING,
    )


def choose(table: TableImport, mapping: Mapping, received_on: date, user: User) -> None:
    """Keep what the columns are, and read the table: at once when it is small, else a worker does. Raises NotPossible."""
    table.mapping = mapping.to_dict()
    # From here on it is what was chosen for this table.
    table.head = table.head | {"remembered": ""}
    _start(table, user, received_on=received_on, mapping_sealed=table.mapping_sealed, head_sealed=table.head_sealed)


def go_on(table: TableImport, user: User) -> None:
    """Make the upload of the good rows, without the bad ones. Raises NotPossible."""
    if table.status != TableStatus.REFUSED or not converting.findings_of(table).people:
        raise intake.NotPossible(_("There are no good rows to go on with."))
    table.mapping = replace(Mapping.from_dict(table.mapping), leave_out_bad=True).to_dict()
    _start(table, user, mapping_sealed=table.mapping_sealed)


def choose_again(table: TableImport) -> None:
    """Back to the columns of a table that was refused. Raises NotPossible."""
    _change(table, status=TableStatus.MAPPING)


def _start(table: TableImport, user: User, **fields: object) -> None:
    # A workbook is packed: it holds many times what its size says.
    unpacked = table.size * (PACKED if table.kind == TableKind.XLSX else 1)
    is_small = unpacked <= runtime.number("UPLOAD_INLINE_BYTES")
    lease = uuid.uuid4()
    # A small one is ours from the beginning; should this process die, a worker has it once the lease has run out.
    begin_at = clock.read() + timedelta(seconds=LEASE_SECONDS if is_small else 0)
    with transaction.atomic():
        _change(table, status=TableStatus.WAITING, lease=lease, next_attempt_at=begin_at, attempts=0, rows_read=0, **fields)
        remembering.remember(table, Mapping.from_dict(table.mapping))
        _record("table.chosen", table, user)
        if not is_small:
            steps.wake(converting.STEP)
    if is_small and (begun := converting.begin(table.pk, lease)):
        converting.convert(begun, lease)
        if begun.upload is not None and begun.upload.size <= runtime.number("UPLOAD_INLINE_BYTES"):
            intake.check(begun.upload)


def discard(table: TableImport, user: User | None) -> None:
    """Remove the file, the bad rows and all that was read from them. None: nobody came back to it.

    Raises NotPossible when it was done or discarded already.
    """
    with transaction.atomic():
        there = TableImport.objects.filter(pk=table.pk).exclude(status=TableStatus.DISCARDED)
        if not there.update(status=TableStatus.DISCARDED):
            raise intake.NotPossible(_("This table was discarded already."))
        # As it is now: a worker may have read it to its end since.
        table.refresh_from_db(fields=["path", "bad_path"])
        paths = converting.forget(table)
        _record(f"table.{audit.discarded_by(user)}", table, user)
    for path in paths:
        crypto.discard(path)


def forget_with(upload: Upload) -> list[Path]:
    """The request of an upload is shredded, and so is what is left of its table. Gives the files to discard."""
    table = TableImport.objects.select_related("data_key").filter(upload=upload).first()
    if table is None:
        return []
    remembering.forget_of(table)
    return converting.forget(table)


def forget_old() -> None:
    """Bad rows that nobody has come for in a long time."""
    before = clock.read() - timedelta(days=KEPT_DAYS)
    old = TableImport.objects.select_related("data_key").filter(status=TableStatus.DONE, created_at__lt=before)
    for table in old.exclude(bad_path=""):
        with transaction.atomic():
            paths = converting.forget(table)
        for path in paths:
            crypto.discard(path)


def _change(table: TableImport, **fields: object) -> None:
    """Change a table that nobody reads. Raises NotPossible."""
    if not TableImport.objects.filter(pk=table.pk, status__in=_AT_REST).update(**fields):
        raise intake.NotPossible(_("This table is being read, or was discarded a moment ago."))
    for name, value in fields.items():
        setattr(table, name, value)


def _record(action: str, table: TableImport, user: User | None) -> None:
    audit.record(action, actor=user, organization=table.organization, obj=table, root_id=table.pk)
