"""What will happen when a draft is confirmed, in numbers and masked examples, before it happens."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from portal import crypto
from portal.masking import mask
from privacy.consent import intake
from privacy.consent.entities import LABELS, Entity
from privacy.models import OptOut

MOST_EXAMPLES = 3


@dataclass(frozen=True)
class NamespaceLine:
    """One namespace: how many values, how many duplicates were removed, and some values, masked."""

    name: str
    words: str
    count: int
    duplicates: int
    examples: list[str]


@dataclass(frozen=True)
class Preview:
    """What will happen when a draft is confirmed."""

    namespaces: list[NamespaceLine]
    calls: int
    duplicates: int
    odd_emails: int

    @classmethod
    def of(cls, opt_out: OptOut) -> Preview | None:
        """None when what it names does not open any more."""
        try:
            entities = intake.entities_of(opt_out)
        except crypto.CannotDecrypt:
            return None
        return cls(
            namespaces=[_line(entity) for entity in entities],
            calls=len(intake.calls_of(entities, opt_out.organization)),
            duplicates=sum(entity.duplicates for entity in entities),
            odd_emails=sum("@" not in value for entity in entities if entity.namespace == "Email" for value in entity.values),
        )


def _line(entity: Entity) -> NamespaceLine:
    examples = [mask(value) for value in entity.values[:MOST_EXAMPLES]]
    return NamespaceLine(entity.namespace, _(LABELS[entity.namespace]), len(entity.values), entity.duplicates, examples)
