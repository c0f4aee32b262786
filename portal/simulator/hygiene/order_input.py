"""The bodies of work-order calls: what Data Hygiene refuses, and the order it reads out of the rest.

Rules and messages: Data Hygiene API, record delete work orders.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from portal.simulator.hygiene.datasets import EVERY_DATASET
from portal.simulator.hygiene.orders import ALL_SERVICES, PROFILE_ONLY, is_refused
from portal.simulator.switches import Switches
from portal.simulator.validation import Invalid

MOST_IDENTITIES = 100_000
_ACTIONS = {"any": ("delete_identity", "delete-identity"), "underscore": ("delete_identity",), "hyphen": ("delete-identity",)}
_ID_LISTS = {"any": ("ids", "IDs"), "ids": ("ids",), "IDs": ("IDs",)}
_NAME_KEYS = {"any": ("name", "displayName"), "name": ("name",), "displayName": ("displayName",)}

Group = tuple[dict[str, Any], list[str]]


@dataclass(frozen=True)
class NewOrder:
    """`dataset` is as it came: an id, ids with commas between, or ALL. `groups` has each namespace once."""

    dataset: str
    targets: list[str]
    groups: list[Group]
    name: str | None
    description: str | None

    @property
    def datasets(self) -> list[str]:
        return self.dataset.split(",")

    @property
    def identities(self) -> int:
        return sum(len(ids) for _, ids in self.groups)


def read_order(switches: Switches, body: Mapping[str, Any]) -> NewOrder:
    """Raises Invalid with the first thing that is wrong."""
    actions = _ACTIONS[switches["request_action"]]
    if body.get("action") not in actions:
        raise Invalid(f"action must be one of: {', '.join(actions)}")
    dataset = _read_dataset(body.get("datasetId"))
    new = NewOrder(
        dataset=dataset,
        targets=_read_targets(switches, body, dataset),
        groups=_read_groups(switches, body),
        name=_optional_text(body, "displayName"),
        description=_optional_text(body, "description"),
    )
    if new.identities > MOST_IDENTITIES:
        raise Invalid(f"A request must not have more than {MOST_IDENTITIES} identities")
    _check_datasets(new)
    return new


def _optional_text(body: Mapping[str, Any], name: str) -> str | None:
    value = body.get(name)
    if value is not None and not isinstance(value, str):
        raise Invalid(f"{name} must be a text")
    return value


def _read_dataset(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise Invalid("datasetId must not be empty")
    parts = value.split(",")
    if not all(part.strip() for part in parts):
        raise Invalid("datasetId must be an id, ids with commas between, or ALL")
    if len(parts) > 1 and EVERY_DATASET in parts:
        raise Invalid("datasetId must not mix ALL with ids")
    return value


def _read_targets(switches: Switches, body: Mapping[str, Any], dataset: str) -> list[str]:
    """Without them, all services of the licence. The only choice is a profile-only delete, over ALL datasets."""
    given = body.get("targetServices")
    if switches["hygiene_licence"] == "cja":
        if given not in (None, ["datalake"]):
            raise Invalid('targetServices must be ["datalake"]')
        return ["datalake"]
    if given is None:
        return list(ALL_SERVICES)
    if not isinstance(given, list) or len(given) != len(PROFILE_ONLY) or {str(name) for name in given} != PROFILE_ONLY:
        raise Invalid('targetServices must be ["identity","profile","ajo"]')
    if dataset != EVERY_DATASET:
        raise Invalid("targetServices needs datasetId ALL")
    return [name for name in ALL_SERVICES if name in PROFILE_ONLY]


def _read_groups(switches: Switches, body: Mapping[str, Any]) -> list[Group]:
    single, grouped = body.get("identities"), body.get("namespacesIdentities")
    if single is not None and grouped is not None:
        raise Invalid("Identities and NamespacesIdentities are not allowed at the same time")
    entries = grouped if grouped is not None else single
    if not isinstance(entries, list) or not entries:
        raise Invalid("Identities are Empty for Delete Identity request.")
    name = "namespacesIdentities" if grouped is not None else "identities"
    groups: dict[str, Group] = {}
    for i, entry in enumerate(entries):
        path = f"{name}[{i}]"
        if not isinstance(entry, dict):
            raise Invalid(f"{path} must be an object")
        namespace = _read_namespace(entry.get("namespace"), f"{path}.namespace")
        ids: list[Any] = [entry.get("id")] if grouped is None else _ids(switches, entry, path)
        groups.setdefault(_key(namespace), (namespace, []))[1].extend(_checked(ids, path))
    return list(groups.values())


def _read_namespace(value: Any, path: str) -> dict[str, Any]:
    """`{"code"}`, `{"id"}` with the number, or both."""
    namespace = value if isinstance(value, dict) else {}
    code, number = namespace.get("code"), namespace.get("id")
    read: dict[str, Any] = {}
    if isinstance(code, str) and code.strip():
        read["code"] = code
    if isinstance(number, int) and not isinstance(number, bool):
        read["id"] = number
    if not read:
        raise Invalid(f"{path} must have a code")
    if "nosuch" in str(read.get("code")).lower():
        raise Invalid(f"{path} does not exist for this organization")
    return read


def _key(namespace: Mapping[str, Any]) -> str:
    return str(namespace.get("code", namespace.get("id"))).lower()


def _ids(switches: Switches, entry: Mapping[str, Any], path: str) -> list[Any]:
    names = [name for name in _ID_LISTS[switches["ids_spelling"]] if isinstance(entry.get(name), list) and entry[name]]
    if not names:
        raise Invalid(f"{path}.ids must be a list with at least one entry")
    return [value for name in names for value in entry[name]]


def _checked(ids: list[Any], path: str) -> list[str]:
    for value in ids:
        if not isinstance(value, str) or not value.strip():
            raise Invalid(f"{path} has an id that is empty or no text")
        if is_refused(value):
            raise Invalid(f"{path} has an id that is not acceptable")
    return ids


def _check_datasets(new: NewOrder) -> None:
    """A single dataset takes its schema's primary identity only (test values of the package docstring)."""
    for dataset in new.datasets:
        if "nosuch" in dataset:
            raise Invalid(f"Dataset {dataset} does not exist")
        if "noprimary" in dataset:
            raise Invalid(f"The schema of dataset {dataset} has no primary identity")
        if "onlyemail" in dataset and any(_key(namespace) not in {"email", "6"} for namespace, _ in new.groups):
            raise Invalid(f"The primary identity of dataset {dataset} has another namespace")


def read_changes(switches: Switches, body: Mapping[str, Any]) -> dict[str, str]:
    """The body of a PUT: `name` (either spelling) and `description`, at least one of them. Raises Invalid."""
    changes: dict[str, str] = {}
    for spelling in _NAME_KEYS[switches["update_key"]]:
        text = _optional_text(body, spelling)
        if text is not None:
            changes.setdefault("name", text)
    description = _optional_text(body, "description")
    if description is not None:
        changes["description"] = description
    if not changes:
        raise Invalid("name or description must be given")
    return changes
