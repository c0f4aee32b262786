"""Administrators, and reading admin pages, for tests."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from portal.models import Organization, User
from tests.people import make_user

HANDLERS = ("onclick", "onchange", "onsubmit", "onload", "oninput", "onerror", "onfocus", "onblur")


def make_administrator(name: str, *organizations: Organization) -> User:
    """A person in the group Administrator who may enter the admin."""
    user = make_user(name, "Administrator", *organizations)
    user.is_staff = True
    user.save(update_fields=["is_staff"])
    return user


def make_looker(right: str, *organizations: Organization) -> User:
    """A viewer who may enter the admin and has one right there, such as `view_steprun`."""
    user = make_user("looker", "Viewer", *organizations)
    user.is_staff = True
    user.save(update_fields=["is_staff"])
    user.user_permissions.add(Permission.objects.get(codename=right))
    return user


def signed_in(user: User) -> Client:
    """A browser of this person."""
    client = Client()
    client.force_login(user)
    return client


@dataclass
class Page(HTMLParser):
    """What a test wants to know of an HTML page."""

    html: str
    inline_code: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    fields: dict[str, list[str]] = field(default_factory=dict)
    step_states: list[str] = field(default_factory=list)
    bars: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self.feed(self.html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "style" or (tag == "script" and "src" not in given):
            self.inline_code.append(tag)
        self.inline_code += [f"{tag} {name}" for name in given if name == "style" or name in HANDLERS]
        if tag == "a":
            self.links.append(given.get("href", ""))
        if tag == "input":
            self.fields.setdefault(given.get("name", ""), []).append(given.get("value", ""))
        if tag == "progress":
            self.bars.append((given["value"], given["max"]))
        if tag == "li" and given.get("class", "").startswith("step-"):
            self.step_states.append(given["class"].removeprefix("step-"))


def open_page(client: Client, address: str) -> Page:
    """GET it; it must be there."""
    answer = client.get(address)
    assert answer.status_code == 200, (address, answer.status_code)
    return Page(answer.content.decode())


def queries_of(client: Client, address: str) -> int:
    """How many queries the page takes, once what is cached for a process is cached."""
    open_page(client, address)
    with CaptureQueriesContext(connection) as captured:
        open_page(client, address)
    return len(captured)
