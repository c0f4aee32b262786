"""What a page may show of personal data before somebody with the right asks to see it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from portal.masking import mask, mask_text

# Members of product answers that hold counts, times and names of namespaces, never a person.
PLAIN_NAMES = frozenset(
    {"namespace", "type", "createdAt", "message", "numberOfAuthenticationSessions", "numberOfAuthorizationDecisions"}
)
# Members of Adobe's answer about a job, outside of a product's `results`, that hold its own words, ids and times.
ANSWER_NAMES = PLAIN_NAMES | {
    "jobId",
    "requestId",
    "action",
    "status",
    "regulation",
    "product",
    "createdDate",
    "lastModifiedDate",
    "processedDate",
    "responseMsgCode",
    "responseMsgDetail",
}
# Longer numbers are identities (ECID: 38 digits), shorter ones are counts.
LONGEST_COUNT = 9


def mask_answer(answer: Any, values: Collection[str]) -> Any:
    """Adobe's whole answer about a job, masked as `mask_tree` does; its own words, ids and times stay."""
    return mask_tree(answer, values, plain=ANSWER_NAMES)


def mask_tree(value: Any, values: Collection[str], name: str = "", *, plain: Collection[str] = PLAIN_NAMES) -> Any:
    """Free JSON of a product with every text masked but those that cannot name a person. Counts and yes/no stay.

    `values` are what we know of the person: they are masked wherever they stand, in texts and names that are plain otherwise too.
    `plain`: the members whose texts stay; inside of `results` always those of a product's own answer.
    """
    if isinstance(value, dict):
        return {
            mask_text(key, values): mask_tree(inner, values, key, plain=PLAIN_NAMES if key == "results" else plain)
            for key, inner in value.items()
        }
    if isinstance(value, list):
        return [mask_tree(inner, values, name, plain=plain) for inner in value]
    if isinstance(value, bool) or not isinstance(value, str | int):
        return value
    if str(value) in values or _may_name(name, value, plain):
        return mask(str(value))
    return mask_text(value, values) if isinstance(value, str) else value


def _may_name(name: str, value: str | int, plain: Collection[str]) -> bool:
    """Whether a text or a number may say who somebody is."""
    if name in plain:
        return False
    return len(str(value)) > LONGEST_COUNT if str(value).isdecimal() else isinstance(value, str)
