"""Encrypted files: written and read as streams, whole or not at all."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal import crypto
from portal.crypto.files import CHUNK_BYTES, older_than

ID = UUID("01890a5d-ac96-774b-bcce-b302099a8057")
BOX = crypto.Box(ID, bytes(range(32)))
LABEL = "portal.upload.file"
HEADER = 40
SEALED_CHUNK = CHUNK_BYTES + 16
# Around every border between chunks.
SIZES = [0, 1, 65_535, 65_536, 65_537, 131_071, 131_072, 131_073, 196_608, 196_609]
# Written by the first version: what is stored today must open for as long as it is kept.
STORED = bytes.fromhex(
    "019f91f9152c71aabab9609b91560cf33ef0bf32a575b148a18c2a92901def090400da6bd6db72b474fd8c728ade3ce96a2e85e6db10da04896f7347554384f7b0feb25ecc53c6155ec1a5"
)


def content_of(size: int) -> bytes:
    """Bytes in which no two chunks are alike."""
    return b"".join(number.to_bytes(8, "big") for number in range(size // 8 + 1))[:size]


def sealed(content: bytes, *, box: crypto.Box = BOX, label: str = LABEL) -> bytes:
    """The encrypted file as bytes."""
    file = io.BytesIO()
    with crypto.SealedWriter(file, box, label) as writer:
        writer.write(content)
    return file.getvalue()


def plain(raw: bytes, *, box: crypto.Box = BOX, label: str = LABEL) -> bytes:
    """All of its content."""
    return crypto.SealedReader(io.BytesIO(raw), box, label).read()


def chunks_of(raw: bytes) -> list[bytes]:
    """The sealed chunks after the header."""
    return [raw[start : start + SEALED_CHUNK] for start in range(HEADER, len(raw), SEALED_CHUNK)]


# --- Round trips ---


@pytest.mark.parametrize("size", SIZES)
def test_it_reads_what_was_written(size: int) -> None:
    content = content_of(size)
    raw = sealed(content)
    reader = crypto.SealedReader(io.BytesIO(raw), BOX, LABEL)
    assert reader.size == size
    assert reader.read() == content
    assert reader.read() == b""
    assert len(chunks_of(raw)) == max(1, -(-size // CHUNK_BYTES))


def test_it_reads_what_the_first_version_stored() -> None:
    assert plain(STORED) == b"stored by version 1"


@settings(max_examples=60)
@given(st.lists(st.binary(max_size=300) | st.integers(0, 140_000).map(content_of), max_size=5))
def test_it_does_not_matter_in_which_pieces_it_is_written(pieces: list[bytes]) -> None:
    file = io.BytesIO()
    writer = crypto.SealedWriter(file, BOX, LABEL)
    assert [writer.write(piece) for piece in pieces] == [len(piece) for piece in pieces]
    writer.close()
    content = b"".join(pieces)
    assert writer.size == len(content)
    assert plain(file.getvalue()) == content
    assert len(file.getvalue()) == len(sealed(content))


def test_the_same_content_is_never_sealed_alike() -> None:
    first, second = sealed(b"jane@example.com"), sealed(b"jane@example.com")
    assert b"jane" not in first
    assert not set(chunks_of(first)) & set(chunks_of(second))
    assert first[1:HEADER] != second[1:HEADER]


# --- Reading from any place ---


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from([0, 1, 65_536, 65_537, 150_000]),
    st.lists(st.tuples(st.integers(0, 160_000), st.none() | st.integers(-1, 140_000)), max_size=4),
)
def test_reading_from_any_place_equals_a_slice(size: int, reads: list[tuple[int, int | None]]) -> None:
    content = content_of(size)
    reader = crypto.SealedReader(io.BytesIO(sealed(content)), BOX, LABEL)
    for start, length in reads:
        assert reader.seek(start) == start
        end = None if length is None or length < 0 else start + length
        part = reader.read(length)
        assert part == content[start:end]
        assert reader.tell() == start + len(part)


def test_it_seeks_from_the_start_the_place_and_the_end() -> None:
    content = content_of(70_000)
    reader = crypto.SealedReader(io.BytesIO(sealed(content)), BOX, LABEL)
    assert reader.seek(-10, os.SEEK_END) == 69_990
    assert reader.read() == content[-10:]
    assert reader.seek(65_530) == 65_530
    assert reader.seek(4, os.SEEK_CUR) == 65_534
    assert reader.read(4) == content[65_534:65_538]
    assert reader.seek(10, os.SEEK_END) == 70_010
    assert reader.read(1) == b""
    with pytest.raises(ValueError, match="before the start"):
        reader.seek(-1)
    assert reader.tell() == 70_010


def test_it_can_be_read_as_python_reads_files() -> None:
    lines = b"".join(b"line %d\r\n" % number for number in range(20_000))
    reader = crypto.SealedReader(io.BytesIO(sealed(lines)), BOX, LABEL)
    assert (reader.readable(), reader.seekable(), reader.writable()) == (True, True, False)
    text = io.TextIOWrapper(reader, encoding="utf-8", newline="")  # type: ignore[type-var]  # asks for more than reading needs
    assert list(text) == lines.decode().splitlines(keepends=True)


def test_a_zip_can_be_read_through_it() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as zipped:
        for number in range(3):
            zipped.writestr(f"{number}.bin", content_of(90_000 + number))
    with zipfile.ZipFile(crypto.SealedReader(io.BytesIO(sealed(file.getvalue())), BOX, LABEL)) as zipped:
        assert zipped.testzip() is None
        assert zipped.read("2.bin") == content_of(90_002)


def test_a_closed_reader_reads_no_more_and_has_closed_the_file_beneath() -> None:
    file = io.BytesIO(sealed(b"content"))
    with crypto.SealedReader(file, BOX, LABEL) as reader:
        reader.read(1)
    assert file.closed
    with pytest.raises(ValueError, match="closed"):
        reader.read(1)


# --- What does not open ---


def test_no_byte_of_a_small_file_can_be_changed_cut_or_added() -> None:
    raw = sealed(b"content")
    for place in range(len(raw)):
        changed = bytearray(raw)
        changed[place] ^= 0x20
        with pytest.raises(crypto.CannotDecrypt):
            plain(bytes(changed))
        with pytest.raises(crypto.CannotDecrypt):
            plain(raw[:place])
    with pytest.raises(crypto.CannotDecrypt):
        plain(raw + b"\0")


def _drop_last(chunks: list[bytes]) -> list[bytes]:
    return chunks[:-1]


def _drop_first(chunks: list[bytes]) -> list[bytes]:
    return chunks[1:]


def _drop_middle(chunks: list[bytes]) -> list[bytes]:
    return [chunks[0], chunks[2]]


def _swap(chunks: list[bytes]) -> list[bytes]:
    return [chunks[1], chunks[0], chunks[2]]


def _repeat(chunks: list[bytes]) -> list[bytes]:
    return [chunks[0], chunks[0], *chunks[1:]]


def _repeat_last(chunks: list[bytes]) -> list[bytes]:
    return [*chunks, chunks[-1]]


def _cut_inside(chunks: list[bytes]) -> list[bytes]:
    return [*chunks[:-1], chunks[-1][:-1]]


def _cut_to_a_tag(chunks: list[bytes]) -> list[bytes]:
    return [*chunks[:-1], chunks[-1][:16]]


def _lengthen(chunks: list[bytes]) -> list[bytes]:
    return [*chunks, bytes(16)]


def _take_from_another_file(chunks: list[bytes]) -> list[bytes]:
    return [chunks[0], chunks_of(sealed(content_of(3 * CHUNK_BYTES)))[1], chunks[2]]


def _nothing_left(_: list[bytes]) -> list[bytes]:
    return []


@pytest.mark.parametrize(
    "spoil",
    [
        _drop_last,
        _drop_first,
        _drop_middle,
        _swap,
        _repeat,
        _repeat_last,
        _cut_inside,
        _cut_to_a_tag,
        _lengthen,
        _take_from_another_file,
        _nothing_left,
    ],
)
@pytest.mark.parametrize("last", [1, CHUNK_BYTES])
def test_chunks_cannot_be_cut_reordered_repeated_or_taken_from_elsewhere(
    spoil: Callable[[list[bytes]], list[bytes]], last: int
) -> None:
    raw = sealed(content_of(2 * CHUNK_BYTES + last))
    chunks = chunks_of(raw)
    assert raw == raw[:HEADER] + b"".join(chunks)
    with pytest.raises(crypto.CannotDecrypt):
        plain(raw[:HEADER] + b"".join(spoil(chunks)))


def test_the_size_and_the_end_tell_a_cut_file_before_it_is_read() -> None:
    raw = sealed(content_of(3 * CHUNK_BYTES))
    cut = raw[: HEADER + 2 * SEALED_CHUNK]
    with pytest.raises(crypto.CannotDecrypt):
        _ = crypto.SealedReader(io.BytesIO(cut), BOX, LABEL).size
    with pytest.raises(crypto.CannotDecrypt):
        crypto.SealedReader(io.BytesIO(cut), BOX, LABEL).seek(0, os.SEEK_END)
    past_the_end = crypto.SealedReader(io.BytesIO(cut), BOX, LABEL)
    past_the_end.seek(10**9)
    with pytest.raises(crypto.CannotDecrypt):
        past_the_end.read(1)


def test_a_changed_chunk_hands_out_nothing_of_itself() -> None:
    raw = bytearray(sealed(content_of(2 * CHUNK_BYTES)))
    raw[HEADER + SEALED_CHUNK + 100] ^= 1
    reader = crypto.SealedReader(io.BytesIO(bytes(raw)), BOX, LABEL)
    assert reader.read(CHUNK_BYTES) == content_of(CHUNK_BYTES)
    with pytest.raises(crypto.CannotDecrypt):
        reader.read(1)
    assert reader.tell() == CHUNK_BYTES


@pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES + 1])
def test_a_file_belongs_to_its_label_and_its_data_key(size: int) -> None:
    raw = sealed(content_of(size))
    for box, label in (
        (BOX, "privacy.ResultArchive.file"),
        (crypto.Box(uuid4(), bytes(range(32))), LABEL),
        (crypto.Box(ID, bytes(32)), LABEL),
    ):
        with pytest.raises(crypto.CannotDecrypt):
            plain(raw, box=box, label=label)


def test_the_message_names_the_file_label_and_the_key_only() -> None:
    with pytest.raises(crypto.CannotDecrypt) as refused:
        plain(sealed(b"jane@example.com"), label="other")
    assert "other" in str(refused.value)
    assert str(ID) in str(refused.value)
    assert "jane" not in str(refused.value)


def test_what_was_not_finished_does_not_open() -> None:
    file = io.BytesIO()
    crypto.SealedWriter(file, BOX, LABEL).write(content_of(2 * CHUNK_BYTES + 5))
    assert len(chunks_of(file.getvalue())) == 2
    with pytest.raises(crypto.CannotDecrypt):
        plain(file.getvalue())


# --- Files under a path ---


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a file is to be; its folder is not there yet."""
    return tmp_path / "folder" / "file"


