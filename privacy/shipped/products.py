"""The products as they ship: under which codes and names, which identities they take, and what they do with a request.

Source: Experience Cloud applications and appendix (Privacy Service guide), and the privacy page of each product.
"""

from __future__ import annotations

from privacy.products import Product

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
