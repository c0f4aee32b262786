"""What to tell a person who asked Adobe something and got no answer."""

from __future__ import annotations

from django.utils.translation import gettext as _

from hygiene.words import error_words
from portal.adobe.errors import AdobeError, BadAnswer, NotSent, OrganizationBlocked, Paced, Throttled


def trouble_words(error: AdobeError) -> str:
    """What happened and what to do, in two sentences."""
    match error:
        case Paced():
            return _("The organization's calls to Adobe are used up for this minute. Try again in a moment.")
        case Throttled():
            return _("Adobe asked to slow down. Wait a few minutes, then ask again.")
        case NotSent():
            return _("Adobe could not be reached: %(error_words)s. Try again in a moment.") % {
                "error_words": error_words(error.reason)
            }
        case OrganizationBlocked(reason="forbidden"):
            return _("Adobe says that the credential may not do that. Give its product profile the Data Hygiene permissions.")
        case OrganizationBlocked():
            return _("Adobe takes nothing for this organization: %(error_words)s. An administrator can look into it.") % {
                "error_words": error_words(error.reason)
            }
        case BadAnswer(http_status=int(status)) if status >= 500:
            return _("Adobe answered with an error of its own. Nothing was changed; try again in a few minutes.")
        case BadAnswer(code="timeout" | "cut"):
            return _("%(began)s. Nothing was changed; try again in a few minutes.") % {"began": _began(error_words(error.code))}
        case _:
            return _("Adobe's answer could not be used, and nothing was changed. Try again in a few minutes.")


def _began(words: str) -> str:
    return words[:1].upper() + words[1:]
