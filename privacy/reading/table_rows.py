"""Of a request file that was made of a table: each person keeps the row of the table, under a name that nothing else reads.

Whoever reads a message has the table open, not the file: so rows are counted as the spreadsheet counts them. The name is not part
of the contract of a request file (privacy.schema), and so none of it is ever sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from privacy.reading.items import Member, UserItem, UsersStart

TABLE_ROW: Final = "tableRow"


def counted_by_table(items: Iterable[Member | UsersStart | UserItem]) -> Iterator[Member | UsersStart | UserItem]:
    """The same items, each person with the row of the table. Only for a file that the portal has made of one."""
    for item in items:
        row = _row_of(item.value) if isinstance(item, UserItem) else None
        yield item if row is None or not isinstance(item, UserItem) else UserItem(row, item.value, place=item.row)


def _row_of(entry: Any) -> int | None:
    """None: the file was made before rows were kept."""
    row = entry.get(TABLE_ROW) if isinstance(entry, dict) else None
    return row if type(row) is int else None
