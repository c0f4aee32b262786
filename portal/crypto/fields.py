"""Encrypted fields of Django models.

    secret_sealed = SealedField(null=True)
    secret = SealedText("secret_sealed")

The first is the column; the second opens and seals it with the row's `data_key` (a foreign key or a property). The
names of the model and the column are part of what is authenticated: renaming either needs a data migration.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar, cast, overload

from django.db import models

from portal.crypto.aead import CannotDecrypt
from portal.crypto.box import Box, KeyRow, box_for

if TYPE_CHECKING:
    _BinaryField = models.BinaryField[bytes | None, Any]
else:
    _BinaryField = models.BinaryField

T = TypeVar("T")
_COMPACT = json.JSONEncoder(separators=(",", ":"))


class SealedField(_BinaryField):
    """The column of something sealed: bytes on every database, never editable in a form."""

    def from_db_value(self, value: bytes | memoryview | None, *_: object) -> bytes | None:
        """PostgreSQL gives a memoryview; one type is easier to hold."""
        return None if value is None else bytes(value)


class _Sealed(Generic[T]):
    """Opens its column when read and seals it when written; None is kept as NULL. Reading raises CannotDecrypt."""

    def __init__(self, column: str) -> None:
        self.column = column

    @overload
    def __get__(self, instance: None, owner: type[models.Model]) -> Self: ...
    @overload
    def __get__(self, instance: models.Model, owner: type[models.Model]) -> T: ...
    def __get__(self, instance: models.Model | None, owner: type[models.Model]) -> Self | T:
        """The value in clear."""
        if instance is None:
            return self
        blob = getattr(instance, self.column)
        if blob is None:
            return cast("T", None)
        return self._decode(_box_of(instance).open(_label(owner, self.column), bytes(blob)))

    def __set__(self, instance: models.Model, value: T) -> None:
        """Seal the value; the row still has to be saved."""
        blob = None
        if value is not None:
            blob = _box_of(instance).seal(_label(type(instance), self.column), self._encode(value))
        setattr(instance, self.column, blob)

    def sealer(self, owner: type[models.Model], data_key: KeyRow) -> Callable[[T], bytes | None]:
        """What `__set__` does, for the columns of many rows of one data key: gives what is to be stored. Raises CannotDecrypt."""
        seal, encode = box_for(data_key).sealer(_label(owner, self.column)), self._encode
        return lambda value: None if value is None else seal(encode(value))

    def opener(self, model: type[models.Model], data_key: KeyRow) -> Callable[[bytes | memoryview | None], T]:
        """What opens values of this column that were read without their rows, many of them under one key."""
        open_blob, decode = box_for(data_key).opener(_label(model, self.column)), self._decode
        return lambda blob: cast("T", None) if blob is None else decode(open_blob(blob))

    def _encode(self, value: T) -> bytes:
        raise NotImplementedError

    def _decode(self, plaintext: bytes) -> T:
        raise NotImplementedError


class SealedText(_Sealed[str | None]):
    """Text."""

    # "surrogatepass": a JSON file may hold half of a surrogate pair, and what came must be kept.
    def _encode(self, value: str | None) -> bytes:
        return (value or "").encode("utf-8", "surrogatepass")

    def _decode(self, plaintext: bytes) -> str:
        return plaintext.decode("utf-8", "surrogatepass")


class SealedBytes(_Sealed[bytes | None]):
    """Bytes."""

    def _encode(self, value: bytes | None) -> bytes:
        return value or b""

    def _decode(self, plaintext: bytes) -> bytes:
        return plaintext


class SealedJSON(_Sealed[Any]):
    """Anything that JSON can hold. Each read gives a fresh object: change it, then assign it again."""

    def _encode(self, value: Any) -> bytes:
        return _COMPACT.encode(value).encode("ascii")

    def _decode(self, plaintext: bytes) -> Any:
        return json.loads(plaintext)


def _box_of(instance: models.Model) -> Box:
    data_key: KeyRow | None = instance.data_key  # type: ignore[attr-defined]  # every model with a sealed column has one
    if data_key is None:
        raise CannotDecrypt(f"{instance._meta.label} {instance.pk}: its data key is gone")
    return box_for(data_key)


@cache
def _label(model: type[models.Model], column: str) -> str:
    # The model that owns the column, so that a proxy or a child class opens what its parent sealed.
    return f"{model._meta.get_field(column).model._meta.label}.{column}"