def names(path: Path) -> list[str]:
    """What is in the file's folder."""
    return sorted(entry.name for entry in path.parent.iterdir())


def write(path: Path, content: bytes) -> None:
    """Write one sealed file."""
    with crypto.write_sealed(path, BOX, LABEL) as file:
        file.write(content)


def read(path: Path) -> bytes:
    """Read one sealed file."""
    with crypto.open_sealed(path, BOX, LABEL) as file:
        return file.read()


def test_it_appears_under_its_name_when_it_is_whole(path: Path) -> None:
    writer = crypto.write_sealed(path, BOX, LABEL)
    writer.write(content_of(100_000))
    assert not path.exists()
    writer.close()
    assert names(path) == ["file"]
    assert read(path) == content_of(100_000)


@pytest.fixture
def open_umask() -> Iterator[None]:
    """A process that would give its files to everybody."""
    before = os.umask(0)
    yield
    os.umask(before)


def test_it_is_for_this_user_only(path: Path, open_umask: None) -> None:
    writer = crypto.write_sealed(path, BOX, LABEL)
    parts = [entry.stat().st_mode & 0o777 for entry in path.parent.iterdir()]
    writer.close()
    assert parts == [0o600]
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_abort_leaves_nothing(path: Path) -> None:
    writer = crypto.write_sealed(path, BOX, LABEL)
    writer.write(content_of(200_000))
    writer.abort()
    assert names(path) == []
    with pytest.raises(ValueError, match="closed"):
        writer.write(b"more")
    writer.close()
    assert names(path) == []


