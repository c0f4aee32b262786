"""Values that occur in the rows of an organization, read once a minute: a list offers only what there is."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Final
from uuid import UUID

from django.core.cache import cache

KEPT_SECONDS: Final = 60


def values_of(name: str, organizations: Collection[UUID], read: Callable[[UUID], Iterable[str]]) -> list[str]:
    """The values of all these organizations, sorted. `read` asks the database for those of one."""
    keys = {_key(name, organization): organization for organization in organizations}
    kept = cache.get_many(keys)
    missing = {key: sorted(read(organization)) for key, organization in keys.items() if key not in kept}
    if missing:
        cache.set_many(missing, KEPT_SECONDS)
    return sorted({value for values in (kept | missing).values() for value in values})


def forget(name: str, organizations: Iterable[UUID]) -> None:
    """Read them anew next time."""
    cache.delete_many([_key(name, organization) for organization in organizations])


def _key(name: str, organization: UUID) -> str:
    return f"facet:{name}:{organization}"
