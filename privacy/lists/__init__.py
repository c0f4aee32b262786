"""The lists of this app, declared (portal/lists)."""

from __future__ import annotations

from portal import registry
from privacy.lists import jobs, opt_outs, people, requests


def register() -> None:
    """Let people keep views of them."""
    for row_list in (requests.REQUESTS, jobs.JOBS, people.PEOPLE, opt_outs.OPT_OUTS):
        registry.add_list(row_list)
