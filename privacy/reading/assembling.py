"""Builds the members and users of a request file from parser events."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from django.contrib.humanize.templatetags.humanize import intcomma
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop

from portal.reading import FileProblem
from privacy.reading.items import Member, UserItem, UsersStart

# In characters, with a charge for each item on top, so that memory follows.
_MEMBER_BUDGET: Final = 1024 * 1024
_USER_BUDGET: Final = 256 * 1024
_MOST_MEMBERS: Final = 1000
_LONGEST_NAME: Final = 1000
_NOT_AN_OBJECT: Final = noop("A request file is one JSON object in braces, { … }.")


class _Top:
    """Stands in the assembler's stack for the file's own object, which is never built."""


class _Users:
    """Stands in the assembler's stack for the list `users`, which is never built."""


class Assembler:
    """Builds values from parser events, one member or user at a time, each within a budget of characters."""

    def __init__(self, max_depth: int) -> None:
        self._max_depth = max_depth
        self._stack: list[Any] = []
        # The last key seen at each level of the stack; None at lists.
        self._keys: list[str | None] = []
        self._names: set[str] = set()
        self._row = 0
        self._budget = _MEMBER_BUDGET
        self._out: list[Member | UsersStart | UserItem] = []
        self._handlers: dict[str, Callable[[Any], None]] = {
            "map_key": self._on_key,
            "start_map": lambda _: self._open({}),
            "start_array": lambda _: self._open([]),
            "end_map": self._on_end,
            "end_array": self._on_end,
        }

    @property
    def is_open(self) -> bool:
        """Whether the file's object has begun and not ended."""
        return bool(self._stack)

    def is_at_first_user(self) -> bool:
        """Whether the list `users` has just begun."""
        return self._row == 0 and bool(self._stack) and isinstance(self._stack[-1], _Users)

    def take_user(self, value: Any) -> UserItem:
        """The next entry of `users`, when somebody else has read it."""
        self._row += 1
        return UserItem(self._row, value)

    def take(self, events: Iterable[tuple[str, Any]]) -> Iterator[Member | UsersStart | UserItem]:
        """What these events complete. Raises FileProblem."""
        handlers, scalar = self._handlers, self._on_scalar
        for event, value in events:
            handlers.get(event, scalar)(value)
            if self._out:
                yield from self._out
                self._out.clear()

    def _on_key(self, key: str) -> None:
        top = self._stack[-1]
        if key in (self._names if isinstance(top, _Top) else top):
            name = key if len(key) <= 60 else f"{key[:60]}…"
            raise FileProblem(
                "duplicate-json-key",
                _("The key “%(name)s” stands twice in %(path)s. Keep one of them, so that it is clear which counts.")
                % {"name": name, "path": self._path()},
            )
        self._keys[-1] = key
        if isinstance(top, _Top):
            self._names.add(key)
            if len(self._names) > _MOST_MEMBERS or len(key) > _LONGEST_NAME:
                raise FileProblem(
                    "too-large",
                    _(
                        "The file has more than %(most_members)s top-level members, or one with an endless name. It is "
                        "not a request file."
                    )
                    % {"most_members": intcomma(_MOST_MEMBERS)},
                )
        else:
            self._spend(len(key) + 8)

    def _on_scalar(self, value: Any) -> None:
        self._spend(len(value) + 8 if isinstance(value, str) else 16)
        if not self._stack:
            raise FileProblem(
                "not-an-object", _("%(not_an_object)s It is a single value here.") % {"not_an_object": _(_NOT_AN_OBJECT)}
            )
        parent = self._stack[-1]
        if type(parent) is dict:
            parent[self._keys[-1]] = value
        elif type(parent) is list:
            parent.append(value)
        else:
            self._finished(value)

    def _open(self, container: dict[str, Any] | list[Any]) -> None:
        if len(self._stack) >= self._max_depth:
            raise FileProblem(
                "too-deep",
                _("The file is nested deeper than %(max_depth)s levels. A request file needs five.")
                % {"max_depth": self._max_depth},
            )
        self._spend(64)
        self._stack.append(self._place(container))
        self._keys.append(None)

    def _place(self, container: dict[str, Any] | list[Any]) -> Any:
        if not self._stack:
            if isinstance(container, list):
                raise FileProblem(
                    "not-an-object",
                    _("%(not_an_object)s It is a list here; a list of users belongs under “users”.")
                    % {"not_an_object": _(_NOT_AN_OBJECT)},
                )
            return _Top()
        parent = self._stack[-1]
        if isinstance(parent, _Top) and self._keys[-1] == "users" and isinstance(container, list):
            self._out.append(UsersStart())
            self._budget = _USER_BUDGET
            return _Users()
        if type(parent) is dict:
            parent[self._keys[-1]] = container
        elif type(parent) is list:
            parent.append(container)
        return container

    def _on_end(self, _: Any) -> None:
        container = self._stack.pop()
        self._keys.pop()
        if isinstance(container, _Users):
            self._budget = _MEMBER_BUDGET
        elif self._stack and isinstance(self._stack[-1], (_Top, _Users)):
            self._finished(container)

    def _finished(self, value: Any) -> None:
        if isinstance(self._stack[-1], _Users):
            self._row += 1
            self._out.append(UserItem(self._row, value))
            self._budget = _USER_BUDGET
        else:
            self._out.append(Member(self._keys[-1] or "", value))
            self._budget = _MEMBER_BUDGET

    def _spend(self, size: int) -> None:
        self._budget -= size
        if self._budget < 0:
            raise self._too_large()

    def _too_large(self) -> FileProblem:
        if len(self._stack) > 1 and isinstance(self._stack[1], _Users):
            return FileProblem(
                "too-large",
                _("Row %(number)s is larger than 256 KB, far more than one person needs. Correct it.")
                % {"number": intcomma(self._row + 1)},
            )
        name = self._keys[0] if self._keys else None
        if name == "users":
            return FileProblem(
                "users-not-a-list", _('“users” is not a list. Write the people between square brackets: "users": [ … ].')
            )
        hint = _(" If these are the people, write it “users”.") if name and name.casefold() == "users" else ""
        return FileProblem(
            "too-large",
            _("“%(words)s” is larger than 1 MB; only “users” may be.%(hint)s") % {"words": (name or "")[:60], "hint": hint},
        )

    def _path(self) -> str:
        """The place of the innermost open value, as in `users[13].userIDs[2]`."""
        path = ""
        for container, key in zip(self._stack[:-1], self._keys, strict=False):
            if isinstance(container, _Users):
                path += f"[{self._row}]"
            elif isinstance(container, list):
                path += f"[{len(container) - 1}]"
            else:
                path += f".{(key or '')[:60]}" if path else (key or "")[:60]
        return path or _("the file's top level")
