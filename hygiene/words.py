"""What pages say in place of codes, and sealed texts that may not open any more."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop

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
    "BadAnswer": noop("the answer could not be used"),
    "Throttled": noop("Adobe asked to slow down"),
    "Paced": noop("the organization's calls a minute were used up"),
    "NotSent": noop("no connection came about"),
    "OrganizationBlocked": noop("Adobe refuses the organization's credential"),
    "Rejected": noop("Adobe refused the question"),
    "LookDoesNotCount": noop("Adobe's list cannot be relied on: it is not whole, or behind"),
    "quota": noop("the quota has no room for it now"),
    "quota_unread": noop("the quota could not be read"),
    "person": noop("an officer decided so"),
    "recalled": noop("an officer cancelled it before it was sent"),
    "file_missing": noop("its stored identities are gone"),
    "folder_missing": noop("the folder of stored files is not there"),
    "larger_than_quota": noop("Adobe's whole quota is smaller than it; begin a new record delete, which is split to fit"),
    "late": noop("its answer came late"),
    "seen_in_list": noop("Adobe's list shows it, though it was still waiting to be sent"),
    "doubled": noop("Adobe has more than one work order with its reference"),
    "not_changed": noop("Adobe took the change and did not make it"),
    "rejected": noop("Adobe refused it"),
}


def service_name(code: str) -> str:
    """The name of one of Adobe's services; an unknown one as it came."""
    return SERVICES.get(code.lower(), code)


def error_words(word: str) -> str:
    """A `last_error` or `edit_error` in words; a failed look has a prefix of its own."""
    word = word.removeprefix("look: ")
    known = ERRORS.get(word) or CALL_REASONS.get(word)
    return _(known) if known else word.replace("_", " ")


def opened(row: RecordDelete | WorkOrder | DatasetExpiration | ExpirationOrder, name: str) -> str:
    """A sealed text of a row; empty when there is none or it does not open any more."""
    try:
        text: str | None = getattr(row, name)
    except crypto.CannotDecrypt:
        return ""
    return text or ""
