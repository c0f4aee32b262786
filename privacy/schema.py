"""The contract of a request file: what a person, an identity and the rest of it must look like, and what is sent of them.

We read leniently where Adobe's own documents differ (spellings, casings, `"true"`), and send strictly.
Source of every shape: Privacy Service API, create a privacy job.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from decimal import Decimal
from difflib import get_close_matches
from functools import lru_cache
from typing import Annotated, Any, Literal, NamedTuple

from django.contrib.humanize.templatetags.humanize import intcomma
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop
from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt, StringConstraints
from pydantic import ValidationError as PydanticError
from pydantic_core import ErrorDetails

MOST_IDENTITIES = 9
QUALIFIERS = ("standard", "custom", "integrationCode", "namespaceId", "unregistered", "analytics", "target")
ACTIONS = ("access", "delete", "opt-out-of-sale")
OPT_OUT = "opt-out-of-sale"
# Identity Service's own numbers for namespaces with a name (Privacy Service, appendix).
ADOBE_NAMES = {
    "0": "CORE",
    "4": "ECID",
    "6": "Email",
    "7": "Phone",
    "8": "WAID",
    "9": "TNTID",
    "10": "AAID",
    "411": "AdCloud",
    "20914": "GAID",
    "20915": "IDFA",
}
NAMESPACE_NAMES = {number: name.casefold() for number, name in ADOBE_NAMES.items()}
_NUMBERS = {name: number for number, name in NAMESPACE_NAMES.items()}
_REGISTERED_TYPES = ("standard", "namespaceId")
# What of a file may stand in a message.
_SHOWN = 60


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong (error) or worth knowing (warning). `row`: as Person has it."""

    level: Literal["error", "warning"]
    code: str
    path: str
    row: int | None
    key: str | None
    message: str
    hint: str


class Identity(NamedTuple):
    """One identity of a person."""

    namespace: str
    value: str
    type: str
    namespace_id: int | None = None
    deleted_client_side: bool = False

    def to_dict(self) -> dict[str, Any]:
        """As Adobe takes it in `userIDs`."""
        wire: dict[str, Any] = {"namespace": self.namespace, "value": self.value, "type": self.type}
        if self.namespace_id is not None:
            wire["namespaceId"] = self.namespace_id
        return wire | {"isDeletedClientSide": self.deleted_client_side}

    @classmethod
    def from_dict(cls, wire: dict[str, Any]) -> Identity:
        """The reverse of `to_dict`."""
        return cls(
            wire["namespace"], wire["value"], wire["type"], wire.get("namespaceId"), wire.get("isDeletedClientSide", False)
        )


class Person(NamedTuple):
    """One entry of `users`. `row`: its place there, or its row in the table that the file was made of; then `place` is set."""

    row: int
    key: str | None
    actions: tuple[str, ...]
    identities: tuple[Identity, ...]
    place: int | None = None

    @property
    def position(self) -> int:
        """The place in `users`, from 1: by it the request and Adobe know the person."""
        return self.row if self.place is None else self.place

    def names(self) -> list[tuple[str, str]]:
        """The identities as (canonical namespace, canonical value): by these, people are compared."""
        names = []
        for namespace, value, type_, number, _deleted in self.identities:
            canonical = canonical_namespace(namespace, type_, number)
            names.append((canonical, canonical_value(canonical, value)))
        return names


@dataclass(frozen=True)
class Envelope:
    """Everything of a request but its people, with Adobe's current codes. `company_contexts` leaves out the organization."""

    regulation: str
    products: tuple[str, ...]
    company_contexts: tuple[dict[str, str], ...] = ()
    expand_ids: bool = False
    priority: str | None = None
    merge_policy_id: int | str | None = None
    region: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """For storage."""
        return asdict(self)

    @classmethod
    def from_dict(cls, stored: dict[str, Any]) -> Envelope:
        """The reverse of `to_dict`."""
        lists = {"products": tuple(stored["products"]), "company_contexts": tuple(stored["company_contexts"])}
        return cls(**(stored | lists))


