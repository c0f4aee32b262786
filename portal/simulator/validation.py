"""The body of `POST /jobs`: what Privacy Service refuses, and the request it reads out of the rest.

Rules: Privacy Service API, create a job; accepted values of `regulation`: the list that the live service answers with.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from portal.simulator import refusals
from portal.simulator.switches import Switches
from portal.simulator.vocabulary import (
    ACTIONS,
    LEGACY_REGULATIONS,
    PRODUCTS,
    QUALIFIERS,
    REGISTERED_QUALIFIERS,
    REGULATIONS,
    SPEC_ONLY_REGULATIONS,
    namespace_id,
)

MOST_A_REQUEST = 1000
MOST_IDENTITIES = 9
_NUMBER = re.compile(r"\d{1,18}")


class Invalid(ValueError):
    """One sentence on what is wrong with the body."""


@dataclass(frozen=True)
class NewUser:
    """`identities` are as Adobe echoes them: namespace, value, type, namespaceId when registered."""

    key: str | None
    actions: list[str]
    identities: list[dict[str, Any]]


@dataclass(frozen=True)
class NewRequest:
    users: list[NewUser]
    include: list[str]
    regulation: str
    request_id: str | None
    merge_policy: str | None


def accepted_regulations(switches: Switches) -> list[str]:
    codes = list(REGULATIONS)
    if switches["legacy_codes"] == "accept":
        codes += LEGACY_REGULATIONS
    if switches["spec_only_codes"] == "accept":
        codes += SPEC_ONLY_REGULATIONS
    return codes


def read_regulation(switches: Switches, value: Any) -> str:
    """Raises Invalid with the accepted values, as the live service does."""
    accepted = accepted_regulations(switches)
    if not value:
        raise Invalid(f"regulation is required. Accepted values: {', '.join(accepted)}")
    if value not in accepted:
        raise Invalid(f"Invalid regulation. Accepted values: {', '.join(accepted)}")
    return str(value)


def peek_actions(body: Any) -> set[str]:
    """The actions that a body seems to name, for the permission check that comes before validation."""
    users = body.get("users") if isinstance(body, dict) else None
    named = [user.get("action") for user in users if isinstance(user, dict)] if isinstance(users, list) else []
    return {action for actions in named if isinstance(actions, list) for action in actions if action in ACTIONS}


def read_request(switches: Switches, ims_org: str, body: Any) -> NewRequest:
    """Raises Refusal 400 with the first thing that is wrong."""
    try:
        return _read(switches, ims_org, body)
    except Invalid as error:
        raise refusals.privacy(switches["error_style"], 400, "400001", f"Bad request. {error}") from error


def _read(switches: Switches, ims_org: str, body: Any) -> NewRequest:
    if not isinstance(body, dict):
        raise Invalid("The body must be a JSON object")
    _check_contexts(switches, ims_org, body.get("companyContexts"))
    users = [_read_user(switches, user, f"users[{i}]") for i, user in enumerate(_list(body, "users", "users"))]
    _check_amount(switches, users)
    _check_opt_out(switches, users)
    _check_expand(switches, body)
    merge_policy = body.get("mergePolicyId")
    return NewRequest(
        users=users,
        include=_read_include(body),
        regulation=_read_law(switches, body),
        request_id=body["requestId"] if isinstance(body.get("requestId"), str) and body["requestId"] else None,
        merge_policy=None if merge_policy is None else str(merge_policy),
    )


def _list(holder: Mapping[str, Any], name: str, path: str) -> list[Any]:
    value = holder.get(name)
    if not isinstance(value, list) or not value:
        raise Invalid(f"{path} must be a list with at least one entry")
    return value


def _text(holder: Mapping[str, Any], name: str, path: str) -> str:
    value = holder.get(name)
    if not isinstance(value, str) or not value.strip():
        raise Invalid(f"{path}.{name} must not be empty")
    return value


def _check_contexts(switches: Switches, ims_org: str, contexts: Any) -> None:
    spelling = switches["ims_org_namespace"]
    for context in contexts if isinstance(contexts, list) else []:
        namespace = str(context.get("namespace", "")) if isinstance(context, dict) else ""
        known = namespace.lower() in {"imsorgid", "imsorg"} if spelling == "any" else namespace == spelling
        if known:
            if context.get("value") != ims_org:
                raise Invalid("companyContexts names another IMS organization than x-gw-ims-org-id")
            return
    raise Invalid("companyContexts must contain the IMS organization")


def _read_user(switches: Switches, user: Any, path: str) -> NewUser:
    if not isinstance(user, dict):
        raise Invalid(f"{path} must be an object")
    key = user.get("key")
    if key is not None and not isinstance(key, str):
        raise Invalid(f"{path}.key must be a text")
    actions = _list(user, "action", f"{path}.action")
    if any(action not in ACTIONS for action in actions):
        raise Invalid(f"{path}.action must be of: {', '.join(ACTIONS)}")
    identities = _list(user, "userIDs", f"{path}.userIDs")
    if len(identities) > MOST_IDENTITIES:
        raise Invalid(f"{path}.userIDs must not have more than {MOST_IDENTITIES} entries")
    read = [_read_identity(identity, f"{path}.userIDs[{i}]") for i, identity in enumerate(identities)]
    return NewUser(key, list(dict.fromkeys(actions)), read)


def _read_identity(identity: Any, path: str) -> dict[str, Any]:
    if not isinstance(identity, dict):
        raise Invalid(f"{path} must be an object")
    qualifier = _text(identity, "type", path)
    if qualifier not in QUALIFIERS:
        raise Invalid(f"{path}.type must be one of: {', '.join(QUALIFIERS)}")
    echoed: dict[str, Any] = {}
    given = identity.get("namespaceId")
    number = given if isinstance(given, int) and not isinstance(given, bool) else None
    if number is None or identity.get("namespace") is not None:
        echoed["namespace"] = _text(identity, "namespace", path)
        if qualifier == "namespaceId" and not _NUMBER.fullmatch(echoed["namespace"]):
            raise Invalid(f"{path}.namespace must be a number when type is namespaceId")
    echoed["value"] = _text(identity, "value", path)
    echoed["type"] = qualifier
    resolved = number if number is not None else namespace_id(echoed["namespace"], qualifier)
    if resolved is not None and (qualifier in REGISTERED_QUALIFIERS or "namespace" not in echoed):
        echoed["namespaceId"] = resolved
    echoed["isDeletedClientSide"] = identity.get("isDeletedClientSide") is True
    return echoed


def _check_amount(switches: Switches, users: list[NewUser]) -> None:
    counts_ids = switches["cap_1000"] == "ids"
    amount = sum(len(user.identities) for user in users) if counts_ids else len(users)
    if amount > MOST_A_REQUEST:
        raise Invalid(f"A request must not have more than {MOST_A_REQUEST} {'user IDs' if counts_ids else 'users'}")


def _check_opt_out(switches: Switches, users: list[NewUser]) -> None:
    actions = {action for user in users for action in user.actions}
    if "opt-out-of-sale" not in actions:
        return
    if switches["opt_out_in_jobs"] == "reject":
        raise Invalid("opt-out-of-sale is not an action of a job; use /consent")
    if len(actions) > 1:
        raise Invalid("opt-out-of-sale must be in a request of its own")


def _check_expand(switches: Switches, body: Mapping[str, Any]) -> None:
    for name in ("expandIds", "expandIDs"):
        if name not in body:
            continue
        if switches["expand_spelling"] not in {"any", name}:
            raise Invalid(f"unknown field {name}")
        kinds: dict[str, type | tuple[type, ...]] = {"any": (bool, str), "boolean": bool, "text": str}
        value = body[name]
        words = value if isinstance(value, bool) else str(value).lower()
        if not isinstance(value, kinds[switches["expand_type"]]) or words not in {True, False, "true", "false"}:
            raise Invalid(f"{name} must be true or false")


def _read_include(body: Mapping[str, Any]) -> list[str]:
    codes = _list(body, "include", "include")
    unknown = [str(code) for code in codes if str(code).lower() not in PRODUCTS]
    if unknown:
        raise Invalid(f"include has unknown products: {', '.join(unknown)}")
    return list(dict.fromkeys(PRODUCTS[str(code).lower()].code for code in codes))


def _read_law(switches: Switches, body: Mapping[str, Any]) -> str:
    if not body.get("regulation") and switches["regulation_required"] == "no":
        return "gdpr"
    return read_regulation(switches, body.get("regulation"))
