"""What each product will answer for a person, chosen by test values, and how long it takes.

A word of OUTCOMES anywhere in an identity value (any case) decides for every product of the job. With a product code
and a hyphen before it (`jane.analytics-error@example.com`) it decides for that product only. The first word that
applies counts. Codes and titles: Privacy Service error codes; details: samples of "look up a job".
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from portal.simulator.vocabulary import CJM_COMPANIONS, PRODUCT_CODES

MINUTE = 60.0
DAY = 86_400.0

# Adobe-time: a product acknowledges within minutes to hours and answers within minutes to weeks, at most 30 days.
ACKNOWLEDGE_SECONDS = (MINUTE, 120 * MINUTE)
WORK_SECONDS = (10 * MINUTE, 21 * DAY)
SLOW_SECONDS = 29 * DAY


@dataclass(frozen=True)
class Outcome:
    """A product's final word. `timing`: normal, slow (29 days), stuck (processing for ever), idle (never starts)."""

    status: str
    code: str
    message: str
    detail: str
    timing: str = "normal"

    @property
    def finds_data(self) -> bool:
        return self.code in {"PRVCY-6000-200", "PRVCY-6054-200"}


def _failure(code: str, message: str, detail: str) -> Outcome:
    return Outcome("error", f"PRVCY-{code}", message, detail)


def _complete(code: str, message: str, detail: str, timing: str = "normal") -> Outcome:
    return Outcome("complete", f"PRVCY-{code}", message, detail, timing)


_SUCCESS = ("6000-200", "Success", "Finished successfully.")

OUTCOMES: dict[str, Outcome] = {
    "success": _complete(*_SUCCESS),
    "notfound": _complete("6052-200", "User IDs were not found", "The user IDs are unknown to this product."),
    "partial": _complete(
        "6054-200",
        "Success",
        "PARTIALLY COMPLETED- Data not found for some requests, check results for more info.",
    ),
    "nosuch": _complete("6053-200", "Invalid Namespace", "The namespace is not valid for this product."),
    "notprovisioned": _complete("6051-200", "Not provisioned", "The IMS Org has not been provisioned."),
    "badformat": _failure("1000-400", "Formatting error", "Value not formatted correctly."),
    "notauthorized": _failure("1001-400", "Not authorized", "The IMS Org has not been provisioned."),
    "nopermission": _failure("1010-400", "Missing permissions", "Access and permissions are required."),
    "uploadfailure": _failure("1020-400", "Upload and archive failure", "Problem uploading or archiving the data."),
    "jobfailure": _failure("1021-400", "Job failure", "At least one job of the request failed."),
    "dataunreachable": _failure("1022-400", "Data access failure", "The data could not be reached."),
    "datasetunreachable": _failure("1023-400", "Data access failure", "Failed dataSetIds = [5dbb87aad37beb18a96feb61]"),
    "ratelimit": _failure("1030-400", "Document rate limit exceeded", "Workload exceeded for document rate limit."),
    "keyrevoked": _failure("1040-400", "Key encryption access failure", "The customer-managed key was revoked."),
    "cmk": _failure("1040-400", "Key encryption access failure", "The customer-managed key was revoked."),
    "error": _failure("1024-400", "Unexpected error", "The product reported an unexpected error."),
    "oddstatus": Outcome("suspended", "PRVCY-9999-299", "Suspended", "A status and a code that nobody has published."),
    "slowproduct": _complete(*_SUCCESS, timing="slow"),
    "stuck": _complete(*_SUCCESS, timing="stuck"),
    "neverstarts": _complete(*_SUCCESS, timing="idle"),
}

_WORD = re.compile(
    "(?:(?P<product>{codes})-)?(?P<word>{words})".format(
        codes="|".join(sorted((code.lower() for code in PRODUCT_CODES), key=len, reverse=True)),
        words="|".join(sorted((word for word in OUTCOMES if word != "success"), key=len, reverse=True)),
    )
)


def words_in(identities: Iterable[Mapping[str, Any]]) -> list[tuple[str | None, str]]:
    """(product code in lower case or None for all, word) in the order in which they stand in the identities."""
    found: list[tuple[str | None, str]] = []
    for identity in identities:
        if "nosuch" in str(identity.get("namespace", "")).lower():
            found.append((None, "nosuch"))
        found += [(match["product"], match["word"]) for match in _WORD.finditer(str(identity["value"]).lower())]
    return found


def choose(
    code: str,
    action: str,
    included: Sequence[str],
    provisioned: frozenset[str],
    identities: Sequence[Mapping[str, Any]],
    words: Sequence[tuple[str | None, str]],
    custom_ids: str,
) -> str:
    """The word of OUTCOMES for one product of one job. `custom_ids` is the switch of that name."""
    if code not in provisioned:
        return "notprovisioned"
    for product, word in words:
        if product is None or product == code.lower():
            return word
    if code == "cjm" and action == "delete" and not CJM_COMPANIONS.issubset(included):
        return "stuck"
    if code in {"profileService", "identity"} and _takes_wrong_qualifier(identities, custom_ids):
        return "nosuch"
    return "success"


def _takes_wrong_qualifier(identities: Sequence[Mapping[str, Any]], custom_ids: str) -> bool:
    wrong = {"any": "", "custom": "unregistered", "unregistered": "custom"}[custom_ids]
    return any(identity["type"] == wrong for identity in identities)


def delays(seed: str, number: int, code: str, word: str) -> tuple[float, float]:
    """Adobe-seconds from acceptance to acknowledgement and to the answer: the same for the same seed and job number."""
    timing = OUTCOMES[word].timing
    if timing == "idle":
        return math.inf, math.inf
    digest = hashlib.blake2b(f"{seed}/{number}/{code}".encode(), digest_size=8).digest()
    acknowledged = between(ACKNOWLEDGE_SECONDS, digest[:4])
    if timing == "stuck":
        return acknowledged, math.inf
    if timing == "slow":
        return acknowledged, SLOW_SECONDS
    return acknowledged, acknowledged + between(WORK_SECONDS, digest[4:])


def between(bounds: tuple[float, float], digest: bytes) -> float:
    """Log-uniform, so that minutes, hours, days and weeks all occur."""
    low, high = bounds
    return float(low * (high / low) ** (int.from_bytes(digest, "big") / 2**32))
