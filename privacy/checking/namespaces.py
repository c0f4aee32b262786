"""Which namespaces a file names, how often, with a few masked examples, and whether the products take them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from django.contrib.humanize.templatetags.humanize import intcomma
from django.utils.translation import gettext as _

from portal.masking import mask
from privacy import pass_namespaces
from privacy.checking.results import Summary
from privacy.duplicates import Names
from privacy.products import Product
from privacy.schema import Finding, Identity, Person, shown

EXAMPLES: Final = 3
# A file names a handful of namespaces; beyond this many they are counted together, so that memory stays the same.
NAMESPACE_LIMIT: Final = 200
OTHER_NAMESPACES: Final = "other namespaces"


@dataclass
class _Named:
    """One namespace and type of the file: where it is named first, as it is written there, and how often."""

    row: int
    place: int
    text: str
    count: int = 0

    @property
    def path(self) -> str:
        """The person who names it first."""
        return f"users[{self.row - 1}]"

    @property
    def how_many(self) -> str:
        """In words."""
        return _("%(count)s, first in row %(row)s") % {"count": intcomma(self.count), "row": intcomma(self.row)}


class Namespaces:
    """Counts into a summary, one person after another. `settle` when the file has ended; then `findings`."""

    def __init__(self, summary: Summary) -> None:
        self._summary = summary
        # By canonical namespace and type.
        self._namespaces: dict[tuple[str, str], _Named] = {}
        # Those meant for Adobe Pass, by namespace as it is written and type: their casing matters.
        self._pass: dict[tuple[str, str], _Named] = {}
        # By namespace as it is written, type and canonical namespace: those that have their examples are counted only.
        self._more: dict[tuple[str, str, str], int] = {}

    def count(self, person: Person, names: Names) -> None:
        """Count the identities of a person; `names` are theirs in canonical form."""
        for place, (identity, (namespace, _value)) in enumerate(zip(person.identities, names, strict=True)):
            spelling = (identity.namespace, identity.type, namespace)
            if spelling in self._more:
                self._more[spelling] += 1
            else:
                self._meet(person.row, place, identity, namespace)

    def _meet(self, row: int, place: int, identity: Identity, canonical: str) -> None:
        """Count an identity of a namespace that is new, or one of very many, and take it for an example."""
        self._note_pass(row, place, identity)
        if len(self._namespaces) >= NAMESPACE_LIMIT and (canonical, identity.type) not in self._namespaces:
            self._add(OTHER_NAMESPACES, 1)
        else:
            named = _Named(row, place, shown(identity.namespace))
            self._namespaces.setdefault((canonical, identity.type), named).count += 1
            self._add(canonical, 1)
        name = canonical if (canonical, identity.type) in self._namespaces else OTHER_NAMESPACES
        examples = self._summary.masked_examples.setdefault(name, [])
        if len(examples) < EXAMPLES:
            examples.append(mask(identity.value))
        elif name == canonical and len(self._more) < NAMESPACE_LIMIT:
            self._more[identity.namespace, identity.type, canonical] = 0

    def _add(self, name: str, count: int) -> None:
        by_namespace = self._summary.identities_by_namespace
        by_namespace[name] = by_namespace.get(name, 0) + count

    def settle(self) -> None:
        """Add what was counted quickly; to be called when the file has ended."""
        for (namespace, type_, canonical), count in self._more.items():
            self._add(canonical, count)
            self._namespaces[canonical, type_].count += count
            if (namespace, type_) in self._pass:
                self._pass[namespace, type_].count += count
        self._more.clear()

    def _note_pass(self, row: int, place: int, identity: Identity) -> None:
        if len(self._pass) < NAMESPACE_LIMIT and pass_namespaces.is_meant(identity.namespace):
            named = _Named(row, place, shown(identity.namespace))
            self._pass.setdefault((identity.namespace, identity.type), named).count += 1

    def findings(self, products: Sequence[Product]) -> Iterator[Finding]:
        """What is wrong with namespaces, or worth knowing, when these products are asked."""
        yield from self._of_adobe_pass(any(product.code == pass_namespaces.PRODUCT for product in products))
        for (namespace, type_), named in self._namespaces.items():
            if any(product.takes(namespace, type_) for product in products) or pass_namespaces.is_meant(namespace):
                continue
            name = shown(namespace)
            message = _("None of the products takes %(name)s identities of type %(type)s (%(how_many)s).") % {
                "name": name,
                "type": type_,
                "how_many": named.how_many,
            }
            hint = _("Adobe will answer that it does not know them. Check the namespace and its type.")
            if [product.code for product in products] == [pass_namespaces.PRODUCT]:
                hint = _("Adobe Pass takes the provider (MVPD) in the namespace. %(hint)s") % {
                    "hint": pass_namespaces.hint(named.text)
                }
            yield Finding("warning", "namespace", f"{named.path}.userIDs", named.row, None, message, hint)

    def _of_adobe_pass(self, is_asked: bool) -> Iterator[Finding]:
        """Adobe Pass finds nobody under a namespace that is written in another way, and says that it is done."""
        if self._pass and not is_asked:
            message = _("Identities of Adobe Pass are named, and Adobe Pass is not among the products.")
            hint = _("Add %(product)s, or leave these identities out.") % {"product": pass_namespaces.PRODUCT}
            yield Finding("warning", "pass-not-asked", "include", None, None, message, hint)
            return
        for (namespace, type_), named in self._pass.items():
            if problem := pass_namespaces.problem(namespace, type_):
                path = f"{named.path}.userIDs[{named.place}].{'type' if pass_namespaces.TYPE in problem else 'namespace'}"
                message = _("The identity %(text)s of Adobe Pass (%(how_many)s) %(problem)s.") % {
                    "text": named.text,
                    "how_many": named.how_many,
                    "problem": problem,
                }
                hint = pass_namespaces.hint(namespace)
                yield Finding("error", "pass-namespace", path, named.row, None, message, hint)
