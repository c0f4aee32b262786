"""Calling the API in tests, as internal systems do: with a token, over Django's own client."""

from __future__ import annotations

import json
from typing import Any

from django.test import Client

from portal import tokens
from portal.api.problems import MEDIA_TYPE
from portal.models import ApiToken, Organization, Scope
from tests.actors import METHODS, nothing_changes
from tests.pages import faults_of_headers

ALL = tuple(Scope.values)


def make_token(organization: Organization, *scopes: str, name: str = "system") -> tuple[ApiToken, str]:
    """A token with these scopes (all, when none is named), and its text."""
    return tokens.make(name=name, organization=organization, scopes=scopes or ALL, lifetime=None, user=None)


class Api:
    """One internal system. Every answer must keep the rules of all: the headers of pages, and problems for errors."""

    def __init__(self, text: str | None, **client: Any) -> None:
        self.client = Client(**client)
        self.headers = {"Authorization": f"Bearer {text}"} if text else {}

    @classmethod
    def of(cls, organization: Organization, *scopes: str) -> Api:
        """A system of this organization with these scopes (all, when none is named)."""
        return cls(make_token(organization, *scopes)[1])

    def ask(self, method: str, address: str, body: Any = None, *, key: str | None = None, **headers: str) -> Any:
        """Ask, and hold the answer to the rules."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if key is not None:
            sent["Idempotency-Key"] = key
        content = body if isinstance(body, bytes | str) else b"" if body is None else json.dumps(body)
        answer = self.client.generic(method.upper(), address, content, "application/json", headers=self.headers | sent)
        assert faults_of_headers(answer) == []
        if answer.status_code >= 400:
            assert answer.headers["Content-Type"] == MEDIA_TYPE, (method, address, answer.headers["Content-Type"])
            if method != "head":
                assert set(answer.json()) == {"type", "title", "status", "detail", "code", "errors", "correlation_id"}
        return answer

    def get(self, address: str, **headers: str) -> Any:
        """GET."""
        return self.ask("get", address, **headers)

    def post(self, address: str, body: Any = None, *, key: str | None = None, **headers: str) -> Any:
        """POST."""
        return self.ask("post", address, body, key=key, **headers)

    def json(self, address: str) -> Any:
        """What is there, which must be."""
        answer = self.get(address)
        assert answer.status_code == 200, (address, answer.content)
        return answer.json()


class ApiActors:
    """Tokens of an officer's rights, of a viewer's, and of a stranger's officer; and nobody."""

    def __init__(self, organization: Organization, other: Organization) -> None:
        self.officer = Api.of(organization)
        self.viewer = Api.of(organization, Scope.READ)
        self.stranger = Api.of(other)
        self.nobody = Api(None)
        for one in (self.officer, self.viewer, self.stranger):
            # From now on their use is noted for a minute, so that looking changes no row.
            assert one.get("/api/v1/organizations").status_code == 200

    def look(self, address: str, *, officer: int = 200, viewer: int = 200, stranger: int = 404) -> None:
        """Something to look at: what each is answered. Looking changes nothing."""
        for one, status in ((self.nobody, 401), (self.viewer, viewer), (self.stranger, stranger), (self.officer, officer)):
            self._unchanged(one, "get", address, None, status)

    def act(
        self, address: str, body: Any = None, *, method: str = "post", officer: int = 200, viewer: int = 403, stranger: int = 404
    ) -> Any:
        """An act: only the officer's token may, and what the others try changes nothing. The officer acts last."""
        for one, status in ((self.nobody, 401), (self.viewer, viewer), (self.stranger, stranger)):
            self._unchanged(one, method, address, body, status)
        answer = self.officer.ask(method, address, body)
        assert answer.status_code == officer, answer.content
        return answer

    def refuse_methods(self, address: str, *allowed: str) -> None:
        """Every other method is refused with 405 and changes nothing."""
        for method in METHODS:
            if method not in allowed:
                self._unchanged(self.officer, method, address, None, 405)

    @staticmethod
    def _unchanged(one: Api, method: str, address: str, body: Any, status: int) -> None:
        with nothing_changes(f"{method} {address}"):
            answer = one.ask(method, address, body)
        assert answer.status_code == status, (method, address, answer.status_code, answer.content)
