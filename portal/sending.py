"""What an answer of Adobe means for an outbound call, whichever kind of call it is. Pure, but for `hold`."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from portal import audit
from portal.adobe import errors
from portal.models import Organization
from portal.outbound import CallState, OutboundCall, backoff, queued_fields, sent_fields, unknown_fields


def verdict(call: OutboundCall, error: errors.AdobeError) -> tuple[CallState, dict[str, Any]]:
    """What the call becomes, with the fields that say so."""
    status, again = error.http_status, backoff(call.attempts)
    match error:
        case errors.Throttled():
            return CallState.QUEUED, queued_fields(max(error.retry_after or 0, again), "throttled", status)
        case errors.NotSent():
            return CallState.QUEUED, queued_fields(again, error.reason, status)
        case errors.Unauthorized():
            return CallState.QUEUED, queued_fields(0, "unauthorized", status) | {"token_refused": not call.token_refused}
        case errors.OrganizationBlocked():
            return CallState.QUEUED, queued_fields(0, error.reason, status)
        case errors.Rejected():
            # Adobe may quote what it refuses anywhere, so of its code only what looks like one is shown and logged.
            return CallState.REJECTED, sent_fields(status) | {"last_error": error.plain_code or "rejected"}
        case errors.OutcomeUnknown():
            return CallState.UNKNOWN, unknown_fields(error.reason, status)
        case _:
            # A kind of failure that nobody thought of: what cannot be judged is unknown.
            return CallState.UNKNOWN, unknown_fields("unreadable", status)


def blocks_organization(call: OutboundCall, error: errors.AdobeError) -> str:
    """Why no call of this organization can work now, or nothing."""
    if isinstance(error, errors.OrganizationBlocked):
        return error.reason
    # The first refusal of a token costs only the token; a fresh one that is refused too means the credential.
    return "unauthorized" if isinstance(error, errors.Unauthorized) and call.token_refused else ""


@transaction.atomic
def hold(organization: Organization, reason: str, words: str) -> None:
    """Stop the organization's queue until a person resumes it; `words` are Adobe's."""
    if organization.hold(reason, words):
        audit.record("organization.held", actor=None, organization=organization, obj=organization, details={"reason": reason})
