"""Building a request on screen: a draft that is saved as it grows, checked by the rules of an uploaded file, and becomes one.

`content` is what stands in the form, `faults` says what is wrong with it and where, `drafts` keeps it and hands it to the intake.
"""

from __future__ import annotations

from privacy.building.content import MOST_PEOPLE, Content
from privacy.building.drafts import Faulty, Stale, Stamp, discard, save, start, to_upload
from privacy.building.faults import Fault, check

__all__ = [
    "MOST_PEOPLE",
    "Content",
    "Fault",
    "Faulty",
    "Stale",
    "Stamp",
    "check",
    "discard",
    "save",
    "start",
    "to_upload",
]
