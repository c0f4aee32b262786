"""Asking Adobe while the caller waits."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus

from hygiene.views.trouble import trouble_words
from portal.adobe.errors import AdobeError
from portal.api.problems import Problem


@contextmanager
def answers_of_adobe() -> Iterator[None]:
    """No useful answer is a 502 with what to do."""
    try:
        yield
    except AdobeError as error:
        raise Problem(HTTPStatus.BAD_GATEWAY, "adobe", trouble_words(error)) from None
