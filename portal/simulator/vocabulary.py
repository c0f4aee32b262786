"""Adobe's fixed words: products, regulations, namespaces, permissions, error codes.

Sources: Privacy Service API (create job, appendix), Identity Service (standard namespaces), access control page.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass


@dataclass(frozen=True)
class Product:
    """`code` is what a request includes, `name` what an answer calls it."""

    code: str
    name: str


_PRODUCTS = (
    Product("adCloud", "adCloud"),
    Product("analytics", "Analytics"),
    Product("audienceManager", "AudienceManager"),
    Product("campaign", "Campaign"),
    Product("aepDataLake", "AEP Data Lake"),
    Product("profileService", "Profile"),
    Product("identity", "Identity"),
    Product("primetimeAuthentication", "Adobe Pass Authentication"),
    Product("target", "Target"),
    Product("CRS", "CRS"),
    Product("cjm", "CJM"),
    Product("marketo", "Marketo"),
    Product("marketomeasure", "Marketo Measure"),
    Product("automationProduct", "Automation Product"),
)
PRODUCTS: dict[str, Product] = {product.code.lower(): product for product in _PRODUCTS}
PRODUCTS["adobecloudplatform"] = PRODUCTS["aepdatalake"]
PRODUCT_CODES: tuple[str, ...] = tuple(product.code for product in _PRODUCTS)

ACTIONS: tuple[str, ...] = ("access", "delete", "opt-out-of-sale")
QUALIFIERS: tuple[str, ...] = (
    "standard",
    "custom",
    "integrationCode",
    "namespaceId",
    "unregistered",
    "analytics",
    "target",
)

# Those whose answers carry a namespaceId; a free, an Analytics and a Target namespace has none.
REGISTERED_QUALIFIERS: frozenset[str] = frozenset({"standard", "custom", "integrationCode", "namespaceId"})

# A delete by Journey Optimizer waits for these for ever when the request does not include them.
CJM_COMPANIONS: frozenset[str] = frozenset({"profileService", "aepDataLake", "identity"})

REGULATIONS: tuple[str, ...] = (
    "gdpr", "ccpa", "cpra_ca_usa", "cpa_co_usa", "ctdpa_ct_usa", "dpdpa_de_usa", "fdbr_fl_usa", "hipaa_usa",
    "icdpa_ia_usa", "icdpa_in_usa", "kcdpa_ky_usa", "lgpd_bra", "mcdpa_mn_usa", "mcdpa_mt_usa", "mhmda_wa_usa",
    "modpa_md_usa", "ndpa_ne_usa", "nhpa_nh_usa", "njdpa_nj_usa", "nzpa_nzl", "apa_aus", "ocpa_or_usa", "pdpa_tha",
    "pipa_kor", "dpdpa_ind", "ql25_qc_can", "ridtppa_ri_usa", "tdpsa_tx_usa", "tipa_tn_usa", "ucpa_ut_usa",
    "vcdpa_va_usa",
)  # fmt: skip
LEGACY_REGULATIONS: dict[str, str] = {
    "cpra_usa": "cpra_ca_usa",
    "cpa_usa": "cpa_co_usa",
    "ctdpa_usa": "ctdpa_ct_usa",
    "dpdpa_usa": "dpdpa_de_usa",
    "fdbr_usa": "fdbr_fl_usa",
    "icdpa_usa": "icdpa_ia_usa",
    "mcdpa_usa": "mcdpa_mt_usa",
    "mhmda_usa": "mhmda_wa_usa",
    "ndpa_usa": "ndpa_ne_usa",
    "nhpa_usa": "nhpa_nh_usa",
    "njdpa_usa": "njdpa_nj_usa",
    "ocpa_usa": "ocpa_or_usa",
    "ql25_can": "ql25_qc_can",
    "tdpsa_usa": "tdpsa_tx_usa",
    "ucpa_usa": "ucpa_ut_usa",
    "vcdpa_usa": "vcdpa_va_usa",
}
SPEC_ONLY_REGULATIONS: dict[str, str] = {"dpdpa": "dpdpa_de_usa", "ql25": "ql25_qc_can"}

READ = "Privacy Read Permission"
WRITE = "Privacy Write Permission"
CONTENT = "Read (Access) Content Delivery Permission"
OPT_OUT_READ = "Read Permission - Opt Out of Sale"
OPT_OUT_WRITE = "Write Permission - Opt Out of Sale"
PERMISSIONS: tuple[str, ...] = (READ, WRITE, CONTENT, OPT_OUT_READ, OPT_OUT_WRITE)

_NAMESPACE_IDS: dict[str, int] = {
    "email": 6,
    "phone": 7,
    "adcloud": 411,
    "core": 0,
    "ecid": 4,
    "tntid": 9,
    "idfa": 20915,
    "gaid": 20914,
    "waid": 8,
    "aaid": 10,
}


STANDARD_NAMESPACES: frozenset[str] = frozenset(_NAMESPACE_IDS)


def namespace_id(namespace: str, qualifier: str) -> int | None:
    """The id that Adobe echoes for a registered namespace, None for a free one (qualifiers table of create job)."""
    if qualifier == "namespaceId":
        return int(namespace) if namespace.isdigit() else None
    if qualifier == "custom":
        return 10_000_000 + zlib.crc32(namespace.encode()) % 1_000_000
    if qualifier == "standard":
        return _NAMESPACE_IDS.get(namespace.lower())
    return None
