"""Tables (CSV, XLSX) on their way to an upload: receive, choose the columns, read, and go on as an uploaded file does.

Rows are read as a stream. The request file that comes of them is the one that the person could have uploaded: the same check,
the same preview, the same confirmation.
"""

from __future__ import annotations

from privacy.tables.blanks import blank
from privacy.tables.converting import BAD_ROWS_LABEL, STEP, convert_next, findings_of, reading_of
from privacy.tables.receiving import (
    choose,
    choose_again,
    discard,
    forget_old,
    forget_with,
    go_on,
    guess_anew,
    read_differently,
    take_in,
)

__all__ = [
    "BAD_ROWS_LABEL",
    "STEP",
    "blank",
    "choose",
    "choose_again",
    "convert_next",
    "discard",
    "findings_of",
    "forget_old",
    "forget_with",
    "go_on",
    "guess_anew",
    "read_differently",
    "reading_of",
    "take_in",
]
