"""The laws and products that ship with the portal. Their tables start with them and are the truth from then on."""

from __future__ import annotations

from privacy.shipped.laws import LAWS
from privacy.shipped.products import PRODUCTS

__all__ = ["LAWS", "PRODUCTS"]
