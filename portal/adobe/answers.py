"""Adobe's answers, read leniently: every spelling and shape that its pages and samples show, and unknown fields.

Pure: bytes in, frozen records out. What may name a person is left out of every `repr`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from typing import Any

COMPLETE, PROCESSING, SUBMITTED, ERROR, OTHER = "complete", "processing", "submitted", "error", "other"

# Privacy Service guide (2019 edition), status categories: the numbers stand for the words that later editions print.
_STATUSES = {
    "1": COMPLETE,
    "2": PROCESSING,
    "3": SUBMITTED,
    "4": ERROR,
    COMPLETE: COMPLETE,
    PROCESSING: PROCESSING,
    SUBMITTED: SUBMITTED,
    ERROR: ERROR,
}
_US_DATE = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})\s+(\d{1,2}):(\d{2})(?::(\d{2}))?\s*([AP])M(?:\s+(?:GMT|UTC))?", re.IGNORECASE)
_LONGEST_DATE = 64
_CODE_FIELDS = ("error_code", "errorCode", "code", "error", "type")
_WORD_FIELDS = ("message", "title", "detail", "error_description")
_WORDS_LIMIT = 2000
# Ids are opaque and have some 40 characters in every sample; what is much longer is none, and fits into no column.
LONGEST_ID = 255
_PLAIN_CODE = re.compile(r"[A-Za-z0-9._-]{1,40}")


class Unreadable(ValueError):
    """The answer is not JSON, or not of a shape that any edition of the API has. The text holds none of it."""


@dataclass(frozen=True)
class CreatedJob:
    """One job of an answer to a create call. `key` is empty when Adobe echoed none."""

    job_id: str
    key: str = field(repr=False)
    action: str


@dataclass(frozen=True)
class CreatedJobs:
    request_id: str
    jobs: tuple[CreatedJob, ...]
    raw: bytes = field(repr=False)


@dataclass(frozen=True)
class ListedJob:
    """One job as a listing shows it: without products, identities and regulation."""

    job_id: str
    request_id: str
    user_key: str = field(repr=False)
    action: str
    status: str
    status_word: str
    submitted_by: str = field(repr=False)
    created_at: datetime | None
    modified_at: datetime | None


@dataclass(frozen=True)
class JobPage:
    """`total_records` is what Adobe says, None when it does not; its pages do not agree on what it counts."""

    jobs: tuple[ListedJob, ...]
    total_records: int | None
    raw: bytes = field(repr=False)


@dataclass(frozen=True)
class AnsweredIdentity:
    namespace: str
    value: str = field(repr=False)
    type: str
    namespace_id: int | None
    deleted_client_side: bool


@dataclass(frozen=True)
class ProductAnswer:
    """What one product has said so far. `code` is as it came, with or without `PRVCY-`; `results` is free JSON."""

    product: str
    status: str
    status_word: str
    retry_count: int
    processed_at: datetime | None
    message: str = field(repr=False)
    code: str
    detail: str = field(repr=False)
    results: Any = field(repr=False)
    raw: bytes = field(repr=False)

    @property
    def plain_code(self) -> str:
        """`code` when it looks like one, else nothing: any text may stand there, and a column in clear holds this."""
        return self.code if _PLAIN_CODE.fullmatch(self.code) else ""


@dataclass(frozen=True)
class JobAnswer:
    job_id: str
    request_id: str
    user_key: str = field(repr=False)
    action: str
    status: str
    status_word: str
    submitted_by: str = field(repr=False)
    created_at: datetime | None
    modified_at: datetime | None
    qualified_count: int | None
    identities: tuple[AnsweredIdentity, ...] = field(repr=False)
    products: tuple[ProductAnswer, ...]
    download_url: str | None = field(repr=False)
    child_jobs: tuple[str, ...]
    regulation: str
    raw: bytes = field(repr=False)


class Fields:
    """One JSON object whose fields are found in any casing: `downloadURL` and `downloadUrl` are one field."""

    def __init__(self, value: Any) -> None:
        self._as_sent: Mapping[str, Any] = value if isinstance(value, dict) else {}

    def get(self, *names: str) -> Any:
        """The first of `names` that is there and not null. A field in exactly this casing goes before one in another."""
        for name in names:
            value = self._as_sent.get(name)
            value = self._by_folded_name.get(name.lower()) if value is None else value
            if value is not None:
                return value
        return None

    @cached_property
    def _by_folded_name(self) -> dict[str, Any]:
        folded: dict[str, Any] = {}
        for name, content in self._as_sent.items():
            if content is not None:
                folded.setdefault(name.lower(), content)
        return folded

    def fields(self, name: str) -> Fields:
        return Fields(self.get(name))

    def text(self, *names: str) -> str:
        return _text(self.get(*names))

    def number(self, name: str) -> int | None:
        text = self.text(name).strip()
        return int(text) if re.fullmatch(r"-?\d{1,18}", text) else None

    def identifier(self, name: str) -> str:
        """An id of Adobe's; empty for what is too long to be one."""
        value = self.text(name)
        return value if len(value) <= LONGEST_ID else ""

    def date(self, name: str) -> datetime | None:
        return read_date(self.get(name))

    def list(self, *names: str) -> list[Any] | None:
        """The first of `names` that holds a list."""
        found = (self.get(name) for name in names)
        return next((value for value in found if isinstance(value, list)), None)


