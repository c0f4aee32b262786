"""Whether an identity of Adobe Pass is written as Adobe Pass takes it, and how it should have been.

Source: Adobe Pass Authentication, privacy requests: `http://www.adobe.com/primetimeAuthentication/{MVPD}`, type `unregistered`.
An identity that is written in another way is answered with "not found", and a delete that finds nothing counts as done.
"""

from __future__ import annotations

import re
from typing import Final

from django.utils.translation import gettext as _

PRODUCT: Final = "primetimeAuthentication"
PREFIX: Final = "http://www.adobe.com/primetimeAuthentication/"
TYPE: Final = "unregistered"
_MVPD = re.compile(r"[^\s/]+")
_MARKED = re.compile(rf".*{PRODUCT}[/\s]*(.*?)[/\s]*", re.IGNORECASE | re.DOTALL)


def is_meant(namespace: str) -> bool:
    """Whether somebody meant a namespace of Adobe Pass, however it is written."""
    return _MARKED.fullmatch(namespace) is not None


def problem(namespace: str, type_: str) -> str:
    """What is wrong with an identity that is meant for Adobe Pass, as the end of a sentence; empty when nothing is."""
    mvpd = mvpd_of(namespace)
    if not mvpd:
        return _("must name the provider (MVPD): %(prefix)s{MVPD}") % {"prefix": PREFIX}
    if namespace != PREFIX + mvpd:
        return _("must be written %(prefix)s%(mvpd)s") % {"prefix": PREFIX, "mvpd": mvpd}
    return "" if type_ == TYPE else _("must have the type %(type)s") % {"type": TYPE}


def mvpd_of(namespace: str) -> str:
    """The provider that a namespace names: its last part, or a word that stands alone; empty when there is none."""
    marked = _MARKED.fullmatch(namespace)
    text = marked[1] if marked else namespace.strip()
    return text if _MVPD.fullmatch(text) else ""


def hint(namespace: str) -> str:
    """How the identity should be written."""
    return _('Write "namespace": "%(prefix)s%(words)s" and "type": "%(type)s".') % {
        "prefix": PREFIX,
        "words": mvpd_of(namespace) or "{MVPD}",
        "type": TYPE,
    }
