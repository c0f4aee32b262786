"""Uploads through the whole of Django: encrypted as they arrive, and nothing is kept that nobody asked to keep."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.contrib.auth.decorators import login_not_required
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.urls import path

from portal import crypto
from portal import urls as portal_urls
from portal.models import DataKey, User
from portal.uploads import UPLOAD_LABEL, StoredUpload

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]

MARK = b"jane.doe.marked@example.com"


def mark_repeated(size: int) -> bytes:
    """So many bytes, full of something personal."""
    return (MARK * (size // len(MARK) + 1))[:size]


# --- A page of this test's own ---

Look = Callable[[list[StoredUpload]], None]
_looks: list[Look] = []


@login_not_required
def take(request: HttpRequest) -> HttpResponse:
    """Takes files, lets the test look at them, and keeps them when it is told to."""
    files = [file for name in request.FILES for file in request.FILES.getlist(name)]
    assert all(isinstance(file, StoredUpload) for file in files)
    stored = [file for file in files if isinstance(file, StoredUpload)]
    for look in _looks:
        look(stored)
    return HttpResponse(str(len(stored)))


def ignore(_: HttpRequest) -> HttpResponse:
    """Has nothing to do with files."""
    return HttpResponse("no files here")


urlpatterns = [path("take/", take), path("ignore/", ignore), *portal_urls.urlpatterns]


@pytest.fixture
def folders(settings: LazySettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where anything of an upload could be: the media folder and the temporary folder."""
    settings.MEDIA_ROOT = tmp_path / "media"
    # Where the static files would have been collected to; its middleware warns when there is no such folder.
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    return tmp_path


def files_in(folders: Path) -> list[str]:
    """Every file that is there."""
    return sorted(str(file.relative_to(folders)) for file in folders.rglob("*") if file.is_file())


def shows_the_mark(*folders: Path) -> list[Path]:
    """Files in which the plain content stands."""
    return [file for folder in folders for file in folder.rglob("*") if file.is_file() and MARK in file.read_bytes()]


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[StoredUpload]:
    """What the page was given."""
    given: list[StoredUpload] = []
    monkeypatch.setitem(globals(), "_looks", [given.extend])
    return given


def keep(files: list[StoredUpload]) -> None:
    """What intake does with a file that it takes in."""
    for file in files:
        file.data_key.save(force_insert=True)
        file.kept = True


@pytest.fixture
def browser(folders: Path, officer: User) -> Client:
    """The officer's browser."""
    client = Client()
    client.force_login(officer)
    return client


def send(client: Client, *contents: bytes, page: str = "/take/", **extra: Any) -> HttpResponse:
    """Send files as a form does."""
    files = [SimpleUploadedFile(f"people-{number}.json", one) for number, one in enumerate(contents)]
    return client.post(page, {"file": files, "note": "a field"}, **extra)  # type: ignore[return-value]


# --- What is taken ---


@pytest.mark.parametrize("size", [0, 1, 65_536, 300_000])
def test_a_file_is_encrypted_while_it_arrives(
    browser: Client, folders: Path, seen: list[StoredUpload], settings: LazySettings, size: int
) -> None:
    content = mark_repeated(size)
    _looks.append(keep)
    _looks.append(lambda _: shown.extend(shows_the_mark(folders, settings.DATA_DIR)))
    shown: list[Path] = []
    assert send(browser, content).content == b"1"
    (file,) = seen
    assert (file.name, file.size, file.too_large, file.refused) == ("people-0.json", size, False, False)
    assert files_in(folders) == [f"media/{file.path}"]
    assert shown == shows_the_mark(folders, settings.DATA_DIR) == []
    assert file.file_path.stat().st_mode & 0o777 == 0o600
    with file.open_plain() as plain:
        assert plain.read() == content


def test_a_kept_file_opens_with_the_key_that_was_saved(browser: Client, seen: list[StoredUpload]) -> None:
    _looks.append(keep)
    send(browser, MARK)
    (file,) = seen
    key = DataKey.objects.get(owner_kind="upload")
    crypto.forget(key.pk)
    with crypto.open_sealed(file.file_path, crypto.box_for(key), UPLOAD_LABEL) as plain:
        assert plain.read() == MARK


