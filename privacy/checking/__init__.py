"""Checks a whole file: every finding at once, and a summary of what it asks for. Memory does not grow with the file.

Duplicates are found by 8-byte hashes, one for each person and kind; only candidates are read a second time, and compared.
"""

from privacy.checking.namespaces import NAMESPACE_LIMIT, OTHER_NAMESPACES
from privacy.checking.results import CheckResult, OpenMatch, Summary, unreadable
from privacy.checking.whole_file import LOOK_UP_BATCH, check_file, read_people, summarize

__all__ = [
    "LOOK_UP_BATCH",
    "NAMESPACE_LIMIT",
    "OTHER_NAMESPACES",
    "CheckResult",
    "OpenMatch",
    "Summary",
    "check_file",
    "read_people",
    "summarize",
    "unreadable",
]
