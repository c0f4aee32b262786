"""The correlation id: one story from the HTTP request through the logs and the trail to the tasks that follow."""

from __future__ import annotations

import logging
import os
from threading import Event
from types import SimpleNamespace
from typing import Any

import pytest
from celery import Celery
from celery.contrib.testing.worker import start_worker
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from portal import logs, middleware
from portal.celery import CORRELATION_HEADER, send_correlation, take_correlation

GOOD = ["story-12345", "a" * 64, "A.b_c-9876", "84a8afe23b13419ab58147a5d2e8804d", "5affe5b5-1a3e-49b2-a5c5-122293bf2a8d"]
BAD = ["", "short", "a" * 65, "two words 123", "new\nline-12345", "story-12345\n", "jané-123456", "<script>alert", "a;b=c;d=e;f"]


@pytest.mark.parametrize("proposed", GOOD)
def test_it_goes_on_under_a_plain_id(proposed: str) -> None:
    assert logs.start_correlation(proposed) == proposed
    assert logs.correlation_id() == proposed


@pytest.mark.parametrize("proposed", [*BAD, None])
def test_it_makes_an_id_of_its_own_when_the_proposed_one_is_not_plain(proposed: str | None) -> None:
    first, second = logs.start_correlation(proposed), logs.start_correlation(proposed)
    assert first != second
    assert {len(first), len(second)} == {32}
    assert logs.correlation_id() == second


def test_every_log_line_has_the_id_and_none_is_dropped() -> None:
    record = logging.LogRecord("portal", logging.INFO, __file__, 1, "done", None, None)
    logs.start_correlation("story-12345")
    assert logs.CorrelationFilter().filter(record) is True
    assert logging.Formatter("[%(correlation_id)s] %(message)s").format(record) == "[story-12345] done"


def test_a_log_line_outside_of_any_story_says_so() -> None:
    record = logging.LogRecord("portal", logging.INFO, __file__, 1, "done", None, None)
    token = logs._current.set("")
    logs.CorrelationFilter().filter(record)
    logs._current.reset(token)
    assert vars(record)["correlation_id"] == "-"


# --- HTTP requests ---


def answer(**headers: str) -> tuple[HttpResponse, str]:
    """The answer to one HTTP request, and the id under which it was worked on."""
    during: list[str] = []

    def view(_: HttpRequest) -> HttpResponse:
        during.append(logs.correlation_id())
        return HttpResponse()

    response = middleware.correlation(view)(RequestFactory().get("/", headers=headers))
    return response, during[0]


def test_a_request_is_worked_on_and_answered_under_the_callers_id() -> None:
    response, during = answer(**{"X-Request-ID": "story-12345"})
    assert response["X-Request-ID"] == during == "story-12345"


@pytest.mark.parametrize("header", ["two words 123", "short", "<script>alert(1)</script>"])
def test_a_request_with_an_id_that_is_not_plain_gets_another(header: str) -> None:
    response, during = answer(**{"X-Request-ID": header})
    assert response["X-Request-ID"] == during
    assert during != header


def test_two_requests_are_two_stories() -> None:
    assert answer()[1] != answer()[1]


# --- Tasks ---


def test_a_task_carries_the_id_of_what_caused_it() -> None:
    logs.start_correlation("story-12345")
    headers: dict[str, Any] = {}
    send_correlation(headers=headers)
    logs.start_correlation()
    take_correlation(task=SimpleNamespace(request=headers))
    assert logs.correlation_id() == "story-12345"


def test_a_task_that_is_sent_on_keeps_its_first_id() -> None:
    logs.start_correlation("story-67890")
    headers = {CORRELATION_HEADER: "story-12345"}
    send_correlation(headers=headers)
    assert headers == {CORRELATION_HEADER: "story-12345"}


def test_the_id_travels_with_a_real_message_to_a_real_worker() -> None:
    broker = Celery("tests", broker="memory://", set_as_current=False)
    seen: list[str] = []
    done = Event()

    @broker.task(name="tests.look", ignore_result=True)
    def look() -> None:
        seen.append(logs.correlation_id())
        done.set()

    with start_worker(broker, pool="solo", perform_ping_check=False, logfile=os.devnull):
        logs.start_correlation("story-12345")
        look.apply_async()
        assert done.wait(timeout=30)
    assert seen == ["story-12345"]
