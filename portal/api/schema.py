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
            schema = {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY, "pattern": "^[ -~]+$"}
            words = "The same key and body give the first answer again, for seven days."
            own.append(OpenApiParameter(HEADER, schema, OpenApiParameter.HEADER, description=words))
        if self.method == "GET" and getattr(self.view, "is_conditional", False):
            own.append(_header("If-None-Match", "The ETag that you have: 304 when nothing changed."))
            own.append(_header("If-Modified-Since", "304 when nothing changed since then. An ETag is the safer way."))
        if self.method in getattr(self.view, "selective", ()):
            names = {"type": "array", "items": {"type": "string"}}
            own.append(OpenApiParameter(FIELDS, names, explode=False, description="The answer has only those."))
        if reader := getattr(self.view, "query", {}).get(self.method):
            own.append(reader)
        return own


def _header(name: str, words: str) -> OpenApiParameter:
    return OpenApiParameter(name, OpenApiTypes.STR, OpenApiParameter.HEADER, description=words)


def complete(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """A hook of drf-spectacular: which fields can be chosen, and the errors that each operation can answer with."""
    schemas = result["components"]["schemas"]
    schemas |= {"Problem": _PROBLEM, "ProblemError": _ERROR}
    for name, schema in schemas.items():
        if name.endswith("BodyRequest"):
            schema["additionalProperties"] = False
    for path, operations in result["paths"].items():
        for method, operation in operations.items():
            _name_fields(operation, schemas)
            _refuse_empty(operation)
            for status, words in _errors(path, method, operation).items():
                operation["responses"].setdefault(status, _answer(words))
    return result


def _name_fields(operation: dict[str, Any], schemas: dict[str, Any]) -> None:
    """The fields of the answer's own object; of a list's, those of each row."""
    chosen = [one for one in operation.get("parameters", ()) if one["name"] == FIELDS]
    if not chosen:
        return
    answers = (operation["responses"].get(status, {}).get("content", {}) for status in ("200", "201", "202"))
    shape: dict[str, Any] = next(
        (content["application/json"]["schema"] for content in answers if "application/json" in content), {}
    )
    properties = _properties(shape, schemas)
    if "next_cursor" in properties:
        properties = _properties(properties["results"]["items"], schemas)
    for parameter in chosen:
        parameter["schema"] = {"type": "array", "items": {"type": "string", "enum": list(properties)}, "minItems": 1}


def _refuse_empty(operation: dict[str, Any]) -> None:
    """A parameter without a value is refused: it may be one that was forgotten."""
    for parameter in operation.get("parameters", ()):
        schema = parameter["schema"]
        if parameter["in"] == "query" and schema.get("type") == "string" and not {"format", "enum", "pattern"} & schema.keys():
            schema["minLength"] = 1


def _properties(shape: dict[str, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    properties: dict[str, Any] = schemas[shape["$ref"].rsplit("/", 1)[1]]["properties"]
    return properties


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
