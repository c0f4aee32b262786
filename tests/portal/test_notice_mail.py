"""The step that mails notices: when, to whom, what it says, and what happens when the mail server does not work."""

from __future__ import annotations

import smtplib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db.models import F
from django.urls import reverse

from portal import clock
from portal.models import MailTrouble, Notice, NoticeKind, NoticeMail, Organization, User
from portal.notices import Telling, figures, mailing, tell
from portal.notices.telling import next_digest
from tests.pages import Browser
from tests.steps import step_is_due

pytestmark = pytest.mark.django_db
FAILING = "tests.portal.test_notice_mail.FailingServer"


class FailingServer(EmailBackend):
    """A mail server that raises what a test puts here, or takes the e-mail when that is None."""

    error: Exception | None = None
    tries = 0

    def send_messages(self, messages: Any) -> int:
        FailingServer.tries += 1
        if FailingServer.error is not None:
            raise FailingServer.error
        return int(super().send_messages(messages))


@pytest.fixture(autouse=True)
def server(settings: Any) -> None:
    settings.MAIL_ENABLED = True
    settings.PORTAL_ADDRESS = "https://portal.example.com"
    FailingServer.error, FailingServer.tries = None, 0


@pytest.fixture
def person(officer: User) -> User:
    officer.email, officer.notice_mail = "officer@example.com", NoticeMail.AT_ONCE
    officer.save()
    return officer


def tell_of(organization: Organization, person: User, *numbers: str) -> None:
    for number in numbers:
        due_on = datetime(2026, 12, 4, tzinfo=UTC).date()
        address = f"/requests/{number}/"
        tell(Telling(NoticeKind.OVERDUE, organization.pk, number, address, number, [person.pk], "GDPR", due_on))


def work() -> int:
    """The step until nothing is due."""
    done = 0
    while units := mailing.mail_next():
        done += units
    return done


def sent() -> list[mail.EmailMultiAlternatives]:
    return [message for message in mail.outbox if isinstance(message, mail.EmailMultiAlternatives)]


def let_pass(delta: timedelta) -> None:
    Notice.objects.filter(mail_due_at__isnull=False).update(mail_due_at=F("mail_due_at") - delta)
    MailTrouble.objects.update(next_attempt_at=F("next_attempt_at") - delta)


# --- When, and to whom ---


def test_at_once_one_e_mail_tells_all_that_is_due_and_once(organization: Organization, person: User) -> None:
    tell_of(organization, person, "PR-1", "PR-2")
    assert step_is_due("mail")
    assert work() == 2
    assert work() == 0
    assert [message.to for message in mail.outbox] == [["officer@example.com"]]
    assert Notice.objects.filter(mailed_at__isnull=False, mail_due_at=None).count() == 2
    assert not step_is_due("mail")


def test_told_twice_is_mailed_once(organization: Organization, person: User) -> None:
    tell_of(organization, person, "PR-1")
    work()
    tell_of(organization, person, "PR-1")
    work()
    assert len(mail.outbox) == 1


def test_a_digest_waits_for_the_morning_and_then_holds_all_of_the_day(organization: Organization, person: User) -> None:
    User.objects.update(notice_mail=NoticeMail.DIGEST)
    tell_of(organization, person, "PR-1", "PR-2", "PR-3")
    assert work() == 0
    let_pass(timedelta(days=1))
    assert work() == 3
    assert [message.subject for message in mail.outbox] == ["3 notices of the Privacy Portal"]


def test_the_morning_is_that_of_the_person(person: User, settings: Any) -> None:
    settings.MAIL_DIGEST_HOUR = 7
    person.time_zone = "Europe/Stockholm"
    winter = datetime(2026, 12, 1, 5, 59, tzinfo=UTC)
    assert next_digest(person, winter).astimezone(UTC) == datetime(2026, 12, 1, 6, 0, tzinfo=UTC)
    assert next_digest(person, winter + timedelta(minutes=1)).astimezone(UTC) == datetime(2026, 12, 2, 6, 0, tzinfo=UTC)
    summer = datetime(2026, 7, 1, 5, 0, tzinfo=UTC)
    assert next_digest(person, summer).astimezone(UTC) == datetime(2026, 7, 2, 5, 0, tzinfo=UTC)


@pytest.mark.parametrize("fields", [{"notice_mail": NoticeMail.NONE}, {"email": ""}])
def test_who_wants_none_or_has_no_address_gets_none(organization: Organization, person: User, fields: dict[str, str]) -> None:
    User.objects.update(**fields)
    tell_of(organization, person, "PR-1")
    assert Notice.objects.get().mail_due_at is None


def test_without_a_mail_server_notices_stand_in_the_portal_alone(organization: Organization, person: User, settings: Any) -> None:
    settings.MAIL_ENABLED = False
    tell_of(organization, person, "PR-1")
    assert Notice.objects.get().mail_due_at is None


def test_what_the_person_may_see_no_more_is_not_mailed(organization: Organization, person: User) -> None:
    tell_of(organization, person, "PR-1")
    organization.members.remove(person)
    assert work() == 1
    assert mail.outbox == []
    assert Notice.objects.get().mailed_at is None


