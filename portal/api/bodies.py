"""Reading bodies within bounds. Each is digested on its way, so that an Idempotency-Key can tell one from another."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import IO, Any, BinaryIO, NoReturn, cast

from django.conf import settings
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser
from rest_framework.request import Request

from portal import runtime, uploads
from portal.api.problems import Problem

_DIGEST = "api_body_digest"


class JSONParser(BaseParser):
    """A small JSON body. REST framework's own reads any length into memory."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,  # noqa: ARG002 - REST framework's signature
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Its value. Raises ParseError, and Problem (413)."""
        request = _request(parser_context)
        if _length(request) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            raise too_large(settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
        raw = stream.read()
        _note(request, hashlib.sha256(raw).digest())
        try:
            return json.loads(raw.decode(), parse_constant=_no_constant)
        except (ValueError, RecursionError):
            raise ParseError from None


class StoredBodyParser(BaseParser):
    """A request file as body: it is encrypted while it arrives, as an upload is, and read by the same code."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,  # noqa: ARG002 - REST framework's signature
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """The stored file; it goes with the end of the request unless it is kept. Raises Problem (413)."""
        request = _request(parser_context)
        if _length(request) > runtime.number("UPLOAD_MAX_BYTES"):
            raise too_large(runtime.number("UPLOAD_MAX_BYTES"))
        digesting = _Digesting(stream)
        stored = uploads.store(cast("BinaryIO", digesting), name="Sent through the API", size=_length(request))
        uploads.drop_later(request, stored)
        _note(request, digesting.digest())
        return stored


class StoredCsvParser(StoredBodyParser):
    """The same for a table."""

    media_type = "text/csv"


class _Digesting:
    """A stream that is digested while it is read."""

    def __init__(self, stream: IO[Any]) -> None:
        self._stream = stream
        self._hash = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        chunk: bytes = self._stream.read(size)
        self._hash.update(chunk)
        return chunk

    def digest(self) -> bytes:
        return self._hash.digest()


def too_large(most: int) -> Problem:
    """413 that names the limit."""
    return Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too-large", f"The body is larger than {filesizeformat(most)}.")


def digest_of(request: Request) -> bytes:
    """SHA-256 of the body, which is read by this if it was not yet."""
    _ = request.data
    digest: bytes = vars(request._request).get(_DIGEST, b"")
    return digest


def _note(request: HttpRequest, digest: bytes) -> None:
    vars(request)[_DIGEST] = digest


def _request(parser_context: Mapping[str, Any] | None) -> HttpRequest:
    request: HttpRequest = (parser_context or {})["request"]._request
    return request


def _length(request: HttpRequest) -> int:
    return int(request.META.get("CONTENT_LENGTH") or 0)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
