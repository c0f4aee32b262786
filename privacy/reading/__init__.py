"""Reads a request file as a stream. What is wrong inside it is for privacy.schema."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from portal.reading import MAX_DEPTH, FileProblem, LongList, Readable, read_json
from privacy.reading.assembling import Assembler
from privacy.reading.items import Member, UserItem, UsersStart
from privacy.reading.table_rows import TABLE_ROW, counted_by_table

__all__ = [
    "MAX_DEPTH",
    "TABLE_ROW",
    "FileProblem",
    "Member",
    "Readable",
    "UserItem",
    "UsersStart",
    "counted_by_table",
    "read_file",
]


def read_file(
    stream: Readable, *, max_depth: int = MAX_DEPTH, progress: Callable[[int], None] = lambda _: None
) -> Iterator[Member | UsersStart | UserItem]:
    """The top-level members of a request file, and the entries of `users` one at a time, in the file's order.

    `users` that is not a list comes as a Member. Raises FileProblem, as `read_json` does.
    """
    assembler = Assembler(max_depth)
    # The file's object and the list are two levels.
    users = LongList[Member | UsersStart | UserItem]("users", assembler.is_at_first_user, assembler.take_user, max_depth - 2)
    return read_json(stream, assembler, progress=progress, long_list=users)
