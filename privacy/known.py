"""All laws and products at one moment: what a file is checked against. Pure; `catalog.current()` gives it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from privacy.products import Products
from privacy.regulations import Regulations


@dataclass(frozen=True)
class Catalog:
    """The laws and the products that this portal knows."""

    laws: Regulations
    products: Products

    def why_withdrawn(self, regulation: str, products: Iterable[str]) -> str:
        """Why nothing new can be asked under this law of these products, in a sentence; empty when it can."""
        law = self.laws.by_code.get(regulation.casefold())
        if law is None or not law.is_offered:
            return _("No new request can be made under %(regulation)s: an administrator switched it off.") % {
                "regulation": regulation
            }
        known = self.products.by_code
        gone = [code for code in products if code not in known or not known[code].is_offered]
        return (
            _("No new request can name %(gone)s: an administrator switched it off.") % {"gone": ", ".join(gone)} if gone else ""
        )