def read_created_jobs(raw: bytes) -> CreatedJobs:
    """Answer to POST /jobs, in all its editions (`jobs` or `jobDetails`, with `requestStatus` or `requestId`).

    Entries without a job id are left out: the caller counts. Raises Unreadable.
    """
    answer = _object(raw)
    entries = answer.list("jobs", "jobDetails")
    if entries is None:
        raise Unreadable("no list of jobs in the answer to a create call")
    jobs = tuple(job for entry in entries if (job := _created_job_as_documented(entry) or _created_job(Fields(entry))).job_id)
    return CreatedJobs(answer.identifier("requestId"), jobs, raw)


def read_job_page(raw: bytes) -> JobPage:
    """Answer to GET /jobs. An entry that cannot be read makes the whole page unreadable, because a look that overlooks
    a job would be worse than none. Raises Unreadable.
    """
    answer = _object(raw)
    entries = answer.list("jobDetails", "jobs")
    total = answer.number("totalRecords")
    if entries is None and total != 0:
        raise Unreadable("no list of jobs in the answer to a listing")
    return JobPage(tuple(_listed_job(Fields(entry)) for entry in entries or ()), total, raw)


def read_job(raw: bytes) -> JobAnswer:
    """Answer to GET /jobs/{id}. Raises Unreadable."""
    answer = _object(raw)
    job_id = answer.identifier("jobId")
    if not job_id:
        raise Unreadable("no job id in the answer about a job")
    status, word = _status(answer.get("status"))
    return JobAnswer(
        job_id=job_id,
        request_id=answer.identifier("requestId"),
        user_key=answer.text("userKey", "key"),
        action=_action(answer.get("action")),
        status=status,
        status_word=word,
        submitted_by=answer.text("submittedBy"),
        created_at=answer.date("createdDate"),
        modified_at=answer.date("lastModifiedDate"),
        qualified_count=answer.number("qualifiedCount"),
        identities=tuple(_identity(Fields(entry)) for entry in answer.list("userIds") or ()),
        products=tuple(_product(entry) for entry in answer.list("productResponses") or ()),
        download_url=answer.text("downloadUrl") or None,
        child_jobs=tuple(_child_jobs(answer.list("childJobs") or [])),
        regulation=answer.text("regulation"),
        raw=raw,
    )


def read_status(value: Any) -> str:
    """One of complete, processing, submitted, error, other; from a word in any case or a number 1 to 4."""
    return _status(value)[0]


def read_date(value: Any) -> datetime | None:
    """`MM/DD/YYYY hh:mm AM GMT` or ISO 8601, as an aware time in UTC; None when it is neither."""
    return _read_date(value.strip()) if isinstance(value, str) and len(value) <= _LONGEST_DATE else None


@lru_cache(maxsize=1024)
def _read_date(text: str) -> datetime | None:
    """The jobs of a page share few minutes."""
    try:
        if match := _US_DATE.fullmatch(text):
            return _us_date(match)
        moment = datetime.fromisoformat(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def read_error(raw: bytes) -> tuple[str, str]:
    """Code and words of an error body in any of Adobe's shapes (gateway, problem JSON, IMS); empty where there is none.

    A body that is no JSON object is all words, unless it is a page of HTML.
    """
    try:
        error = _object(raw)
    except Unreadable:
        text = raw[:_WORDS_LIMIT].decode(errors="replace").strip()
        return "", "" if text.startswith("<") else text
    nested = error.fields("error")
    code = error.text(*_CODE_FIELDS) or nested.text(*_CODE_FIELDS)
    words = dict.fromkeys(text for name in _WORD_FIELDS if (text := error.text(name) or nested.text(name)))
    return code, ": ".join(words)[:_WORDS_LIMIT]


def read_object(raw: bytes) -> dict[str, Any]:
    """The JSON object that an answer must be. Raises Unreadable."""
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError):
        raise Unreadable("the answer is not JSON") from None
    if not isinstance(value, dict):
        raise Unreadable("the answer is JSON, but not an object")
    return value


