"""Pages of a list by a signed cursor: deep pages cost what the first costs, and nobody can make one up."""

from __future__ import annotations

from typing import Any

from django.core import signing
from django.db.models import Model, QuerySet
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from portal.paging import Keyset

USUAL, MOST = 50, 200
CURSOR, LIMIT = "cursor", "limit"


class KeysetPagination(BasePagination):
    """`?cursor=…&limit=…`; the view names its order as `keyset`. The answer holds `results` and `next_cursor`."""

    _next: str | None = None

    def paginate_queryset(self, queryset: QuerySet[Any], request: Request, view: APIView | None = None) -> list[Model]:  # type: ignore[override]
        """The rows of the page asked for. Raises ValidationError for a cursor or a limit that is none."""
        keyset: Keyset[Any] = view.keyset  # type: ignore[union-attr]
        signer = signing.Signer(salt=f"portal.api.cursor.{queryset.model._meta.label}")
        limit, cursor = _limit(request), request.query_params.get(CURSOR)
        rows = queryset if cursor is None else queryset.filter(keyset.beyond(_place(keyset, signer, cursor), backwards=False))
        sign = "-" if keyset.descending else ""
        found = list(rows.order_by(f"{sign}{keyset.first}", f"{sign}{keyset.second}")[: limit + 1])
        if len(found) > limit:
            self._next = signer.sign_object(keyset.place_of(found[limit - 1]))
        return found[:limit]

    def get_paginated_response(self, data: Any) -> Response:
        """The rows, and how to go on: null at the end."""
        return Response({"results": data, "next_cursor": self._next})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """For OpenAPI."""
        return {
            "type": "object",
            "required": ["results", "next_cursor"],
            "properties": {
                "results": schema,
                "next_cursor": {"type": "string", "nullable": True, "description": "Give it as `cursor`; null: no more."},
            },
        }

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:  # noqa: ARG002
        """For OpenAPI."""
        return [
            _parameter(CURSOR, {"type": "string", "pattern": "^[\\w.:=-]+$"}, "Of the answer before: where this page begins."),
            _parameter(LIMIT, {"type": "integer", "minimum": 1, "maximum": MOST, "default": USUAL}, "How many at most."),
        ]


def _parameter(name: str, schema: dict[str, Any], words: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "schema": schema, "description": words}


def _limit(request: Request) -> int:
    text = request.query_params.get(LIMIT, str(USUAL))
    if not (text.isascii() and text.isdecimal() and 1 <= int(text[:9]) <= MOST and len(text) < 9):
        raise ValidationError({LIMIT: [f"A whole number from 1 to {MOST}."]})
    return int(text)


def _place(keyset: Keyset[Any], signer: signing.Signer, cursor: str) -> tuple[Any, Any]:
    try:
        first, second = signer.unsign_object(cursor)
    except signing.BadSignature:
        raise ValidationError({CURSOR: ["This cursor is not one that the portal gave for this list."]}) from None
    return keyset.read_first(first), keyset.read_second(second)
