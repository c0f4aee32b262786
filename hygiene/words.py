"""What pages say in place of codes, and sealed texts that may not open any more."""

from __future__ import annotations

from hygiene.models import DatasetExpiration, ExpirationOrder, RecordDelete, WorkOrder
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
SERVICE_WAITING = "waiting"
SERVICE_DONE = "success"
# What went wrong with a call or a look: our code, or the name of a class of portal.adobe.errors.
ERRORS = {
    "BadAnswer": "the answer could not be used",
    "Throttled": "Adobe asked to slow down",
    "Paced": "the organization's calls a minute were used up",
    "NotSent": "no connection came about",
    "OrganizationBlocked": "Adobe refuses the organization's credential",
    "Rejected": "Adobe refused the question",
    "LookDoesNotCount": "Adobe's list cannot be relied on: it is not whole, or behind",
    "quota": "the quota has no room for it now",
    "quota_unread": "the quota could not be read",
    "person": "an officer decided so",
    "recalled": "an officer cancelled it before it was sent",
    "file_missing": "its stored identities are gone",
    "folder_missing": "the folder of stored files is not there",
    "larger_than_quota": "Adobe's whole quota is smaller than it; begin a new record delete, which is split to fit",
    "late": "its answer came late",
    "seen_in_list": "Adobe's list shows it, though it was still waiting to be sent",
    "doubled": "Adobe has more than one work order with its reference",
    "not_changed": "Adobe took the change and did not make it",
    "rejected": "Adobe refused it",
}


def service_name(code: str) -> str:
    """The name of one of Adobe's services; an unknown one as it came."""
    return SERVICES.get(code.lower(), code)


def error_words(word: str) -> str:
    """A `last_error` or `edit_error` in words; a failed look has a prefix of its own."""
    word = word.removeprefix("look: ")
    return ERRORS.get(word) or CALL_REASONS.get(word) or word.replace("_", " ")


def opened(row: RecordDelete | WorkOrder | DatasetExpiration | ExpirationOrder, name: str) -> str:
    """A sealed text of a row; empty when there is none or it does not open any more."""
    try:
        text: str | None = getattr(row, name)
    except crypto.CannotDecrypt:
        return ""
    return text or ""
