"""Adobe's stable response codes in words (Privacy Service guide, troubleshooting: response codes)."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Meaning:
    """What a code says about one product's part of a job."""

    title: str
    words: str


MEANINGS = {
    "1000-400": Meaning("Badly formatted", "Some values do not have the form that this product needs."),
    "1001-400": Meaning("Not provisioned", "The organization is not provisioned for this product."),
    "1010-400": Meaning("Permission missing", "The credential lacks a permission in this product."),
    "1020-400": Meaning("Result not delivered", "The product could not upload or archive the data it found."),
    "1021-400": Meaning("Job failed", "At least one job of the product failed."),
    "1022-400": Meaning("Data not reachable", "The product could not reach its data."),
    "1023-400": Meaning("Dataset not reachable", "A dataset could not be reached or found."),
    "1024-400": Meaning("Unexpected error", "The product failed for a reason that it does not name."),
    "1030-400": Meaning("Too much at once", "The product's rate limit was exceeded."),
    "1040-400": Meaning(
        "Encryption key withdrawn", "The key that the customer manages was withdrawn, so the data cannot be read."
    ),
    "6000-200": Meaning("Done", "Finished."),
    "6051-200": Meaning("Does not apply", "The organization does not have this product, so there is nothing to do."),
    "6052-200": Meaning("Not found", "The product knows none of these identities, so there is nothing to do."),
    "6053-200": Meaning("Namespace does not apply", "This namespace is not valid for the product, so there is nothing to do."),
    "6054-200": Meaning("Partly done", "Some identities were found and done; the others are unknown to the product."),
}
_CODE = re.compile(r"(?:PRVCY-)?(\d{4}-\d{3})")


def meaning(code: str) -> Meaning | None:
    """For a code with or without Adobe's prefix; None for one that is not published."""
    match = _CODE.fullmatch(code.strip())
    return MEANINGS.get(match[1]) if match else None


def short(code: str) -> str:
    """The number by which Adobe's documents name it: `6052`."""
    match = _CODE.fullmatch(code.strip())
    return match[1].split("-")[0] if match else code
