"""The contract of a request file: what a person, an identity and the rest of it must look like, and what is sent of them.

We read leniently where Adobe's own documents differ (spellings, casings, `"true"`), and send strictly.
Source of every shape: Privacy Service API, create a privacy job.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, StrictInt, StringConstraints
from pydantic import ValidationError as PydanticError
from pydantic_core import ErrorDetails, PydanticCustomError

MOST_IDENTITIES = 9
QUALIFIERS = ("standard", "custom", "integrationCode", "namespaceId", "unregistered", "analytics", "target")
ACTIONS = ("access", "delete", "opt-out-of-sale")
OPT_OUT = "opt-out-of-sale"
# Identity Service's own numbers for namespaces with a name (Privacy Service, appendix).
NAMESPACE_NAMES = {
    "0": "core",
    "4": "ecid",
    "6": "email",
    "7": "phone",
    "8": "waid",
    "9": "tntid",
    "10": "aaid",
    "411": "adcloud",
    "20914": "gaid",
    "20915": "idfa",
}
_REGISTERED = frozenset(NAMESPACE_NAMES.values())


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong (error) or worth knowing (warning). `row` is the 1-based place in `users`."""

    level: Literal["error", "warning"]
    code: str
    path: str
    row: int | None
    key: str | None
    message: str
    hint: str


@dataclass(frozen=True)
class Identity:
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


@dataclass(frozen=True)
class Person:
    """One entry of `users`."""

    row: int
    key: str | None
    actions: tuple[str, ...]
    identities: tuple[Identity, ...]


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


def _filled(value: Any) -> Any:
    if isinstance(value, str) and not value.strip():
        raise PydanticCustomError("empty", "is empty")
    return value


def _no_number(value: Any) -> Any:
    if isinstance(value, int | float) and not isinstance(value, bool):
        raise PydanticCustomError("unquoted", "is a number")
    return _filled(value)


Filled = Annotated[str, BeforeValidator(_no_number), StringConstraints(strict=True)]


class IdentityIn(BaseModel):
    """One entry of `userIDs`."""

    model_config = ConfigDict(extra="ignore")

    namespace: Filled
    value: Filled
    type: Literal["standard", "custom", "integrationCode", "namespaceId", "unregistered", "analytics", "target"]
    namespaceId: StrictInt | None = None  # noqa: N815 - Adobe's spelling
    isDeletedClientSide: StrictBool = False  # noqa: N815


class UserIn(BaseModel):
    """One entry of `users`."""

    model_config = ConfigDict(extra="ignore")

    key: Filled | None = None
    action: Annotated[list[Literal["access", "delete", "opt-out-of-sale"]], Field(min_length=1)]
    userIDs: Annotated[list[IdentityIn], Field(min_length=1)]  # noqa: N815


_HINTS = {
    "empty": ("{field} is empty", "Fill it in."),
    "unquoted": ("{field} is a number", "Put it in quotes."),
    "missing": ("{field} is missing", "Add it."),
    "string_type": ("{field} must be a text", "Write it in quotes."),
    "list_type": ("{field} must be a list", "Put it in square brackets."),
    "too_short": ("{field} is empty", "Give at least one."),
    "model_type": ("{field} must be an object", "Put it in curly brackets."),
    "bool_type": ("{field} must be true or false", "Write true or false without quotes."),
    "int_type": ("{field} must be a whole number", "Write it without quotes."),
}


def read_person(row: int, entry: Any, rules: OrganizationRules) -> tuple[Person | None, list[Finding]]:
    """One entry of `users` as a Person, or everything that is wrong with it."""
    key = entry.get("key") if isinstance(entry, dict) and isinstance(entry.get("key"), str) else None
    try:
        user = UserIn.model_validate(entry)
    except PydanticError as error:
        return None, [_finding(row, key, detail, entry) for detail in error.errors(include_url=False)]
    findings = list(_about_person(row, user, rules))
    if findings:
        return None, findings
    identities = tuple(
        Identity(one.namespace, one.value, one.type, one.namespaceId, one.isDeletedClientSide) for one in user.userIDs
    )
    return Person(row, user.key, tuple(dict.fromkeys(user.action)), identities), []


