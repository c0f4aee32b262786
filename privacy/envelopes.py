"""Reads everything of a request file but its people: law, products, company contexts, options."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.humanize.templatetags.humanize import intcomma
from django.utils.translation import gettext as _

from privacy.known import Catalog
from privacy.products import DROPPED_CODES
from privacy.schema import Envelope, Finding, OrganizationRules, shown

KNOWN = {
    "users",
    "regulation",
    "include",
    "companyContexts",
    "expandIds",
    "expandIDs",
    "priority",
    "mergePolicyId",
    "region",
    "analyticsDeleteMethod",
    "requestId",
}
ORGANIZATION_NAMES = {"imsorgid", "imsorg"}
# Times as many entries as there are products: a longer list is a mistake, and each entry is compared with all of them.
_MOST_SPELLINGS = 5


def read_envelope(members: dict[str, Any], rules: OrganizationRules, catalog: Catalog) -> tuple[Envelope | None, list[Finding]]:
    """The envelope, or None with at least one error among the findings."""
    reader = _Reader(members, rules, catalog)
    regulation, products = reader.regulation(), reader.products()
    contexts = reader.company_contexts()
    options = reader.options()
    reader.notes()
    if any(finding.level == "error" for finding in reader.findings) or regulation is None:
        return None, reader.findings
    return Envelope(regulation, products, contexts, **options), reader.findings


class _Reader:
    def __init__(self, members: dict[str, Any], rules: OrganizationRules, catalog: Catalog) -> None:
        self._members = members
        self._rules = rules
        self._laws, self._known_products = catalog.laws, catalog.products
        self.findings: list[Finding] = []

    def regulation(self) -> str | None:
        given = self._members.get("regulation")
        if given is None or given == "":
            self._error("regulation", "missing", _("regulation is missing."), _("Name the law, such as gdpr or ccpa."))
            return None
        if not isinstance(given, str):
            self._error("regulation", "string_type", _("regulation must be one law as text."), _('Write "gdpr", for example.'))
            return None
        law = self._laws.find(given)
        if law is None:
            self._error(
                "regulation",
                "regulation",
                _("%(shown)s is not a law that Adobe knows.") % {"shown": shown(given)},
                self._law_meant(given),
            )
            return None
        if not law.is_offered:
            message = _("No new request is made under %(code)s: an administrator switched it off.") % {"code": law.code}
            self._error("regulation", "not-offered", message, _("Name another law, or ask an administrator to offer it again."))
        elif self._laws.is_legacy(given):
            self._warn(
                "regulation",
                "legacy-regulation",
                _("%(given)s is an older code.") % {"given": given},
                _("%(code)s is sent in its place.") % {"code": law.code},
            )
        return law.code

    def _law_meant(self, given: str) -> str:
        likely = self._laws.nearest(shown(given))
        offered = ", ".join(law.code for law in self._laws.entries if law.is_offered)
        return (
            _("Did you mean %(code)s?") % {"code": likely.code}
            if likely
            else _("Adobe knows: %(offered)s.") % {"offered": offered}
        )

    def products(self) -> tuple[str, ...]:
        given = self._members.get("include")
        if not isinstance(given, list) or not given:
            wrong = _("include must be a list.") if given and not isinstance(given, list) else _("include is missing or empty.")
            self._error("include", "missing", wrong, _('Name the products in a list, such as ["analytics"].'))
            return ()
        known = len(self._known_products.entries)
        if len(given) > _MOST_SPELLINGS * known:
            hint = _("Name each product once.")
            self._error(
                "include",
                "too_long",
                _("include has %(given)s entries; Adobe has %(known)s products.")
                % {"given": intcomma(len(given)), "known": known},
                hint,
            )
            return ()
        codes = [self._product(place, name) for place, name in enumerate(given)]
        return tuple(dict.fromkeys(code for code in codes if code))

    def _product(self, place: int, name: Any) -> str | None:
        path = f"include[{place}]"
        if not isinstance(name, str) or not name.strip():
            self._error(
                path,
                "product",
                _("A product must be a text."),
                _("Write its code in quotes. %(provisioned)s") % {"provisioned": self._provisioned()},
            )
            return None
        product = self._known_products.find(name)
        if product is None:
            self._unknown_product(path, name)
            return None
        if not product.is_offered:
            message = _("No new request names %(code)s: an administrator switched it off.") % {"code": product.code}
            self._error(path, "not-offered", message, _("Leave it out, or ask an administrator to offer it again."))
        elif product.code not in self._rules.product_codes:
            hint = _("Leave it out, or ask an administrator to add it to the organization.")
            self._error(path, "not-provisioned", _("Your organization does not have %(code)s.") % {"code": product.code}, hint)
        return product.code

    def _unknown_product(self, path: str, name: str) -> None:
        if name.strip().casefold() in DROPPED_CODES:
            self._error(path, "product", _("Adobe no longer has the product %(name)s.") % {"name": name}, _("Leave it out."))
            return
        likely = self._known_products.nearest(shown(name))
        hint = _("Did you mean %(code)s?") % {"code": likely.code} if likely else self._provisioned()
        self._error(path, "product", _("%(shown)s is not a product that Adobe knows.") % {"shown": shown(name)}, hint)

    def _provisioned(self) -> str:
        codes = ", ".join(sorted(self._rules.product_codes))
        return _("Your organization has: %(codes)s.") % {"codes": codes} if codes else _("Your organization has no products yet.")

    def company_contexts(self) -> tuple[dict[str, str], ...]:
        given = self._members.get("companyContexts", [])
        if not isinstance(given, list):
            self._error("companyContexts", "list_type", _("companyContexts must be a list."), _("Put it in square brackets."))
            return ()
        return tuple(extra for place, entry in enumerate(given) if (extra := self._context(place, entry)))

    def _context(self, place: int, entry: Any) -> dict[str, str] | None:
        path = f"companyContexts[{place}]"
        if not isinstance(entry, dict) or not all(_is_filled(entry.get(name)) for name in ("namespace", "value")):
            self._error(path, "context", _("A company context needs a namespace and a value."), _("Write both as text."))
            return None
        if entry["namespace"].strip().casefold() not in ORGANIZATION_NAMES:
            return {"namespace": entry["namespace"], "value": entry["value"]}
        if entry["value"].strip() != self._rules.ims_org_id:
            message = _("The file names another IMS organization than the one you chose.")
            hint = _("Choose that organization, or write %(ims_org_id)s.") % {"ims_org_id": self._rules.ims_org_id}
            self._error(f"{path}.value", "other-organization", message, hint)
        return None

    def options(self) -> dict[str, Any]:
        options: dict[str, Any] = {}
        for name in ("expandIds", "expandIDs"):
            if self._members.get(name) is not None:
                options["expand_ids"] = self._flag(name)
        checks: list[tuple[str, str, Callable[[Any], bool], str]] = [
            ("priority", "priority", lambda value: value in ("normal", "low"), _("Use normal or low.")),
            ("mergePolicyId", "merge_policy_id", _is_plain, _("Write a number or a text.")),
            ("region", "region", lambda value: isinstance(value, str), _("Write a text.")),
        ]
        for name, option, is_right, hint in checks:
            value = self._members.get(name)
            if value is None:
                continue
            if is_right(value):
                options[option] = value
            else:
                self._error(name, "option", _("%(name)s is not as it must be.") % {"name": name}, hint)
        return options

    def _flag(self, name: str) -> bool:
        value = self._members[name]
        if isinstance(value, str) and value.lower() in ("true", "false"):
            return value.lower() == "true"
        if not isinstance(value, bool):
            self._error(
                name, "bool_type", _("%(name)s must be true or false.") % {"name": name}, _("Write true or false without quotes.")
            )
        return value is True

    def notes(self) -> None:
        if "analyticsDeleteMethod" in self._members:
            message = _("analyticsDeleteMethod is no longer in Adobe's documents.")
            self._warn("analyticsDeleteMethod", "ignored-option", message, _("It is not sent; Analytics anonymizes."))
        for name in (shown(name) for name in self._members if name not in KNOWN):
            self._warn(
                name, "unknown-field", _("%(name)s is not a field that Adobe knows.") % {"name": name}, _("It is not sent.")
            )

    def _error(self, path: str, code: str, message: str, hint: str) -> None:
        self.findings.append(Finding("error", code, path, None, None, message, hint))

    def _warn(self, path: str, code: str, message: str, hint: str) -> None:
        self.findings.append(Finding("warning", code, path, None, None, message, hint))


def _is_plain(value: Any) -> bool:
    return isinstance(value, int | str) and not isinstance(value, bool)


def _is_filled(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())
