"""Builds identities from parser events, one at a time, each within a budget of characters.

`namespacesIdentities` may hold all identities of a file in one `ids` list, so that list is never built. Where it stands before
its `namespace` (members in alphabetical order do), its values wait until the entry ends, within a budget of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from django.utils.translation import gettext as _

from hygiene.reading.items import Given, Item, ListStart, Member
from portal.reading import FileProblem

_LISTS: Final = ("identities", "namespacesIdentities")
_IDS: Final = ("ids", "IDs")
_MISSING: Final = object()
# In characters, with a charge for each value on top, so that memory follows.
_BUDGET: Final = 256 * 1024
_WAITING_BUDGET: Final = 32 * 1024 * 1024
_MAX_DEPTH: Final = 20
_MOST_MEMBERS: Final = 100


class _Top:
    """Stands in the stack for the file's own object, which is never built."""


class _List:
    """Stands in the stack for a list of identities; `entries` counts what it has had."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.entries = 0


class _Ids:
    """Stands in the stack for the `ids` of one entry of `namespacesIdentities`."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.count = 0


class Assembler:
    """See `portal.reading.Assembles`."""

    def __init__(self) -> None:
        self._stack: list[Any] = []
        # The last key seen at each level of the stack; None at lists.
        self._keys: list[str | None] = []
        self._names: set[str] = set()
        self._row = 0
        self._waiting: list[Given] = []
        self._waiting_budget = _WAITING_BUDGET
        self._budget = _BUDGET
        self._out: list[Item] = []
        self._handlers: dict[str, Callable[[Any], None]] = {
            "map_key": self._on_key,
            "start_map": lambda _: self._open({}),
            "start_array": lambda _: self._open([]),
            "end_map": self._on_end,
            "end_array": self._on_end,
        }

    @property
    def is_open(self) -> bool:
        """Whether the file's value has begun and not ended."""
        return bool(self._stack)

    def take(self, events: Iterable[tuple[str, Any]]) -> Iterator[Item]:
        """What these events complete. Raises FileProblem."""
        handlers, scalar = self._handlers, self._on_scalar
        for event, value in events:
            handlers.get(event, scalar)(value)
            if self._out:
                yield from self._out
                self._out.clear()

    # --- Events ---

    def _on_key(self, key: str) -> None:
        top = self._stack[-1]
        if key in (self._names if isinstance(top, _Top) else top):
            name = key if len(key) <= 60 else f"{key[:60]}…"
            raise FileProblem(
                "duplicate-json-key",
                _("The key “%(name)s” stands twice in one object of the file. Keep one of them.") % {"name": name},
            )
        self._keys[-1] = key
        self._spend(len(key) + 8)
        if isinstance(top, _Top):
            self._names.add(key)
            if len(self._names) > _MOST_MEMBERS:
                raise FileProblem(
                    "too-large",
                    _("The file has more than %(most_members)s members. It is not a record delete.")
                    % {"most_members": _MOST_MEMBERS},
                )

    def _on_scalar(self, value: Any) -> None:
        self._spend(len(value) + 8 if isinstance(value, str) else 16)
        if not self._stack:
            raise FileProblem(
                "not-an-object", _("The file is a single value. A record delete is an object { … } or a list [ … ].")
            )
        self._put(value)

    def _open(self, container: dict[str, Any] | list[Any]) -> None:
        if len(self._stack) >= _MAX_DEPTH:
            raise FileProblem(
                "too-deep",
                _("The file is nested deeper than %(max_depth)s levels. A record delete needs five.") % {"max_depth": _MAX_DEPTH},
            )
        self._spend(64)
        self._stack.append(self._stand_in(container))
        self._keys.append(None)

    def _stand_in(self, container: dict[str, Any] | list[Any]) -> Any:
        """What stands in the stack for a new container: itself, or a mark for one that is never built."""
        if not self._stack:
            return self._begin_list("[]") if isinstance(container, list) else _Top()
        parent, key = self._stack[-1], self._keys[-1]
        if isinstance(container, list) and isinstance(parent, _Top) and key in _LISTS:
            return self._begin_list(key or "")
        if isinstance(container, list) and self._is_group(parent) and key in _IDS:
            parent[key] = _MISSING
            return _Ids(key or "")
        if type(parent) is dict:
            parent[key or ""] = container
        elif type(parent) is list:
            parent.append(container)
        return container

    def _begin_list(self, name: str) -> _List:
        self._out.append(ListStart(name))
        return _List(name)

    def _is_group(self, parent: Any) -> bool:
        """Whether this is an entry of `namespacesIdentities`."""
        above = self._stack[-2] if len(self._stack) > 1 else None
        return type(parent) is dict and isinstance(above, _List) and above.name == "namespacesIdentities"

    def _on_end(self, _: Any) -> None:
        container = self._stack.pop()
        self._keys.pop()
        if self._stack and isinstance(self._stack[-1], (_Top, _List, _Ids)) and not isinstance(container, _List):
            self._put(container)

    # --- Values ---

    def _put(self, value: Any) -> None:
        """A finished value: kept in its parent, or given out when the parent is never built."""
        parent = self._stack[-1]
        if type(parent) is dict:
            parent[self._keys[-1] or ""] = value
        elif type(parent) is list:
            parent.append(value)
        elif isinstance(parent, _Top):
            self._out.append(Member(self._keys[-1] or "", value))
            self._budget = _BUDGET
        elif isinstance(parent, _Ids):
            self._on_id(parent, value)
        else:
            self._on_entry(parent, value)

    def _on_id(self, ids: _Ids, value: Any) -> None:
        entries, group = self._stack[-3], self._stack[-2]
        self._row += 1
        path = f"{entries.name}[{entries.entries}].{ids.name}[{ids.count}]"
        ids.count += 1
        if "namespace" in group:
            self._out.append(Given(self._row, path, group["namespace"], value))
            self._budget = _BUDGET
            return
        self._waiting_budget -= _BUDGET - self._budget + 200
        self._budget = _BUDGET
        if self._waiting_budget < 0:
            raise FileProblem(
                "namespace-late",
                _("In %(path)s, write “namespace” before “%(name)s”: the list is too long to be read the other way.")
                % {"path": path, "name": ids.name},
            )
        self._waiting.append(Given(self._row, path, None, value))

    def _on_entry(self, entries: _List, value: Any) -> None:
        path = f"{entries.name}[{entries.entries}]" if entries.name != "[]" else f"[{entries.entries}]"
        entries.entries += 1
        if entries.name == "namespacesIdentities":
            self._end_group(path, value)
        else:
            self._row += 1
            self._out.append(_single(self._row, path, value, ui_shape=entries.name == "[]"))
        self._budget = _BUDGET

    def _end_group(self, path: str, group: Any) -> None:
        named = group.get("namespace") if isinstance(group, dict) else None
        self._out += [Given(one.row, one.path, named, one.value) for one in self._waiting]
        self._waiting, self._waiting_budget = [], _WAITING_BUDGET
        spelled = [name for name in _IDS if isinstance(group, dict) and name in group]
        problem = ""
        if not isinstance(group, dict):
            problem = "not-an-object"
        elif len(spelled) > 1:
            problem = "ids-twice"
        elif not spelled or group[spelled[0]] is not _MISSING:
            problem = "no-ids"
        if problem:
            self._out.append(Given(self._row + 1, path, None, None, problem=problem))

    def _spend(self, size: int) -> None:
        self._budget -= size
        if self._budget < 0:
            raise FileProblem("too-large", _("One member or one identity of the file is larger than 256 KB. Correct it."))


def _single(row: int, path: str, entry: Any, *, ui_shape: bool) -> Given:
    """One entry of `identities`, or of the list that Adobe's own page takes; each of them in either spelling."""
    if not isinstance(entry, dict):
        return Given(row, path, None, None, problem="not-an-object")
    names = ("namespaceCode", "namespace") if ui_shape else ("namespace", "namespaceCode")
    namespace = next((entry[name] for name in names if name in entry), None)
    value = next((entry[name] for name in (("value", "id") if ui_shape else ("id", "value")) if name in entry), None)
    return Given(row, path, namespace, value)
