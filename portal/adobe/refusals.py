"""From an answer that is no success to the error that says what to do about it. Pure.

Privacy Service publishes no schema for its errors; the gateway's codes are those of the Platform API troubleshooting
page.
"""

from __future__ import annotations

import re
from typing import Any

from portal.adobe.answers import read_error
from portal.adobe.errors import (
    AdobeError,
    BadAnswer,
    ContentForbidden,
    NotFound,
    OrganizationBlocked,
    OutcomeUnknown,
    PageSizeRefused,
    Rejected,
    Throttled,
    Unauthorized,
)
from portal.adobe.transport import Answer

_LIMIT = re.compile(r"\blimits?\b|\bquota|\bthrottl|\btoo many\b|\brate\b|\bexceed", re.IGNORECASE)
_MISSING_ORG_HEADER = re.compile(r"x-gw-ims-org-id|missing header", re.IGNORECASE)
_PAGE_SIZE = re.compile(r"\b(page ?)?size\b", re.IGNORECASE)
_OTHER_PARAMETER = re.compile(r"regulation|date|status|page", re.IGNORECASE)
# Privacy Service error codes: 1001 the organization is not provisioned, 1010 the caller lacks a permission, 1030 a
# rate limit. All three come as 400 and none of them is about the body.
_NOT_PERMITTED = re.compile(r"(PRVCY-)?(1001|1010)-400")
_RATE_LIMITED = re.compile(r"(PRVCY-)?1030-400")
# Gateway codes of a token, key or organization that does not fit, whatever the resource is.
_GATEWAY_FORBIDDEN = frozenset({"403000", "403003", "403010", "403025"})
# The server gave up on us, not on what we asked for: it may have acted or not.
_UNDECIDED = frozenset({408, 425, 499})
_SMALLEST_PAGE = 25


def refused_post(answer: Answer) -> AdobeError:
    """For an answer other than 2xx to a POST of jobs. What is not clearly a refusal is an unknown outcome."""
    details = error_details(answer)
    if answer.status == 401:
        return Unauthorized(**details)
    if standing := _standing(answer, details):
        return standing
    if answer.status == 400 and _names_limit(details):
        return OrganizationBlocked("limit", **details)
    if _is_refusal(answer):
        return Rejected(**details)
    return OutcomeUnknown("server_error" if answer.status >= 400 else "unreadable", **details)


def refused_get(answer: Answer) -> AdobeError:
    """For an answer other than 2xx to a GET on a base path; see the next ones for pages, jobs and files."""
    details = error_details(answer)
    if answer.status == 401:
        return OrganizationBlocked("unauthorized", **details)
    if standing := _standing(answer, details):
        return standing
    return Rejected(**details) if _is_refusal(answer) else unusable(answer)


def refused_page(answer: Answer, size: int) -> AdobeError:
    """For a listing. A 400 that blames nothing else is taken to mean the size, because Adobe's pages disagree on the
    largest one and none prints the refusal.
    """
    error = refused_get(answer)
    if not isinstance(error, Rejected) or answer.status != 400 or size <= _SMALLEST_PAGE:
        return error
    if _PAGE_SIZE.search(error.words) or not _OTHER_PARAMETER.search(error.words):
        return PageSizeRefused(**error_details(answer))
    return error


def refused_job(answer: Answer) -> AdobeError:
    """For one job, where 404 is about the job."""
    return NotFound(**error_details(answer)) if answer.status == 404 else refused_get(answer)


def refused_content(answer: Answer) -> AdobeError:
    """For a result file at the gateway. Without the content permission the rest of the organization's work goes on."""
    error = refused_job(answer)
    if isinstance(error, OrganizationBlocked) and error.reason == "forbidden" and error.code not in _GATEWAY_FORBIDDEN:
        return ContentForbidden(**error_details(answer))
    return error


def refused_elsewhere(answer: Answer) -> AdobeError:
    """For a result file at another host, which says nothing about the organization's standing with Adobe."""
    details = error_details(answer)
    if answer.status in {404, 410}:
        return NotFound(**details)
    if answer.status in {401, 403}:
        return ContentForbidden(**details)
    if answer.status == 429:
        return Throttled(answer.retry_after(), **details)
    return unusable(answer)


def unusable(answer: Answer) -> BadAnswer:
    details = error_details(answer)
    if not details["code"]:
        details["code"] = _plain_reason(answer.status)
    return BadAnswer(**details)


def error_details(answer: Answer) -> dict[str, Any]:
    """The parts that every error carries."""
    code, words = read_error(answer.body)
    return {"http_status": answer.status, "raw": answer.body, "code": code, "words": words}


def _plain_reason(status: int) -> str:
    if status >= 400:
        return "server_error"
    return "redirect" if status >= 300 else "unexpected"


def _standing(answer: Answer, details: dict[str, Any]) -> AdobeError | None:
    """What an answer says about the caller rather than about the call, if anything."""
    if answer.status == 429:
        return Throttled(answer.retry_after(), **details)
    reason = {403: "forbidden", 404: "wrong_address"}.get(answer.status)
    if answer.status == 400 and _names_missing_header(details):
        reason = "missing_org_header"
    if answer.status == 400 and _NOT_PERMITTED.fullmatch(details["code"]):
        reason = "forbidden"
    return OrganizationBlocked(reason, **details) if reason else None


def _is_refusal(answer: Answer) -> bool:
    return 400 <= answer.status < 500 and answer.status not in _UNDECIDED


def _names_limit(details: dict[str, Any]) -> bool:
    """What may be a limit is taken for one: a person looks, and nothing is lost by waiting."""
    return bool(_RATE_LIMITED.fullmatch(details["code"]) or _LIMIT.search(details["words"]))


def _names_missing_header(details: dict[str, Any]) -> bool:
    return details["code"] == "400003" or _MISSING_ORG_HEADER.search(details["words"]) is not None
