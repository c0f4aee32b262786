"""From a file to a request: receive, check, confirm or discard, prepare. Nothing is sent from here.

A request is prepared in batches by a worker; its calls can be sent only once every person is written, so a crash half-way is
mended by starting over.
"""

from __future__ import annotations

from privacy.intake.confirming import (
    asks_both,
    confirm,
    discard,
    new_request,
    next_number,
    recall_until,
)
from privacy.intake.duplicates import Tally, choose, choose_all, tally
from privacy.intake.open_people import find_open
from privacy.intake.preparing import (
    drop_file_when_read,
    forget_prepared,
    prepare,
    prepare_next,
)
from privacy.intake.receiving import (
    check,
    check_next,
    check_stream,
    open_stream,
    people_of,
    receive,
    rules_for,
    take_in,
)
from privacy.intake.refusals import NotPossible, Unreadable

__all__ = [
    "NotPossible",
    "Tally",
    "Unreadable",
    "asks_both",
    "check",
    "check_next",
    "check_stream",
    "choose",
    "choose_all",
    "confirm",
    "discard",
    "drop_file_when_read",
    "find_open",
    "forget_prepared",
    "new_request",
    "next_number",
    "open_stream",
    "people_of",
    "prepare",
    "prepare_next",
    "recall_until",
    "receive",
    "rules_for",
    "take_in",
    "tally",
]
