"""What people do with an opt-out: confirm, discard, cancel, decide, remove. Each once, and only while it may be done."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils import timezone

from portal.models import AuditEvent, DataKey, Organization, User
from portal.outbound import CallState, PersonReason
from privacy.consent import intake, progress
from privacy.models import ConsentCall, OptOut
from privacy.statuses import OptOutStatus
from tests.actors import Actors, covers, everything_kept
from tests.opt_outs import address_of, again, confirmed, draft, only_call, payload
from tests.pages import Browser, Page

pytestmark = pytest.mark.django_db


def said(browser: Browser, address: str, data: dict[str, str] | None = None) -> str:
    """Send an act, and read the message on the page that it leads to."""
    answer = browser.post(address, data or {})
    assert answer.status_code == 302
    notices = Page.of(browser.get(answer.headers["Location"])).root.all("div", class_="notice")
    return next((one.text for one in notices if one["class"].endswith(("notice-success", "notice-error"))), "")


def unknown(opt_out: OptOut) -> OptOut:
    """Its only call waits for a person."""
    now = timezone.now()
    ConsentCall.objects.filter(opt_out=opt_out).update(
        state=CallState.UNKNOWN, person_reason=PersonReason.NO_LIST, first_sent_at=now, attempts=1
    )
    progress.refresh(opt_out.pk)
    return again(opt_out)


def sent(opt_out: OptOut) -> OptOut:
    """Adobe has accepted its only call."""
    ConsentCall.objects.filter(opt_out=opt_out).update(state=CallState.SENT, first_sent_at=timezone.now(), attempts=1)
    progress.refresh(opt_out.pk)
    return again(opt_out)


# --- Confirm ---


@covers("privacy:opt-out-confirm")
def test_only_an_officer_confirms(actors: Actors, organization: Organization, officer: User) -> None:
    opt_out = draft(organization, officer)
    actors.act(address_of("opt-out-confirm", opt_out))
    assert again(opt_out).status == OptOutStatus.SENDING
    event = AuditEvent.objects.get(action="opt_out.confirmed")
    assert (event.actor_name, event.details) == ("officer", {"values": 3, "calls": 1})


def test_the_draft_moves_into_its_calls_and_a_second_press_changes_nothing(
    browser: Browser, organization: Organization, officer: User
) -> None:
    opt_out = draft(organization, officer)
    assert said(browser, address_of("opt-out-confirm", opt_out)) == ""
    assert intake.entities_of(again(opt_out)) == []
    call = only_call(opt_out)
    assert [(one["nameSpace"], len(one["values"])) for one in call.entities] == [("Email", 2), ("ECID", 1)]
    assert b"acme.com" not in bytes(call.entities_sealed or b"")
    before = everything_kept()
    assert said(browser, address_of("opt-out-confirm", opt_out)) == ""
    assert everything_kept() == before


# --- Discard ---


@covers("privacy:opt-out-discard")
def test_only_an_officer_discards_and_nothing_personal_is_left(actors: Actors, organization: Organization, officer: User) -> None:
    opt_out = draft(organization, officer)
    actors.act(address_of("opt-out-discard", opt_out))
    left = again(opt_out)
    assert (left.status, left.entities_sealed, left.data_key) == (OptOutStatus.CANCELLED, None, None)
    assert not DataKey.objects.filter(owner_kind="consent").exists()
    assert "The opt-out was discarded: what it named is removed" in actors.officer.page(reverse("privacy:opt-out-list")).text
    for act in ("opt-out-discard", "opt-out-confirm"):
        assert said(actors.officer, address_of(act, opt_out)) == "This opt-out was confirmed or discarded already."


def test_what_is_confirmed_cannot_be_discarded(browser: Browser, organization: Organization, officer: User) -> None:
    opt_out = confirmed(organization, officer)
    assert said(browser, address_of("opt-out-discard", opt_out)) == "This opt-out was confirmed or discarded already."
    assert only_call(opt_out).state == CallState.QUEUED


# --- Cancel ---


@covers("privacy:opt-out-cancel")
def test_only_an_officer_cancels(actors: Actors, organization: Organization, officer: User) -> None:
    opt_out = confirmed(organization, officer)
    actors.act(address_of("opt-out-cancel", opt_out))
    assert (again(opt_out).status, only_call(opt_out).state) == (OptOutStatus.CANCELLED, CallState.CANCELLED)


@pytest.mark.parametrize("make", [draft, lambda *of: unknown(confirmed(*of)), lambda *of: sent(confirmed(*of))])
def test_what_was_not_confirmed_or_has_gone_out_is_not_cancelled(
    browser: Browser, organization: Organization, officer: User, make: object
) -> None:
    assert callable(make)
    opt_out = make(organization, officer)
    before = everything_kept()
    assert said(browser, address_of("opt-out-cancel", opt_out)).startswith("It can no longer be cancelled")
    assert everything_kept() == before


# --- Decide ---


@covers("privacy:consent-decide")
def test_only_an_officer_decides(actors: Actors, organization: Organization, officer: User) -> None:
    opt_out = unknown(confirmed(organization, officer))
    assert opt_out.status == OptOutStatus.ATTENTION
    actors.act(address_of("consent-decide", opt_out, 1), {"decision": "give_up"})
    assert (again(opt_out).status, only_call(opt_out).state) == (OptOutStatus.CANCELLED, CallState.CANCELLED)
    event = AuditEvent.objects.get(action="consent.decided")
    assert (event.actor_name, event.details) == ("officer", {"decision": "give_up", "call": 1})


@pytest.mark.parametrize(
    ("decision", "words", "state", "status"),
    [
        ("accepted", "Noted: Adobe has accepted the call. It is closed.", CallState.SENT, OptOutStatus.SENT),
        ("send_again", "The call goes out once more.", CallState.QUEUED, OptOutStatus.SENDING),
        ("give_up", "The call is closed as not sent.", CallState.CANCELLED, OptOutStatus.CANCELLED),
    ],
)
def test_each_decision_holds_once(
    browser: Browser, organization: Organization, officer: User, decision: str, words: str, state: str, status: str
) -> None:
    opt_out = unknown(confirmed(organization, officer))
    address = address_of("consent-decide", opt_out, 1)
    assert said(browser, address, {"decision": decision}) == words
    assert (only_call(opt_out).state, again(opt_out).status) == (state, status)
    assert said(browser, address, {"decision": "accepted"}).startswith("This call is no longer waiting for a decision.")
    assert (only_call(opt_out).state, again(opt_out).status) == (state, status)


def test_nonsense_decides_nothing(browser: Browser, organization: Organization, officer: User) -> None:
    opt_out = unknown(confirmed(organization, officer))
    assert said(browser, address_of("consent-decide", opt_out, 1), {"decision": "x"}) == "Choose what to do with the call."
    assert browser.post(address_of("consent-decide", opt_out, 2), {"decision": "accepted"}).status_code == 404
    assert only_call(opt_out).state == CallState.UNKNOWN


def test_of_several_ends_the_worst_is_said(organization: Organization, officer: User) -> None:
    organization.max_identities_per_call = 9
    organization.save()
    opt_out = confirmed(organization, officer, payload(*[f"p{number}@example.com" for number in range(26)]))
    for states, status in (
        (["sent", "sent", "sent"], OptOutStatus.SENT),
        (["sent", "cancelled", "sent"], OptOutStatus.CANCELLED),
        (["sent", "cancelled", "rejected"], OptOutStatus.REJECTED),
        (["queued", "sent", "rejected"], OptOutStatus.SENDING),
    ):
        for ordinal, state in enumerate(states, start=1):
            opt_out.calls.filter(ordinal=ordinal).update(state=state)
        progress.refresh(opt_out.pk)
        assert again(opt_out).status == status
        assert (again(opt_out).finished_at is None) == (status == OptOutStatus.SENDING)


# --- Remove ---


@covers("privacy:opt-out-shred")
def test_only_an_officer_removes_and_it_must_be_meant(actors: Actors, organization: Organization, officer: User) -> None:
    opt_out = sent(confirmed(organization, officer))
    address = address_of("opt-out-shred", opt_out)
    before = everything_kept()
    for ask in ("get", "post"):
        for person, status in ((actors.viewer, 403), (actors.stranger, 404), (actors.nobody, 302)):
            assert getattr(person, ask)(address, {"typed": opt_out.number}).status_code == status
    actors.refuse_methods(address, allowed=("get", "post"))
    assert "This removes 3 identities from the portal. It cannot be undone." in actors.officer.page(address).text
    answer = actors.officer.post(address, {"typed": "OO"})
    assert answer.status_code == 422
    assert f"Type the number of this opt-out, {opt_out.number}, to confirm." in Page.of(answer).text
    assert everything_kept() == before
    assert actors.officer.post(address, {"typed": f" {opt_out.number.lower()} "}).status_code == 302
    left = again(opt_out)
    assert (left.status, left.data_key, only_call(opt_out).entities_sealed) == (OptOutStatus.SHREDDED, None, None)
    assert not DataKey.objects.filter(owner_kind="consent").exists()
    assert AuditEvent.objects.get(action="opt_out.shredded").actor_name == "officer"
    assert actors.officer.get(address).headers["Location"] == address_of("opt-out-detail", opt_out)


@pytest.mark.parametrize(
    ("make", "words"),
    [(draft, "Discard it instead."), (confirmed, "still open"), (lambda *of: unknown(confirmed(*of)), "still open")],
)
def test_what_still_moves_keeps_its_data(
    browser: Browser, organization: Organization, officer: User, make: object, words: str
) -> None:
    assert callable(make)
    opt_out = make(organization, officer)
    before = everything_kept()
    answer = browser.post(address_of("opt-out-shred", opt_out), {"typed": opt_out.number})
    assert answer.status_code == 422
    assert words in Page.of(answer).text
    assert everything_kept() == before
