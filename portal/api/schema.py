"""The OpenAPI schema: what drf-spectacular reads off the views, and what every operation has in common."""

from __future__ import annotations

from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter

from portal.api.answers import FIELDS
from portal.api.idempotency import HEADER, LONGEST_KEY
from portal.api.problems import MEDIA_TYPE

_PROBLEM = {
    "type": "object",
    "description": "Problem details (RFC 9457).",
    "required": ["type", "title", "status", "detail", "code", "errors", "correlation_id"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What happened and what to do, for a person."},
        "code": {"type": "string", "description": "The same for the same kind of problem, for programs."},
        "errors": {"type": "array", "items": {"$ref": "#/components/schemas/ProblemError"}},
        "correlation_id": {"type": "string", "description": "Also in the X-Request-ID header, in logs and in the audit trail."},
    },
}
_ERROR = {
    "type": "object",
    "required": ["path", "key", "code", "message"],
    "properties": {
        "path": {"type": "string", "description": "Where: `users[3].userIDs[0].value`, or the name of a parameter."},
        "key": {"type": "string", "nullable": True, "description": "Your own key of the person concerned."},
        "code": {"type": "string"},
        "message": {"type": "string"},
    },
}
_ALWAYS = {
    "400": "What was sent is not right: see `errors`.",
    "401": "No valid token.",
    "403": "The token may not do this.",
    "405": "The address does not take this method.",
    "406": "The Accept header allows no form that there is.",
    "429": "Too many calls: wait as long as Retry-After says.",
}
_WITH_PATH = {"404": "It is not there, or not yours."}
_WITH_CONDITION = {"412": "An If-Match header does not fit."}
_ACTS = {
    "404": "It is not there, or not yours.",
    "409": "It cannot be done as things stand, or the Idempotency-Key was used with another body.",
    "410": "The first answer under this Idempotency-Key was removed with the personal data that it held.",
    "413": "The body is too large.",
    "415": "The body is not application/json.",
}


class ApiSchema(AutoSchema):
    """Adds the headers and parameters that the base views understand."""

    def get_override_parameters(self) -> list[Any]:
        """Beside those that the view itself names."""
        own = list(super().get_override_parameters())
        if self.method == "POST":
            own.append(_header(HEADER, f"The same key and body give the first answer again. 1 to {LONGEST_KEY} characters."))
        if self.method == "GET" and getattr(self.view, "is_conditional", False):
            own.append(_header("If-None-Match", "The ETag that you have: 304 when nothing changed."))
            own.append(_header("If-Modified-Since", "304 when nothing changed since then. An ETag is the safer way."))
        if self.method in getattr(self.view, "selective", ()):
            own.append(OpenApiParameter(FIELDS, str, description="Names of fields, parted by commas: the answer has only those."))
        if reader := getattr(self.view, "query", {}).get(self.method):
            own.append(reader)
        return own


def _header(name: str, words: str) -> OpenApiParameter:
    return OpenApiParameter(name, OpenApiTypes.STR, OpenApiParameter.HEADER, description=words)


def add_problems(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """A hook of drf-spectacular: the errors that each operation can answer with."""
    result["components"]["schemas"] |= {"Problem": _PROBLEM, "ProblemError": _ERROR}
    for path, operations in result["paths"].items():
        for method, operation in operations.items():
            for status, words in _errors(path, method, operation).items():
                operation["responses"].setdefault(status, _answer(words))
    return result


def _errors(path: str, method: str, operation: dict[str, Any]) -> dict[str, str]:
    errors = dict(_ALWAYS)
    if "{" in path:
        errors |= _WITH_PATH
    if "304" in operation["responses"]:
        errors |= _WITH_CONDITION
    if method != "get":
        errors |= _ACTS
    return dict(sorted(errors.items()))


def _answer(words: str) -> dict[str, Any]:
    return {"description": words, "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}}
