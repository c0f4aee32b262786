"""What columns and actions are called, in the languages of those who make tables."""

from __future__ import annotations

import re
from typing import Final

from privacy.schema import ADOBE_NAMES, QUALIFIERS

# By the words of a header with everything but letters and digits taken out.
KEY_NAMES: Final = frozenset(
    (
        "key",
        "id",
        "reference",
        "ref",
        "case",
        "casenumber",
        "caseid",
        "requestid",
        "ticket",
        "ticketnumber",
        "userkey",
        "nyckel",
        "referens",
        "ärende",
        "ärendenummer",
        "diarienummer",
        "sleutel",
        "kenmerk",
        "referentie",
        "zaak",
        "zaaknummer",
        "dossier",
        "dossiernummer",
    )
)
ACTION_NAMES: Final = frozenset(
    (
        "action",
        "actions",
        "request",
        "requesttype",
        "right",
        "åtgärd",
        "åtgärder",
        "begäran",
        "rättighet",
        "actie",
        "acties",
        "verzoek",
        "recht",
    )
)
NAMESPACE_NAMES: Final = frozenset(
    (
        "namespace",
        "namespacecode",
        "identitynamespace",
        "namnrymd",
        "namnområde",
        "naamruimte",
    )
)
VALUE_NAMES: Final = frozenset(
    (
        "value",
        "identity",
        "identityvalue",
        "värde",
        "identitet",
        "waarde",
        "identiteit",
    )
)
TYPE_NAMES: Final = frozenset(
    (
        "type",
        "identitytype",
        "qualifier",
        "typ",
        "identitetstyp",
        "identiteitstype",
    )
)
_IDENTITY_NAMES: Final = {
    "Email": "email emailaddress mail mailaddress epost epostadress mejl mejladress mailadres emailadres",
    "Phone": "phone phonenumber telephone mobile telefon telefonnummer mobil mobilnummer telefoon telefoonnummer mobiel",
    "ECID": "ecid mid mcid experiencecloudid",
    "CORE": "core aamuuid",
}
STANDARD: Final = {word: name for name, words in _IDENTITY_NAMES.items() for word in words.split()} | {
    name.casefold(): name for name in ADOBE_NAMES.values()
}
_ACTIONS: Final = {
    "access": "access read export copy tillgång åtkomst utdrag registerutdrag inzage toegang",
    "delete": "delete deletion erase erasure remove radera radering raderas ta-bort verwijderen verwijdering wissen",
    "opt-out-of-sale": "opt-out-of-sale optout opt-out optoutofsale donotsell avstå avanmälan afmelden",
}
ACTION_WORDS: Final = {folded: action for action, words in _ACTIONS.items() for folded in words.split()}
_BETWEEN_ACTIONS: Final = re.compile(r"[,;/+&|]|\b(?:and|och|en)\b")
QUALIFIER_WORDS: Final = {word.casefold(): word for word in QUALIFIERS}


def folded(header: str) -> str:
    """The letters and digits of a header, in small letters."""
    return "".join(character for character in header.casefold() if character.isalnum())


def actions_in(cell: str) -> list[str] | None:
    """The actions that a cell names, in Adobe's words; None when one of them is no action."""
    found = []
    for part in _BETWEEN_ACTIONS.split(cell.casefold()):
        word = "-".join(part.split())
        if word and word not in ACTION_WORDS:
            return None
        if word:
            found.append(ACTION_WORDS[word])
    return list(dict.fromkeys(found))