def test_the_view_cannot_read_the_plain_content_by_accident(browser: Client, seen: list[StoredUpload]) -> None:
    read: list[bytes] = []
    _looks.append(lambda files: read.extend(file.read() for file in files))
    send(browser, MARK)
    assert read == [b""]


def test_several_files_have_a_key_each(browser: Client, seen: list[StoredUpload]) -> None:
    _looks.append(keep)
    assert send(browser, b"one", b"two", b"three").content == b"3"
    assert len({file.data_key.pk for file in seen}) == len({file.path for file in seen}) == 3
    for file, content in zip(seen, (b"one", b"two", b"three"), strict=True):
        with file.open_plain() as plain:
            assert plain.read() == content
    first, second, _ = seen
    first.file_path.write_bytes(second.file_path.read_bytes())
    with pytest.raises(crypto.CannotDecrypt), first.open_plain() as plain:
        plain.read()


# --- What is not ---


def test_what_the_page_does_not_keep_goes_when_the_request_ends(browser: Client, folders: Path, seen: list[StoredUpload]) -> None:
    there: list[int] = []
    _looks.append(lambda _: there.append(len(files_in(folders))))
    send(browser, MARK, MARK)
    assert there == [2]
    assert files_in(folders) == []
    assert not DataKey.objects.filter(owner_kind="upload").exists()


def test_a_page_that_ignores_files_leaves_none(browser: Client, folders: Path) -> None:
    assert send(browser, MARK, page="/ignore/").status_code == 200
    assert files_in(folders) == []


def test_a_page_that_fails_leaves_none(browser: Client, folders: Path, seen: list[StoredUpload]) -> None:
    def fail(_: list[StoredUpload]) -> None:
        raise ZeroDivisionError

    _looks.append(fail)
    with pytest.raises(ZeroDivisionError):
        send(browser, MARK)
    assert len(seen) == 1
    assert files_in(folders) == []


def test_a_form_without_its_token_leaves_none(folders: Path, officer: User, seen: list[StoredUpload]) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(officer)
    assert send(client, MARK).status_code == 403
    assert seen == []
    assert files_in(folders) == []


def test_a_file_up_to_the_limit_is_taken_and_a_larger_one_is_not(
    browser: Client, folders: Path, seen: list[StoredUpload], settings: LazySettings
) -> None:
    settings.UPLOAD_MAX_BYTES = 100_000
    _looks.append(keep)
    assert send(browser, mark_repeated(100_000), mark_repeated(100_001), mark_repeated(5)).content == b"3"
    assert [file.too_large for file in seen] == [False, True, False]
    assert [file.size for file in seen] == [100_000, 100_001, 5]
    assert files_in(folders) == sorted(f"media/{file.path}" for file in seen if not file.too_large)


def test_a_file_that_is_too_large_is_removed_as_soon_as_that_is_known(
    browser: Client, folders: Path, seen: list[StoredUpload], settings: LazySettings
) -> None:
    settings.UPLOAD_MAX_BYTES = 100_000
    there: list[list[str]] = []
    _looks.append(lambda _: there.append(files_in(folders)))
    send(browser, mark_repeated(1_000_000))
    assert there == [[]]


def test_nothing_is_written_for_people_who_are_not_signed_in(folders: Path, seen: list[StoredUpload], db: None) -> None:
    there: list[list[str]] = []
    _looks.append(lambda _: there.append(files_in(folders)))
    assert send(Client(), MARK).content == b"1"
    assert [(file.refused, file.too_large) for file in seen] == [(True, False)]
    assert there == [[]]
    assert files_in(folders) == []


def test_somebody_who_is_not_active_is_not_signed_in(folders: Path, seen: list[StoredUpload], officer: User) -> None:
    client = Client()
    client.force_login(officer)
    User.objects.update(is_active=False)
    send(client, MARK)
    assert [file.refused for file in seen] == [True]
    assert files_in(folders) == []


def test_too_many_files_leave_none(browser: Client, folders: Path, settings: LazySettings) -> None:
    settings.DATA_UPLOAD_MAX_NUMBER_FILES = 3
    assert send(browser, *[MARK] * 4).status_code == 400
    assert files_in(folders) == []


# --- Senders who go away ---


