"""Values that occur, read once a minute for each organization."""

from __future__ import annotations

import uuid
from collections import Counter
from uuid import UUID

from portal.lists import facets


def test_they_are_read_once_for_each_organization_and_put_together() -> None:
    first, second = uuid.uuid4(), uuid.uuid4()
    read: Counter[UUID] = Counter()

    def values(organization: UUID) -> set[str]:
        read[organization] += 1
        return {"gdpr", "ccpa"} if organization == first else {"gdpr", "lgpd_bra"}

    assert facets.values_of("laws", [first], values) == ["ccpa", "gdpr"]
    assert facets.values_of("laws", [first, second], values) == ["ccpa", "gdpr", "lgpd_bra"]
    assert read == {first: 1, second: 1}
    assert facets.values_of("laws", [], values) == []


def test_what_is_forgotten_is_read_anew() -> None:
    organization = uuid.uuid4()
    assert facets.values_of("laws", [organization], lambda _: ["gdpr"]) == ["gdpr"]
    assert facets.values_of("laws", [organization], lambda _: ["ccpa"]) == ["gdpr"]
    facets.forget("laws", [organization])
    assert facets.values_of("laws", [organization], lambda _: ["ccpa"]) == ["ccpa"]
