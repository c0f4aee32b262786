"""The one place that does HTTP: `Transport.exchange`.

Reads and token requests go through a pool of kept connections and may be repeated (`Transport.patiently`). A call with
`still_held` must happen at most once: it gets a connection of its own, is never repeated, and looks at its claim when
everything but the first byte is done.
"""

from __future__ import annotations

import http.client
import logging
import os
import random
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import (
    ConnectTimeoutError,
    DecodeError,
    HTTPError,
    InvalidHeader,
    LocationParseError,
    NameResolutionError,
    ProtocolError,
    ReadTimeoutError,
)
from urllib3.exceptions import SSLError as Urllib3SSLError
from urllib3.util.ssl_ import create_urllib3_context

from portal.adobe.addresses import Address
from portal.adobe.errors import AdobeError, BadAnswer, ClaimLost, NotSent, OutcomeUnknown, TooLarge
from portal.adobe.metering import FREE, Meter, Patience

CONNECT_SECONDS = 5.0  # a healthy connect and TLS handshake take well under one second, across the world too
READ_SECONDS = 70.0  # the gateway may drop a request after 60 s: wait until it has said so itself
ANSWER_LIMIT = 64 * 1024 * 1024  # bytes; a detail answer with its results is far smaller

_CHUNK = 64 * 1024
_PAUSES = (0.5, 2.0)  # seconds before the second and the third attempt, each with jitter
_LONGEST_WAIT = 5.0  # a worker does not sleep longer for a Retry-After: the caller's schedule does
_LONGEST_RETRY_AFTER = 24 * 60 * 60.0
_REPEATED = frozenset({429, 500, 502, 503, 504})

logger = logging.getLogger(__name__)
# urllib3's own lines hold whole addresses, and those of result files carry a signature in their query.
logging.getLogger("urllib3").setLevel(logging.ERROR)


@dataclass(frozen=True)
class Call:
    """One HTTP call. `route` stands for the path in the log. `sink` takes the body of a 200 instead of memory;
    `limit` is in bytes. `meter` counts it, and holds it back first where there is a `patience`.
    """

    method: str
    address: Address
    route: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes | None = field(default=None, repr=False)
    sink: Callable[[bytes], None] | None = None
    limit: int = ANSWER_LIMIT
    still_held: Callable[[], bool] | None = None
    meter: Meter = field(default=FREE, repr=False)
    patience: Patience | None = None

    @property
    def is_paced(self) -> bool:
        """Whether it counts in the organization's rate: tokens and files of other hosts do not."""
        return self.patience is not None or self.still_held is not None

    def lost(self, reason: str) -> AdobeError:
        """The error for a call whose first byte has left."""
        return BadAnswer(code=reason) if self.still_held is None else OutcomeUnknown(reason)


