"""Encrypted files: chunked AES-256-GCM that can be written and read as a stream, and read from any place.

    header: version byte | 32-byte salt | 7-byte nonce prefix
    chunks: 64 KiB of content (the last one shorter, or full, or empty), each with its 16-byte tag

Each file has a key of its own, derived from the data key and the salt. A chunk's nonce is the prefix, its number (4
bytes) and whether it is the last (1 byte), so that a cut, reordered, repeated or lengthened file does not open (the
STREAM construction: Hoang, Reyhanitabar, Rogaway and Vizár, 2015). The label says where the file belongs: a file put in
the place of another does not open.
"""

from __future__ import annotations

import io
import os
import secrets
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from portal.crypto.aead import TAG_BYTES, CannotDecrypt
from portal.crypto.box import Box

CHUNK_BYTES = 64 * 1024
_VERSION = b"\x01"
_SALT_BYTES = 32
_PREFIX_BYTES = 7
_HEADER_BYTES = len(_VERSION) + _SALT_BYTES + _PREFIX_BYTES
_SEALED_CHUNK_BYTES = CHUNK_BYTES + TAG_BYTES
_INFO = b"sealed-file-v1"
_PART = ".part"


class _Chunks:
    """Seals and opens the numbered chunks of one file."""

    def __init__(self, box: Box, label: str, header: bytes) -> None:
        salt, self._prefix = header[1 : 1 + _SALT_BYTES], header[1 + _SALT_BYTES :]
        self._cipher = AESGCM(box.derive(_INFO, salt))
        self._associated = header[:1] + box.associated(label)
        self._what = f"file {label} under data key {box.data_key_id}"

    def seal(self, number: int, chunk: bytes, *, last: bool) -> bytes:
        return self._cipher.encrypt(self._nonce(number, last), chunk, self._associated)

    def open(self, number: int, sealed: bytes, *, last: bool) -> bytes:
        try:
            return self._cipher.decrypt(self._nonce(number, last), sealed, self._associated)
        except InvalidTag:
            raise CannotDecrypt(f"{self._what}: cut, changed, or not the file that belongs here") from None

    def _nonce(self, number: int, last: bool) -> bytes:
        return self._prefix + number.to_bytes(4, "big") + bytes([last])


class SealedWriter:
    """Encrypts what is written to it into `file`. Without `close` the file does not open: its last chunk is missing.

    As a context manager it closes at the end, and aborts when an exception passes.
    """

    def __init__(self, file: IO[bytes], box: Box, label: str) -> None:
        """`file` is opened for writing bytes and empty."""
        header = _VERSION + os.urandom(_SALT_BYTES + _PREFIX_BYTES)
        file.write(header)
        self.size = 0
        self.closed = False
        self._file = file
        self._chunks = _Chunks(box, label, header)
        self._buffer = bytearray()
        self._number = 0

    def write(self, data: bytes) -> int:
        """Take more content; gives the number of bytes taken, which is all of them."""
        if self.closed:
            raise ValueError("the file is closed")
        self._buffer += data
        self.size += len(data)
        # A full chunk waits for the next byte: only then is it known not to be the last one.
        while len(self._buffer) > CHUNK_BYTES:
            self._emit(bytes(self._buffer[:CHUNK_BYTES]), last=False)
            del self._buffer[:CHUNK_BYTES]
        return len(data)

    def close(self) -> None:
        """Write the last chunk and finish. A second call does nothing."""
        if self.closed:
            return
        self._emit(bytes(self._buffer), last=True)
        self._finish()
        self._end()

    def abort(self) -> None:
        """Stop without finishing: nothing that was written can be read. After `close` it does nothing."""
        if not self.closed:
            self._end()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if kind is not None:
            self.abort()
            return
        try:
            self.close()
        finally:
            self.abort()

    def _emit(self, chunk: bytes, *, last: bool) -> None:
        self._file.write(self._chunks.seal(self._number, chunk, last=last))
        self._number += 1

    def _finish(self) -> None:
        self._file.flush()

    def _end(self) -> None:
        self.closed = True
        self._buffer.clear()


