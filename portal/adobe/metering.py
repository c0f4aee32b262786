"""What a caller may want to do around each call: hold it back for a moment, and count what came of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Patience:
    """How a call waits for its place in the organization's rate, in seconds.

    It takes a place that is at most `ahead` away (and so many `intervals` between two calls), and tries for `longest` to get
    one. Who looks further ahead goes first.
    """

    ahead: float
    longest: float
    intervals: int = 0


# A call of its own: when it has to wait, its row comes again later, and the worker serves others meanwhile.
READ = Patience(1.0, 1.5)
# One page of a listing: a listing that breaks off starts over, so it waits rather than that.
PAGE = Patience(1.0, 60.0)
# Calls that change something are few and go before those that look, however many of these there are.
ONCE = Patience(3.0, 6.0, intervals=1)


class Meter:
    """The meter of one organization. This one lets every call go at once and counts nothing."""

    def ask(self, patience: Patience) -> None:
        """Return when the call may go. Raises Paced."""

    def note(self, route: str, outcome: str, milliseconds: int, retry_after: float | None) -> None:
        """A call is over. `outcome`: its HTTP status, or a short word why there is none. `retry_after`: the gateway's, with 429.

        Never raises a database's error.
        """


FREE = Meter()
