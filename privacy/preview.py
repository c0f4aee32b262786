"""What will happen when an upload is confirmed, in numbers and words, before it happens."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.contrib.humanize.templatetags.humanize import intcomma
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from privacy import planning
from privacy.checking import CheckResult, Summary
from privacy.known import Catalog
from privacy.models import Duplicate, Upload
from privacy.planning import Plan
from privacy.schema import Finding, where
from privacy.statuses import Action

# The code of the warning about a person with an open request.
ALREADY_OPEN: Final = "already-open"


@dataclass(frozen=True)
class NamespaceLine:
    """How many identities of one namespace, with masked examples."""

    namespace: str
    count: int
    examples: list[str]


@dataclass(frozen=True)
class DueLine:
    """By when one action is to be answered; `due_on` is None where the law gives no number."""

    action: str
    people: int
    due_on: date | None
    source: str


@dataclass(frozen=True)
class ProductLine:
    """One product and what it does for the actions of this file."""

    code: str
    name: str
    access_returns: str
    delete_does: str


@dataclass(frozen=True)
class Preview:
    """Everything that the page before the confirmation shows."""

    summary: Summary
    regulation: str
    regulation_code: str
    products: list[ProductLine]
    namespaces: list[NamespaceLine]
    due: list[DueLine]
    calls: int
    why_calls: str
    requests: int
    # None where the organization has no limit of jobs a day.
    plan: Plan | None

    @classmethod
    def of(cls, upload: Upload, result: CheckResult, catalog: Catalog) -> Preview:
        """For a result that has an envelope."""
        envelope, summary = result.envelope, result.summary
        if envelope is None:
            raise ValueError("a file with errors in its envelope has no preview")
        return cls(
            summary=summary,
            regulation=catalog.laws.name(envelope.regulation),
            regulation_code=envelope.regulation,
            products=[_product_line(code, catalog) for code in envelope.products],
            namespaces=[
                NamespaceLine(namespace, count, summary.masked_examples.get(namespace, []))
                for namespace, count in sorted(summary.identities_by_namespace.items(), key=lambda item: -item[1])
            ],
            due=list(_due_lines(summary, envelope.regulation, upload.received_on, catalog)),
            calls=summary.access_delete_calls + summary.opt_out_calls,
            why_calls=_why(upload, summary),
            requests=2 if summary.needs_two_requests else 1,
            plan=planning.for_upload(upload, envelope, summary),
        )

    @property
    def deletes(self) -> str:
        """The part that cannot be taken back, in words; empty when nothing is deleted."""
        people = self.summary.delete_people
        if not people:
            return ""
        products = len(self.products)
        return _("This deletes the data of %(people)s in %(products)s. Adobe cannot undo it.") % {
            "people": ngettext("%(number)s person", "%(number)s people", people) % {"number": intcomma(people)},
            "products": ngettext("%(number)s product", "%(number)s products", products) % {"number": intcomma(products)},
        }

    @property
    def opt_outs(self) -> str:
        """The opt-outs in words; empty when there are none."""
        people = self.summary.opt_out_people
        if not people:
            return ""
        words = ngettext(
            "%(number)s person opts out of the sale of their data.",
            "%(number)s people opt out of the sale of their data.",
            people,
        )
        return words % {"number": intcomma(people)}


def _product_line(code: str, catalog: Catalog) -> ProductLine:
    product = catalog.products.by_code.get(code)
    if product is None:
        return ProductLine(code, code, "", "")
    return ProductLine(code, product.name, product.access_returns, product.delete_does)


def _due_lines(summary: Summary, regulation: str, received_on: date, catalog: Catalog) -> Iterator[DueLine]:
    people = {
        Action.ACCESS: summary.access_people,
        Action.DELETE: summary.delete_people,
        Action.OPT_OUT: summary.opt_out_people,
    }
    for action, count in people.items():
        if count:
            deadline = catalog.laws.deadline(regulation, action)
            due = deadline.after(received_on) if deadline else None
            yield DueLine(str(action.label), count, due, deadline.source if deadline else _("This law gives no number of days."))


def _why(upload: Upload, summary: Summary) -> str:
    organization = upload.organization
    words = _("A call takes at most %(people)s people and %(identities)s identities.")
    if summary.needs_two_requests:
        words = _(
            "A call takes at most %(people)s people and %(identities)s identities, and Adobe takes opt-outs only in calls of "
            "their own."
        )
    return words % {
        "people": intcomma(organization.max_people_per_call),
        "identities": intcomma(organization.max_identities_per_call),
    }


def shown_findings(result: CheckResult, *, holds_file: bool) -> dict[str, list[Finding]]:
    """Errors and warnings. Only the person who holds the file sees the keys in it; others see rows and paths."""
    findings = result.findings if holds_file else tuple(_without_key(finding) for finding in result.findings)
    return {
        "errors": [finding for finding in findings if finding.level == "error"],
        "warnings": [finding for finding in findings if finding.level == "warning"],
    }


@dataclass(frozen=True)
class DuplicateLine:
    """One person of the file who has an open request of the same action. `key`: only for the person who holds the file."""

    pk: UUID
    row: int
    key: str | None
    identities: list[str]
    open: list[tuple[str, str]]
    left_out: bool | None


def duplicate_lines(upload: Upload, rows: Iterable[Duplicate], *, holds_file: bool) -> list[DuplicateLine]:
    """As the page shows them. Raises CannotDecrypt."""
    if upload.data_key is None:
        return []
    open_found = Duplicate.found.opener(Duplicate, upload.data_key)
    return [_duplicate_line(one, open_found(one.found_sealed), holds_file=holds_file) for one in rows]


def _duplicate_line(one: Duplicate, found: dict[str, Any], *, holds_file: bool) -> DuplicateLine:
    matches = [(str(Action(action).label), number) for action, number in found["open"]]
    return DuplicateLine(one.pk, one.row, found["key"] if holds_file else None, found["identities"], matches, one.left_out)


def without_duplicates(result: CheckResult) -> CheckResult:
    """The result without the warnings about people with open requests, for a page that lists those people by themselves."""
    hidden = result.counts_by_code.get(ALREADY_OPEN, 0)
    findings = tuple(finding for finding in result.findings if finding.code != ALREADY_OPEN)
    return replace(result, findings=findings, warning_count=result.warning_count - hidden)


def _without_key(finding: Finding) -> Finding:
    if finding.row is None or not finding.key:
        return finding
    message = finding.message
    # It was written in the language of whoever had the file checked.
    for language, _name in settings.LANGUAGES:
        with override(language):
            message = message.replace(where(finding.row, finding.key), where(finding.row, None))
    return Finding(finding.level, finding.code, finding.path, finding.row, None, message, finding.hint)
