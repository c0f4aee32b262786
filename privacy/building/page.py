"""What the builder's page shows beside what was typed: products and what they take, laws and their days, faults by field."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from privacy import catalog
from privacy.building.content import MOST_PEOPLE, Content, DraftIdentity, DraftPerson
from privacy.building.faults import Fault, received_day
from privacy.models import Draft
from privacy.products import Product
from privacy.schema import ADOBE_NAMES, QUALIFIERS
from privacy.statuses import Action

_ANY: Final = "*"


@dataclass(frozen=True)
class PersonPart:
    """One person of the form with what is wrong with them. `wrong`: the ids of the fields that are."""

    person: DraftPerson
    faults: list[Fault]

    @property
    def wrong(self) -> set[str]:
        """Fields with an error."""
        return {fault.anchor for fault in self.faults if fault.is_error}

    @cached_property
    def lines(self) -> list[tuple[DraftIdentity, set[str]]]:
        """Each identity with the names of its wrong fields."""
        return [
            (one, {name for name in ("namespace", "type", "value") if f"{name}-{self.person.at}-{one.at}" in self.wrong})
            for one in self.person.identities
        ]

    @property
    def is_key_wrong(self) -> bool:
        """Whether the reference is."""
        return f"key-{self.person.at}" in self.wrong


@dataclass(frozen=True)
class ProductChoice:
    """One product that the organization has. `takes`: in words."""

    product: Product
    is_chosen: bool
    takes: str


@dataclass(frozen=True)
class DueLine:
    """By when one action is to be answered under the chosen law."""

    action: str
    rule: str
    due_on: date | None
    source: str


@dataclass
class FormPage:
    """The page of one draft. `page`: its own id, by which two windows are told apart."""

    draft: Draft
    content: Content
    faults: Sequence[Fault] = ()
    page: str = field(default_factory=lambda: uuid.uuid4().hex)
    is_checked: bool = False

    @property
    def kept_from(self) -> str:
        """Which page what is kept came from, and with how much typing, for a page that comes before a last save of another."""
        kept = self.draft.content
        return f"{kept.get('page', '')} {kept.get('edit', 0)}"

    @property
    def people(self) -> list[PersonPart]:
        """Everybody, each with their faults."""
        by_person: dict[int | None, list[Fault]] = {}
        for fault in self.faults:
            by_person.setdefault(fault.at, []).append(fault)
        return [PersonPart(person, by_person.get(person.at, [])) for person in self.content.people]

    @property
    def blank(self) -> PersonPart:
        """What a new row is made from."""
        return PersonPart(DraftPerson(), [])

    @property
    def errors(self) -> list[Fault]:
        """For the summary at the top."""
        return [fault for fault in self.faults if fault.is_error]

    @property
    def general(self) -> dict[str, list[Fault]]:
        """Faults of what is chosen once for all people, by field."""
        found: dict[str, list[Fault]] = {}
        for fault in self.faults:
            if fault.at is None:
                found.setdefault(fault.anchor, []).append(fault)
        return found

    @property
    def is_full(self) -> bool:
        """Whether no further person may be added."""
        return len(self.content.people) >= MOST_PEOPLE

    @property
    def most_people(self) -> int:
        """How many people a draft takes."""
        return MOST_PEOPLE

    @cached_property
    def products(self) -> list[ProductChoice]:
        """Those that the organization has and Adobe still offers."""
        known = catalog.current().products.by_code
        codes = [code for code in self.draft.organization.product_codes if code in known and known[code].is_offered]
        found = [ProductChoice(known[code], code in self.content.products, takes(known[code])) for code in codes]
        return sorted(found, key=lambda choice: choice.product.name)

    @property
    def chosen_products(self) -> list[ProductChoice]:
        """Those that are ticked."""
        return [choice for choice in self.products if choice.is_chosen]

    @property
    def laws(self) -> list[tuple[str, str]]:
        """Code and name of each that a request can be made under."""
        return [(law.code, law.name) for law in catalog.current().laws.entries if law.is_offered]

    @property
    def actions(self) -> list[tuple[str, str, bool]]:
        """Each as (code, words, whether it is ticked)."""
        return [(action.value, str(action.label), action.value in self.content.actions) for action in Action]

    @property
    def due(self) -> list[DueLine]:
        """What the chosen law says of the chosen actions; of all, when none is chosen."""
        return list(self._due_lines()) if self.content.law else []

    def _due_lines(self) -> Iterator[DueLine]:
        laws, received_on = catalog.current().laws, received_day(self.content)
        for action in Action:
            if self.content.actions and action.value not in self.content.actions:
                continue
            deadline = laws.deadline(self.content.law, action)
            if deadline is None:
                yield DueLine(str(action.label), "", None, _("This law gives no number of days."))
            else:
                due_on = deadline.after(received_on) if received_on else None
                yield DueLine(str(action.label), str(deadline), due_on, deadline.source)

    @cached_property
    def namespaces(self) -> list[str]:
        """Adobe's own, to choose from; any other may be typed."""
        return list(ADOBE_NAMES.values())

    @cached_property
    def types(self) -> list[tuple[str, str]]:
        """Adobe's qualifiers with what they are for."""
        words = {
            "standard": _("A global namespace, such as Email or ECID"),
            "custom": _("A namespace of your organization, by its symbol"),
            "integrationCode": _("The integration code of a data source"),
            "namespaceId": _("A namespace by its number"),
            "unregistered": _("A text that is passed on as it is"),
            "analytics": _("A namespace inside Analytics"),
            "target": _("A namespace inside Target"),
        }
        return [(name, words.get(name, "")) for name in QUALIFIERS]


def takes(product: Product) -> str:
    """Which identities a product takes, in words: `AAID, ECID (standard); any namespace (analytics)`."""
    by_type: dict[str, list[str]] = {}
    for pattern in product.namespaces:
        namespace, _slash, type_ = pattern.rpartition("/")
        by_type.setdefault(type_, []).append(_("any namespace") if namespace == _ANY else namespace)
    return "; ".join(f"{', '.join(names)} ({_('any type') if type_ == _ANY else type_})" for type_, names in by_type.items())
