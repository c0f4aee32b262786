"""Small servers on real sockets, whose every answer is written by the test that uses them."""

from __future__ import annotations

import contextlib
import ipaddress
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from portal.adobe.credentials import Credentials
from portal.adobe.privacy_service import PrivacyService
from portal.adobe.tokens import MemoryTokenStore
from portal.adobe.transport import Transport

ORGANIZATION = "0123456789ABCDEF01234567@AdobeOrg"
CLIENT_ID = "client-id-of-a-test"
CLIENT_SECRET = "p8e-secret-of-a-test"
TOKEN_PATH = "/ims/token/v3"
JOBS = "/data/core/privacy/jobs"

REASONS = {200: "OK", 202: "Accepted", 302: "Found", 400: "Bad Request"}


@dataclass(frozen=True)
class Request:
    """`connection` numbers the TCP connections of a server from 1."""

    connection: int
    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]


@dataclass
class Talk:
    """One connection, from the server's side."""

    number: int
    sock: socket.socket
    received: bytearray = field(default_factory=bytearray)
    _ahead: bytearray = field(default_factory=bytearray)

    def read_request(self) -> Request | None:
        head = self._until(b"\r\n\r\n")
        if head is None:
            return None
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)}
        method, target, _ = first.split(" ")
        body = self._exactly(int(headers.get("content-length", "0")))
        return Request(self.number, method, target, headers, body)

    def answer(self, status: int, body: Any = b"", headers: Mapping[str, str] | None = None) -> None:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        stated = {"Content-Type": "application/json", "Content-Length": str(len(content))} | dict(headers or {})
        head = "".join(f"{name}: {value}\r\n" for name, value in stated.items())
        self.send(f"HTTP/1.1 {status} {REASONS.get(status, 'Some')}\r\n{head}\r\n".encode() + content)

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)

    def hang_up(self) -> None:
        with contextlib.suppress(OSError):
            self.sock.shutdown(socket.SHUT_RDWR)
        self.sock.close()

    def wait_for_hang_up(self) -> None:
        """Say nothing until the other side goes away."""
        while self._receive():
            pass

    def _receive(self) -> bytes:
        try:
            data = self.sock.recv(65536)
        except OSError:
            data = b""
        self.received += data
        return data

    def _until(self, mark: bytes) -> bytes | None:
        while mark not in self._ahead:
            data = self._receive()
            if not data:
                return None
            self._ahead += data
        head, _, rest = bytes(self._ahead).partition(mark)
        self._ahead = bytearray(rest)
        return head

    def _exactly(self, count: int) -> bytes:
        while len(self._ahead) < count:
            data = self._receive()
            if not data:
                break
            self._ahead += data
        taken = bytes(self._ahead[:count])
        del self._ahead[:count]
        return taken


Behaviour = Callable[[Talk], None]
Handler = Callable[[Talk, Request], None]


class Server:
    """Listens on a free port of 127.0.0.1; every connection is handed to `behaviour` in a thread of its own."""

    def __init__(self, behaviour: Behaviour, tls: ssl.SSLContext | None = None) -> None:
        self._behaviour = behaviour
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.talks: list[Talk] = []

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    @property
    def bytes_received(self) -> int:
        return sum(len(talk.received) for talk in self.talks)

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        # close() alone does not wake a thread that waits in accept().
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for talk in self.talks:
            talk.hang_up()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock: socket.socket) -> None:
        with contextlib.suppress(OSError):
            if self._tls:
                sock = self._tls.wrap_socket(sock, server_side=True)
            talk = Talk(len(self.talks) + 1, sock)
            self.talks.append(talk)
            try:
                self._behaviour(talk)
            finally:
                talk.hang_up()


class Adobe(Server):
    """Gateway and IMS in one: answers token requests with token-1, token-2, …, and each other request with the next of
    `script`; when that is at its end, with its last. `requests` holds what came, without the token requests.
    """

    def __init__(self, *script: Handler, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(self._converse, tls)
        self.script = list(script)
        self.token_script: list[Handler] = []
        self.requests: list[Request] = []
        self.token_requests: list[Request] = []
        self._lock = threading.Lock()

    def _converse(self, talk: Talk) -> None:
        while request := talk.read_request():
            self._handler(request)(talk, request)

    def _handler(self, request: Request) -> Handler:
        with self._lock:
            if request.path == TOKEN_PATH:
                self.token_requests.append(request)
                given = answers(200, token_body(f"token-{len(self.token_requests)}"))
                return self.token_script.pop(0) if self.token_script else given
            self.requests.append(request)
            return self.script.pop(0) if len(self.script) > 1 else self.script[0]

    def posts(self) -> list[Request]:
        return [request for request in self.requests if request.method == "POST"]


def answers(status: int, body: Any = b"", headers: Mapping[str, str] | None = None) -> Handler:
    return lambda talk, _: talk.answer(status, body, headers)


def hangs_up(talk: Talk, _: Request) -> None:
    talk.hang_up()


def stays_silent(talk: Talk, _: Request) -> None:
    talk.wait_for_hang_up()


def sends(data: bytes) -> Handler:
    """Raw bytes, then the end of the connection."""

    def handler(talk: Talk, _: Request) -> None:
        talk.send(data)
        talk.hang_up()

    return handler


def token_body(value: str, expires_in: Any = 86399) -> dict[str, Any]:
    return {"access_token": value, "token_type": "bearer", "expires_in": expires_in}


def created_body(*jobs: tuple[str, str, str]) -> dict[str, Any]:
    """Shape B of a create answer; a job is (job id, key, action)."""
    return {
        "requestId": "17163122360480365RX-705",
        "totalRecords": len(jobs),
        "jobs": [{"jobId": job_id, "customer": {"user": {"key": key, "action": [action]}}} for job_id, key, action in jobs],
    }


def credentials_for(url: str, *, ims_url: str | None = None, **changes: Any) -> Credentials:
    values: dict[str, Any] = {
        "ims_org_id": ORGANIZATION,
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "gateway_url": url,
        "ims_url": ims_url or url,
        "scopes": ("openid", "AdobeID", "read_organizations"),
    }
    return Credentials(**values | changes)


def quick_transport(read_seconds: float = 5.0, ca_file: str | None = None) -> Transport:
    return Transport(connect_seconds=2.0, read_seconds=read_seconds, ca_file=ca_file, pauses=(0.01, 0.01))


def service_for(
    url: str, *, store: MemoryTokenStore | None = None, transport: Transport | None = None, **changes: Any
) -> PrivacyService:
    return PrivacyService(credentials_for(url, **changes), store or MemoryTokenStore(), transport or quick_transport())


def unused_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def wait_until(true: Callable[[], bool]) -> None:
    """For what a server's thread does a moment later than its client."""
    latest = time.monotonic() + 5
    while not true() and time.monotonic() < latest:
        time.sleep(0.01)
    assert true()


@dataclass(frozen=True)
class Certificate:
    """Self-signed for 127.0.0.1 (or for `name`), as a PEM file with its key."""

    file: Path

    def server_context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.file)
        return context


def make_certificate(folder: Path, name: str | None = None) -> Certificate:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name or "127.0.0.1")])
    named = x509.DNSName(name) if name else x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([named]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / f"{name or 'local'}.pem"
    file.write_bytes(
        certificate.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return Certificate(file)
