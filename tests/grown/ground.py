"""What all parts of a grown portal stand on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count

from django.urls import reverse

from portal.models import Organization, User
from tests.pages import Browser

Addresses = dict[str, str]


@dataclass
class Ground:
    """Who looks at the pages, of which organization, and numbers that are given once."""

    organization: Organization
    user: User
    browser: Browser
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def number(self) -> int:
        """A number that nothing had before."""
        return next(self.numbers)


def plain(namespace: str, *names: str) -> Addresses:
    """Pages that are about no row."""
    full = [f"{namespace}:{name}" if namespace else name for name in names]
    return {name: reverse(name) for name in full}


def about(namespace: str, key: object, *names: str, face: str = "") -> Addresses:
    """Pages about one row."""
    full = [f"{namespace}:{name}" if namespace else name for name in names]
    return {f"{name}, {face}" if face else name: reverse(name, args=[key]) for name in full}
