"""What is wrong with a draft, and at which field: found by the rules of an uploaded file, told by the fields of the form."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from io import BytesIO
from typing import Final

from django.utils.translation import gettext as _

from portal.models import Organization
from privacy import catalog, checking, forms, intake
from privacy.building.content import Content, DraftIdentity, DraftPerson
from privacy.schema import Finding
from privacy.statuses import Action

_PATH: Final = re.compile(r"users\[(\d+)\](?:\.(?:userIDs(?:\[(\d+)\])?(?:\.(\w+))?|(\w+)))?")
# Where a finding about the request as a whole belongs on the page.
_ANCHORS: Final = {"regulation": "law", "include": "products"}


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong (`error`) or worth knowing (`warning`). `at`: the number of the person on the page, if it is one.

    `anchor`: the id of the field that it is about.
    """

    level: str
    message: str
    hint: str
    anchor: str
    at: int | None = None

    @property
    def is_error(self) -> bool:
        """Whether nothing can be sent before it is corrected."""
        return self.level == "error"


def check(content: Content, organization: Organization, *, as_typed: bool = False) -> list[Fault]:
    """Everything that is wrong. `as_typed`: what is not filled in yet is no fault, and only people are looked at.

    People and their lines must be numbered without gaps.
    """
    # What is asked for is the same for all people: it is looked at once, below.
    raw = content.to_file(organization.ims_org_id, content.people, [Action.ACCESS])
    result = checking.check_file(lambda: BytesIO(raw), intake.rules_for(organization), catalog.current())
    found = [_fault(finding, content.people) for finding in result.findings]
    if as_typed:
        blank = set(_blank_anchors(content.people))
        return [fault for fault in found if fault.at is not None and fault.anchor not in blank]
    return [*_about_request(content, organization), *found]


def _blank_anchors(people: Sequence[DraftPerson]) -> Iterator[str]:
    """The fields of lines that are not filled in yet."""
    for person in people:
        for identity in person.identities:
            if not identity.value:
                yield from (f"{name}-{person.at}-{identity.at}" for name in ("namespace", "type", "value"))


def _about_request(content: Content, organization: Organization) -> Iterator[Fault]:
    """What is chosen once for all people."""
    actions = set(content.actions)
    if not actions & set(Action.values):
        yield Fault("error", _("Nothing is asked for. Choose access, deletion or opt-out of sale."), "", "actions")
    elif Action.OPT_OUT in actions and len(actions) > 1:
        message = _("Opt-out of sale cannot stand beside access or deletion. Make a request of its own for it.")
        yield Fault("error", message, "", "actions")
    received_on = received_day(content)
    if received_on is None:
        message = _("The day of receipt is missing. Enter the day on which the people asked.")
        yield Fault("error", message, "", "received_on")
    elif problem := forms.receipt_problem(organization, received_on):
        yield Fault("error", problem, "", "received_on")


def received_day(content: Content) -> date | None:
    """The day of receipt, when what was typed is one."""
    try:
        return date.fromisoformat(content.received_on)
    except ValueError:
        return None


def _fault(finding: Finding, people: Sequence[DraftPerson]) -> Fault:
    """A finding of the file as one of the form."""
    if finding.code == "missing" and finding.path == "include":
        return Fault(finding.level, _("No product is chosen. Choose at least one."), "", "products")
    if finding.code == "missing" and finding.path == "regulation":
        return Fault(finding.level, _("No law is chosen. Choose the one under which the people ask."), "", "law")
    if (found := _PATH.match(finding.path)) and int(found[1]) < len(people):
        return _about_person(finding, people[int(found[1])], found)
    anchor = _ANCHORS.get(re.split(r"[\[.]", finding.path)[0], "law")
    return Fault(finding.level, finding.message, finding.hint, anchor)


def _about_person(finding: Finding, person: DraftPerson, found: re.Match[str]) -> Fault:
    return Fault(finding.level, finding.message, finding.hint, _anchor(person, found), person.at)


def _anchor(person: DraftPerson, found: re.Match[str]) -> str:
    place, field = found[2], found[3]
    if found[4] == "key":
        return f"key-{person.at}"
    identity = person.identities[int(place)] if place and int(place) < len(person.identities) else _first(person)
    return f"{field if field in ('namespace', 'type') else 'value'}-{person.at}-{identity.at}"


def _first(person: DraftPerson) -> DraftIdentity:
    return person.identities[0] if person.identities else DraftIdentity()
