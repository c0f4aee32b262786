"""Named places between two steps of sending, where a process may die.

Nothing happens at them. A test that wants to know what a crash leaves behind starts its workers from a module of its own and
installs a hook there; nothing in the environment or the settings of the portal does.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from enum import StrEnum


class FailPoint(StrEnum):
    """Where. Each is between two steps that no transaction joins, or right before the end of one."""

    AFTER_CLAIM = "after-claim"
    """The row is SENDING; nothing has been read, built or connected."""
    BEFORE_LAST_LOOK = "before-last-look"
    """The connection stands; whether the claim still holds is asked next."""
    BEFORE_FIRST_BYTE = "before-first-byte"
    """The claim held; the next instruction writes. Who stands here for longer than every look sends late: the known residue."""
    AFTER_ANSWER = "after-answer"
    """Adobe has answered, or the call has failed; nothing of it is stored."""
    BEFORE_SETTLED = "before-settled"
    """What the answer means is written, and not committed."""
    AFTER_SETTLED = "after-settled"
    """It is committed."""
    IN_SWEEP = "in-sweep"
    """A call whose claim ran out is marked as of unknown outcome, and the sweep not committed."""
    BEFORE_LOOK_APPLIED = "before-look-applied"
    """Adobe's list was read; nothing of it is written."""
    BEFORE_LOOK_COMMITTED = "before-look-committed"
    """What the look found is written, and not committed."""
    AFTER_LOOK_APPLIED = "after-look-applied"
    """It is committed."""


Hook = Callable[[FailPoint, uuid.UUID], None]
_hook: Hook | None = None


def install(hook: Hook | None) -> None:
    """Let `hook` be called at every fail point of this process, with the id of the call. None removes it."""
    global _hook  # noqa: PLW0603 - one hook a process, as there is one process to kill
    _hook = hook


def reach(point: FailPoint, call_id: uuid.UUID) -> None:
    """This process is at `point`, on its way with this call."""
    if _hook is not None:
        _hook(point, call_id)
