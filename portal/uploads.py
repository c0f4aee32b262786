"""Uploads are encrypted while they arrive: no byte of them touches a disk in clear.

Django's own handlers would write large files to the temporary folder, so this handler is the only one. It runs for every POST
with files, also before a view has looked at it; hence it keeps nothing of people who are not signed in.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler
from django.http import HttpRequest

from portal import crypto, full_disk, runtime
from portal.crypto.files import SealedWriter
from portal.ids import new_id
from portal.models import DataKey

UPLOAD_LABEL = "portal.upload.file"
FOLDER = "uploads"


class StoredUpload(UploadedFile):  # type: ignore[type-arg]  # not generic at run time
    """One uploaded file, encrypted under a data key of its own that is not saved yet.

    Whoever keeps the file saves `data_key` and sets `kept`; what nobody keeps goes when the request ends. `too_large` and
    `refused` files are gone already.
    """

    def __init__(self, *, name: str, path: str, size: int, data_key: DataKey, too_large: bool, refused: bool) -> None:
        super().__init__(BytesIO(), name, "application/octet-stream", size)
        self.path = path
        self.data_key = data_key
        self.too_large = too_large
        self.refused = refused
        self.kept = False

    @property
    def file_path(self) -> Path:
        """Where the encrypted bytes are."""
        return Path(settings.MEDIA_ROOT) / self.path

    def open_plain(self) -> crypto.SealedReader:
        """The bytes in clear, as a stream."""
        return crypto.open_sealed(self.file_path, crypto.box_for(self.data_key), UPLOAD_LABEL)

    def drop(self) -> None:
        """Remove the file."""
        crypto.discard(self.file_path)


def store(source: BinaryIO, *, name: str, size: int) -> StoredUpload:
    """A stream that did not come through a form (a file of an operator, the body of an API call), stored as an upload is.

    `size` in bytes; what is over the limit is not read. Raises OSError of the source or of the disk, with nothing left behind.
    """
    upload_id = new_id()
    key = DataKey.new("upload", upload_id)
    stored = StoredUpload(
        name=name,
        path=f"{FOLDER}/{upload_id}",
        size=size,
        data_key=key,
        too_large=size > runtime.number("UPLOAD_MAX_BYTES"),
        refused=False,
    )
    if stored.too_large:
        return stored
    stored.file_path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with crypto.write_sealed(stored.file_path, crypto.box_for(key), UPLOAD_LABEL) as target:
        shutil.copyfileobj(source, target)
    return stored


class EncryptingUploadHandler(FileUploadHandler):
    """Encrypts each chunk as it comes; stops writing, but goes on reading, when a file is not to be kept.

    It is too large, nobody is signed in, or the disk is full. A browser that is still sending would not read an answer.
    """

    chunk_size = 64 * 1024
    _no_room: OSError | None = None

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """A new file begins."""
        super().new_file(*args, **kwargs)
        upload_id = new_id()
        self._path = f"{FOLDER}/{upload_id}"
        self._key = DataKey.new("upload", upload_id)
        self._received = 0
        self._too_large = False
        self._refused = not self._is_signed_in()
        self._writer: SealedWriter | None = None
        if not self._refused and self._no_room is None:
            self._unless_full(self._begin)
        if self.request is not None:
            vars(self.request)["receiving_upload"] = self

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:  # noqa: ARG002 - Django's signature
        """Encrypt the chunk; hand nothing on to other handlers."""
        self._received += len(raw_data)
        if self._writer is None:
            return
        if self._received > runtime.number("UPLOAD_MAX_BYTES"):
            self._too_large = True
            self._abort()
            return
        self._unless_full(partial(self._writer.write, raw_data))

    def file_complete(self, file_size: int) -> StoredUpload | None:
        """Make the encrypted file durable and hand it to the view."""
        if self._writer is not None:
            self._unless_full(self._writer.close)
            self._writer = None
        if self._no_room is not None:
            return None
        stored = StoredUpload(
            name=self.file_name or "",
            path=self._path,
            size=file_size,
            data_key=self._key,
            too_large=self._too_large,
            refused=self._refused,
        )
        _stored_with(self.request).append(stored)
        return stored

    def upload_complete(self) -> None:
        """Everything was read. Raises OSError when there was no room for some of it."""
        if self._no_room is not None:
            raise self._no_room

    def upload_interrupted(self) -> None:
        """The sender went away: nothing of a half file is kept."""
        self._abort()

    def _is_signed_in(self) -> bool:
        user = getattr(self.request, "user", None)
        return user is not None and user.is_authenticated

    def _begin(self) -> None:
        target = Path(settings.MEDIA_ROOT) / self._path
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._writer = crypto.write_sealed(target, crypto.box_for(self._key), UPLOAD_LABEL)

    def _unless_full(self, write: Callable[[], object]) -> None:
        """A full disk is said when everything was read."""
        try:
            write()
        except OSError as error:
            if not full_disk.is_cause_of(error):
                raise
            self._no_room = error
            # What waits to be written finds no room either.
            with contextlib.suppress(OSError):
                self._abort()
            self._writer = None

    def _abort(self) -> None:
        writer = getattr(self, "_writer", None)
        if writer is not None:
            writer.abort()
            self._writer = None


def drop_unkept(request: HttpRequest) -> None:
    """Remove the files of an HTTP request that nobody has kept, and the half of one that broke off with an error."""
    receiving = vars(request).get("receiving_upload")
    if isinstance(receiving, EncryptingUploadHandler):
        # Django tells a handler of a body that just ends, not of a connection, a form or a disk that fails.
        receiving.upload_interrupted()
    for stored in _stored_with(request):
        if not stored.kept:
            stored.drop()


def drop_later(request: HttpRequest, stored: StoredUpload) -> None:
    """Let a file that did not come through a form go with the end of the HTTP request too, unless somebody keeps it."""
    _stored_with(request).append(stored)


def _stored_with(request: HttpRequest | None) -> list[StoredUpload]:
    """The request's own list of stored files; it is there from the first look on."""
    stored: list[StoredUpload] = vars(request).setdefault("stored_uploads", []) if request is not None else []
    return stored
