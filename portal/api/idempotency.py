"""`Idempotency-Key`: the same key and body give the first answer again, however often and however close together they are sent.

The key, the work and the answer are one transaction. So a call that died has done nothing and left no key; of two at once the
second waits for the first (the unique key on PostgreSQL, the one writer on SQLite), and then gets its answer. What a handler does
is rows alone: no call to Adobe stands in it.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import wraps
from http import HTTPStatus
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar, cast

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404
from django.utils import timezone
from django.utils.crypto import salted_hmac
from rest_framework.exceptions import APIException
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from portal.api import bodies
from portal.api.problems import MEDIA_TYPE, Fault, Problem
from portal.models import DataKey, IdempotencyKey, User

logger = logging.getLogger(__name__)

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
LONGEST_KEY = 255
KEPT_FOR = timedelta(days=7)
BATCH = 500
_OWNER = "idempotency"
_HEADERS = ("Location", "Retry-After")

Rest = ParamSpec("Rest")


class Handles(Protocol):
    """A view, as far as this needs it."""

    def handle_exception(self, exc: Exception) -> Response:
        """The answer to an error."""
        ...


View = TypeVar("View", bound=Handles)
Handler = Callable[Concatenate[View, Request, Rest], Response]


class PersonalResponse(Response):
    """An answer that holds personal data of an owner: it is kept under the owner's key, and goes when the owner is shredded."""

    def __init__(self, data: Any, *, data_key: DataKey | None, **options: Any) -> None:
        super().__init__(data, **options)
        self.data_key = data_key


def idempotent(handler: Handler[View, Rest]) -> Handler[View, Rest]:
    """Decorates the `post` of a view. Without the header it changes nothing."""

    return _decorated(handler, _once)


def idempotent_question(handler: Handler[View, Rest]) -> Handler[View, Rest]:
    """The same for a `post` that asks Adobe something and changes nothing there: no transaction stands around the question.

    Two at once may both ask; both get the answer that was kept first.
    """
    return _decorated(handler, _once_asked)


def _decorated(handler: Handler[View, Rest], once: Callable[..., Response]) -> Handler[View, Rest]:
    @wraps(handler)
    def post(view: View, request: Request, /, *args: Rest.args, **kwargs: Rest.kwargs) -> Response:
        key = request.headers.get(HEADER)
        if key is None:
            return handler(view, request, *args, **kwargs)
        if not (0 < len(key) <= LONGEST_KEY and key.isascii() and key.isprintable()):
            words = f"1 to {LONGEST_KEY} printable ASCII characters."
            raise Problem(HTTPStatus.BAD_REQUEST, "bad-idempotency-key", words, [Fault(HEADER, None, "invalid", words)])
        return once(view, _Call.of(request, key), lambda: handler(view, request, *args, **kwargs))

    vars(post)["is_idempotent"] = True
    return post


@dataclass(frozen=True)
class _Call:
    """What tells one call from another."""

    user: User
    key: bytes
    body: bytes

    @classmethod
    def of(cls, request: Request, key: str) -> _Call:
        """Reads the body, before any transaction: a slow sender must not keep others waiting."""
        body = _digest("body", request.META.get("QUERY_STRING", ""), bodies.digest_of(request).hex())
        return cls(cast("User", request.user), _digest("key", request.path, key), body)

    def row(self) -> tuple[IdempotencyKey, bool]:
        """The row of this key, and whether it is new. Waits for whoever is making it."""
        return IdempotencyKey.objects.get_or_create(user=self.user, key_digest=self.key, defaults={"body_digest": self.body})


def _once(view: Handles, call: _Call, work: Callable[[], Response]) -> Response:
    with transaction.atomic():
        row, is_new = call.row()
        if not is_new:
            return _again(row, call.body)
        answer = _done(view, work)
        if answer.status_code < 500:
            _keep(row, answer)
        else:
            row.delete()
    return answer


def _once_asked(view: Handles, call: _Call, work: Callable[[], Response]) -> Response:
    known = IdempotencyKey.objects.filter(user=call.user, key_digest=call.key).select_related("data_key").first()
    if known is not None:
        return _again(known, call.body)
    try:
        answer = work()
    except (APIException, Http404, PermissionDenied) as refusal:
        answer = view.handle_exception(refusal)
    if answer.status_code >= 500:
        return answer
    with transaction.atomic():
        row, is_new = call.row()
        if not is_new:
            return _again(row, call.body)
        _keep(row, answer)
    return answer


def _done(view: Handles, work: Callable[[], Response]) -> Response:
    """The handler's answer. A refusal takes back whatever it began, and is an answer like any other."""
    try:
        with transaction.atomic():
            return work()
    except (APIException, Http404, PermissionDenied) as refusal:
        return view.handle_exception(refusal)


def _keep(row: IdempotencyKey, answer: Response) -> None:
    personal = answer.data_key if isinstance(answer, PersonalResponse) else None
    row.data_key = personal or DataKey.objects.make(_OWNER, row.pk)
    row.answer = {
        "headers": {name: answer[name] for name in _HEADERS if answer.has_header(name)},
        "body": None if answer.data is None else JSONRenderer().render(answer.data).decode(),
    }
    row.status = answer.status_code
    row.answered_at = timezone.now()
    row.save()


def _again(row: IdempotencyKey, body: bytes) -> Response:
    if bytes(row.body_digest) != body:
        raise Problem(
            HTTPStatus.CONFLICT,
            "idempotency-key-used",
            "This Idempotency-Key was used with another body. Use a new key for what is new. Nothing was changed.",
        )
    if row.data_key is None or row.status is None:
        raise Problem(HTTPStatus.GONE, "answer-removed", "The personal data that the first answer held was removed since.")
    kept = row.answer
    return Response(
        None if kept["body"] is None else json.loads(kept["body"]),
        status=row.status,
        headers={**kept["headers"], REPLAYED: "true"},
        content_type=MEDIA_TYPE if row.status >= 400 else None,
    )


def _digest(kind: str, *parts: str) -> bytes:
    """Keyed: a key is the caller's own text, and a body is personal data."""
    return salted_hmac(f"portal.api.{kind}", json.dumps(parts), algorithm="sha256").digest()


def forget_old() -> int:
    """Remove the answers that are older than seven days. Gives how many."""
    removed = 0
    old = IdempotencyKey.objects.filter(created_at__lt=timezone.now() - KEPT_FOR).select_related("data_key")
    while rows := list(old[:BATCH]):
        with transaction.atomic():
            IdempotencyKey.objects.filter(pk__in=[row.pk for row in rows]).delete()
            for row in rows:
                if row.data_key is not None and row.data_key.owner_kind == _OWNER:
                    row.data_key.destroy()
        removed += len(rows)
    if removed:
        logger.info("tidied: %d answers under idempotency keys removed", removed)
    return removed
