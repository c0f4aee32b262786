"""A box seals small things under one data key and binds each to its place."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest
from django.conf import LazySettings
from hypothesis import given
from hypothesis import strategies as st

from portal import crypto
from portal.crypto import box as box_module
from portal.models import DataKey
from tests.portal.master_keys import entry

KEY = bytes(range(32))
ID = UUID("01890a5d-ac96-774b-bcce-b302099a8057")
LABEL = "portal.Organization.client_secret_sealed"
# Written by the first version: what is stored today must open for as long as it is kept.
STORED = bytes.fromhex("0103b19bc47b94bdeaf6189cab1811dcd9da335985af38336e0347d5d17329c7679a04e49d61abe9786efd26163f2527")


@given(st.binary(max_size=3000), st.text(max_size=60))
def test_it_opens_what_it_sealed(plaintext: bytes, label: str) -> None:
    box = crypto.Box(ID, KEY)
    assert box.open(label, box.seal(label, plaintext)) == plaintext


def test_it_opens_what_the_first_version_stored() -> None:
    assert crypto.Box(ID, KEY).open(LABEL, STORED) == b"stored by version 1"


def test_the_sealed_form_shows_nothing_and_never_repeats() -> None:
    box = crypto.Box(ID, KEY)
    first, second = box.seal(LABEL, b"hush" * 20), box.seal(LABEL, b"hush" * 20)
    assert b"hush" not in first
    assert first != second
    # Version, nonce and tag: 29 bytes more than the content.
    assert len(first) == 80 + 29


@pytest.mark.parametrize("label", ["portal.Organization.hold_words_sealed", LABEL + "x", LABEL[:-1], "", f"{LABEL}|{ID}"])
def test_a_blob_does_not_open_in_another_place(label: str) -> None:
    box = crypto.Box(ID, KEY)
    with pytest.raises(crypto.CannotDecrypt):
        box.open(label, box.seal(LABEL, b"hush"))


def test_a_blob_does_not_open_under_another_data_key() -> None:
    sealed = crypto.Box(ID, KEY).seal(LABEL, b"hush")
    with pytest.raises(crypto.CannotDecrypt):
        crypto.Box(uuid4(), KEY).open(LABEL, sealed)
    with pytest.raises(crypto.CannotDecrypt):
        crypto.Box(ID, KEY[::-1]).open(LABEL, sealed)


def test_no_byte_of_a_blob_can_be_changed_cut_or_added() -> None:
    box = crypto.Box(ID, KEY)
    sealed = box.seal(LABEL, b"hush")
    for place in range(len(sealed)):
        changed = bytearray(sealed)
        changed[place] ^= 1
        with pytest.raises(crypto.CannotDecrypt):
            box.open(LABEL, bytes(changed))
        with pytest.raises(crypto.CannotDecrypt):
            box.open(LABEL, sealed[:place])
    with pytest.raises(crypto.CannotDecrypt):
        box.open(LABEL, sealed + b"\0")


def test_the_message_names_the_place_and_never_the_content() -> None:
    box = crypto.Box(ID, KEY)
    with pytest.raises(crypto.CannotDecrypt) as refused:
        box.open("other", box.seal(LABEL, b"jane@example.com"))
    assert "other" in str(refused.value)
    assert str(ID) in str(refused.value)
    assert "jane" not in str(refused.value)
    assert refused.value.__suppress_context__


def test_derived_keys_differ_by_use_and_salt_and_from_the_data_key() -> None:
    box = crypto.Box(ID, KEY)
    derived = {box.derive(b"a"), box.derive(b"b"), box.derive(b"a", b"salt"), KEY}
    assert len(derived) == 4
    assert box.derive(b"a") == crypto.Box(ID, KEY).derive(b"a")


# --- The boxes that a process keeps ---


def make_key() -> DataKey:
    """A data key that is not saved."""
    return DataKey.new("test", uuid4())


def spoil(key: DataKey) -> None:
    """Make the wrapped key unreadable, so that only a kept box still works."""
    key.wrapped = b"\x01" + bytes(60)


def test_an_unwrapped_key_is_kept_for_a_while() -> None:
    key = make_key()
    box = crypto.box_for(key)
    spoil(key)
    assert crypto.box_for(key) is box


def test_a_forgotten_key_is_unwrapped_anew() -> None:
    key = make_key()
    crypto.box_for(key)
    crypto.forget(key.id)
    spoil(key)
    with pytest.raises(crypto.CannotDecrypt):
        crypto.box_for(key)
    crypto.forget(key.id)


def test_a_kept_key_is_dropped_after_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    key = make_key()
    crypto.box_for(key)
    monkeypatch.setattr(box_module, "CACHED_SECONDS", -1.0)
    spoil(key)
    with pytest.raises(crypto.CannotDecrypt):
        crypto.box_for(key)


def test_it_keeps_the_keys_that_were_used_last_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second, third = make_key(), make_key(), make_key()
    monkeypatch.setattr(box_module, "_cache", type(box_module._cache)())
    monkeypatch.setattr(box_module, "CACHED_BOXES", 2)
    for key in (first, second, first, third):
        crypto.box_for(key)
    for key in (first, second, third):
        spoil(key)
    crypto.box_for(first)
    crypto.box_for(third)
    with pytest.raises(crypto.CannotDecrypt):
        crypto.box_for(second)


def test_another_list_of_master_keys_empties_what_was_kept(settings: LazySettings) -> None:
    key = make_key()
    crypto.box_for(key)
    settings.MASTER_KEYS = entry("another")
    with pytest.raises(crypto.CannotDecrypt, match="not in MASTER_KEYS"):
        crypto.box_for(key)


@pytest.mark.django_db
def test_a_destroyed_key_is_gone_from_the_table_and_from_this_process() -> None:
    key = DataKey.objects.make("test", uuid4())
    key_id = key.pk
    crypto.box_for(key)
    key.destroy()
    assert not DataKey.objects.filter(pk=key_id).exists()
    spoiled = DataKey(id=key_id, owner_kind="test", owner_id=uuid4(), master_key_id=key.master_key_id)
    spoil(spoiled)
    with pytest.raises(crypto.CannotDecrypt):
        crypto.box_for(spoiled)