def _object(raw: bytes) -> Fields:
    return Fields(read_object(raw))


def _text(value: Any) -> str:
    if isinstance(value, str):
        # PostgreSQL keeps no NUL; the raw answer has it still.
        return value.replace("\0", "")
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return ""


def _action(value: Any) -> str:
    """A word; create answers wrap it in a list of one."""
    return ",".join(_text(item) for item in value) if isinstance(value, list) else _text(value)


def _status(value: Any) -> tuple[str, str]:
    word = _text(value)
    return _STATUSES.get(word.strip().lower(), OTHER), word


def _us_date(match: re.Match[str]) -> datetime:
    month, day, year, hour, minute = (int(part) for part in match.groups()[:5])
    if not 1 <= hour <= 12:
        raise ValueError("hour outside of a 12-hour clock")
    afternoon = 12 if match[7].upper() == "P" else 0
    return datetime(year, month, day, hour % 12 + afternoon, minute, int(match[6] or 0), tzinfo=UTC)


def _created_job_as_documented(entry: Any) -> CreatedJob | None:
    """An entry in just the form of the reference (Privacy Service API, create a job), as they all are; else None.

    It says what `_created_job` would say, in a tenth of the time: there may be thousands in one answer.
    """
    match entry:
        case {"jobId": str(job_id), "customer": {"user": {"key": str(key), "action": [str(action)]}}}:
            if key and len(job_id) <= LONGEST_ID and "\0" not in job_id + key + action:
                return CreatedJob(job_id, key, action)
    return None


def _created_job(job: Fields) -> CreatedJob:
    user = job.fields("customer").fields("user")
    return CreatedJob(
        job_id=job.identifier("jobId"),
        key=user.text("key") or job.text("userKey", "key"),
        action=_action(user.get("action") or job.get("action")),
    )


def _listed_job(job: Fields) -> ListedJob:
    job_id = job.identifier("jobId")
    if not job_id:
        raise Unreadable("an entry of a listing has no job id")
    status, word = _status(job.get("status"))
    return ListedJob(
        job_id=job_id,
        request_id=job.identifier("requestId"),
        user_key=job.text("userKey", "key"),
        action=_action(job.get("action")),
        status=status,
        status_word=word,
        submitted_by=job.text("submittedBy"),
        created_at=job.date("createdDate"),
        modified_at=job.date("lastModifiedDate"),
    )


def _identity(identity: Fields) -> AnsweredIdentity:
    return AnsweredIdentity(
        namespace=identity.text("namespace"),
        value=identity.text("value"),
        type=identity.text("type"),
        namespace_id=identity.number("namespaceId"),
        deleted_client_side=identity.get("isDeletedClientSide", "isDeleteClientSide") in {True, "true"},
    )


def _product(entry: Any) -> ProductAnswer:
    """The state is nested in `productStatusResponse`; some products put parts of it beside that (Adobe Pass sample)."""
    outer = Fields(entry)
    inner = outer.fields("productStatusResponse")
    # The first edition may give the bare number or word in place of the object.
    bare = outer.get("productStatusResponse")
    status, word = _status(_either(inner, outer, "status") if isinstance(bare, Mapping | None) else bare)
    return ProductAnswer(
        product=outer.text("product"),
        status=status,
        status_word=word,
        retry_count=outer.number("retryCount") or 0,
        processed_at=outer.date("processedDate"),
        message=_text(_either(inner, outer, "message")),
        code=_text(_either(inner, outer, "responseMsgCode")),
        detail=_text(_either(inner, outer, "responseMsgDetail")),
        results=_either(inner, outer, "results"),
        raw=json.dumps(entry, ensure_ascii=False).encode(errors="replace"),
    )


def _either(inner: Fields, outer: Fields, name: str) -> Any:
    value = inner.get(name)
    return outer.get(name) if value is None else value


def _child_jobs(entries: list[Any]) -> Iterator[str]:
    for entry in entries:
        job_id = Fields(entry).identifier("jobId") if isinstance(entry, dict) else _text(entry)
        if job_id:
            yield job_id
