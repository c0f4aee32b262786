"""Dataset expirations: when Adobe is to remove a whole dataset.

asking.py takes what a person wants, sending.py carries it to Adobe exactly once, looking.py finds out what became of a call of
unknown outcome, mirroring.py keeps the portal's rows like Adobe's list, keeping.py writes Adobe's answers, telling.py tells what
happened.
"""

from __future__ import annotations

from hygiene.expirations.asking import NotPossible, Wanted, cancel, change, create, problems
from hygiene.expirations.looking import CannotDecide, give_up, look_again, send_again
from hygiene.expirations.mirroring import ListRead, read_list, read_one

__all__ = [
    "CannotDecide",
    "ListRead",
    "NotPossible",
    "Wanted",
    "cancel",
    "change",
    "create",
    "give_up",
    "look_again",
    "problems",
    "read_list",
    "read_one",
    "send_again",
]
