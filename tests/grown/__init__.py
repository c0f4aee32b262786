"""A portal with so many of everything that its pages list, and the addresses of its pages: for counting what each page asks for.

Rows stand as they would after Adobe's answers, without Adobe. Who is in a request comes through the portal's own intake, because
pages decrypt it.
"""

from __future__ import annotations

from tests.grown import around, hygiene, making, opt_outs, requests
from tests.grown.ground import Addresses, Ground

__all__ = ["Addresses", "Ground", "grow"]


def grow(ground: Ground, count: int) -> Addresses:
    """`count` more of everything, and of everything that belongs to one of them. Gives the address of each page, details about
    the ones with so many parts; under a name such as `privacy:request-detail, answered` where one page has several faces.
    """
    found: Addresses = {}
    for part in (around, requests, making, opt_outs, hygiene):
        found |= part.grow(ground, count)
    return found
