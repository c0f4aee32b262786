from __future__ import annotations

import gzip
import logging
import os
import socket
import threading
import time
from email.utils import formatdate
from pathlib import Path

import pytest

from portal.adobe.addresses import parse_address
from portal.adobe.errors import BadAnswer, NotSent, TooLarge
from portal.adobe.transport import Answer, Call, Transport
from tests.portal.adobe.servers import (
    Adobe,
    Handler,
    Request,
    Server,
    Talk,
    answers,
    hangs_up,
    make_certificate,
    quick_transport,
    sends,
    stays_silent,
    unused_port,
)


def get(url: str, **details: object) -> Call:
    return Call("GET", parse_address(url), "/route", {"Accept": "*/*"}, **details)  # type: ignore[arg-type]


def test_it_reads_an_answer_of_any_status() -> None:
    with Adobe(answers(418, b"tea", {"X-Thing": "1"})) as adobe:
        answer = quick_transport().exchange(get(f"{adobe.url}/x?y=1"))
    assert (answer.status, answer.body, answer.size, answer.headers["x-thing"]) == (418, b"tea", 3, "1")
    assert adobe.requests[0].target == "/x?y=1"


def test_it_keeps_connections_for_reads() -> None:
    with Adobe(answers(200, b"a" * 100_000)) as adobe:
        transport = quick_transport()
        for _ in range(3):
            transport.exchange(get(adobe.url))
    assert {request.connection for request in adobe.requests} == {1}