def test_an_exception_on_the_way_leaves_nothing_new_and_the_old_file_as_it_was(path: Path) -> None:
    write(path, b"old")
    with pytest.raises(KeyError), crypto.write_sealed(path, BOX, LABEL) as file:  # noqa: PT012 - the writer is what is tested
        file.write(content_of(200_000))
        raise KeyError
    assert names(path) == ["file"]
    assert read(path) == b"old"


def test_a_disk_that_is_full_at_the_end_leaves_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"), crypto.write_sealed(path, BOX, LABEL) as file:
        file.write(b"content")
    assert names(path) == []


def test_closing_twice_and_aborting_after_closing_keep_the_file(path: Path) -> None:
    writer = crypto.write_sealed(path, BOX, LABEL)
    writer.write(b"content")
    writer.close()
    writer.close()
    writer.abort()
    assert read(path) == b"content"


def test_two_writers_of_one_path_do_not_mix(path: Path) -> None:
    first, second = crypto.write_sealed(path, BOX, LABEL), crypto.write_sealed(path, BOX, LABEL)
    for _ in range(3):
        first.write(b"a" * 50_000)
        second.write(b"b" * 50_000)
    first.close()
    assert read(path) == b"a" * 150_000
    second.close()
    assert read(path) == b"b" * 150_000
    assert names(path) == ["file"]


