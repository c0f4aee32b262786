"""What answers are made of. Every field can be left out by `?fields=…`, so none is promised."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rest_framework import serializers

if TYPE_CHECKING:
    _Serializer = serializers.Serializer[Any]
else:
    _Serializer = serializers.Serializer

FIELDS = "fields"


class Answer(_Serializer):
    """One object of an answer. At the top of an answer it has the fields that the caller asked for."""

    def get_fields(self) -> dict[str, Any]:
        """Raises ValidationError for names that it does not have."""
        fields = super().get_fields()
        wanted = self.context.get(FIELDS)
        if wanted is None or not self._is_top():
            return fields
        unknown = sorted(set(wanted) - fields.keys())
        if unknown:
            raise serializers.ValidationError({FIELDS: [f"Choose from: {', '.join(fields)}."]}, code="unknown-field")
        return {name: field for name, field in fields.items() if name in wanted}

    def _is_top(self) -> bool:
        parent = self.parent
        return parent is None or (isinstance(parent, serializers.ListSerializer) and parent.parent is None)


class Body(_Serializer):
    """What a caller sends. A member that nobody knows is refused: it may be a misspelt one that matters."""

    def to_internal_value(self, data: Any) -> Any:
        """Raises ValidationError."""
        if isinstance(data, dict):
            unknown = {name: ["There is no such member."] for name in data if name not in self.fields}
            if unknown:
                raise serializers.ValidationError(unknown, code="unknown-member")
        return super().to_internal_value(data)
