"""What can go wrong between us and Adobe, one class for each thing that the caller has to do about it."""

from __future__ import annotations

import re
from typing import Any

from portal.adobe.answers import CreatedJobs

_PLAIN_CODE = re.compile(r"[A-Za-z0-9._-]{1,40}")


class AdobeError(Exception):
    """Base of all of them.

    `http_status` is None when no answer came. `code` is Adobe's error code, or our short reason word when Adobe gave
    none. `raw` is the answer as it came and `words` is Adobe's own text in it: both may name people, so they are for
    the eyes of staff and appear neither in `str()` nor in `repr()`.
    """

    def __init__(self, *, code: str = "", http_status: int | None = None, raw: bytes = b"", words: str = "") -> None:
        self.http_status = http_status
        self.code = code
        self.raw = raw
        self.words = words
        super().__init__(self._summary())

    def __reduce__(self) -> tuple[Any, ...]:
        # The default calls the class with its text, which is none of its arguments; workers pickle what they raise.
        return _restored, (type(self), self.args), vars(self)

    @property
    def plain_code(self) -> str:
        """`code` when it looks like one, else nothing: Adobe may put any text there, and logs and columns in clear hold this."""
        return self.code if _PLAIN_CODE.fullmatch(self.code) else ""

    def _summary(self) -> str:
        code = self.plain_code
        status = f"HTTP {self.http_status}" if self.http_status else ""
        return " ".join(part for part in (type(self).__name__, self._reason_word(), code, status) if part)

    def _reason_word(self) -> str:
        return ""


def _restored(kind: type[AdobeError], args: tuple[Any, ...]) -> AdobeError:
    return kind.__new__(kind, *args)


class _Reasoned(AdobeError):
    """An error whose `reason`, one of a few words of ours, decides what happens next."""

    def __init__(self, reason: str, *, code: str = "", **details: Any) -> None:
        self.reason = reason
        super().__init__(code=code or reason, **details)

    def _reason_word(self) -> str:
        return "" if self.code == self.reason else self.reason


class Rejected(AdobeError):
    """Adobe read the request and refuses it (a 400 about its content): sending it again cannot help."""


class PageSizeRefused(AdobeError):
    """A listing was refused because of its page size: ask again with a smaller one."""


class Throttled(AdobeError):
    """429. `retry_after` is in seconds from now (at most a day), None when Adobe named no time it can be read from."""

    def __init__(self, retry_after: float | None, **details: Any) -> None:
        self.retry_after = retry_after
        super().__init__(**details)


class Paced(Throttled):
    """The organization's own limits have no room for the call now: Adobe was not asked. `retry_after` is never None."""

    REASON = "paced"

    def __init__(self, retry_after: float, reason: str = REASON) -> None:
        super().__init__(retry_after, code=reason)


class NotSent(_Reasoned):
    """Nothing of the request left this machine: it may be sent again.

    `reason` is "dns", "connect", "tls", "claim_lost", or "token" (no token to send it with, for now; `code` then tells
    what happened at the token endpoint).
    """


class ClaimLost(NotSent):
    """The claim was gone when we looked, immediately before the first byte."""

    def __init__(self, reason: str = "claim_lost", **details: Any) -> None:
        super().__init__(reason, **details)


class Unauthorized(AdobeError):
    """401 on a POST. The token is forgotten already, so that the next call fetches a new one."""


class OrganizationBlocked(_Reasoned):
    """Nothing of this organization can go through until a person has done something.

    `reason`: "credentials" (the token request was refused), "unauthorized" (401 with a new token as well),
    "forbidden", "missing_org_header", "wrong_address" (404 on a base path, or an address that is none),
    "limit" (a 400 that names a limit).
    """


class OutcomeUnknown(_Reasoned):
    """A POST left and it cannot be told what Adobe did with it: look, never send it again blindly.

    `reason`: "timeout", "cut", "server_error", "unreadable", "fewer_jobs" (then `created` holds the jobs that Adobe did
    name).
    """

    def __init__(self, reason: str, *, created: CreatedJobs | None = None, **details: Any) -> None:
        self.created = created
        super().__init__(reason, **details)


class BadAnswer(AdobeError):
    """A GET got no answer that can be used, also after repeats. Nothing has changed; `code` says what was wrong:
    "timeout", "cut", "unreadable", "server_error", "redirect", "too_large", "unexpected" or Adobe's own code.
    """


class TooLarge(BadAnswer):
    """An answer or a file is over the size limit: fetching it again gives the same."""


class NotFound(AdobeError):
    """404 on a job or on its content: Adobe does not have it, or no longer."""


class ContentForbidden(AdobeError):
    """The credential may use Privacy Service, but not fetch this file (no content permission, or a link that ended)."""


class HostRefused(AdobeError):
    """A download address outside of the organization's allow-list; nothing was fetched."""
