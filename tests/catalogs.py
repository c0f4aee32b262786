"""The catalog as it ships, for tests that need no database."""

from __future__ import annotations

from privacy.known import Catalog
from privacy.products import Products
from privacy.regulations import Regulations
from privacy.shipped import LAWS, PRODUCTS

SHIPPED = Catalog(Regulations(LAWS), Products(PRODUCTS))
