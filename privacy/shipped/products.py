"""The products as they ship: under which codes and names, which identities they take, and what they do with a request.

Source: Experience Cloud applications and appendix (Privacy Service guide), and the privacy page of each product.
"""

from __future__ import annotations

from privacy.products import Product

PRODUCTS = (
    Product(
        code="adCloud",
        name="Advertising Cloud",
        namespaces=("AdCloud/*", "gsurferID/*", "gsurfer_id/*", "deviceID/*"),
        supports_opt_out=True,
        access_returns="Impressions, clicks, places and segments",
        delete_does="Removes cookie and device data with cost, click and revenue",
        answer_names=("adCloud", "Advertising Cloud"),
    ),
    Product(
        code="analytics",
        name="Analytics",
        namespaces=("AAID/standard", "ECID/standard", "*/analytics"),
        supports_opt_out=True,
        access_returns="A file for the person, for the device, or both (both only for a person's identity with expandIds)",
        delete_does="Replaces values in the columns labelled for deletion with random text that begins with Privacy-",
        answer_names=("Analytics",),
    ),
    Product(
        code="audienceManager",
        name="Audience Manager",
        namespaces=("CORE/standard", "ECID/standard", "*/namespaceId", "*/integrationCode"),
        supports_opt_out=True,
        access_returns="Traits and segments",
        delete_does="Removes traits, segments and mappings, of up to 100 linked devices too, and opts the identity out",
        answer_names=("AudienceManager",),
    ),
    Product(
        code="campaign",
        name="Campaign",
        # Its namespaces are defined by each organization inside Campaign.
        namespaces=("*/*",),
        supports_opt_out=True,
        access_returns="A file of the recipient's data",
        delete_does="Removes the recipient's data",
        answer_names=("Campaign",),
    ),
    Product(
        code="aepDataLake",
        name="Experience Platform data lake",
        namespaces=("*/unregistered",),
        supports_opt_out=True,
        access_returns="The rows that hold the identity in the labelled columns",
        delete_does="Hides the rows at once and removes them when the job completes",
        older_codes=("AdobeCloudPlatform",),
        answer_names=("AEP Data Lake", "Data Lake"),
    ),
    Product(
        code="profileService",
        name="Real-Time Customer Profile",
        namespaces=("*/standard", "*/custom", "*/unregistered"),
        supports_opt_out=True,
        access_returns="The profile's fragments, by sandbox",
        delete_does="Removes the profile fragments of every primary identity given, within 15 to 45 days; with Identity Service "
        "left out, the profile can be built again",
        answer_names=("Profile",),
    ),
    Product(
        code="identity",
        name="Identity Service",
        namespaces=("*/standard", "*/custom", "*/unregistered"),
        supports_opt_out=None,
        access_returns="The identity graph",
        delete_does="Removes the identity in all sandboxes",
        answer_names=("Identity",),
    ),
    Product(
        code="primetimeAuthentication",
        name="Adobe Pass Authentication",
        namespaces=("http://www.adobe.com/primetimeAuthentication/*/unregistered",),
        supports_opt_out=False,
        access_returns="A receipt with counts of authentication sessions and authorization decisions, and no data",
        delete_does="Removes the tokens and answers with a receipt of the same counts",
        answer_names=("Adobe Pass Authentication",),
    ),
    Product(
        code="target",
        name="Target",
        namespaces=("ECID/standard", "TNTID/standard", "THIRDPARTYID/target"),
        supports_opt_out=False,
        access_returns="A summary of the profile",
        delete_does="Removes the visitor profile",
        answer_names=("Target",),
    ),
    Product(
        code="CRS",
        name="Customer Attributes",
        namespaces=("*/integrationCode",),
        supports_opt_out=False,
        access_returns="The attributes",
        delete_does="Removes the attributes",
        answer_names=("CRS",),
    ),
    Product(
        code="cjm",
        name="Journey Optimizer",
        namespaces=("*/standard",),
        supports_opt_out=None,
        access_returns="Journey Optimizer's data",
        delete_does="Removes Journey Optimizer's data, with Profile, the data lake and Identity in the same request",
        answer_names=("CJM", "Customer Journey Management"),
    ),
    Product(
        code="marketo",
        name="Marketo Engage",
        namespaces=("Email/standard",),
        supports_opt_out=False,
        access_returns="The lead's activity",
        delete_does="Removes the lead",
        answer_names=("Marketo",),
    ),
    Product(
        code="marketomeasure",
        name="Marketo Measure",
        namespaces=("Email/standard",),
        supports_opt_out=None,
        access_returns="The lead's activity",
        delete_does="Removes the lead",
        answer_names=("Marketo Measure",),
    ),
)
