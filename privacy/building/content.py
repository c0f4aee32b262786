"""What stands in the builder's form: read from the form, kept in a draft, changed by its buttons, turned into a request file."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from django.http import QueryDict

from privacy.schema import MOST_IDENTITIES

# More people than a person types are in a table already.
MOST_PEOPLE: Final = 200
_FIELD = re.compile(r"(key|namespace|type|value)-(\d{1,6})(?:-(\d{1,6}))?")
# Of one field: no identity is longer, and a draft stays small.
_LONGEST = 2000


@dataclass
class DraftIdentity:
    """One line of a person. `at`: its number on the page, which may have gaps."""

    namespace: str = ""
    value: str = ""
    type: str = "standard"
    at: int = 1

    def like(self) -> DraftIdentity:
        """An empty one of the same kind, for the next person."""
        return DraftIdentity(self.namespace, "", self.type, self.at)


@dataclass
class DraftPerson:
    """One person of the form. `at` as of an identity."""

    key: str = ""
    identities: list[DraftIdentity] = field(default_factory=lambda: [DraftIdentity()])
    at: int = 1

    @property
    def is_blank(self) -> bool:
        """Whether nobody has filled in anything that names a person."""
        return not self.key and not any(identity.value for identity in self.identities)

    @property
    def is_full(self) -> bool:
        """Whether no further identity may be added."""
        return len(self.identities) >= MOST_IDENTITIES


@dataclass
class Content:
    """All that a draft holds. `received_on` is text: a person may have typed half a date."""

    law: str = ""
    products: list[str] = field(default_factory=list)
    actions: list[str] = field(default_factory=list)
    received_on: str = ""
    people: list[DraftPerson] = field(default_factory=lambda: [DraftPerson()])

    @property
    def filled(self) -> int:
        """How many people are named."""
        return sum(not person.is_blank for person in self.people)

    # --- Kept in a draft ---

    def to_dict(self) -> dict[str, Any]:
        """For storage; numbers of the page are not kept."""
        stored = asdict(self)
        for person in stored["people"]:
            del person["at"]
            for identity in person["identities"]:
                del identity["at"]
        return stored

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Content:
        """The reverse of `to_dict`, numbered anew."""
        content = cls(
            stored["law"],
            list(stored["products"]),
            list(stored["actions"]),
            stored["received_on"],
            [
                DraftPerson(person["key"], [DraftIdentity(**identity) for identity in person["identities"]])
                for person in stored["people"]
            ],
        )
        content.number()
        return content

    def number(self) -> None:
        """Give people and identities the numbers 1, 2, 3 …"""
        for row, person in enumerate(self.people, 1):
            person.at = row
            for place, identity in enumerate(person.identities, 1):
                identity.at = place

    # --- Read from the form ---

    @classmethod
    def from_form(cls, form: QueryDict) -> Content:
        """What was typed, however incomplete; blanks around it go. More than fits is left out."""
        keys: dict[int, str] = {}
        lines: dict[int, dict[int, DraftIdentity]] = {}
        for name in form:
            if not (found := _FIELD.fullmatch(name)):
                continue
            row, text = int(found[2]), form.get(name, "").strip()[:_LONGEST]
            if found[1] == "key":
                keys[row] = text
            elif found[3]:
                place = int(found[3])
                identity = lines.setdefault(row, {}).setdefault(place, DraftIdentity(at=place))
                setattr(identity, found[1], text)
        return cls(
            law=form.get("law", "").strip()[:_LONGEST],
            products=_plain(form.getlist("products")),
            actions=_plain(form.getlist("actions")),
            received_on=form.get("received_on", "").strip()[:_LONGEST],
            people=_people(keys, lines) or [DraftPerson()],
        )

    # --- The buttons ---

    def add_person(self) -> DraftPerson | None:
        """One more, with lines of the same kinds as the last one's; None when there is no room."""
        if len(self.people) >= MOST_PEOPLE:
            return None
        kinds = [identity.like() for identity in self.people[-1].identities] if self.people else [DraftIdentity()]
        self.people.append(DraftPerson("", kinds))
        self.number()
        return self.people[-1]

    def add_identity(self, at: int) -> DraftIdentity | None:
        """One more line for the person with this number; None when there is no room or no such person."""
        person = self._person(at)
        if person is None or person.is_full:
            return None
        person.identities.append(DraftIdentity())
        self.number()
        return person.identities[-1]

    def remove_person(self, at: int) -> None:
        """Take a person out; the last one leaves an empty form."""
        self.people = [person for person in self.people if person.at != at] or [DraftPerson()]
        self.number()

    def remove_identity(self, at: int, place: int) -> None:
        """Take a line out; the last one leaves an empty line."""
        if person := self._person(at):
            person.identities = [one for one in person.identities if one.at != place] or [DraftIdentity()]
            self.number()

    def _person(self, at: int) -> DraftPerson | None:
        return next((person for person in self.people if person.at == at), None)

    def drop_blanks(self) -> None:
        """Take out people and lines that nobody has filled in, so that rows of the file are rows of the form."""
        for person in self.people:
            person.identities = [one for one in person.identities if one.value] or person.identities[:1]
        self.people = [person for person in self.people if not person.is_blank] or self.people[:1]
        self.number()

    # --- The request file ---

    def to_file(self, ims_org_id: str, people: Iterable[DraftPerson], actions: list[str]) -> bytes:
        """The same JSON that a person could have uploaded."""
        payload = {
            "companyContexts": [{"namespace": "imsOrgID", "value": ims_org_id}],
            "users": [_user(person, actions) for person in people],
            "include": self.products,
            "regulation": self.law,
        }
        return json.dumps(payload).encode()


def _people(keys: dict[int, str], lines: dict[int, dict[int, DraftIdentity]]) -> list[DraftPerson]:
    return [
        DraftPerson(
            keys.get(row, ""),
            [identity for _, identity in sorted(lines.get(row, {}).items())][: MOST_IDENTITIES + 1] or [DraftIdentity()],
            row,
        )
        for row in sorted(keys.keys() | lines.keys())
    ][:MOST_PEOPLE]


def _user(person: DraftPerson, actions: list[str]) -> dict[str, Any]:
    user: dict[str, Any] = {"key": person.key} if person.key else {}
    identities = [{"namespace": one.namespace, "value": one.value, "type": one.type} for one in person.identities]
    return user | {"action": actions, "userIDs": identities}


def _plain(words: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(word[:_LONGEST] for word in words))
