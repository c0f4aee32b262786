"""A table becomes an upload: its rows are read as a stream, and written as a request file, encrypted as it is written.

The same worker step may begin anew at any time: nothing is kept of a reading that did not come to its end.
"""

from __future__ import annotations

import json
import logging
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.db import models, transaction
from django.utils import translation
from django.utils.translation import gettext as _

from portal import audit, clock, crypto, leases, steps
from portal.ids import new_id
from portal.models import DataKey
from portal.reading import FileProblem
from portal.uploads import FOLDER, UPLOAD_LABEL, StoredUpload
from privacy import intake
from privacy.models import TableImport
from privacy.reading import TABLE_ROW
from privacy.statuses import Origin, TableStatus
from privacy.tables.bad_rows import BadRows, open_bad_rows
from privacy.tables.findings import Findings
from privacy.tables.heads import open_table
from privacy.tables.mapping import Mapping
from privacy.tables.people import Bad, people
from privacy.tables.rows import OpenTable, Reading, Row
from privacy.writing import LEASE_SECONDS, LeaseLost

logger = logging.getLogger(__name__)

STEP: Final = "tables"
BAD_ROWS_LABEL: Final = "privacy.table.bad_rows"
# A table that takes its worker down so often is not tried again.
MOST_ATTEMPTS: Final = 5
_TELL_SECONDS: Final = 1.0


# --- The step ---


def convert_next() -> int:
    """Read one table whose columns were chosen. Returns how many had their turn."""
    lease, ids = leases.take(TableImport.objects.to_read(clock.now()), "next_attempt_at", most=1, seconds=LEASE_SECONDS)
    table = begin(ids[0], lease) if ids else None
    if table is not None:
        convert(table, lease)
    return len(ids)


def begin(pk: Any, lease: uuid.UUID) -> TableImport | None:
    """The leased table, as one being read; None when somebody discarded it meanwhile."""
    waiting = TableImport.objects.filter(pk=pk, lease=lease, status__in=(TableStatus.WAITING, TableStatus.READING))
    if not waiting.update(status=TableStatus.READING, attempts=models.F("attempts") + 1, rows_read=0, bytes_read=0):
        return None
    with_keys = TableImport.objects.select_related("organization__data_key", "uploaded_by", "data_key")
    table: TableImport = with_keys.get(pk=pk)
    return table


def convert(table: TableImport, lease: uuid.UUID) -> None:
    """Read the table to its end. It is done, with an upload that is checked next, or refused with reasons.

    Reasons are in the language of the person who chose the file.
    """
    with translation.override(table.uploaded_by.language or translation.get_language()):
        try:
            if table.attempts > MOST_ATTEMPTS:
                _refuse(table, lease, Findings(problem=_("It could not be read in several attempts. Split it.")), "gave_up")
            else:
                _Conversion(table, lease).run()
        except LeaseLost:
            logger.info("table %s was discarded, or another worker reads it", table.pk)
        except FileProblem as problem:
            _refuse(table, lease, Findings(problem=problem.message), problem.code)
        except crypto.MasterKeyMissing:
            # The file is well: a worker that has the key reads it once this lease has run out.
            raise
        except FileNotFoundError:
            if not table.file_path.parent.is_dir():
                # Not its file alone: a disk is not mounted.
                raise
            _refuse(table, lease, Findings(problem=_lost()), "lost")
        except crypto.CannotDecrypt:
            _refuse(table, lease, Findings(problem=_lost()), "lost")


def _lost() -> str:
    return _("The stored file is gone or damaged. Discard this table and choose the file again.")


def reading_of(table: TableImport) -> Reading:
    """How the table is read."""
    return Reading(**table.head["reading"])


def open_file(table: TableImport) -> crypto.SealedReader:
    """The decrypted bytes of a table. Raises CannotDecrypt, FileNotFoundError."""
    if table.data_key is None:
        raise crypto.CannotDecrypt("the table was discarded")
    return crypto.open_sealed(table.file_path, crypto.box_for(table.data_key), UPLOAD_LABEL)


