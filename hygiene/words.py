"""What pages say in place of codes, and sealed texts that may not open any more."""

from __future__ import annotations

from hygiene.models import RecordDelete, WorkOrder
from portal import crypto
from portal.timeline import CALL_REASONS

# Data Hygiene API, record delete work orders: the codes of `targetServices` and the names in `productStatusDetails`.
SERVICES = {
    "datalake": "Data Management",
    "identity": "Identity Service",
    "profile": "Profile Service",
    "ajo": "Journey Orchestrator",
}
# What a service says of itself; any other word is shown as it came, because Adobe publishes none for a failure.
SERVICE_WAITING = ("waiting",)
SERVICE_DONE = ("success",)
# What went wrong with a call or a look, by the name of its class (portal.adobe.errors).
_ERRORS = {
    "BadAnswer": "the answer could not be used",
    "Throttled": "Adobe asked to slow down",
    "NotSent": "no connection came about",
    "OrganizationBlocked": "Adobe refuses the organization's credential",
    "Rejected": "Adobe refused the question",
}


def service_name(code: str) -> str:
    """The name of one of Adobe's services; an unknown one as it came."""
    return SERVICES.get(code.lower(), code)


def service_spellings(name: str) -> list[str]:
    """Everything that Adobe may have written for a service: what was given, its code, its name."""
    pairs = [pair for pair in SERVICES.items() if name.lower() in (pair[0], pair[1].lower())]
    return list(dict.fromkeys([name, *(spelling for pair in pairs for spelling in pair)]))


def error_words(word: str) -> str:
    """A `last_error` or `edit_error` in words."""
    return _ERRORS.get(word) or CALL_REASONS.get(word) or word.replace("_", " ")


def opened(row: RecordDelete | WorkOrder, name: str) -> str:
    """A sealed text of a row; empty when there is none or it does not open any more."""
    try:
        text: str | None = getattr(row, name)
    except crypto.CannotDecrypt:
        return ""
    return text or ""