def _finding(row: int, key: str | None, detail: ErrorDetails, entry: Any) -> Finding:
    path = f"users[{row - 1}]" + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in detail["loc"])
    field = str(detail["loc"][-1]) if detail["loc"] else "The entry"
    if isinstance(detail["loc"][-1] if detail["loc"] else "", int):
        field = "The entry"
    if detail["type"] == "literal_error":
        return _wrong_word(row, key, path, detail)
    words, hint = _HINTS.get(detail["type"], ("{field} is not as it must be", detail["msg"] + "."))
    if field == "userIDs" and detail["type"] == "missing" and isinstance(entry, dict) and "userIds" in entry:
        hint = "It is spelled userIds here; Adobe wants userIDs."
    return Finding("error", detail["type"], path, row, key, f"{where(row, key)}: {words.format(field=field)}.", hint)


def _wrong_word(row: int, key: str | None, path: str, detail: ErrorDetails) -> Finding:
    if "type" in detail["loc"]:
        return Finding(
            "error",
            "qualifier",
            path,
            row,
            key,
            f"{where(row, key)}: the type of an identity is not one that Adobe knows.",
            f"Use one of: {', '.join(QUALIFIERS)}.",
        )
    message = f"{where(row, key)}: an action is not one that Adobe knows."
    return Finding("error", "action", path, row, key, message, f"Use one of: {', '.join(ACTIONS)}.")


def where(row: int, key: str | None) -> str:
    """How a message names a person: by row, and by the officer's key where there is one."""
    return f"Row {row:,}, {key}" if key else f"Row {row:,}"


def _about_person(row: int, user: UserIn, rules: OrganizationRules) -> Iterator[Finding]:
    path = f"users[{row - 1}]"
    most, count = rules.max_identities_per_person, len(user.userIDs)
    if count > most:
        message = f"{where(row, user.key)}: a person can have at most {most} identities; this one has {count}."
        yield Finding("error", "identities", f"{path}.userIDs", row, user.key, message, "Split it into two people.")
    if OPT_OUT in user.action and len(set(user.action)) > 1:
        message = f"{where(row, user.key)}: opt-out of sale cannot stand beside access or delete for one person."
        hint = "Name the person twice with two keys: once to opt out, once for the rest."
        yield Finding("error", "mixed-actions", f"{path}.action", row, user.key, message, hint)


# --- What is sent ---


def wire_user(person: Person, wire_key: str) -> dict[str, Any]:
    """One entry of `users`, under the key that is ours."""
    return {
        "key": wire_key,
        "action": list(person.actions),
        "userIDs": [identity.to_dict() for identity in person.identities],
    }


def wire_body(envelope: Envelope, ims_org_id: str, users: list[dict[str, Any]]) -> dict[str, Any]:
    """The body of `POST /jobs`. Optional fields go only when the file gave them."""
    body: dict[str, Any] = {
        "companyContexts": [{"namespace": "imsOrgID", "value": ims_org_id}, *envelope.company_contexts],
        "users": users,
        "include": list(envelope.products),
        "expandIds": envelope.expand_ids,
        "regulation": envelope.regulation,
    }
    optional = {"priority": envelope.priority, "mergePolicyId": envelope.merge_policy_id, "region": envelope.region}
    return body | {name: value for name, value in optional.items() if value is not None}


# --- Namespaces and values ---


def canonical_namespace(namespace: str, type_: str, namespace_id: int | None = None) -> str:
    """One name for one namespace: `Email` = `email` = 6, `CORE` = 0. Unregistered ones keep their own spelling, folded."""
    if namespace_id is not None and type_ in ("standard", "namespaceId"):
        return NAMESPACE_NAMES.get(str(namespace_id), str(namespace_id))
    folded = namespace.strip().casefold()
    return NAMESPACE_NAMES.get(folded, folded)


def canonical_value(namespace: str, value: str) -> str:
    """Only an e-mail address is lower-cased: every other value may mean its case."""
    return value.strip().lower() if namespace == "email" else value


def mask(value: str) -> str:
    """Enough to recognise a value that one knows, too little to learn one: `d…h@a…m`, `44…22`."""
    if "@" in value:
        return "@".join(f"{part[0]}…{part[-1]}" if len(part) > 2 else "…" for part in value.split("@", 1))
    return f"{value[:2]}…{value[-2:]}" if len(value) > 8 else "…"
