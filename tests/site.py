"""A person's browser as far as HTTP goes: cookies, CSRF tokens, forms, uploads. For tests of a stack (tests/stack.py)."""

from __future__ import annotations

import re
import secrets
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http.cookies import SimpleCookie
from urllib.parse import urlencode, urlsplit

import urllib3

from tests.people import PASSWORD


@dataclass(frozen=True)
class Page:
    """An answer of the site."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def location(self) -> str:
        """Where a redirect leads."""
        return self.headers.get("Location", "")


class Site:
    """One browser. No redirect is followed, so that a test sees each; `pages` keeps every answer."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._pool = urllib3.PoolManager()
        self._cookies: dict[str, str] = {}
        self.pages: list[Page] = []

    @property
    def cookies(self) -> dict[str, str]:
        """What the site has stored in the browser."""
        return dict(self._cookies)

    def sign_in(self, name: str, password: str = PASSWORD, path: str = "/sign-in/") -> Page:
        """Send the sign-in form."""
        self.get(path)
        return self.post(path, {"username": name, "password": password})

    def get(self, path: str, **headers: str) -> Page:
        """GET."""
        return self._send("GET", path, b"", headers)

    def post(self, path: str, fields: Mapping[str, str] | None = None) -> Page:
        """Send a form."""
        body = urlencode({**(fields or {}), **self._token()}).encode()
        return self._send("POST", path, body, {"Content-Type": "application/x-www-form-urlencoded"})

    def upload(
        self, path: str, fields: Mapping[str, str], files: Sequence[tuple[str, bytes]], field: str = "request_files"
    ) -> Page:
        """Send a form with files, each a name and its content."""
        kind, body = self.multipart(fields, files, field)
        return self._send("POST", path, body, {"Content-Type": kind})

    def upload_half(self, path: str, fields: Mapping[str, str], file: tuple[str, bytes]) -> None:
        """Send the first half of a form with a file, and hang up."""
        kind, body = self.multipart(fields, [file], "request_files")
        parts = urlsplit(self.address)
        head = [
            f"POST {path} HTTP/1.1",
            f"Host: {parts.netloc}",
            *(f"{name}: {value}" for name, value in self._headers({"Content-Type": kind}).items()),
            f"Content-Length: {len(body)}",
        ]
        with socket.create_connection((parts.hostname, parts.port), timeout=10) as connection:
            connection.sendall("\r\n".join(head).encode() + b"\r\n\r\n" + body[: len(body) // 2])

    def multipart(self, fields: Mapping[str, str], files: Sequence[tuple[str, bytes]], field: str) -> tuple[str, bytes]:
        """The content type and the body of a form with files."""
        boundary = secrets.token_hex(16)
        parts = [
            f'Content-Disposition: form-data; name="{name}"\r\n\r\n{value}'.encode()
            for name, value in {**fields, **self._token()}.items()
        ]
        for name, content in files:
            head = f'Content-Disposition: form-data; name="{field}"; filename="{name}"\r\nContent-Type: application/json\r\n\r\n'
            parts.append(head.encode() + content)
        lines = b"".join(b"--" + boundary.encode() + b"\r\n" + part + b"\r\n" for part in parts)
        return f"multipart/form-data; boundary={boundary}", lines + f"--{boundary}--\r\n".encode()

    def _token(self) -> dict[str, str]:
        token = self._cookies.get("csrftoken")
        return {"csrfmiddlewaretoken": token} if token else {}

    def _headers(self, more: Mapping[str, str]) -> dict[str, str]:
        cookies = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        return {**more, **({"Cookie": cookies} if cookies else {})}

    def _send(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Page:
        answer = self._pool.request(
            method, self.address + path, body=body or None, headers=self._headers(headers), redirect=False, retries=False
        )
        for line in answer.headers.getlist("Set-Cookie"):
            for name, morsel in SimpleCookie(line).items():
                self._cookies[name] = morsel.value
        self.pages.append(Page(answer.status, answer.headers, answer.data))
        return self.pages[-1]


def last_id(location: str) -> str:
    """The id at the end of an address, as in /uploads/<id>/."""
    found = re.search(r"([^/]+)/?$", urlsplit(location).path)
    assert found is not None, location
    return found[1]
