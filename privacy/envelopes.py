"""Reads everything of a request file but its people: law, products, company contexts, options."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from privacy.products import canonical_product, nearest_product
from privacy.regulations import BY_CODE, canonical_regulation, is_legacy, nearest
from privacy.schema import Envelope, Finding, OrganizationRules

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


def read_envelope(members: dict[str, Any], rules: OrganizationRules) -> tuple[Envelope | None, list[Finding]]:
    """The envelope, or None with at least one error among the findings."""
    reader = _Reader(members, rules)
    regulation, products = reader.regulation(), reader.products()
    contexts = reader.company_contexts()
    options = reader.options()
    reader.notes()
    if any(finding.level == "error" for finding in reader.findings) or regulation is None:
        return None, reader.findings
    return Envelope(regulation, products, contexts, **options), reader.findings


class _Reader:
    def __init__(self, members: dict[str, Any], rules: OrganizationRules) -> None:
        self._members = members
        self._rules = rules
        self.findings: list[Finding] = []

    def regulation(self) -> str | None:
        given = self._members.get("regulation")
        if given is None or given == "":
            self._error("regulation", "missing", "regulation is missing.", "Name the law, such as gdpr or ccpa.")
            return None
        if not isinstance(given, str):
            self._error("regulation", "string_type", "regulation must be one law as text.", 'Write "gdpr", for example.')
            return None
        code = canonical_regulation(given)
        if code is None:
            likely = nearest(given)
            hint = f"Did you mean {likely}?" if likely else f"Adobe knows: {', '.join(BY_CODE)}."
            self._error("regulation", "regulation", f"{given} is not a law that Adobe knows.", hint)
        elif is_legacy(given):
            self._warn("regulation", "legacy-regulation", f"{given} is an older code.", f"{code} is sent in its place.")
        return code

    def products(self) -> tuple[str, ...]:
        given = self._members.get("include")
        if not isinstance(given, list) or not given:
            hint = 'Name the products in a list, such as ["analytics"].'
            self._error("include", "missing", "include is missing or empty.", hint)
            return ()
        codes = [self._product(place, name) for place, name in enumerate(given)]
        return tuple(dict.fromkeys(code for code in codes if code))

    def _product(self, place: int, name: Any) -> str | None:
        path = f"include[{place}]"
        code = canonical_product(name) if isinstance(name, str) else None
        if code is None:
            likely = nearest_product(name) if isinstance(name, str) else None
            hint = (
                f"Did you mean {likely}?" if likely else f"Your organization has: {', '.join(sorted(self._rules.product_codes))}."
            )
            self._error(path, "product", f"{name} is not a product that Adobe knows.", hint)
        elif code not in self._rules.product_codes:
            hint = "Leave it out, or ask an administrator to add it to the organization."
            self._error(path, "not-provisioned", f"Your organization does not have {code}.", hint)
        return code

    def company_contexts(self) -> tuple[dict[str, str], ...]:
        given = self._members.get("companyContexts", [])
        if not isinstance(given, list):
            self._error("companyContexts", "list_type", "companyContexts must be a list.", "Put it in square brackets.")
            return ()
        return tuple(extra for place, entry in enumerate(given) if (extra := self._context(place, entry)))

    def _context(self, place: int, entry: Any) -> dict[str, str] | None:
        path = f"companyContexts[{place}]"
        if not isinstance(entry, dict) or not all(isinstance(entry.get(name), str) for name in ("namespace", "value")):
            self._error(path, "context", "A company context needs a namespace and a value.", "Write both as text.")
            return None
        if entry["namespace"].casefold() not in ORGANIZATION_NAMES:
            return {"namespace": entry["namespace"], "value": entry["value"]}
        if entry["value"] != self._rules.ims_org_id:
            message = "The file names another IMS organization than the one you chose."
            hint = f"Choose that organization, or write {self._rules.ims_org_id}."
            self._error(f"{path}.value", "other-organization", message, hint)
        return None

    def options(self) -> dict[str, Any]:
        options: dict[str, Any] = {}
        for name in ("expandIds", "expandIDs"):
            if name in self._members:
                options["expand_ids"] = self._flag(name)
        checks: list[tuple[str, str, Callable[[Any], bool], str]] = [
            ("priority", "priority", lambda value: value in ("normal", "low"), "Use normal or low."),
            ("mergePolicyId", "merge_policy_id", _is_plain, "Write a number or a text."),
            ("region", "region", lambda value: isinstance(value, str), "Write a text."),
        ]
        for name, option, is_right, hint in checks:
            value = self._members.get(name)
            if value is None:
                continue
            if is_right(value):
                options[option] = value
            else:
                self._error(name, "option", f"{name} is not as it must be.", hint)
        return options

    def _flag(self, name: str) -> bool:
        value = self._members[name]
        if isinstance(value, str) and value.lower() in ("true", "false"):
            return value.lower() == "true"
        if not isinstance(value, bool):
            self._error(name, "bool_type", f"{name} must be true or false.", "Write true or false without quotes.")
        return value is True

    def notes(self) -> None:
        if "analyticsDeleteMethod" in self._members:
            message = "analyticsDeleteMethod is no longer in Adobe's documents."
            self._warn("analyticsDeleteMethod", "ignored-option", message, "It is not sent; Analytics anonymizes.")
        for name in self._members.keys() - KNOWN:
            self._warn(name, "unknown-field", f"{name} is not a field that Adobe knows.", "It is not sent.")

    def _error(self, path: str, code: str, message: str, hint: str) -> None:
        self.findings.append(Finding("error", code, path, None, None, message, hint))

    def _warn(self, path: str, code: str, message: str, hint: str) -> None:
        self.findings.append(Finding("warning", code, path, None, None, message, hint))


def _is_plain(value: Any) -> bool:
    return isinstance(value, int | str) and not isinstance(value, bool)
