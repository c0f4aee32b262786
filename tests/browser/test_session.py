"""A form that was filled in while the session ran out: what was typed is still there, and goes after signing in again."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visitor
from tests.people import PASSWORD

pytestmark = pytest.mark.browser
Visit = Callable[..., Visitor]
TYPED = "someone@example.com"


def fill_in(page: Page) -> None:
    """A form that is sent as a whole page, with something in each field; the id that confirms it is another."""
    page.get_by_label("Dataset id", exact=True).fill("7eab61f3e5c34810a49a1ab3")
    page.get_by_label("Remove it on").fill("2099-01-31T18:00")
    page.get_by_label("Name", exact=True).fill("Old trial data")
    page.get_by_label("Type the dataset id once more").fill("7eab61f3e5c34810a49a1ab4")


def end_session(visitor: Visitor) -> None:
    """As when it runs out: the browser forgets the cookie of the session, and of it alone."""
    visitor.context.clear_cookies(name="sessionid")


def sign_in(page: Page) -> None:
    """In whatever tab."""
    page.get_by_label("User name").fill("officer")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name="Sign out").wait_for()


def test_a_form_that_is_sent_after_the_session_stays_and_goes_after_signing_in_in_another_tab(visit: Visit) -> None:
    visitor = visit("officer")
    page = visitor.open("/expirations/new/")
    fill_in(page)
    end_session(visitor)
    send = page.get_by_role("button", name="Schedule the removal of this dataset")
    send.click()
    link = page.get_by_role("link", name="Sign in again in a new tab")
    expect(link).to_be_focused()
    expect(page.get_by_label("Name", exact=True)).to_have_value("Old trial data")
    with visitor.context.expect_page() as opened:
        link.press("Enter")
    sign_in(opened.value)
    opened.value.close()
    page.bring_to_front()
    send.click()
    # It has gone: what is wrong is said, and what was typed is kept.
    expect(page.get_by_role("alert")).to_contain_text("Type the id of the dataset once more")
    expect(page.get_by_label("Name", exact=True)).to_have_value("Old trial data")


def test_a_form_that_htmx_sends_stays_and_goes_as_well(visit: Visit) -> None:
    visitor = visit("officer")
    page = visitor.open("/opt-outs/new/")
    page.get_by_label("Identities, one a line").fill(TYPED)
    end_session(visitor)
    send = page.get_by_role("button", name="Check the identities")
    send.click()
    link = page.get_by_role("link", name="Sign in again in a new tab")
    expect(page.get_by_label("Identities, one a line")).to_have_value(TYPED)
    with visitor.context.expect_page() as opened:
        link.click()
    sign_in(opened.value)
    opened.value.close()
    page.bring_to_front()
    send.click()
    page.wait_for_url("**/opt-outs/OO-*/")


def test_a_double_click_still_sends_once(visit: Visit) -> None:
    page = visit("officer").open("/expirations/new/")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    fill_in(page)
    page.get_by_role("button", name="Schedule the removal of this dataset").dblclick()
    expect(page.get_by_role("alert")).to_be_visible()
    assert len(sent) == 1


def test_without_scripts_signing_in_leads_back_to_the_form(visit: Visit) -> None:
    visitor = visit(java_script_enabled=False)
    page = visitor.sign_in("officer")
    visitor.open("/expirations/new/")
    fill_in(page)
    end_session(visitor)
    page.get_by_role("button", name="Schedule the removal of this dataset").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    sign_in(page)
    expect(page).to_have_url(f"{visitor.address}/expirations/new/")
