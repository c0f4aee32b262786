"""Whether Adobe lets each organization in, and whether its clock agrees with ours."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from email.utils import parsedate_to_datetime
from queue import Empty, SimpleQueue

from django.conf import settings
from django.utils import timezone

from portal import crypto
from portal.adobe.connection_test import test_connection
from portal.adobe.credentials import Credentials
from portal.adobe.errors import OrganizationBlocked
from portal.adobe.metering import FREE
from portal.adobe.transport import Answer, Call, Transport
from portal.connections import credentials_of
from portal.doctor.findings import Finding, ok, problem, warning
from portal.models import Organization

ABOUT = "adobe"
AT_ONCE = 8
# Adobe's Date has seconds only, and its answer was on the way for a while.
SKEW_SECONDS = 10.0
# What follows are Adobe's own words, which may name anybody: they are for the page in Administration.
_WORDS = " Adobe's words: "


class _Watching(Transport):
    """Notes how far our clock is ahead of the other side's, in seconds."""

    ahead = 0.0

    def exchange(self, call: Call) -> Answer:
        """As the transport does it, with a look at the Date of the answer."""
        answer = super().exchange(call)
        # No Date, none that can be read, or one without a zone says nothing.
        with suppress(KeyError, ValueError, TypeError):
            self.ahead = (timezone.now() - parsedate_to_datetime(answer.headers["Date"])).total_seconds()
        return answer


def organizations(seconds: float) -> Iterator[Finding]:
    """Tries each organization's credentials as its page in Administration does, a few at once, for `seconds` in all."""
    until = time.monotonic() + seconds
    gate = threading.Semaphore(AT_ONCE)
    tried = [(row, _begin(row, gate, seconds)) for row in Organization.objects.order_by("name").select_related("data_key")]
    for organization, answers in tried:
        if organization.is_on_hold:
            yield warning(
                ABOUT,
                f"{organization.name} is on hold: nothing is sent for it.",
                "Its page in Administration says why; resume it there when the reason is gone.",
            )
        try:
            yield from answers.get(timeout=max(until - time.monotonic(), 0.01))
        except Empty:
            yield warning(
                ABOUT,
                f"{organization.name}: Adobe has not answered within {seconds:g} s.",
                "Try again with a larger --seconds, or press Test connection on its page in Administration.",
            )
    if not tried:
        yield warning(ABOUT, "There is no organization yet.", "Add one in Administration.")


def _begin(organization: Organization, gate: threading.Semaphore, seconds: float) -> SimpleQueue[list[Finding]]:
    """Try one in the background. Its credentials are opened here: the thread asks no database."""
    answers: SimpleQueue[list[Finding]] = SimpleQueue()
    try:
        credentials = credentials_of(organization)
    except (crypto.CannotDecrypt, OrganizationBlocked):
        advice = "See the line about encryption keys; if it is well, enter the client secret again in Administration."
        answers.put([problem(ABOUT, f"The client secret of {organization.name} cannot be opened.", advice)])
        return answers

    def work() -> None:
        with gate:
            answers.put(list(_try(organization.name, credentials, seconds)))

    # A daemon: one that hangs does not keep the command from ending.
    threading.Thread(target=work, daemon=True).start()
    return answers


def _try(name: str, credentials: Credentials, seconds: float) -> Iterator[Finding]:
    transport = _Watching(
        connect_seconds=min(settings.ADOBE_CONNECT_SECONDS, seconds),
        read_seconds=min(settings.ADOBE_READ_SECONDS, seconds),
        ca_file=settings.ADOBE_CA_FILE or None,
    )
    # An operator waits for the answer, and no worker may be at work: the organization's rate is left alone.
    last = test_connection(credentials, transport, FREE)[-1]
    if not last.ok:
        detail, _, words = last.detail.partition(_WORDS)
        more = " Test connection on its page in Administration shows Adobe's own words." if words else ""
        yield problem(ABOUT, f"{name}: {detail}", f"{last.advice}{more}")
        return
    yield ok(ABOUT, f"{name}: Adobe gives a token and lists privacy jobs.")
    if abs(transport.ahead) > SKEW_SECONDS:
        ahead = "ahead of" if transport.ahead > 0 else "behind"
        yield warning(
            "clock",
            f"This machine's clock is {abs(transport.ahead):,.0f} s {ahead} Adobe's.",
            "Let an NTP service (systemd-timesyncd, chrony) set the clock of this machine.",
        )