def test_what_was_read_meanwhile_and_who_left_get_no_e_mail(organization: Organization, person: User) -> None:
    tell_of(organization, person, "PR-1", "PR-2")
    Notice.objects.filter(number="PR-1").update(read_at=clock.read())
    work()
    assert [message.subject for message in mail.outbox] == ["PR-2: Overdue"]
    tell_of(organization, person, "PR-3")
    User.objects.update(is_active=False)
    work()
    assert len(mail.outbox) == 1


# --- What it says ---


def test_it_names_number_law_and_date_and_links_to_the_page(organization: Organization, person: User) -> None:
    tell_of(organization, person, "PR-1")
    work()
    (message,) = sent()
    ((html, kind),) = message.alternatives
    assert kind == "text/html"
    for body in (str(message.body), str(html)):
        assert "https://portal.example.com/requests/PR-1/" in body
        assert "GDPR" in body
        assert "2026" in body
        assert f"https://portal.example.com{reverse('account')}" in body
        assert person.username not in body
    assert message.subject == "PR-1: Overdue"
    assert message.extra_headers["Auto-Submitted"] == "auto-generated"


def test_it_speaks_the_persons_language(organization: Organization, person: User) -> None:
    User.objects.update(language="nl")
    tell_of(organization, person, "PR-1")
    work()
    ((html, _kind),) = sent()[0].alternatives
    assert '<html lang="nl">' in str(html)


# --- When it does not go out ---


@pytest.fixture
def failing(settings: Any) -> None:
    settings.EMAIL_BACKEND = FAILING


def test_while_the_server_is_away_nobodys_mail_is_tried_until_the_pause_is_over(
    organization: Organization, person: User, failing: None, caplog: pytest.LogCaptureFixture
) -> None:
    FailingServer.error = ConnectionRefusedError("officer@example.com")
    tell_of(organization, person, "PR-1")
    work()
    tell_of(organization, person, "PR-2")
    assert work() == 0
    assert not step_is_due("mail")
    assert FailingServer.tries == 1
    assert "example.com" not in caplog.text
    trouble = MailTrouble.objects.get()
    assert (trouble.name, trouble.user, trouble.error, trouble.attempts) == ("server", None, "ConnectionRefusedError", 1)
    FailingServer.error = None
    let_pass(timedelta(minutes=10))
    assert work() == 2
    assert len(mail.outbox) == 1
    assert not MailTrouble.objects.exists()


def test_pauses_grow(organization: Organization, person: User, failing: None) -> None:
    FailingServer.error = TimeoutError()
    tell_of(organization, person, "PR-1")
    pauses = []
    for _ in range(3):
        before = clock.read()
        work()
        pauses.append(MailTrouble.objects.get().next_attempt_at - before)
        let_pass(timedelta(hours=2))
    assert pauses[0] < pauses[1] < pauses[2]


def test_an_address_that_is_refused_keeps_nobody_else_waiting(
    organization: Organization, person: User, viewer: User, failing: None
) -> None:
    User.objects.filter(pk=viewer.pk).update(email="viewer@example.com", notice_mail=NoticeMail.AT_ONCE)
    FailingServer.error = smtplib.SMTPRecipientsRefused({"officer@example.com": (550, b"no such officer@example.com")})
    tell_of(organization, person, "PR-1")
    work()
    FailingServer.error = None
    tell_of(organization, viewer, "PR-1")
    work()
    assert [message.to for message in mail.outbox] == [["viewer@example.com"]]
    trouble = MailTrouble.objects.get()
    assert (trouble.user, trouble.error) == (person, "SMTPRecipientsRefused 550")
    assert {figure.name: figure.value for figure in figures.read()} == {
        "portal_mail_servers_failing": 0,
        "portal_mail_addresses_failing": 1,
    }


def test_what_could_not_be_mailed_for_days_is_given_up(organization: Organization, person: User, failing: None) -> None:
    FailingServer.error = TimeoutError()
    tell_of(organization, person, "PR-1")
    work()
    FailingServer.error = None
    Notice.objects.update(at=clock.read() - timedelta(days=4))
    let_pass(timedelta(days=4))
    assert work() == 1
    assert mail.outbox == []
    assert Notice.objects.unread().count() == 1


def test_a_worker_that_died_with_a_mail_in_its_hands_is_followed_by_another(
    organization: Organization, person: User, failing: None
) -> None:
    FailingServer.error = SystemExit()  # type: ignore[assignment]
    tell_of(organization, person, "PR-1")
    with pytest.raises(SystemExit):
        mailing.mail_next()
    FailingServer.error = None
    assert work() == 0
    let_pass(mailing.LEASE)
    assert work() == 1
    assert len(mail.outbox) == 1


# --- The choice ---


def test_a_changed_choice_counts_for_what_waits(organization: Organization, person: User) -> None:
    User.objects.update(notice_mail=NoticeMail.DIGEST)
    tell_of(organization, person, "PR-1")
    browser = Browser.of(person)
    browser.post(reverse("account"), {"notice_mail": "at_once"})
    assert work() == 1
    tell_of(organization, person, "PR-2")
    browser.post(reverse("account"), {"notice_mail": "none"})
    assert work() == 0
    assert len(mail.outbox) == 1
