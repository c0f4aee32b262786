"""All laws and products at one moment: what a file is checked against. Pure; `catalog.current()` gives it."""

from __future__ import annotations

from dataclasses import dataclass

from privacy.products import Products
from privacy.regulations import Regulations


@dataclass(frozen=True)
class Catalog:
    """The laws and the products that this portal knows."""

    laws: Regulations
    products: Products
