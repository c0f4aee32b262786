"""Pages for what went wrong: the right status, what to do next, and nothing of what was sent."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any, NoReturn

import pytest
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.test import RequestFactory
from django.urls import include, path

from portal import logs, views
from portal.api import problems
from portal.models import User
from tests.pages import Browser, Page

pytestmark = [pytest.mark.urls(__name__), pytest.mark.usefixtures("media")]
MARK = "jane.marked@example.com"


# --- Pages of this test's own, that all fail ---


class Broken(Exception):
    """A defect of the portal."""


@login_not_required
def fail(request: HttpRequest) -> NoReturn:
    """A defect, while what was sent is at hand."""
    sent = [request.GET.get("who"), request.POST.get("who")]
    raise Broken(f"{len(sent)} values")


@login_not_required
def fill(request: HttpRequest) -> HttpResponse:
    """The kernel's own answer of a full disk, deep within a fault of something else."""
    sent = [request.GET.get("who"), request.POST.get("who")]
    try:
        Path("/dev/full").write_text(str(sent))
    except OSError as error:
        raise Broken("could not be kept") from error
    return HttpResponse()


def refuse(request: HttpRequest) -> NoReturn:
    """Not for this person."""
    raise PermissionDenied(MARK)


def miss(request: HttpRequest) -> NoReturn:
    """Nothing there."""
    raise Http404(MARK)


def suspect(request: HttpRequest) -> NoReturn:
    """Not to be understood."""
    raise SuspiciousOperation


urlpatterns = [
    path("fail/", fail),
    path("fill/", fill),
    path("api/fill/", fill),
    path("refuse/", refuse),
    path("miss/", miss),
    path("suspect/", suspect),
    path("", include("portal.urls")),
]
handler400, handler403, handler404, handler500 = views.bad_request, views.forbidden, views.not_found, views.server_error


def ask(browser: Browser, address: str, **options: Any) -> Any:
    """Send something personal to a page that fails."""
    browser.raise_request_exception = False
    return browser.post(f"{address}?who={MARK}", {"who": MARK}, **options)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("address", "status", "title"),
    [
        ("/suspect/", 400, "This request cannot be read"),
        ("/refuse/", 403, "You may not do this"),
        ("/miss/", 404, "There is no such page"),
        ("/no/such/address/", 404, "There is no such page"),
        ("/fail/", 500, "Something went wrong in the portal"),
        ("/fill/", 507, "The portal's disk is full"),
    ],
)
def test_each_error_has_its_status_and_says_what_to_do(
    officer: User, caplog: pytest.LogCaptureFixture, address: str, status: int, title: str
) -> None:
    answer = ask(Browser.of(officer), address)
    page = Page.of(answer)
    assert (answer.status_code, page.title) == (status, title)
    assert "Go to the start page" in page.links["/"]
    assert MARK not in page.html
    assert MARK not in caplog.text


@pytest.mark.django_db
@pytest.mark.parametrize(("address", "status"), [("/no/such/address/", 404), ("/fail/", 500)])
def test_nobody_is_shown_the_same_pages(officer: User, address: str, status: int) -> None:
    answer = ask(Browser(), address)
    assert (answer.status_code, MARK in answer.content.decode()) == (status, False)
    assert "officer" not in answer.content.decode()


@pytest.mark.django_db
def test_a_form_without_a_valid_token_is_told_to_load_its_page_again(officer: User, caplog: pytest.LogCaptureFixture) -> None:
    browser = Browser(enforce_csrf_checks=True)
    browser.force_login(officer)
    answer = ask(browser, "/miss/")
    page = Page.of(answer)
    assert (answer.status_code, page.title) == (403, "This form is no longer valid")
    assert "Go back, reload the page, and send the form again." in page.text
    assert MARK not in page.html
    assert MARK not in caplog.text


@pytest.mark.django_db
def test_a_failure_gives_the_reference_under_which_the_log_has_it(caplog: pytest.LogCaptureFixture) -> None:
    caplog.handler.addFilter(logs.CorrelationFilter())
    answer = ask(Browser(), "/fail/")
    reference = Page.of(answer).root.one("code").text
    assert reference == answer.headers["X-Request-ID"]
    (record,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert (record.getMessage(), vars(record)["correlation_id"]) == ("Internal Server Error: /fail/", reference)


@pytest.mark.django_db
def test_a_program_is_told_that_the_disk_is_full_as_of_every_error() -> None:
    answer = ask(Browser(), "/api/fill/")
    assert (answer.status_code, answer.headers["Content-Type"]) == (507, problems.MEDIA_TYPE)
    assert (answer.json()["code"], answer.json()["title"]) == ("disk-full", "Insufficient Storage")
    assert MARK not in answer.content.decode()


def test_the_page_of_a_failure_needs_no_database() -> None:
    # There is none in this test: asking for it would fail.
    logs.start_correlation("reference-0001")
    answer = views.server_error(RequestFactory().get("/anything/"))
    assert (answer.status_code, "reference-0001" in answer.content.decode()) == (500, True)


@pytest.mark.django_db
def test_an_address_of_another_host_is_not_understood(officer: User, caplog: pytest.LogCaptureFixture) -> None:
    answer = Browser.of(officer).get("/requests/", headers={"Host": "elsewhere.example"})
    assert (answer.status_code, Page.of(answer).title) == (400, "This request cannot be read")


@pytest.mark.django_db
@pytest.mark.parametrize("fields", [{f"field-{number}": "x" for number in range(6001)}, {"typed": "x" * (1024 * 1024 + 1)}])
def test_a_form_that_is_far_too_large_is_not_read(fields: dict[str, str]) -> None:
    body = "&".join(f"{name}={value}" for name, value in fields.items())
    answer = Browser().post("/sign-in/", body, "application/x-www-form-urlencoded")
    assert (answer.status_code, Page.of(answer).title) == (400, "This request cannot be read")
    assert "xxx" not in answer.content.decode()
