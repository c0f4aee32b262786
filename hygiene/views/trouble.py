"""What to tell a person who asked Adobe something and got no answer."""

from __future__ import annotations

from hygiene.words import error_words
from portal.adobe.errors import AdobeError, BadAnswer, NotSent, OrganizationBlocked, Paced, Throttled


def trouble_words(error: AdobeError) -> str:
    """What happened and what to do, in two sentences."""
    match error:
        case Paced():
            return "The organization's calls to Adobe are used up for this minute. Try again in a moment."
        case Throttled():
            return "Adobe asked to slow down. Wait a few minutes, then ask again."
        case NotSent():
            return f"Adobe could not be reached: {error_words(error.reason)}. Try again in a moment."
        case OrganizationBlocked(reason="forbidden"):
            return "Adobe says that the credential may not do that. Give its product profile the Data Hygiene permissions."
        case OrganizationBlocked():
            return f"Adobe takes nothing for this organization: {error_words(error.reason)}. An administrator can look into it."
        case BadAnswer(http_status=int(status)) if status >= 500:
            return "Adobe answered with an error of its own. Nothing was changed; try again in a few minutes."
        case BadAnswer(code="timeout" | "cut"):
            return f"{_began(error_words(error.code))}. Nothing was changed; try again in a few minutes."
        case _:
            return "Adobe's answer could not be used, and nothing was changed. Try again in a few minutes."


def _began(words: str) -> str:
    return words[:1].upper() + words[1:]