def test_one_writer_that_gives_up_does_not_disturb_the_other(path: Path) -> None:
    first, second = crypto.write_sealed(path, BOX, LABEL), crypto.write_sealed(path, BOX, LABEL)
    second.write(b"half")
    first.write(b"whole")
    second.abort()
    first.close()
    assert read(path) == b"whole"
    assert names(path) == ["file"]


def test_a_reader_keeps_what_it_opened_while_another_takes_its_place(path: Path) -> None:
    write(path, content_of(150_000))
    with crypto.open_sealed(path, BOX, LABEL) as reader:
        reader.read(10)
        write(path, b"new")
        assert reader.read() == content_of(150_000)[10:]
    assert read(path) == b"new"


def test_a_file_that_is_not_there_says_so(path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        crypto.open_sealed(path, BOX, LABEL)


@pytest.mark.parametrize("content", [b"", b"plain text", b"\x02" + bytes(100)])
def test_a_file_that_was_never_sealed_does_not_open(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "file"
    file.write_bytes(content)
    with pytest.raises(crypto.CannotDecrypt, match=LABEL):
        crypto.open_sealed(file, BOX, LABEL)


# --- What is left over ---


def age(path: Path, seconds: float) -> None:
    """Make a file look older."""
    then = path.stat().st_mtime - seconds
    os.utime(path, (then, then))


def test_discarding_twice_is_fine(path: Path) -> None:
    write(path, b"content")
    crypto.discard(path)
    crypto.discard(path)
    assert names(path) == []


def test_it_removes_what_killed_writers_left_and_nothing_else(path: Path) -> None:
    write(path, b"kept")
    killed, young = crypto.write_sealed(path, BOX, LABEL), crypto.write_sealed(path.parent / "deeper" / "file", BOX, LABEL)
    for part in path.parent.rglob("*"):
        if part.is_file():
            age(part, 1000)
    (young_part,) = (path.parent / "deeper").iterdir()
    age(young_part, -950)
    assert crypto.discard_stale_parts(path.parent.parent, 100) == 1
    assert names(path) == ["deeper", "file"]
    age(young_part, 1000)
    assert crypto.discard_stale_parts(path.parent.parent, 100) == 1
    assert list((path.parent / "deeper").iterdir()) == []
    killed.abort()
    young.abort()


def test_a_folder_that_is_not_there_holds_no_parts(tmp_path: Path) -> None:
    assert crypto.discard_stale_parts(tmp_path / "nowhere", 0) == 0


def test_a_file_that_is_gone_is_not_old(tmp_path: Path) -> None:
    assert not older_than(tmp_path / "gone", 0)
