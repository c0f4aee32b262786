"""Master keys: read from one setting, never shown, and only ever used to wrap data keys."""

from __future__ import annotations

import base64
import traceback
from uuid import uuid4

import pytest
from django.conf import LazySettings
from django.core.exceptions import ImproperlyConfigured

from portal import crypto
from portal.crypto.master import unwrap
from tests.portal.master_keys import entry, key_bytes

SECRET = base64.b64encode(b"never to be shown".ljust(32, b"!")).decode()


@pytest.mark.parametrize(
    "value",
    [
        f"{entry('new')},{entry('old')}",
        f"{entry('new')}\n{entry('old')}\n",
        f"\r\n {entry('new')} ,\r\n, {entry('old')} ,",
    ],
)
def test_it_reads_the_keys_newest_first(settings: LazySettings, value: str) -> None:
    settings.MASTER_KEYS = value
    assert [(key.id, key.key) for key in crypto.master_keys()] == [("new", key_bytes("new")), ("old", key_bytes("old"))]


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("", "is empty"),
        (" ,\n", "is empty"),
        (SECRET, "entry 1 does not start with an id"),
        (f":{SECRET}", "entry 1 does not start with an id"),
        (f"{SECRET}:a", "entry 1 does not start with an id"),
        (f"two words:{SECRET}", "entry 1 does not start with an id"),
        (f"{'x' * 65}:{SECRET}", "entry 1 does not start with an id"),
        (f"{entry('good')},a:{SECRET[:-4]}", "entry 2 is 30 bytes long"),
        (f"a:{SECRET}{SECRET}", "entry 1 is not base64"),
        (f"a:{SECRET[:-1]}", "entry 1 is not base64"),
        (f"a:{SECRET[:-2]}*=", "entry 1 is not base64"),
        (f"a:{SECRET[:-2]}é=", "entry 1 is not base64"),
        ("a:", "entry 1 is 0 bytes long"),
        (f"a:{SECRET},b:{SECRET},a:{SECRET}", "the same id twice"),
    ],
)
def test_it_refuses_a_bad_value_without_showing_any_of_it(settings: LazySettings, value: str, says: str) -> None:
    settings.MASTER_KEYS = value
    with pytest.raises(ImproperlyConfigured, match=says) as refused:
        crypto.master_keys()
    shown = "".join(traceback.format_exception(refused.value))
    assert SECRET[:8] not in shown
    assert entry("good")[5:13] not in shown


def test_a_key_does_not_show_in_a_repr(settings: LazySettings) -> None:
    settings.MASTER_KEYS = f"a:{SECRET}"
    key, wrapped = crypto.master_keys()[0], crypto.wrap_new(uuid4())
    assert repr(key) == "MasterKey(id='a')"
    assert repr(wrapped) == "WrappedKey(master_key_id='a')"


def test_it_wraps_under_the_newest_key_and_each_data_key_is_another(settings: LazySettings) -> None:
    settings.MASTER_KEYS = f"{entry('new')},{entry('old')}"
    first_id, second_id = uuid4(), uuid4()
    first, second = crypto.wrap_new(first_id), crypto.wrap_new(second_id)
    assert (first.master_key_id, second.master_key_id) == ("new", "new")
    plain = {unwrap(first_id, "new", first.wrapped), unwrap(second_id, "new", second.wrapped)}
    assert len(plain) == 2
    assert {len(key) for key in plain} == {32}


def test_it_unwraps_what_an_older_key_of_the_list_wrapped(settings: LazySettings) -> None:
    key_id = uuid4()
    settings.MASTER_KEYS = entry("old")
    wrapped = crypto.wrap_new(key_id)
    plain = unwrap(key_id, "old", wrapped.wrapped)
    settings.MASTER_KEYS = f"{entry('new')},{entry('old')}"
    assert unwrap(key_id, "old", wrapped.wrapped) == plain


def test_rewrapping_keeps_the_data_key(settings: LazySettings) -> None:
    key_id = uuid4()
    settings.MASTER_KEYS = entry("old")
    wrapped = crypto.wrap_new(key_id)
    plain = unwrap(key_id, "old", wrapped.wrapped)
    settings.MASTER_KEYS = f"{entry('new')},{entry('old')}"
    fresh = crypto.rewrap(key_id, "old", wrapped.wrapped)
    settings.MASTER_KEYS = entry("new")
    assert fresh.master_key_id == "new"
    assert unwrap(key_id, "new", fresh.wrapped) == plain


def test_it_names_the_master_key_that_is_missing(settings: LazySettings) -> None:
    key_id = uuid4()
    settings.MASTER_KEYS = entry("old")
    wrapped = crypto.wrap_new(key_id)
    settings.MASTER_KEYS = entry("new")
    with pytest.raises(crypto.CannotDecrypt, match=f"{key_id}.*old is not in MASTER_KEYS"):
        unwrap(key_id, "old", wrapped.wrapped)


def test_another_key_under_the_same_id_does_not_open_it(settings: LazySettings) -> None:
    key_id = uuid4()
    settings.MASTER_KEYS = entry("a")
    wrapped = crypto.wrap_new(key_id)
    settings.MASTER_KEYS = entry("a", other="another")
    with pytest.raises(crypto.CannotDecrypt, match=str(key_id)):
        unwrap(key_id, "a", wrapped.wrapped)


def test_a_wrapped_key_belongs_to_one_data_key(settings: LazySettings) -> None:
    settings.MASTER_KEYS = entry("a")
    wrapped = crypto.wrap_new(uuid4())
    with pytest.raises(crypto.CannotDecrypt):
        unwrap(uuid4(), "a", wrapped.wrapped)


def test_no_byte_of_a_wrapped_key_can_be_changed(settings: LazySettings) -> None:
    settings.MASTER_KEYS = entry("a")
    key_id = uuid4()
    wrapped = crypto.wrap_new(key_id).wrapped
    for place in range(len(wrapped)):
        changed = bytearray(wrapped)
        changed[place] ^= 0x40
        with pytest.raises(crypto.CannotDecrypt):
            unwrap(key_id, "a", bytes(changed))