def findings_of(table: TableImport) -> Findings:
    """What its last reading found."""
    return Findings.from_dict((table.head or {}).get("found"))


# --- One reading ---


class _Conversion:
    """One reading of one table under a lease. Files that nobody came to own are removed at its end."""

    def __init__(self, table: TableImport, lease: uuid.UUID) -> None:
        self._table, self._lease = table, lease
        self._reading = reading_of(table)
        self._mapping = Mapping.from_dict(table.mapping)
        self._rules = intake.rules_for(table.organization)
        self.findings = Findings()
        self._file = _new_file()
        self._bad_path = ""
        self._bad: BadRows | None = None
        self._told_at = time.monotonic()
        self._open: OpenTable | None = None

    def run(self) -> None:
        """Raises LeaseLost, FileProblem, CannotDecrypt, FileNotFoundError."""
        # Before anything is written: a folder that is not mounted must not be made anew.
        open_file(self._table).close()
        kept = False
        try:
            with ExitStack() as files:
                target = files.enter_context(crypto.write_sealed(self._file.file_path, _box(self._file.data_key), UPLOAD_LABEL))
                self._write(target, files)
            self._file.size = target.size
            kept = self._settle()
        finally:
            if not kept:
                self._file.drop()

    def _write(self, target: crypto.SealedWriter, files: ExitStack) -> None:
        target.write(_start_of_file(self._table, self._mapping))
        for found in people(self._rows, self._mapping, self._rules, has_header=self._reading.has_header):
            if isinstance(found, Bad):
                self._add_bad(found, files)
            else:
                between = b",\n" if self.findings.people else b"\n"
                entry = found.entry | {TABLE_ROW: found.row}
                target.write(between + json.dumps(entry, ensure_ascii=False).encode())
                self.findings.people += 1
                self.findings.good_rows += found.rows
            self._tell()
        target.write(b"\n]}\n")
        if self._bad is not None:
            self._bad.finish()

    def _rows(self) -> Iterator[Row]:
        with open_table(open_file(self._table), self._reading) as table:
            self._open = table
            for row in table.rows():
                self._tell()
                yield row

    def _add_bad(self, bad: Bad, files: ExitStack) -> None:
        self.findings.add_bad(bad.reason)
        if self._bad is None:
            assert self._table.data_key is not None  # noqa: S101 - its file was just opened
            self._bad_path = f"{FOLDER}/{new_id()}"
            path = Path(settings.MEDIA_ROOT) / self._bad_path
            target = files.enter_context(crypto.write_sealed(path, _box(self._table.data_key), BAD_ROWS_LABEL))
            self._bad = open_bad_rows(target, self._reading, self._table.head["columns"])
        self._bad.add(bad.row, bad.reason)

    def _tell(self) -> None:
        """How far it is, now and then; this keeps the lease too. Raises LeaseLost."""
        if time.monotonic() < self._told_at + _TELL_SECONDS:
            return
        self._told_at = time.monotonic()
        part = self._open.part_read() if self._open else 0.0
        _update(
            self._table,
            self._lease,
            rows_read=self.findings.rows,
            bytes_read=int(part * self._table.size),
            next_attempt_at=clock.read() + timedelta(seconds=LEASE_SECONDS),
        )

    def _settle(self) -> bool:
        """Keep what came of it. Gives whether the request file was kept."""
        if not self.findings.rows:
            raise FileProblem("empty", _("The table has no rows below its header. Choose the file again."))
        if not self.findings.people or (self.findings.bad_rows and not self._mapping.leave_out_bad):
            _refuse(self._table, self._lease, self.findings, "bad_rows", self._bad_path)
            return False
        _finish(self._table, self._lease, self._file, self.findings, self._bad_path)
        return True


def _new_file() -> StoredUpload:
    file_id = new_id()
    key = DataKey.new("upload", file_id)
    return StoredUpload(name="table", path=f"{FOLDER}/{file_id}", size=0, data_key=key, too_large=False, refused=False)


