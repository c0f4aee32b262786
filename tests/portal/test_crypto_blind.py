"""The blind index: equal values of one organization meet, and nothing else does."""

from __future__ import annotations

import hashlib
import hmac
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal import crypto
from portal.models import DataKey, Organization

KEY = bytes(range(32))
ORGANIZATION = UUID("01890a5d-ac96-774b-bcce-b302099a8057")
# Half of a surrogate pair is text too: a JSON file may hold one.
ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=()), max_size=40)
Part = tuple[str, str, str]
PARTS = st.tuples(ANY_TEXT, ANY_TEXT, ANY_TEXT)


def digest(parts: Part, *, key: bytes = KEY, organization: UUID = ORGANIZATION) -> bytes:
    """The digest of (kind, namespace, value)."""
    return crypto.BlindIndex(key, organization).digest(*parts)


def test_the_digest_is_the_one_that_the_first_version_stored() -> None:
    message = b""
    for part in (ORGANIZATION.bytes, b"identity", b"email", "jané@example.com".encode()):
        message += len(part).to_bytes(4, "big") + part
    expected = b"\x01" + hmac.new(KEY, message, hashlib.sha256).digest()
    assert digest(("identity", "email", "jané@example.com")) == expected


@given(PARTS, PARTS)
def test_equal_things_have_equal_digests_and_different_things_different_ones(first: Part, second: Part) -> None:
    assert (digest(first) == digest(second)) == (first == second)
    assert len(digest(first)) == 33


@given(ANY_TEXT.filter(bool), ANY_TEXT)
def test_a_value_cannot_lean_over_into_its_namespace(moving: str, rest: str) -> None:
    assert digest(("identity", moving, rest)) != digest(("identity", "", moving + rest))
    assert digest((moving, "", rest)) != digest(("", moving, rest))


@pytest.mark.parametrize("value", ["\ud800", "a\udfff", "\ud800\ud800"])
def test_half_of_a_surrogate_pair_has_a_digest_of_its_own(value: str) -> None:
    assert digest(("identity", "email", value)) == digest(("identity", "email", value))
    assert digest(("identity", "email", value)) != digest(("identity", "email", value.encode("utf-8", "replace").decode()))


def test_nothing_is_folded_here() -> None:
    values = ("Jane@example.com", "jane@example.com", " jane@example.com", "jane\u0301", "jan\u00e9")
    assert len({digest(("identity", "email", value)) for value in values}) == len(values)


def test_another_organization_or_key_gives_another_digest() -> None:
    parts = ("identity", "email", "jane@example.com")
    assert len({digest(parts), digest(parts, organization=uuid4()), digest(parts, key=KEY[::-1])}) == 3


def test_the_index_of_an_organization_hangs_on_its_data_key() -> None:
    acme = Organization(data_key=DataKey.new("organization", uuid4()))
    again = Organization(id=acme.id, data_key=acme.data_key)
    other = Organization(data_key=DataKey.new("organization", uuid4()))
    same_id = Organization(id=acme.id, data_key=other.data_key)
    same_key = Organization(data_key=acme.data_key)
    found = [crypto.blind_index_for(one).digest("identity", "email", "jane") for one in (acme, other, same_id, same_key)]
    assert len(set(found)) == 4
    assert crypto.blind_index_for(again).digest("identity", "email", "jane") == found[0]


def test_its_key_is_not_the_key_that_seals() -> None:
    organization = Organization(data_key=DataKey.new("organization", uuid4()))
    box = crypto.box_for(organization.data_key)
    index = crypto.BlindIndex(box._key, organization.id)
    assert index.digest("a", "b", "c") != crypto.blind_index_for(organization).digest("a", "b", "c")