@dataclass(frozen=True)
class OrganizationRules:
    """What the chosen organization allows."""

    ims_org_id: str
    product_codes: frozenset[str]
    max_identities_per_person: int = MOST_IDENTITIES


# --- Entries of `users` ---

# A text that is not blank, by Python's idea of blanks, which counts four separators more than the pattern's own.
Filled = Annotated[str, StringConstraints(strict=True, pattern=r"[^\s\x1c-\x1f]")]


class IdentityIn(BaseModel):
    """One entry of `userIDs`."""

    model_config = ConfigDict(extra="ignore")

    namespace: Filled
    value: Filled
    type: Literal["standard", "custom", "integrationCode", "namespaceId", "unregistered", "analytics", "target"]
    namespaceId: StrictInt | None = None  # noqa: N815 - Adobe's spelling
    isDeletedClientSide: StrictBool = False  # noqa: N815


class UserIn(BaseModel):
    """One entry of `users`. No Python runs for one that is right: a file holds hundreds of thousands."""

    model_config = ConfigDict(extra="ignore")

    key: Filled | None = None
    action: Annotated[list[Literal["access", "delete", "opt-out-of-sale"]], Field(min_length=1)]
    userIDs: Annotated[list[IdentityIn], Field(min_length=1)]  # noqa: N815


# Our code for pydantic's.
_CODES = {"string_pattern_mismatch": "empty"}
_HINTS = {
    "empty": (noop("{field} is empty"), noop("Fill it in.")),
    "unquoted": (noop("{field} is a number"), noop("Put it in quotes.")),
    "missing": (noop("{field} is missing"), noop("Add it.")),
    "string_type": (noop("{field} must be a text"), noop("Write it in quotes.")),
    "list_type": (noop("{field} must be a list"), noop("Put it in square brackets.")),
    "too_short": (noop("{field} is empty"), noop("Give at least one.")),
    "model_type": (noop("{field} must be an object"), noop("Put it in curly brackets.")),
    "bool_type": (noop("{field} must be true or false"), noop("Write true or false without quotes.")),
    "int_type": (noop("{field} must be a whole number"), noop("Write it without quotes.")),
}


def read_person(row: int, entry: Any, rules: OrganizationRules, place: int | None = None) -> tuple[Person | None, list[Finding]]:
    """One entry of `users` as a Person, or everything that is wrong with it."""
    try:
        user = _validated(entry)
    except PydanticError as error:
        key = key_of(entry)
        findings = [_finding(row, key, detail, entry) for detail in error.errors(include_url=False)]
        if isinstance(entry, dict):
            findings += _about_person(row, key, entry, rules)
        return None, findings
    identities = tuple(
        [Identity(one.namespace, one.value, one.type, one.namespaceId, one.isDeletedClientSide) for one in user.userIDs]
    )
    actions = tuple(dict.fromkeys(user.action))
    if _is_suspect(actions, identities, rules) and (findings := list(_about_person(row, key_of(entry), entry, rules))):
        return None, findings
    return Person(row, user.key, actions, identities, place), []


def _validated(entry: Any) -> UserIn:
    """Raises pydantic's ValidationError."""
    try:
        return UserIn.model_validate(entry)
    except PydanticError:
        named = _named_by_number(entry)
        if named is None:
            raise
        return UserIn.model_validate(named)


def _named_by_number(entry: Any) -> dict[str, Any] | None:
    """The entry with a namespace wherever only its number stands: Adobe takes `namespaceId` in its place. None: there is none."""
    identities = entry.get("userIDs") if isinstance(entry, dict) else None
    if not isinstance(identities, list):
        return None
    named = [_with_namespace(identity) for identity in identities]
    return entry | {"userIDs": named} if named != identities else None


def _with_namespace(identity: Any) -> Any:
    if not isinstance(identity, dict) or "namespace" in identity or type(identity.get("namespaceId")) is not int:
        return identity
    number = str(identity["namespaceId"])
    return identity | {"namespace": ADOBE_NAMES.get(number, number)}