def _box(key: DataKey) -> crypto.Box:
    return crypto.box_for(key)


def _start_of_file(table: TableImport, mapping: Mapping) -> bytes:
    """Everything of a request file but its people (Privacy Service API, create a privacy job)."""
    head = {
        "companyContexts": [{"namespace": "imsOrgID", "value": table.organization.ims_org_id}],
        "include": list(mapping.products),
        "expandIds": False,
        "regulation": mapping.regulation,
    }
    return json.dumps(head)[:-1].encode() + b', "users": ['


# --- What comes of it ---


def _update(table: TableImport, lease: uuid.UUID, **fields: Any) -> None:
    """Raises LeaseLost when the table is another worker's, or was discarded."""
    if not TableImport.objects.filter(pk=table.pk, lease=lease, status=TableStatus.READING).update(**fields):
        raise LeaseLost
    for name, value in fields.items():
        setattr(table, name, value)


def _kept_findings(table: TableImport, findings: Findings, **head: Any) -> dict[str, Any]:
    table.head = table.head | head | {"found": findings.to_dict()}
    return {"head_sealed": table.head_sealed, "rows_read": findings.rows, "bad_rows": findings.bad_rows, "bytes_read": table.size}


def _refuse(table: TableImport, lease: uuid.UUID, findings: Findings, code: str, bad_path: str = "") -> None:
    before = table.bad_path
    try:
        with transaction.atomic():
            kept = _kept_findings(table, findings)
            _update(table, lease, status=TableStatus.REFUSED, last_error=code, bad_path=bad_path, **kept)
            _record("table.refused", table, {"rows": findings.rows, "bad": findings.bad_rows})
    except LeaseLost:
        logger.info("table %s was discarded while it was read", table.pk)
        _discard(bad_path)
        return
    _discard(before)


def _finish(table: TableImport, lease: uuid.UUID, file: StoredUpload, findings: Findings, bad_path: str) -> None:
    """Raises LeaseLost, with nothing kept."""
    before, source = table.bad_path, table.file_path
    file.name = table.file_name or "table"
    assert table.received_on is not None  # noqa: S101 - it is given with the columns
    try:
        with transaction.atomic():
            # Its rows live in the upload now.
            kept = _kept_findings(table, findings, rows=[])
            _update(table, lease, status=TableStatus.DONE, last_error="", bad_path=bad_path, path="", **kept)
            upload = intake.receive(
                file,
                organization=table.organization,
                user=table.uploaded_by,
                received_on=table.received_on,
                origin=Origin.TABLE,
            )
            TableImport.objects.filter(pk=table.pk).update(upload=upload, mapping_sealed=None)
            if not bad_path:
                forget(table)
            details = {"rows": findings.rows, "bad": findings.bad_rows, "people": findings.people}
            _record("table.read", table, details | {"upload": str(upload.pk)})
            steps.wake("check")
    except LeaseLost:
        _discard(bad_path)
        raise
    table.upload = upload
    file.kept = True
    _discard(before)
    crypto.discard(source)


def forget(table: TableImport) -> list[Path]:
    """Remove all that is personal of a table, in the caller's transaction. Gives the files to discard once it is committed."""
    paths = [Path(settings.MEDIA_ROOT) / path for path in (table.path, table.bad_path) if path]
    sealed = {"file_name_sealed": None, "head_sealed": None, "mapping_sealed": None}
    TableImport.objects.filter(pk=table.pk).update(path="", bad_path="", lease=None, **sealed)
    if table.data_key is not None:
        table.data_key.destroy()
    return paths


def _record(action: str, table: TableImport, details: dict[str, audit.Scalar]) -> None:
    audit.record(action, actor=None, organization=table.organization, obj=table, root_id=table.pk, details=details)


def _discard(path: str) -> None:
    if path:
        crypto.discard(Path(settings.MEDIA_ROOT) / path)