class Cut(io.RawIOBase):
    """What arrives of a body whose sender goes away: it just ends, or the connection breaks with an error."""

    def __init__(self, body: bytes, error: OSError | None) -> None:
        self._body, self._error = io.BytesIO(body), error

    def read(self, size: int = -1) -> bytes:
        """The next bytes."""
        part = self._body.read(size)
        if not part and self._error:
            raise self._error
        return part


def send_cut(client: Client, contents: list[bytes], at: int, error: OSError | None, page: str = "/take/") -> HttpResponse:
    """Send a form of files of which only `at` bytes arrive."""
    files = [SimpleUploadedFile(f"{number}.json", one) for number, one in enumerate(contents)]
    body = encode_multipart(BOUNDARY, {"file": files})
    extra: dict[str, Any] = {
        "wsgi.input": Cut(body[:at], error),
        "CONTENT_LENGTH": str(len(body)),
        "CONTENT_TYPE": MULTIPART_CONTENT,
    }
    return client.generic("POST", page, **extra)  # type: ignore[return-value]


def test_nothing_is_kept_of_a_file_that_just_ends(browser: Client, folders: Path, seen: list[StoredUpload]) -> None:
    _looks.append(keep)
    assert send_cut(browser, [mark_repeated(300_000)], 200_000, None).content == b"0"
    assert seen == []
    assert files_in(folders) == []


def test_of_two_files_the_whole_one_may_be_kept_when_the_other_just_ends(
    browser: Client, folders: Path, seen: list[StoredUpload]
) -> None:
    _looks.append(keep)
    send_cut(browser, [b"whole", mark_repeated(300_000)], 200_000, None)
    assert [file.name for file in seen] == ["0.json"]
    assert files_in(folders) == [f"media/{seen[0].path}"]


@pytest.mark.parametrize("page", ["/take/", "/ignore/"])
@pytest.mark.parametrize("contents", [[mark_repeated(300_000)], [b"whole", mark_repeated(300_000)]])
def test_nothing_is_kept_when_the_connection_breaks(
    browser: Client, folders: Path, seen: list[StoredUpload], contents: list[bytes], page: str
) -> None:
    _looks.append(keep)
    try:
        send_cut(browser, contents, 200_000, ConnectionResetError("reset"), page)
    except UnreadablePostError:
        assert page == "/take/"
    assert seen == []
    assert files_in(folders) == []


def test_nothing_is_kept_of_a_body_that_cannot_be_read(browser: Client, folders: Path, seen: list[StoredUpload]) -> None:
    body = (
        b'--%(b)s\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nwhole\r\n'
        b'--%(b)s\r\nContent-Disposition: form-data; name="file"; filename="b"\r\n'
        b"Content-Transfer-Encoding: base64\r\n\r\n*not base64*!\r\n--%(b)s--\r\n" % {b"b": BOUNDARY.encode()}
    )
    assert browser.generic("POST", "/take/", body, MULTIPART_CONTENT).status_code == 400
    assert seen == []
    assert files_in(folders) == []


def test_a_full_disk_leaves_nothing(
    browser: Client, folders: Path, seen: list[StoredUpload], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(crypto.SealedWriter, "write", full)
    with pytest.raises(OSError, match="No space"):
        send(browser, MARK)
    assert files_in(folders) == []


def test_a_full_disk_is_said_when_the_browser_has_sent_everything(
    browser: Client, folders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = []

    def full(_writer: object, chunk: bytes) -> None:
        tries.append(len(chunk))
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(crypto.SealedWriter, "write", full)
    files = [SimpleUploadedFile(f"people-{number}.json", mark_repeated(300_000)) for number in range(2)]
    wire = io.BytesIO(encode_multipart(BOUNDARY, {"file": files}))
    size = len(wire.getvalue())
    extra: dict[str, Any] = {"wsgi.input": wire, "CONTENT_LENGTH": str(size), "CONTENT_TYPE": MULTIPART_CONTENT}
    with pytest.raises(OSError, match="No space"):
        browser.generic("POST", "/take/", **extra)
    # A server that answers and closes while the browser still sends is taken for one that does not answer.
    assert wire.tell() == size
    assert len(tries) == 1
    assert files_in(folders) == []
