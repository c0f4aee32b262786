"""Stands between the portal and the simulator and puts words into Adobe's mouth, which Adobe may choose as it likes.

Every answer about a job gets `words` in the texts of its products. `answer_next` replaces one answer as a whole.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import urllib3

HOP_BY_HOP = {"connection", "content-length", "host", "transfer-encoding", "date", "server"}


@dataclass(frozen=True)
class Instead:
    """An answer that Adobe gives instead of its own to the next call of this method below this path."""

    method: str
    path: str
    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


class Mouth:
    """The address that the portal calls."""

    def __init__(self, simulator: str, words: str) -> None:
        self.simulator, self.words = simulator, words
        self.pool = urllib3.PoolManager(maxsize=20)
        self._instead: list[Instead] = []
        self._lock = threading.Lock()
        self.address = ""

    def answer_next(self, method: str, path: str, status: int, body: object, **headers: str) -> None:
        """Answer the next such call like this; an object is sent as JSON."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        with self._lock:
            self._instead.append(Instead(method, path, status, content, headers))

    @property
    def all_given(self) -> bool:
        """Whether every answer of `answer_next` was given."""
        return not self._instead

    def take(self, method: str, path: str) -> Instead | None:
        """The answer to give instead, once."""
        with self._lock:
            found = next((one for one in self._instead if one.method == method and path.startswith(one.path)), None)
            if found is not None:
                self._instead.remove(found)
            return found

    def speak(self, body: bytes) -> bytes:
        """Adobe's answer about a job, with the words in its texts."""
        try:
            answer: Any = json.loads(body)
        except ValueError:
            return body
        products = answer.get("productResponses", []) if isinstance(answer, dict) else []
        for product in products:
            texts = product["productStatusResponse"]
            texts["message"] = f"{texts.get('message', '')} {self.words}"
            texts["responseMsgDetail"] = f"{self.words} {texts.get('responseMsgDetail', '')}"
        return json.dumps(answer).encode() if products else body

    @contextmanager
    def running(self) -> Iterator[Mouth]:
        """Listen for as long as the block lasts."""
        mouth = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
                instead = mouth.take(self.command, self.path)
                if instead is not None:
                    self.reply(instead.status, {"Content-Type": "application/json", **instead.headers}, instead.body)
                    return
                headers = {name: value for name, value in self.headers.items() if name.lower() not in HOP_BY_HOP}
                headers["Host"] = self.headers["Host"]
                try:
                    answer = mouth.pool.request(
                        self.command, mouth.simulator + self.path, body=body, headers=headers, redirect=False, retries=False
                    )
                except urllib3.exceptions.HTTPError:
                    # Adobe hung up, so we do too.
                    self.close_connection = True
                    return
                given = {name: value for name, value in answer.headers.items() if name.lower() not in HOP_BY_HOP}
                self.reply(answer.status, given, mouth.speak(answer.data) if answer.status == 200 else answer.data)

            do_GET = do_POST = do_PUT = do_DELETE = handle_any  # noqa: N815 - the names that the library looks for

            def reply(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                """Nothing."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        self.address = f"http://127.0.0.1:{server.server_port}"
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()
            thread.join()
