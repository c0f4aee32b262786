"""Codes in words, for pages."""

from __future__ import annotations

from datetime import datetime

from django import template
from django.contrib.humanize.templatetags.humanize import intcomma
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop
from django.utils.translation import ngettext

from portal import crypto
from portal.models import User
from privacy import catalog, unconfirmed
from privacy.models import Upload

register = template.Library()

# What went wrong with a look or a download, by the name of its class or a reason word of ours.
_REASONS = {
    "BadAnswer": noop("the answer could not be used"),
    "Throttled": noop("Adobe asked to slow down"),
    "Paced": noop("the organization's calls a minute were used up"),
    "NotSent": noop("no connection came about"),
    "OrganizationBlocked": noop("Adobe refuses the organization's credential"),
    "ContentForbidden": noop("the credential may not fetch results: give its product profile the content permission"),
    "HostRefused": noop("the address is not one that results may be fetched from: an administrator can allow its host"),
    "TooLarge": noop("the file is larger than the portal takes"),
    "Rejected": noop("Adobe refused the question"),
    "not_found": noop("Adobe no longer has it"),
    "disk": noop("the portal's folder of stored files has no room or cannot be written to: an administrator has to look"),
    "not_a_zip": noop("what came was not a ZIP"),
    "damaged": noop("the ZIP was damaged"),
    "path_outside": noop("the ZIP names places outside of itself"),
    "too_many_files": noop("the ZIP holds too many files"),
    "unpacks_too_large": noop("the ZIP unpacks to more than is allowed"),
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
def kept_until(touched: datetime) -> datetime:
    """When what nobody has confirmed, and somebody last touched then, is removed."""
    return unconfirmed.kept_until(touched)


@register.filter
def reason(word: str) -> str:
    """A failure in words."""
    known = _REASONS.get(word)
    return _(known) if known else word.replace("_", " ")


@register.filter
def name_of_file(upload: Upload) -> str:
    """What an upload's file was called; empty when it is removed, had no name, or the name does not open any more."""
    if upload.data_key is None:
        return ""
    try:
        return upload.file_name or ""
    except crypto.CannotDecrypt:
        return ""


@register.filter
def counted(number: int, noun: str) -> str:
    """A number with its noun, for sentences that name several: `{{ jobs|counted:"job" }}`."""
    words = {
        "call": ngettext("%(number)s call", "%(number)s calls", number),
        "deletion": ngettext("%(number)s deletion", "%(number)s deletions", number),
        "job": ngettext("%(number)s job", "%(number)s jobs", number),
        "person": ngettext("%(number)s person", "%(number)s people", number),
        "request": ngettext("%(number)s request", "%(number)s requests", number),
        "result": ngettext("%(number)s result", "%(number)s results", number),
        "system": ngettext("%(number)s system", "%(number)s systems", number),
    }
    return words[noun] % {"number": intcomma(number)}


@register.filter
def staff_name(user: User | None) -> str:
    """What a member of staff is called."""
    return user.called if user else ""
