"""The bodies of `/ttl`: what Data Hygiene refuses, and the expiration it reads out of the rest (dataset expiration API)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from portal.simulator.hygiene.filters import read_instant
from portal.simulator.outcomes import DAY
from portal.simulator.switches import Switches
from portal.simulator.validation import Invalid


@dataclass(frozen=True)
class NewExpiration:
    dataset: str
    expiry: float
    name: str | None
    description: str | None


@dataclass(frozen=True)
class Changes:
    """None for what stays as it is."""

    expiry: float | None
    name: str | None
    description: str | None


def read_new(switches: Switches, body: Mapping[str, Any], at: float, dataset: Any) -> NewExpiration:
    """`dataset` is the body's or, when the path names it, the path's. Raises Invalid."""
    if not isinstance(dataset, str) or not dataset.strip():
        raise Invalid("datasetId must not be empty")
    if "nosuch" in dataset:
        raise Invalid(f"Dataset {dataset} does not exist")
    expiry = _read_expiry(body, at)
    if expiry is None:
        raise Invalid("expiry must not be empty")
    name = _text(body, "displayName")
    if switches["ttl_required"] == "spec" and not name:
        raise Invalid("displayName must not be empty")
    return NewExpiration(dataset, expiry, name, _text(body, "description"))


def read_changes(switches: Switches, body: Mapping[str, Any], at: float) -> Changes:
    """At least one of displayName, description and expiry. Raises Invalid."""
    changes = Changes(_read_expiry(body, at), _text(body, "displayName"), _text(body, "description"))
    if changes.expiry is None and switches["ttl_required"] == "docs":
        raise Invalid("expiry must not be empty")
    if changes == Changes(None, None, None):
        raise Invalid("displayName, description or expiry must be given")
    return changes


def _text(body: Mapping[str, Any], name: str) -> str | None:
    value = body.get(name)
    if value is not None and not isinstance(value, str):
        raise Invalid(f"{name} must be a text")
    return value


def _read_expiry(body: Mapping[str, Any], at: float) -> float | None:
    text = _text(body, "expiry")
    if text is None:
        return None
    expiry = read_instant(text, "expiry")
    if expiry < at + DAY:
        raise Invalid("expiry must be at least 24 hours in the future")
    return expiry
