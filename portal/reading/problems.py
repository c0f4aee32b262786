"""How a file is refused."""

from __future__ import annotations


class FileProblem(Exception):
    """The file cannot be read at all. `message` is one sentence or two for the person who chose it; `code` is for logs."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