@dataclass(frozen=True)
class Answer:
    """`size` counts the bytes of the body; `body` is empty when a sink took it."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    size: int

    def retry_after(self) -> float | None:
        """Seconds from now, from either form of Retry-After, at most a day; None when absent or nonsense."""
        value = self.headers.get("Retry-After")
        if value is None:
            return None
        with suppress(InvalidHeader, ValueError, OverflowError):
            return float(urllib3.Retry(retry_after_max=int(_LONGEST_RETRY_AFTER)).parse_retry_after(value))
        return None


class Transport:
    """Thread-safe; also safe to be made before a fork. Times are in seconds; `ca_file` adds to nothing: when given,
    only its authorities are trusted, else the system's. `pauses` are the waits between the attempts of a repeated call.
    """

    def __init__(
        self,
        connect_seconds: float = CONNECT_SECONDS,
        read_seconds: float = READ_SECONDS,
        ca_file: str | None = None,
        pauses: tuple[float, ...] = _PAUSES,
    ) -> None:
        self._connect_seconds = connect_seconds
        self._read_seconds = read_seconds
        self._trust = _trust(ca_file)
        self._pauses = pauses
        self._made_in = 0
        self._made: urllib3.PoolManager | None = None

    def exchange(self, call: Call) -> Answer:
        """Send `call` once and read its answer; redirects are answers like any other.

        Raises NotSent or ClaimLost (before the first byte), and after it OutcomeUnknown for a call with `still_held`,
        else BadAnswer or TooLarge; Paced where there is a `patience`.
        """
        if call.patience is not None:
            call.meter.ask(call.patience)
        started = time.monotonic()
        outcome, size, retry_after = "failed", 0, None
        try:
            with self._sent(call) as response:
                answer = _read(response, call, started + self._read_seconds)
        except AdobeError as error:
            outcome = error.code
            raise
        else:
            outcome, size = str(answer.status), answer.size
            retry_after = answer.retry_after() if answer.status == 429 and call.is_paced else None
            return answer
        finally:
            milliseconds = round((time.monotonic() - started) * 1000)
            level = logging.INFO if outcome.startswith("2") else logging.WARNING
            parts = (call.method, call.address.host, call.route, outcome, milliseconds, size)
            logger.log(level, "adobe: %s %s %s %s in %d ms, %d bytes", *parts)
            call.meter.note(f"{call.method} {call.route}", outcome, milliseconds, retry_after)

    def patiently(self, call: Call) -> Answer:
        """`exchange`, repeated a few times with growing pauses when the other side is down, busy or cut us off.

        Only for calls that change nothing. Returns the last answer, also a 429 or 5xx; raises as `exchange` does.
        """
        if call.still_held is not None:
            raise ValueError("a call that must happen at most once is never repeated")
        latest_start = time.monotonic() + self._read_seconds
        for pause in self._pauses:
            outcome = self._attempt(call)
            wait = _wait_before_repeat(call, outcome, pause)
            if wait is None or time.monotonic() + wait > latest_start:
                break
            time.sleep(wait)
        else:
            outcome = self._attempt(call)
        if isinstance(outcome, AdobeError):
            raise outcome
        return outcome

    def probe(self, address: Address) -> None:
        """Connect, with TLS where the address says so, and hang up. Raises NotSent."""
        connection = self._connection(address)
        try:
            with _connecting():
                connection.connect()
        finally:
            connection.close()

    def _attempt(self, call: Call) -> Answer | AdobeError:
        try:
            return self.exchange(call)
        except (NotSent, BadAnswer) as error:
            return error

    def _sent(self, call: Call) -> AbstractContextManager[urllib3.BaseHTTPResponse]:
        if call.still_held is None:
            return self._sent_pooled(call)
        return self._sent_once(call, call.still_held)

    @contextmanager
    def _sent_pooled(self, call: Call) -> Iterator[urllib3.BaseHTTPResponse]:
        address = call.address
        with _connecting_or_waiting(call):
            pool = self._pools().connection_from_host(address.host, address.port, address.scheme)
            response = pool.urlopen(
                call.method,
                address.target,
                body=call.body,
                headers=call.headers,
                retries=False,
                redirect=False,
                preload_content=False,
                timeout=urllib3.Timeout(connect=self._connect_seconds, read=self._read_seconds),
            )
        try:
            yield response
        finally:
            response.close()  # a connection whose answer was read to its end is back in the pool by now

    @contextmanager
    def _sent_once(self, call: Call, still_held: Callable[[], bool]) -> Iterator[urllib3.BaseHTTPResponse]:
        connection = self._connection(call.address)
        try:
            with _connecting():
                connection.connect()
            if not still_held():
                raise ClaimLost
            connection.timeout = self._read_seconds
            with _waiting(call):
                # The other side may answer and hang up before it has read everything; then there is an answer to read.
                with suppress(BrokenPipeError):
                    connection.request(call.method, call.address.target, call.body, headers=call.headers, preload_content=False)
                response = connection.getresponse()
            yield response
        finally:
            connection.close()

    def _connection(self, address: Address) -> HTTPConnection:
        if address.scheme == "https":
            return HTTPSConnection(address.host, address.port, timeout=self._connect_seconds, ssl_context=self._trust)
        return HTTPConnection(address.host, address.port, timeout=self._connect_seconds)

    def _pools(self) -> urllib3.PoolManager:
        # Two processes must never write to one socket, so a forked worker starts with a pool of its own.
        if self._made is None or self._made_in != os.getpid():
            self._made_in = os.getpid()
            self._made = urllib3.PoolManager(maxsize=8, ssl_context=self._trust)
        return self._made


def _trust(ca_file: str | None) -> ssl.SSLContext:
    context = create_urllib3_context(cert_reqs=ssl.CERT_REQUIRED)
    context.check_hostname = True
    if ca_file:
        context.load_verify_locations(cafile=ca_file)
    else:
        context.load_default_certs()
    return context


def _wait_before_repeat(call: Call, outcome: Answer | AdobeError, pause: float) -> float | None:
    """Seconds until the next attempt; None when a next attempt cannot help or could do harm."""
    jittered = pause * random.uniform(0.5, 1.0)  # noqa: S311 - spreads the load, hides nothing
    if isinstance(outcome, NotSent):
        return jittered if outcome.reason in {"dns", "connect"} else None
    if isinstance(outcome, AdobeError):
        # A sink cannot take back what it was given.
        return jittered if call.sink is None and outcome.code in {"cut", "timeout"} else None
    if outcome.status not in _REPEATED:
        return None
    asked = outcome.retry_after()
    if asked is None:
        return jittered
    return max(asked, jittered) if asked <= _LONGEST_WAIT else None


def _read(response: urllib3.BaseHTTPResponse, call: Call, deadline: float) -> Answer:
    body = bytearray()
    streamed = call.sink is not None and response.status == 200
    take = call.sink if call.sink is not None and streamed else body.extend
    size = 0
    while chunk := _next_chunk(response, call):
        size += len(chunk)
        if size > call.limit:
            raise TooLarge(code="too_large") if call.still_held is None else OutcomeUnknown("unreadable")
        # Each chunk in time is not enough: a drip would hold a worker for ever. A file's limit is its size.
        if not streamed and time.monotonic() > deadline:
            raise call.lost("timeout")
        take(chunk)
    return Answer(response.status, response.headers, bytes(body), size)


def _next_chunk(response: urllib3.BaseHTTPResponse, call: Call) -> bytes:
    with _waiting(call):
        return response.read1(_CHUNK)


@contextmanager
def _connecting() -> Iterator[None]:
    """Tells apart what can fail before the first byte."""
    try:
        yield
    except (NameResolutionError, LocationParseError, UnicodeError):
        raise NotSent("dns") from None
    except ConnectTimeoutError:  # includes a refused connection
        raise NotSent("connect") from None
    except (HTTPError, OSError):  # TCP stands by now: certificate, handshake, or cut during it
        raise NotSent("tls") from None


@contextmanager
def _waiting(call: Call) -> Iterator[None]:
    """Tells apart what can fail after the first byte."""
    try:
        yield
    except (HTTPError, OSError, http.client.HTTPException) as error:
        raise call.lost(_loss(error)) from None


@contextmanager
def _connecting_or_waiting(call: Call) -> Iterator[None]:
    """For a pooled call, where connecting and waiting are one step."""
    try:
        yield
    except (NameResolutionError, LocationParseError, UnicodeError):
        raise NotSent("dns") from None
    except ConnectTimeoutError:
        raise NotSent("connect") from None
    except Urllib3SSLError:
        raise NotSent("tls") from None
    except (HTTPError, OSError, http.client.HTTPException) as error:
        raise call.lost(_loss(error)) from None


def _loss(error: BaseException) -> str:
    if isinstance(error, TimeoutError | ReadTimeoutError):
        return "timeout"
    if isinstance(error, ProtocolError) and error.args and isinstance(error.args[-1], BaseException):
        return _loss(error.args[-1])
    if isinstance(error, OSError | http.client.IncompleteRead):  # includes a connection closed before any answer
        return "cut"
    if isinstance(error, DecodeError | InvalidHeader | http.client.HTTPException):
        return "unreadable"
    return "cut"