def test_it_serves_threads() -> None:
    with Adobe(answers(200, b"ok")) as adobe:
        transport = quick_transport()
        found: list[int] = []
        threads = [threading.Thread(target=lambda: found.append(transport.exchange(get(adobe.url)).status)) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert found == [200] * 20


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_it_uses_no_connection_of_the_process_that_it_was_forked_from() -> None:
    with Adobe(answers(200, b"ok")) as adobe:
        transport = quick_transport()
        transport.exchange(get(adobe.url))
        child = os.fork()
        if child == 0:
            failed = True
            try:
                failed = transport.exchange(get(adobe.url)).status != 200
            finally:
                os._exit(failed)
        assert os.waitpid(child, 0)[1] == 0
    assert [request.connection for request in adobe.requests] == [1, 2]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_it_follows_no_redirect(status: int) -> None:
    with Adobe(answers(200)) as other, Adobe(answers(status, headers={"Location": other.url})) as adobe:
        assert quick_transport().patiently(get(adobe.url)).status == status
    assert other.requests == []
    assert len(adobe.requests) == 1


@pytest.mark.parametrize("handler", [answers(500), answers(502), answers(503), answers(504), answers(429), hangs_up])
def test_it_repeats_a_read(handler: Handler) -> None:
    with Adobe(handler, handler, answers(200, b"at last")) as adobe:
        assert quick_transport().patiently(get(adobe.url)).body == b"at last"
    assert len(adobe.requests) == 3


def test_it_gives_up_after_three_attempts() -> None:
    with Adobe(answers(503, b"no")) as adobe:
        assert quick_transport().patiently(get(adobe.url)).status == 503
    assert len(adobe.requests) == 3


def test_it_does_not_repeat_what_was_refused() -> None:
    with Adobe(answers(400)) as adobe:
        quick_transport().patiently(get(adobe.url))
    assert len(adobe.requests) == 1


def test_it_waits_as_long_as_it_is_asked_to() -> None:
    with Adobe(answers(429, headers={"Retry-After": "1"}), answers(200)) as adobe:
        started = time.monotonic()
        assert quick_transport().patiently(get(adobe.url)).status == 200
        assert time.monotonic() - started >= 1


def test_it_does_not_sleep_through_a_long_retry_after() -> None:
    with Adobe(answers(429, headers={"Retry-After": "600"})) as adobe:
        assert quick_transport().patiently(get(adobe.url)).retry_after() == 600
    assert len(adobe.requests) == 1


def test_it_starts_no_attempt_after_its_time() -> None:
    with Adobe(stays_silent) as adobe, pytest.raises(BadAnswer) as caught:
        quick_transport(read_seconds=0.3).patiently(get(adobe.url))
    assert caught.value.code == "timeout"
    assert len(adobe.requests) == 1


def test_it_refuses_to_repeat_a_call_that_must_happen_once() -> None:
    with Adobe(answers(200)) as adobe, pytest.raises(ValueError, match="at most once"):
        quick_transport().patiently(get(adobe.url, still_held=lambda: True))
    assert adobe.requests == []


@pytest.mark.parametrize(
    ("handler", "code"),
    [
        (hangs_up, "cut"),
        (stays_silent, "timeout"),
        (sends(b"SSH-2.0-OpenSSH\r\n"), "unreadable"),
        (sends(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx"), "unreadable"),
        (answers(200, b"not gzip at all", {"Content-Encoding": "gzip"}), "unreadable"),
        (sends(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"), "cut"),
        (sends(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhalf"), "cut"),
        (sends(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n"), "cut"),
    ],
    ids=["cut", "silence", "no HTTP", "two lengths", "bad gzip", "short", "short chunk", "no last chunk"],
)
def test_it_says_what_was_wrong_with_an_answer(handler: Handler, code: str) -> None:
    with Adobe(handler) as adobe, pytest.raises(BadAnswer) as caught:
        quick_transport(read_seconds=0.5).exchange(get(adobe.url))
    assert caught.value.code == code


def test_it_is_not_held_by_a_drip() -> None:
    def drips(talk: Talk, _: Request) -> None:
        talk.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while True:
            talk.send(b"x")
            time.sleep(0.05)

    with Adobe(drips) as adobe, pytest.raises(BadAnswer) as caught:
        quick_transport(read_seconds=0.4).exchange(get(adobe.url))
    assert caught.value.code == "timeout"


def test_it_unpacks_a_packed_answer() -> None:
    with Adobe(answers(200, gzip.compress(b"plain"), {"Content-Encoding": "gzip"})) as adobe:
        assert quick_transport().exchange(get(adobe.url)).body == b"plain"


def test_it_stops_at_the_size_limit_also_of_a_packed_answer() -> None:
    for handler in (
        answers(200, b"x" * 5000),
        answers(200, gzip.compress(b"x" * 5_000_000), {"Content-Encoding": "gzip"}),
    ):
        with Adobe(handler) as adobe, pytest.raises(TooLarge):
            quick_transport().exchange(get(adobe.url, limit=1000))


def test_it_streams_to_a_sink() -> None:
    content = os.urandom(300_000)
    chunks: list[bytes] = []
    with Adobe(answers(200, content)) as adobe:
        answer = quick_transport().exchange(get(adobe.url, sink=chunks.append))
    assert b"".join(chunks) == content
    assert (answer.body, answer.size) == (b"", 300_000)
    assert len(chunks) > 1


def test_it_gives_a_sink_nothing_but_the_body_of_a_200() -> None:
    chunks: list[bytes] = []
    with Adobe(answers(404, b"no such file")) as adobe:
        assert quick_transport().exchange(get(adobe.url, sink=chunks.append)).body == b"no such file"
    assert chunks == []


def test_it_does_not_repeat_what_a_sink_has_begun_to_take() -> None:
    chunks: list[bytes] = []
    half = sends(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
    with Adobe(half) as adobe, pytest.raises(BadAnswer):
        quick_transport().patiently(get(adobe.url, sink=chunks.append))
    assert chunks == [b"half"]
    assert len(adobe.requests) == 1


def test_it_leaves_an_error_of_the_sink_alone() -> None:
    def full(_: bytes) -> None:
        raise OSError("disk full")

    with Adobe(answers(200, b"data")) as adobe, pytest.raises(OSError, match="disk full"):
        quick_transport().patiently(get(adobe.url, sink=full))
    assert len(adobe.requests) == 1


def test_it_tells_unreachable_hosts_apart(tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path)
    with Adobe(answers(200), tls=certificate.server_context()) as adobe:
        places = {
            "dns": "http://no-such-host.invalid/",
            "connect": f"http://127.0.0.1:{unused_port()}/",
            "tls": f"{adobe.url}/",
        }
        for reason, url in places.items():
            for go in (lambda url=url: quick_transport().exchange(get(url)), lambda url=url: _probe(url)):
                with pytest.raises(NotSent) as caught:
                    go()
                assert caught.value.reason == reason
    assert adobe.requests == []


def _probe(url: str) -> None:
    quick_transport().probe(parse_address(url))


def test_it_times_out_while_connecting() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        port = full.getsockname()[1]
        waiting = [socket.socket() for _ in range(4)]
        for sock in waiting:  # fill the queue of connections that nobody accepts
            sock.setblocking(False)
            sock.connect_ex(("127.0.0.1", port))
        with pytest.raises(NotSent) as caught:
            Transport(connect_seconds=0.3, pauses=()).probe(parse_address(f"http://127.0.0.1:{port}"))
        for sock in waiting:
            sock.close()
    assert caught.value.reason == "connect"


def test_it_times_out_in_a_handshake_that_does_not_come() -> None:
    with Server(Talk.wait_for_hang_up) as server, pytest.raises(NotSent) as caught:
        Transport(connect_seconds=0.3).probe(parse_address(f"https://127.0.0.1:{server.port}"))
    assert caught.value.reason == "tls"


def test_it_trusts_a_certificate_of_its_ca_file(tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path)
    with Adobe(answers(200, b"ok"), tls=certificate.server_context()) as adobe:
        transport = quick_transport(ca_file=str(certificate.file))
        transport.probe(parse_address(adobe.url))
        assert transport.exchange(get(adobe.url)).body == b"ok"
        assert transport.exchange(get(adobe.url, still_held=lambda: True)).body == b"ok"


def test_it_refuses_a_certificate_for_another_name(tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path, "platform.adobe.io")
    with Adobe(answers(200), tls=certificate.server_context()) as adobe:
        transport = quick_transport(ca_file=str(certificate.file))
        for call in (get(adobe.url), get(adobe.url, still_held=lambda: True)):
            with pytest.raises(NotSent) as caught:
                transport.exchange(call)
            assert caught.value.reason == "tls"
    assert adobe.requests == []


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120),
        (" 7 ", 7),
        ("9" * 30, 86400),
        ("9" * 5000, None),
        ("Tue, 01 Jan 2019 08:00:00 GMT", 0),
        ("soon", None),
        ("-5", None),
        ("", None),
    ],
)
def test_it_reads_retry_after(header: str, seconds: float | None) -> None:
    assert Answer(429, {"Retry-After": header}, b"", 0).retry_after() == seconds


def test_it_reads_retry_after_as_a_date() -> None:
    seconds = Answer(429, {"Retry-After": formatdate(time.time() + 300, usegmt=True)}, b"", 0).retry_after()
    assert seconds is not None
    assert 200 < seconds <= 301


def test_it_reads_no_retry_after() -> None:
    assert Answer(429, {}, b"", 0).retry_after() is None


def test_it_logs_one_line_a_call(caplog: pytest.LogCaptureFixture) -> None:
    with Adobe(answers(200, b"four"), hangs_up) as adobe, caplog.at_level(logging.DEBUG):
        transport = quick_transport()
        transport.exchange(get(f"{adobe.url}/secret/path?sig=signature"))
        with pytest.raises(BadAnswer):
            transport.exchange(get(f"{adobe.url}/secret/path?sig=signature"))
    first, second = (record.getMessage() for record in caplog.records)
    assert first.startswith("adobe: GET 127.0.0.1 /route 200 in ")
    assert first.endswith(" ms, 4 bytes")
    assert second.startswith("adobe: GET 127.0.0.1 /route cut in ")
