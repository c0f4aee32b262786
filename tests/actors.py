"""Who may do what: permission tests with an officer, a viewer, a stranger from another organization, and nobody."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from django.conf import settings
from django.db import connection
from django.urls import reverse

from hygiene import models as hygiene_models
from portal.models import ApiToken, AuditEvent, DataKey, Organization, User, WebhookDelivery, WebhookEndpoint
from privacy import models as privacy_models
from tests.pages import Browser

Test = TypeVar("Test", bound=Callable[..., Any])
METHODS = ("get", "post", "put", "patch", "delete")
# Every model of both apps, and those of the portal that an act of a person could change.
KEPT = (
    ApiToken,
    AuditEvent,
    DataKey,
    Organization,
    WebhookDelivery,
    WebhookEndpoint,
    *(getattr(models, name) for models in (privacy_models, hygiene_models) for name in models.__all__),
)
_TABLES = tuple(connection.ops.quote_name(model._meta.db_table) for model in KEPT)


def covers(*url_names: str) -> Callable[[Test], Test]:
    """Says that a test holds who may open these pages. Each page needs one: tests/test_habits.py looks for it."""

    def unchanged(test: Test) -> Test:
        return test

    return unchanged


def everything_kept() -> dict[str, Any]:
    """Every row and every file that an act of a person could change, for comparing before with after."""
    rows: dict[str, Any] = {model._meta.label: list(model._default_manager.order_by("pk").values()) for model in KEPT}
    return rows | {"files": stored_files()}


@contextmanager
def nothing_changes(act: str) -> Iterator[None]:
    """Holds that no row and no file of those is another after the block. `act`: what the block does, for the failure's words.

    Rows are read only when a statement comes that could change them: the first such finds them as they were before the block.
    """
    files, rows = stored_files(), _RowsBeforeChange()
    with connection.execute_wrapper(rows):
        yield
    assert stored_files() == files, f"{act} changed a file"
    assert rows.before is None or rows.before == everything_kept(), f"{act} changed something"


class _RowsBeforeChange:
    """Stands before each statement to the database."""

    def __init__(self) -> None:
        self.before: dict[str, Any] | None = None

    def __call__(self, execute: Callable[..., Any], sql: str, *arguments: Any) -> Any:
        if self.before is None and _could_change_rows(sql):
            self.before = everything_kept()
        return execute(sql, *arguments)


def _could_change_rows(sql: str) -> bool:
    return not sql.startswith(("SELECT ", "SAVEPOINT ", "RELEASE ")) and any(table in sql for table in _TABLES)


def stored_files() -> set[str]:
    """Every file below MEDIA_ROOT."""
    root = Path(settings.MEDIA_ROOT)
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}


class Actors:
    """The three people, each with a browser, and a browser of nobody."""

    def __init__(self, officer: User, viewer: User, stranger: User) -> None:
        self.officer, self.viewer, self.stranger = (Browser.of(user) for user in (officer, viewer, stranger))
        self.nobody = Browser.of(None)

    def open(self, address: str, *, officer: int = 200, viewer: int = 200, stranger: int = 404) -> None:
        """A page to look at: what each is answered. Looking changes nothing, and no other method is taken."""
        self._turned_away(address, "get")
        for person, status in ((self.viewer, viewer), (self.stranger, stranger), (self.officer, officer)):
            self._unchanged(person, "get", address, None, status)
        self.refuse_methods(address, allowed=("get",))

    def act(
        self, address: str, data: Mapping[str, Any] | None = None, *, officer: int = 302, viewer: int = 403, stranger: int = 404
    ) -> None:
        """An act: only the officer may, what the others try changes nothing, and it takes a POST. The officer acts last."""
        self.refuse_methods(address, allowed=("post",))
        self._turned_away(address, "post", data)
        self._unchanged(self.viewer, "post", address, data, viewer)
        self._unchanged(self.stranger, "post", address, data, stranger)
        assert self.officer.post(address, data or {}).status_code == officer

    def refuse_methods(self, address: str, allowed: Collection[str]) -> None:
        """Every other method is refused with 405 and changes nothing."""
        for method in METHODS:
            if method not in allowed:
                self._unchanged(self.officer, method, address, None, 405)

    def _turned_away(self, address: str, method: str, data: Mapping[str, Any] | None = None) -> None:
        """Nobody is led to sign in; a live part of a page is told in its own place that the session is over."""
        answer = self._unchanged(self.nobody, method, address, data, 302)
        assert answer.headers["Location"].startswith(reverse("sign-in") + "?next=")
        answer = self._unchanged(self.nobody, method, address, data, 286, HX_Request="true")
        assert answer.headers["HX-Retarget"] == "#session"

    @staticmethod
    def _unchanged(
        person: Browser, method: str, address: str, data: Mapping[str, Any] | None, status: int, **headers: str
    ) -> Any:
        extra = {"headers": {name.replace("_", "-"): value for name, value in headers.items()}}
        with nothing_changes(f"{method} {address}"):
            answer = (
                getattr(person, method)(address, data or {}, **extra)
                if method in {"get", "post"}
                else getattr(person, method)(address)
            )
        assert answer.status_code == status, (method, address, answer.status_code)
        return answer
