"""Request files and opt-outs of people who do not exist.

What Adobe will answer is in their e-mail addresses: portal/simulator/outcomes.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from portal.demo.samples import csv_sample, json_sample, write


def write_samples(folder: Path) -> list[tuple[str, str]]:
    """Put the files into `folder`; gives name and words of each."""
    return write(folder, SAMPLES)


def person(key: str, actions: Sequence[str], email: str, ecid: int | None = None) -> dict[str, Any]:
    """One entry of `users`: an e-mail address, and for those who were seen in a browser an ECID."""
    identities = [{"namespace": "email", "value": email, "type": "standard"}]
    if ecid is not None:
        identities.append({"namespace": "ECID", "value": f"{ecid:038}", "type": "standard"})
    return {"key": key, "action": list(actions), "userIDs": identities}


def body(regulation: str, products: Sequence[str], *users: dict[str, Any]) -> dict[str, Any]:
    """A request file."""
    return {"users": list(users), "include": list(products), "regulation": regulation}


BOTH = ("access", "delete")
OPT_OUT = ("opt-out-of-sale",)

GOES_WELL = json_sample(
    "access-and-delete.json",
    "5 people, 5 products: all goes well, some products know nobody",
    body(
        "gdpr",
        ["analytics", "audienceManager", "profileService", "identity", "aepDataLake"],
        person("DavidSmith", BOTH, "david.smith@example.com", 41_076_218_733_590_126_540_918_273_645_019_283_746),
        person("user12345", ["access"], "jana.novakova.analytics-notfound@example.com", 55_120_098_761_234_509_876_123_450),
        person("case-2071", BOTH, "sofia.lindqvist.profileservice-partial@example.com", 62_890_114_355_512_367_001_928_374_650),
        person("case-2072", ["delete"], "joão.pereira@example.com", 70_033_918_264_550_917_263_544_809),
        person("case-2073", ["access"], "wim.devries.notfound@example.com"),
    ),
)
SAMPLES = (
    GOES_WELL,
    json_sample(
        "opt-out-of-sale.json",
        "4 people in California who opt out of the sale of their data",
        body(
            "ccpa",
            ["analytics", "audienceManager", "profileService"],
            *(
                person(f"optout-{number}", OPT_OUT, f"optout{number}@example.com", 80_000_000_000_000_000_000 + number)
                for number in range(1, 5)
            ),
        ),
    ),
    json_sample(
        "becomes-two-requests.json",
        "opt-outs beside access and delete: Adobe takes them apart, so the portal makes two requests",
        body(
            "ccpa",
            ["analytics", "profileService"],
            person("case-3001", BOTH, "grace.oneil@example.com", 91_000_000_000_000_000_001),
            person("case-3002", OPT_OUT, "omar.haddad@example.com", 91_000_000_000_000_000_002),
            person("case-3003", OPT_OUT, "lena.fischer@example.com", 91_000_000_000_000_000_003),
        ),
    ),
    json_sample(
        "errors-at-adobe.json",
        "products that fail, each with Adobe's own reason",
        body(
            "gdpr",
            ["analytics", "profileService", "identity"],
            person("case-4001", BOTH, "paul.analytics-error@example.com", 92_000_000_000_000_000_001),
            person("case-4002", ["access"], "mei.profileservice-datasetunreachable@example.com"),
            person("case-4003", ["delete"], "ines.identity-ratelimit@example.com"),
            person("case-4004", ["access"], "tom.baker@example.com"),
        ),
    ),
    json_sample(
        "takes-forever.json",
        "a product that takes 29 days, one that never ends, and a status that nobody knows",
        body(
            "gdpr",
            ["analytics", "profileService"],
            person("case-5001", ["access"], "ada.profileservice-slowproduct@example.com"),
            person("case-5002", ["delete"], "bo.profileservice-stuck@example.com"),
            person("case-5003", ["access"], "cy.profileservice-oddstatus@example.com"),
        ),
    ),
    json_sample(
        "with-mistakes.json",
        "is refused before anything is sent, with every mistake at once",
        body(
            "gdrp",
            ["analytics", "profilService"],
            person("case-6001", ["access", "erase"], "eva.marin@example.com"),
            person("case-6002", ["access", "opt-out-of-sale"], "noah.berg@example.com"),
            {"key": "case-6003", "action": ["delete"], "userIDs": []},
            person("case-6004", ["delete"], "same.key@example.com"),
            person("case-6004", ["access"], "other.person@example.com"),
            {
                "key": "case-6005",
                "action": ["access"],
                "userIDs": [
                    {"namespace": "email", "value": f"address{number}@example.com", "type": "standard"} for number in range(1, 13)
                ],
            },
        ),
    ),
    json_sample(
        "consent-call.json",
        "on the page Opt-outs: 5 identities that opt out of sale through Adobe's consent call",
        {
            "optOutOfSale": True,
            "entities": [
                {"nameSpace": "email", "values": [f"consent{number}@example.com" for number in range(1, 5)]},
                {"nameSpace": "ECID", "values": [f"{93_000_000_000_000_000_001:038}"]},
            ],
        },
    ),
    csv_sample(
        "consent-call.csv",
        "on the page Opt-outs: the same kind as a table, 3 identities",
        [("Email", "table1@example.com"), ("Email", "table2@example.com"), ("Phone", "+15550100123")],
    ),
)
