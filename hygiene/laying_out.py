"""Adobe's answer about a work order as rows of a page. Every field it carried is shown, also those that nobody here knows."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop

from hygiene.words import service_name
from portal.masking import mask

# Data Hygiene API, record delete work orders. In the order of a page.
_LABELS = {
    "workorderId": noop("Work order"),
    "bundleId": noop("Bundle"),
    "status": noop("Status"),
    "action": noop("Action"),
    "displayName": noop("Name"),
    "description": noop("Description"),
    "datasetId": noop("Dataset"),
    "datasetName": noop("Dataset's name"),
    "operationCount": noop("Operations"),
    "targetServices": noop("Services asked"),
    "createdAt": noop("Made"),
    "updatedAt": noop("Last change"),
    "createdBy": noop("Made by"),
    "orgId": noop("IMS organization"),
    "sandboxName": noop("Sandbox"),
}
# Fields that say what the portal itself shows on the page, or that name no person.
_PLAIN = frozenset(_LABELS) - {"createdBy"}
_SERVICES = "productStatusDetails"
_WORDS = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])")


@dataclass(frozen=True)
class Row:
    """One field: its name, and its value or its time."""

    name: str
    value: str
    at: datetime | None


def rows(answer: bytes | None, *, revealed: bool) -> list[Row]:
    """The fields of an answer but for the services, which have a place of their own. What may name a person is masked unless
    `revealed`. Empty for no answer and for one that is not an object of JSON.
    """
    fields = _read(answer)
    known = [name for name in _LABELS if name in fields]
    unknown = [name for name in fields if name not in _LABELS and name != _SERVICES]
    return [_row(name, fields[name], revealed=revealed) for name in (*known, *unknown)]


def raw(answer: bytes | None) -> str:
    """The whole answer, indented when it is JSON."""
    if not answer:
        return ""
    try:
        return json.dumps(json.loads(answer), indent=2, ensure_ascii=False)
    except ValueError:
        return answer.decode(errors="replace")


def text_of(answer: bytes | None, name: str) -> str:
    """One field of an answer as a text; empty when it is not there."""
    value = _read(answer).get(name)
    return value if isinstance(value, str) else ""


def _read(answer: bytes | None) -> dict[str, Any]:
    try:
        fields = json.loads(answer or b"{}")
    except ValueError:
        return {}
    return fields if isinstance(fields, dict) else {}


def _row(name: str, value: Any, *, revealed: bool) -> Row:
    label = _(_LABELS.get(name) or _label(name))
    if isinstance(value, str) and name.endswith("At") and (at := _moment(value)):
        return Row(label, "", at)
    return Row(label, ", ".join(_texts(name, value, plain=revealed or name in _PLAIN)) or _("none"), None)


def _moment(text: str) -> datetime | None:
    """A time with its zone; None for anything else, also for a day that no calendar has."""
    try:
        at = parse_datetime(text)
    except ValueError:
        return None
    return at if at is not None and at.tzinfo is not None else None


def _texts(name: str, value: Any, *, plain: bool) -> Iterator[str]:
    for each in value if isinstance(value, list) else [value]:
        text = each if isinstance(each, str) else json.dumps(each, ensure_ascii=False)
        if name == "targetServices":
            yield service_name(text)
        else:
            yield text if plain or isinstance(each, bool | None) or (text.isdecimal() and len(text) < 10) else mask(text)


def _label(name: str) -> str:
    """`someNewField` as "Some new field"."""
    words = " ".join(word if word.isupper() and len(word) > 1 else word.lower() for word in _WORDS.findall(name)) or name
    return words[:1].upper() + words[1:]
