"""The harness itself: a stack starts, works a message off, and leaves no process behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stack import ROOT, Stack, StackError


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    """A simulator and a migrated database."""
    with Stack(tmp_path) as running:
        yield running


def is_alive(pid: int) -> bool:
    """Whether the process exists and is not a zombie."""
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False


def test_it_starts_everything_and_works_off_what_beat_says(stack: Stack) -> None:
    people = stack.seed()
    assert set(people["users"]) == {"officer", "viewer", "colleague", "admin"}
    stack.start_worker("one", concurrency=1)
    stack.start_beat()
    address = stack.start_web()
    with urllib.request.urlopen(f"{address}/admin/login/", timeout=30) as page:
        assert page.status == 200
    sealed(stack, "a.b")

    # Its processes go on in a portal that is as it was after the seed.
    again = stack.begin_anew()
    assert again["organization"]["id"] != people["organization"]["id"]
    assert stack.rows("SELECT name FROM portal_organization ORDER BY name") == [("Acme",), ("Other",)]
    assert stack.value("SELECT count(*) FROM portal_auditevent WHERE action = 'a.b'") == 0
    assert stack.value("SELECT count(*) FROM auth_group") == 3
    sealed(stack, "b.a")


def sealed(stack: Stack, action: str) -> None:
    """Write an event into the trail; a worker seals it."""
    stack.drive("record", action)
    held = "SELECT count(*) FROM portal_auditleaf JOIN portal_auditevent ON event_id = portal_auditevent.id WHERE action = %s"
    stack.wait_until(lambda: stack.value(held, action), 30, "a seal")


def test_a_killed_worker_is_gone_with_its_children_and_can_be_started_again(stack: Stack) -> None:
    stack.start_worker("one", concurrency=2)
    before = stack.pids("one")
    assert len(before) == 3
    stack.kill("one")
    stack.wait_until(lambda: not any(is_alive(pid) for pid in before), 5)
    stack.start_worker("one", concurrency=1)
    assert not set(before) & set(stack.pids("one"))


def test_a_process_that_ends_by_itself_fails_the_wait_with_its_last_words(stack: Stack) -> None:
    stack.start(
        "short",
        [sys.executable, "-c", "import time; print('here', flush=True); time.sleep(1); raise SystemExit('gone now')"],
        "here",
    )
    with pytest.raises(StackError, match=r"(?s)short ended with 1.*gone now"):
        stack.wait_until(lambda: False, 30)


def test_no_process_outlives_a_test_process_that_is_killed(tmp_path: Path) -> None:
    code = """
import sys, time, django
django.setup()
from pathlib import Path
from tests.stack import Stack
stack = Stack(Path(sys.argv[1])).__enter__()
stack.start_worker("one", concurrency=1)
print(*stack.pids("simulator"), *stack.pids("one"), flush=True)
time.sleep(60)
"""
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "tests.settings"}
    killed = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    )
    assert killed.stdout is not None
    pids = [int(word) for word in killed.stdout.readline().split()]
    assert len(pids) == 3
    assert all(is_alive(pid) for pid in pids)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    killed.stdout.close()
    until = time.monotonic() + 10
    while any(is_alive(pid) for pid in pids) and time.monotonic() < until:
        time.sleep(0.1)
    assert [pid for pid in pids if is_alive(pid)] == []
