"""A real Chromium in front of a real stack. Every page is watched: a report of the content security policy fails the test."""

from __future__ import annotations

import json
import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from psycopg import sql

from tests.people import PASSWORD
from tests.stack import Stack

# Chromium looks for updates and synchronisation at every start; there is nobody to answer.
QUIET = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run", "--disable-gpu"]
# A machine that runs other tests beside these is slow now and then; what is there is found at once.
expect.set_options(timeout=15_000)
WATCH = "addEventListener('securitypolicyviolation', (event) => console.error('policy: ' + event.violatedDirective))"


# Not for longer than these tests: while Playwright runs, Django takes the whole process for asynchronous and refuses queries.
@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, found on the PATH."""
    with sync_playwright() as playwright:
        # Chromium refuses its sandbox to root, as whom a container runs the tests.
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox", *QUIET])
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def processes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack with one worker, beat and the site. Starting it takes longer than most tests, so all modules share it."""
    with Stack(tmp_path_factory.mktemp("stack"), **_servers_of_this_run()) as running:
        running.seed()
        running.start_worker()
        running.start_beat()
        running.start_web()
        yield running


@pytest.fixture(scope="module")
def stack(processes: Stack) -> Stack:
    """The stack, with nothing in it but the seed: each module finds it so."""
    processes.begin_anew()
    return processes


Cookies = Any


@pytest.fixture(scope="module")
def signed_in(stack: Stack) -> dict[str, Cookies]:
    """What the browser of each person keeps who has signed in once: every further one of theirs begins with it."""
    return {}


def _servers_of_this_run() -> dict[str, str]:
    """In the run on PostgreSQL and Redis: a database of its own there, and a part of Redis that nobody else speaks into."""
    if connection.vendor != "postgresql":
        return {}
    name = f"browser_{uuid.uuid4().hex}"
    server, broker = os.environ["DATABASE_URL"], os.environ["BROKER_URL"]
    with psycopg.connect(server, autocommit=True) as database:
        database.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return {"DATABASE_URL": f"{server.rsplit('/', 1)[0]}/{name}", "BROKER_URL": f"{broker.rsplit('/', 1)[0]}/1"}


class Visitor:
    """A person with a browser of their own."""

    def __init__(self, context: BrowserContext, address: str, complaints: list[str]) -> None:
        self.context = context
        self.address = address
        self.page: Page = context.new_page()
        self.page.on("pageerror", lambda error: complaints.append(f"script: {error}"))
        self.page.on("console", lambda message: complaints.append(message.text) if _is_complaint(message.text) else None)

    def open(self, path: str) -> Page:
        """Go to a page of the site."""
        self.page.goto(f"{self.address}{path}")
        return self.page

    def sign_in(self, name: str) -> Page:
        """Sign in as one of the seeded people, which leads to the home page."""
        page = self.open("/sign-in/")
        page.get_by_label("User name").fill(name)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("button", name="Sign out").wait_for()
        return page


def _is_complaint(text: str) -> bool:
    return text.startswith("policy:") or "Content Security Policy" in text


@pytest.fixture
def visit(chromium: Browser, stack: Stack, signed_in: dict[str, Cookies]) -> Iterator[Callable[..., Visitor]]:
    """Makes visitors, such as `visit("officer", color_scheme="dark")`; at the end nothing may have been complained about.

    A visitor with a name is signed in and has opened nothing yet.
    """
    complaints: list[str] = []
    contexts: list[BrowserContext] = []

    def make(name: str = "", **options: Any) -> Visitor:
        kept = {"storage_state": signed_in[name]} if name in signed_in else {}
        context = chromium.new_context(**({"viewport": {"width": 1280, "height": 900}} | kept | options))
        contexts.append(context)
        if options.get("java_script_enabled", True):
            context.add_init_script(WATCH)
        visitor = Visitor(context, stack.web_address, complaints)
        if name and name not in signed_in:
            visitor.sign_in(name)
            signed_in[name] = context.storage_state()
            visitor.page.goto("about:blank")
        return visitor

    yield make
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def request_file(tmp_path: Path) -> Callable[..., Path]:
    """Writes a request file."""

    def write(body: dict[str, Any], name: str = "people.json") -> Path:
        path = tmp_path / name
        path.write_text(json.dumps(body))
        return path

    return write
