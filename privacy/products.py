"""The Adobe products a privacy request can name, and what each of them does with it.

Source: Experience Cloud applications and appendix (Privacy Service guide), and the privacy page of each product.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import fnmatchcase

# What Adobe asks for beside `cjm` in a delete; without them the job stays "processing" (Journey Optimizer, privacy requests).
CJM_COMPANIONS = ("profileService", "aepDataLake", "identity")
DROPPED_CODES = frozenset({"automationproduct"})


@dataclass(frozen=True)
class Product:
    """One product as Adobe names it in `include`.

    `namespaces` are patterns `<canonical namespace>/<type>` of the identities it takes. `supports_opt_out` is None where
    Adobe does not say. `answer_names` are its names in product responses.
    """

    code: str
    name: str
    namespaces: frozenset[str]
    supports_opt_out: bool | None
    access_returns: str
    delete_does: str
    older_codes: tuple[str, ...] = ()
    answer_names: tuple[str, ...] = ()

    def takes(self, namespace: str, type_: str) -> bool:
        """Whether the product looks at identities of this canonical namespace and qualifier."""
        types = {type_, "standard"} if type_ == "namespaceId" else {type_}
        return any(fnmatchcase(f"{namespace}/{each}", pattern) for each in types for pattern in self.namespaces)


PRODUCTS = (
    Product(
        code="adCloud",
        name="Advertising Cloud",
        namespaces=frozenset({"adcloud/*", "gsurferid/*", "gsurfer_id/*", "deviceid/*"}),
        supports_opt_out=True,
        access_returns="Impressions, clicks, places and segments",
        delete_does="Removes cookie and device data with cost, click and revenue",
        answer_names=("adCloud",),
    ),
    Product(
        code="analytics",
        name="Analytics",
        namespaces=frozenset({"aaid/standard", "ecid/standard", "*/analytics"}),
        supports_opt_out=True,
        access_returns="A file for the person, for the device, or both",
        delete_does="Replaces the labelled values with random text",
        answer_names=("Analytics",),
    ),
    Product(
        code="audienceManager",
        name="Audience Manager",
        namespaces=frozenset({"core/standard", "ecid/standard", "*/namespaceId", "*/integrationCode"}),
        supports_opt_out=True,
        access_returns="Traits and segments",
        delete_does="Removes traits, segments and mappings, and opts the identity out",
        answer_names=("AudienceManager",),
    ),
    Product(
        code="campaign",
        name="Campaign",
        # Its namespaces are defined by each organization inside Campaign.
        namespaces=frozenset({"*/*"}),
        supports_opt_out=True,
        access_returns="A file of the recipient's data",
        delete_does="Removes the recipient's data",
    ),
    Product(
        code="aepDataLake",
        name="Experience Platform data lake",
        namespaces=frozenset({"*/unregistered"}),
        supports_opt_out=True,
        access_returns="The rows that hold the identity",
        delete_does="Hides the rows at once and removes them when the job completes",
        older_codes=("AdobeCloudPlatform",),
        answer_names=("AEP Data Lake", "Data Lake"),
    ),
    Product(
        code="profileService",
        name="Real-Time Customer Profile",
        namespaces=frozenset({"*/standard", "*/custom", "*/unregistered"}),
        supports_opt_out=True,
        access_returns="The profile's fragments, by sandbox",
        delete_does="Removes the profile fragments of every primary identity given",
        answer_names=("Profile",),
    ),
    Product(
        code="identity",
        name="Identity Service",
        namespaces=frozenset({"*/standard", "*/custom", "*/unregistered"}),
        supports_opt_out=None,
        access_returns="The identity graph",
        delete_does="Removes the identity in all sandboxes",
        answer_names=("Identity",),
    ),
    Product(
        code="primetimeAuthentication",
        name="Adobe Pass Authentication",
        namespaces=frozenset({"http://www.adobe.com/primetimeauthentication/*/unregistered"}),
        supports_opt_out=False,
        access_returns="Counts of authentications and authorizations",
        delete_does="Removes the tokens and answers with a receipt",
        answer_names=("Adobe Pass Authentication",),
    ),
    Product(
        code="target",
        name="Target",
        namespaces=frozenset({"ecid/standard", "tntid/standard", "thirdpartyid/target"}),
        supports_opt_out=False,
        access_returns="A summary of the profile",
        delete_does="Removes the visitor profile",
    ),
    Product(
        code="CRS",
        name="Customer Attributes",
        namespaces=frozenset({"*/integrationCode"}),
        supports_opt_out=False,
        access_returns="The attributes",
        delete_does="Removes the attributes",
    ),
    Product(
        code="cjm",
        name="Journey Optimizer",
        namespaces=frozenset({"*/standard"}),
        supports_opt_out=None,
        access_returns="Journey Optimizer's data",
        delete_does="Removes Journey Optimizer's data, with Profile, the data lake and Identity in the same request",
    ),
    Product(
        code="marketo",
        name="Marketo Engage",
        namespaces=frozenset({"email/standard"}),
        supports_opt_out=False,
        access_returns="The lead's activity",
        delete_does="Removes the lead",
    ),
    Product(
        code="marketomeasure",
        name="Marketo Measure",
        namespaces=frozenset({"email/standard"}),
        supports_opt_out=None,
        access_returns="The lead's activity",
        delete_does="Removes the lead",
    ),
)

BY_CODE = {product.code: product for product in PRODUCTS}
_BY_ANY_CODE = {text.casefold(): product.code for product in PRODUCTS for text in (product.code, *product.older_codes)}
_BY_ANSWER_NAME = {
    text.casefold(): product
    for product in PRODUCTS
    for text in (product.code, *product.older_codes, product.name, *product.answer_names)
}


def canonical_product(text: str) -> str | None:
    """The current code for any accepted spelling or older code; None when Adobe has no such product."""
    return _BY_ANY_CODE.get(text.strip().casefold())


def nearest_product(text: str) -> str | None:
    """The current code most like a misspelled one, also when the product's name was written."""
    wanted = text.strip().casefold()
    if wanted in _BY_ANSWER_NAME:
        return _BY_ANSWER_NAME[wanted].code
    close = get_close_matches(wanted, _BY_ANSWER_NAME, n=1, cutoff=0.6)
    return _BY_ANSWER_NAME[close[0]].code if close else None


def product_by_answer_name(text: str) -> Product | None:
    """The product that a product response speaks of; None for a name we do not know, which is shown as it came."""
    return _BY_ANSWER_NAME.get(text.strip().casefold())


def product_name(code: str) -> str:
    """What people call the product; the code itself when it is not known."""
    return BY_CODE[code].name if code in BY_CODE else code