def _is_suspect(actions: tuple[str, ...], identities: tuple[Identity, ...], rules: OrganizationRules) -> bool:
    """Whether something may be wrong with the person as a whole."""
    return (
        len(identities) > rules.max_identities_per_person
        or (OPT_OUT in actions and len(actions) > 1)
        or any(identity.type == "namespaceId" for identity in identities)
    )


def key_of(entry: Any) -> str | None:
    """The officer's key of an entry of `users`, also when the rest of the entry is wrong."""
    key = entry.get("key") if isinstance(entry, dict) else None
    return key if isinstance(key, str) and key.strip() else None


def where(row: int, key: str | None) -> str:
    """How a message names a person: by row, and by the officer's key where there is one."""
    words = _("Row %(row)s, %(shown)s") if key else _("Row %(row)s")
    return words % {"row": intcomma(row), "shown": shown(key or "")}


def shown(text: str) -> str:
    """As much of a text from the file as a message has room for."""
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _finding(row: int, key: str | None, detail: ErrorDetails, entry: Any) -> Finding:
    location = detail["loc"]
    path = f"users[{row - 1}]" + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)
    if detail["type"] == "literal_error":
        code, words, hint = _wrong_word(location, detail["input"])
    else:
        code = _code(detail)
        words, hint = _HINTS.get(code, (noop("{field} is not as it must be"), detail["msg"] + "."))
        words, hint = _(words), _(hint)
        words = words.format(field=_field(location))
    if location == ("userIDs",) and code == "missing" and "userIds" in entry:
        hint = _("It is spelled userIds here; Adobe wants userIDs.")
    return Finding("error", code, path, row, key, f"{where(row, key)}{_identity(location)}: {words}.", hint)


def _code(detail: ErrorDetails) -> str:
    given = detail["input"]
    if detail["type"] == "string_type" and isinstance(given, int | float | Decimal) and not isinstance(given, bool):
        return "unquoted"
    return _CODES.get(detail["type"], detail["type"])


def _field(location: tuple[int | str, ...]) -> str:
    """The name of what is wrong; a person or an identity as a whole has none."""
    if not location:
        return _("the entry")
    last = location[-1]
    if isinstance(last, str):
        return last
    return _("the identity") if location[0] == "userIDs" else f"{location[0]}"


def _identity(location: tuple[int | str, ...]) -> str:
    """`, identity 3` for what is inside the third entry of `userIDs`."""
    match location:
        case ("userIDs", int(place), *_):
            return _(", identity %(number)s") % {"number": place + 1}
    return ""


def _wrong_word(location: tuple[int | str, ...], given: Any) -> tuple[str, str, str]:
    code, allowed = ("qualifier", QUALIFIERS) if location[-1] == "type" else ("action", ACTIONS)
    called = _("a type of identity") if code == "qualifier" else _("an action")
    if not isinstance(given, str):
        words, hint = _("%(called)s must be a text"), _("Use one of: %(allowed)s.")
        return code, words % {"called": called}, hint % {"allowed": ", ".join(allowed)}
    folded = {word.casefold(): word for word in allowed}
    near = get_close_matches(shown(given).strip().casefold(), folded, n=1)
    hint = _("Did you mean %(words)s? ") % {"words": folded[near[0]]} if near else ""
    return (
        code,
        _("“%(shown)s” is not %(called)s that Adobe knows") % {"shown": shown(given), "called": called},
        _("%(hint)sUse one of: %(allowed)s.") % {"hint": hint, "allowed": ", ".join(allowed)},
    )


