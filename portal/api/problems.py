"""The one shape of every error below /api/: problem details (RFC 9457), with a list of what is wrong where.

Nothing of what was sent is repeated in one but the path to it and, where the caller holds the file, its own key.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from rest_framework import exceptions
from rest_framework.response import Response

from portal import logs

MEDIA_TYPE = "application/problem+json"
ROOT = "/api/"
_TYPE = "urn:privacy-portal:problem:"


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong. `path` leads into the body or names a parameter; `key` is the caller's own name of a person."""

    path: str
    key: str | None
    code: str
    message: str


class Problem(exceptions.APIException):
    """An answer that is no success. `code` is for programs, `detail` for people."""

    def __init__(
        self,
        status: HTTPStatus,
        code: str,
        detail: str,
        faults: Iterable[Fault] = (),
        *,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(detail, code)
        self.status_code = status
        self.code = code
        self.words = detail
        self.faults = tuple(faults)
        self.retry_after = retry_after


_WORDS: dict[int, tuple[str, str]] = {
    400: ("bad-request", "The request cannot be understood as it is. Nothing was changed."),
    401: ("not-authenticated", "Give a valid token: Authorization: Bearer TOKEN."),
    403: ("not-allowed", "The token or the person may not do this. Nothing was changed."),
    404: ("not-found", "There is nothing here, or it belongs to an organization that is not yours."),
    405: ("method-not-allowed", "This address does not take this method; the Allow header names those that it takes."),
    406: ("not-acceptable", "The answer cannot be given in a form that the Accept header allows."),
    412: ("precondition-failed", "It is not in the state that the request was conditional on."),
    413: ("too-large", "The body is larger than what is taken here."),
    415: ("unsupported-media-type", "The address does not take a body of this media type; most take application/json."),
    429: ("too-many-requests", "Too many calls in a short time. Wait as long as the Retry-After header says."),
    500: ("internal-error", "Something went wrong in the portal. Tell an administrator the correlation id."),
    507: ("disk-full", "The portal's disk is full, and nothing of this was kept. Tell an administrator, and try again later."),
}


def is_api(request: HttpRequest) -> bool:
    """Whether errors are answered as problems."""
    return request.path.startswith(ROOT)


def body(status: int, code: str = "", detail: str = "", faults: Iterable[Fault] = ()) -> dict[str, Any]:
    """The members of a problem. What is not said comes from the status."""
    usual_code, usual_detail = _WORDS.get(status, ("error", HTTPStatus(status).description))
    return {
        "type": f"{_TYPE}{code or usual_code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail or usual_detail,
        "code": code or usual_code,
        "errors": [asdict(fault) for fault in faults],
        "correlation_id": logs.correlation_id(),
    }


def plain(status: int) -> HttpResponse:
    """For errors that come before or after REST framework's own part."""
    return HttpResponse(json.dumps(body(status)), status=status, content_type=MEDIA_TYPE)


def handle(error: Exception, _: Mapping[str, Any]) -> Response | None:
    """REST framework's exception handler. None: a fault of ours, which Django logs and answers with 500."""
    match error:
        case Problem():
            answer = _answer(error.status_code, error.code, error.words, error.faults)
            if error.retry_after is not None:
                answer["Retry-After"] = str(error.retry_after)
        case exceptions.ValidationError():
            faults = tuple(_faults(error.detail))
            answer = _answer(400, "invalid", "Some of what was sent is not right: see errors.", faults)
        case exceptions.APIException():
            answer = _answer(error.status_code, *_special(error))
            _add_headers(answer, error)
        case Http404():
            answer = _answer(404)
        case PermissionDenied():
            answer = _answer(403)
        case RequestDataTooBig():
            answer = _answer(413)
        case UnreadablePostError():
            answer = _answer(400, "broken-off", "The body broke off before its end.")
        case _:
            return None
    return answer


def _special(error: exceptions.APIException) -> tuple[str, str]:
    """Code and words where REST framework knows more than the status says."""
    match error:
        case exceptions.ParseError():
            return "not-json", "The body is not valid JSON in UTF-8."
        case exceptions.AuthenticationFailed():
            return "token-refused", "The token is unknown, expired or revoked."
        case exceptions.PermissionDenied() if str(error.detail).startswith("CSRF"):
            return "csrf", "A session needs the X-CSRFToken header for this. Use a token instead."
    return "", ""


def _add_headers(answer: Response, error: exceptions.APIException) -> None:
    challenge, wait = getattr(error, "auth_header", None), getattr(error, "wait", None)
    if challenge:
        answer["WWW-Authenticate"] = challenge
    if wait is not None:
        answer["Retry-After"] = str(max(int(wait + 0.999), 1))


def _answer(status: int, code: str = "", detail: str = "", faults: Iterable[Fault] = ()) -> Response:
    return Response(body(status, code, detail, faults), status=status, content_type=MEDIA_TYPE)


def _faults(detail: Any, path: str = "") -> Iterator[Fault]:
    """A serializer's nested errors, one by one, each with its path: `people[0].action`."""
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            yield from _faults(inner, _below(path, name))
    elif isinstance(detail, list):
        for place, inner in enumerate(detail):
            is_item = isinstance(inner, Mapping | list)
            yield from _faults(inner, f"{path}[{place}]" if is_item else path)
    else:
        yield Fault(path, None, str(getattr(detail, "code", "invalid")), str(detail))


def _below(path: str, name: str | int) -> str:
    """The path of a member, or of a place in a list."""
    if name == "non_field_errors":
        return path
    if isinstance(name, int):
        return f"{path}[{name}]"
    return f"{path}.{name}" if path else name
