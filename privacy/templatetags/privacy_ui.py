"""Codes in words, for pages."""

from __future__ import annotations

from django import template

from portal import crypto
from privacy import catalog
from privacy.models import Upload

register = template.Library()

# What went wrong with a look or a download, by the name of its class or a reason word of ours.
_REASONS = {
    "BadAnswer": "the answer could not be used",
    "Throttled": "Adobe asked to slow down",
    "Paced": "the organization's calls a minute were used up",
    "NotSent": "no connection came about",
    "OrganizationBlocked": "Adobe refuses the organization's credential",
    "ContentForbidden": "the credential may not fetch results: give its product profile the content permission",
    "HostRefused": "the address is not one that results may be fetched from: an administrator can allow its host",
    "TooLarge": "the file is larger than the portal takes",
    "Rejected": "Adobe refused the question",
    "not_found": "Adobe no longer has it",
    "disk": "the portal's folder of stored files has no room or cannot be written to: an administrator has to look",
    "not_a_zip": "what came was not a ZIP",
    "damaged": "the ZIP was damaged",
    "path_outside": "the ZIP names places outside of itself",
    "too_many_files": "the ZIP holds too many files",
    "unpacks_too_large": "the ZIP unpacks to more than is allowed",
}


@register.filter
def law(code: str) -> str:
    """The name of a law."""
    return catalog.law_name(code)


@register.filter
def product(code: str) -> str:
    """The name of a product."""
    return catalog.product_name(code)


@register.filter
def reason(word: str) -> str:
    """A failure in words."""
    return _REASONS.get(word, word.replace("_", " "))


@register.filter
def name_of_file(upload: Upload) -> str:
    """What an upload's file was called; empty when it is removed, had no name, or the name does not open any more."""
    if upload.data_key is None:
        return ""
    try:
        return upload.file_name or ""
    except crypto.CannotDecrypt:
        return ""