class _PathWriter(SealedWriter):
    """Writes beside `path` and takes its place at the end, so that a file under its own name is always whole."""

    def __init__(self, path: Path, box: Box, label: str) -> None:
        self.path = path
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # A name of its own: two writers of one path must not write into each other's file.
        self._part = path.with_name(f"{path.name}.{secrets.token_hex(8)}{_PART}")
        descriptor = os.open(self._part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        super().__init__(os.fdopen(descriptor, "wb"), box, label)

    def _finish(self) -> None:
        super()._finish()
        os.fsync(self._file.fileno())
        self._part.rename(self.path)
        _sync_folder(self.path.parent)

    def _end(self) -> None:
        super()._end()
        try:
            self._file.close()
        finally:
            discard(self._part)


class SealedReader(io.BufferedIOBase):
    """Decrypts `file` as it is read; every byte handed out was authenticated. Can be read from any place (`seek`).

    Constructing and reading raise CannotDecrypt. A file that was cut shows it at its end: read to the end, or ask for
    `size`, before trusting that it is whole. Closing it closes `file`.
    """

    def __init__(self, file: IO[bytes], box: Box, label: str) -> None:
        """`file` is opened for reading bytes and can seek."""
        super().__init__()
        self._file = file
        body = file.seek(0, os.SEEK_END) - _HEADER_BYTES
        file.seek(0)
        header = file.read(_HEADER_BYTES)
        # Even an empty file has one chunk, and every chunk has its tag.
        self._count = -(-body // _SEALED_CHUNK_BYTES)
        self._last_bytes = body - (self._count - 1) * _SEALED_CHUNK_BYTES - TAG_BYTES
        if body <= 0 or self._last_bytes < 0 or header[:1] != _VERSION:
            raise CannotDecrypt(f"file {label} under data key {box.data_key_id}: cut, or not in a form that we know")
        self._chunks = _Chunks(box, label, header)
        self._position = 0
        self._current: tuple[int, bytes] = (-1, b"")

    @property
    def size(self) -> int:
        """Length of the content in bytes. Raises CannotDecrypt when the end of the file is not its true end."""
        self._chunk(self._count - 1)
        return self._nominal_size

    @property
    def _nominal_size(self) -> int:
        return (self._count - 1) * CHUNK_BYTES + self._last_bytes

    def readable(self) -> bool:
        """Yes."""
        return True

    def seekable(self) -> bool:
        """Yes."""
        return True

    def tell(self) -> int:
        """Where the next read starts."""
        return self._position

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """Move to another place of the content."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._position}.get(whence)
        target = offset + (self.size if base is None else base)
        if target < 0:
            raise ValueError("a place before the start of the file")
        self._position = target
        return target

    def read(self, size: int | None = -1, /) -> bytes:
        """The next `size` bytes, fewer only at the end of the file; all that is left when not given."""
        wanted = size if size is not None and size >= 0 else None
        parts: list[bytes] = []
        while wanted is None or wanted > 0:
            part = self.read1(CHUNK_BYTES if wanted is None else wanted)
            if not part:
                break
            parts.append(part)
            wanted = None if wanted is None else wanted - len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def read1(self, size: int = -1, /) -> bytes:
        """Up to `size` bytes out of one chunk."""
        if self.closed:
            raise ValueError("the file is closed")
        number, offset = divmod(self._position, CHUNK_BYTES)
        # At the end of the content the last chunk is opened all the same: it may be empty, and tells a cut file.
        chunk = self._chunk(min(number, self._count - 1))
        if number >= self._count:
            return b""
        part = chunk[offset : offset + size] if size >= 0 else chunk[offset:]
        self._position += len(part)
        return part

    def close(self) -> None:
        """Close the file beneath too."""
        self._file.close()
        super().close()

    def _chunk(self, number: int) -> bytes:
        if self._current[0] != number:
            self._file.seek(_HEADER_BYTES + number * _SEALED_CHUNK_BYTES)
            sealed = self._file.read(_SEALED_CHUNK_BYTES)
            self._current = (number, self._chunks.open(number, sealed, last=number == self._count - 1))
        return self._current[1]


def write_sealed(path: Path, box: Box, label: str) -> SealedWriter:
    """A writer whose file appears under `path` when it is closed: whole, on the disk, for this user only (0600)."""
    return _PathWriter(path, box, label)


def open_sealed(path: Path, box: Box, label: str) -> SealedReader:
    """A reader of a file of `write_sealed`. Raises FileNotFoundError and CannotDecrypt."""
    file = path.open("rb")
    try:
        return SealedReader(file, box, label)
    except CannotDecrypt:
        file.close()
        raise


def discard(path: Path) -> None:
    """Remove a file; one that is gone already is fine."""
    path.unlink(missing_ok=True)


def discard_stale_parts(folder: Path, older_than_seconds: float) -> int:
    """Remove what writers left in `folder` (and below) when their process was killed. Gives how many."""
    removed = 0
    for file in files_below(folder):
        if is_part(file) and older_than(file, older_than_seconds):
            discard(file)
            removed += 1
    return removed


def is_part(path: Path) -> bool:
    """Whether a file is one that a writer has not finished, or never will."""
    return path.name.endswith(_PART)


def files_below(folder: Path) -> Iterator[Path]:
    """Each file in `folder` and below, one at a time: there may be millions. Links are not followed."""
    try:
        entries = os.scandir(folder)
    except FileNotFoundError:
        return
    with entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from files_below(Path(entry))
            elif entry.is_file(follow_symlinks=False):
                yield Path(entry)


def older_than(path: Path, seconds: float) -> bool:
    """Whether a file was last written more than `seconds` ago; one that is gone was not."""
    try:
        return time.time() - path.stat().st_mtime > seconds
    except FileNotFoundError:
        return False


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