def _about_person(row: int, key: str | None, entry: dict[str, Any], rules: OrganizationRules) -> Iterator[Finding]:
    """What is wrong with the person as a whole, found also when single fields are wrong."""
    path = f"users[{row - 1}]"
    identities, actions = entry.get("userIDs"), entry.get("action")
    most = rules.max_identities_per_person
    if isinstance(identities, list) and len(identities) > most:
        message = _("%(where)s: a person can have at most %(most)s identities; this one has %(identities)s.") % {
            "where": where(row, key),
            "most": most,
            "identities": len(identities),
        }
        yield Finding("error", "identities", f"{path}.userIDs", row, key, message, _("Split it into two people."))
    if isinstance(actions, list) and OPT_OUT in actions and ("access" in actions or "delete" in actions):
        message = _("%(where)s: opt-out of sale cannot stand beside access or delete for one person.") % {
            "where": where(row, key)
        }
        hint = _("Name the person twice with two keys: once to opt out, once for the rest.")
        yield Finding("error", "mixed-actions", f"{path}.action", row, key, message, hint)
    for place, identity in enumerate(identities if isinstance(identities, list) else ()):
        if isinstance(identity, dict) and _is_unnumbered(identity):
            number = _NUMBERS.get(identity["namespace"].strip().casefold())
            message = _("%(where)s, identity %(number)s: the type namespaceId needs the namespace's number.") % {
                "where": where(row, key),
                "number": place + 1,
            }
            hint = (
                _('Write "%(number)s", or use the type standard.') % {"number": number}
                if number
                else _("Write the number, or use the type custom.")
            )
            yield Finding("error", "namespace-number", f"{path}.userIDs[{place}].namespace", row, key, message, hint)


def _is_unnumbered(identity: dict[str, Any]) -> bool:
    namespace = identity.get("namespace")
    if identity.get("type") != "namespaceId" or not isinstance(namespace, str) or not namespace.strip():
        return False
    return not (namespace.isascii() and namespace.isdigit())


# --- What is sent ---


_ENCODER = json.JSONEncoder()


def wire_user(wire_key: str, actions: Iterable[str], identities: bytes) -> bytes:
    """One entry of `users`, as JSON, under the key that is ours.

    `identities` is the JSON of a list of `Identity.to_dict`: as they are kept, so that nobody reads them again to send them.
    """
    return b'{"key": %b, "action": %b, "userIDs": %b}' % (
        _ENCODER.encode(wire_key).encode(),
        _as_json(tuple(actions)),
        identities,
    )


@lru_cache(maxsize=64)
def _as_json(actions: tuple[str, ...]) -> bytes:
    """The few lists of actions there are, of very many people."""
    return json.dumps(actions).encode()


def wire_body(envelope: Envelope, ims_org_id: str, users: Iterable[bytes]) -> bytes:
    """The body of `POST /jobs`. Optional fields go only when the file gave them."""
    rest: dict[str, Any] = {
        "companyContexts": [{"namespace": "imsOrgID", "value": ims_org_id}, *envelope.company_contexts],
        "include": list(envelope.products),
        "expandIds": envelope.expand_ids,
        "regulation": envelope.regulation,
    }
    optional = {"priority": envelope.priority, "mergePolicyId": envelope.merge_policy_id, "region": envelope.region}
    rest |= {name: value for name, value in optional.items() if value is not None}
    return b'{"users": [%b], %b' % (b", ".join(users), json.dumps(rest)[1:].encode())


# --- Namespaces and values ---


def canonical_namespace(namespace: str, type_: str, namespace_id: int | None = None) -> str:
    """One name for one namespace: `Email` = `email` = 6, `CORE` = 0. A number means that only in a registered type."""
    if type_ not in _REGISTERED_TYPES:
        return namespace.strip().casefold()
    folded = namespace.strip().casefold() if namespace_id is None else str(namespace_id)
    return NAMESPACE_NAMES.get(folded, folded)


def known_namespace(canonical: str) -> str:
    """The name when it is one of Adobe's own, else nothing: any text may stand there, of any length, and name somebody."""
    return canonical if canonical in _NUMBERS else ""


def canonical_value(namespace: str, value: str) -> str:
    """Only an e-mail address is lower-cased: every other value may mean its case."""
    return value.strip().lower() if namespace == "email" else value
