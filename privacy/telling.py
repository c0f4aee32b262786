"""What an officer says when a person calls: one line for each request and each opt-out, the newest first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from privacy import catalog
from privacy.models import OptOut, RequestAnswer
from privacy.people import Asked, Person
from privacy.statuses import Action, RequestStatus


@dataclass(frozen=True)
class Line:
    """One thing to say, and the page of what it is about."""

    number: str
    address: str
    sentences: list[str]


def lines_of(person: Person) -> list[Line]:
    """What there is to say, as sentences that may be read aloud."""
    requests = [
        Line(one.request.number, reverse("privacy:request-detail", args=[one.request.number]), list(_about_request(one)))
        for one in person.asked
    ]
    opt_outs = [
        Line(row.number, reverse("privacy:opt-out-detail", args=[row.number]), [_about_opt_out(row)]) for row in person.opt_outs
    ]
    return [*requests, *opt_outs]


# --- Requests ---


def _about_request(one: Asked) -> Iterator[str]:
    request = one.request
    yield _("Asked on %(day)s for %(actions)s under %(law)s.") % {
        "day": _day(request.received_on),
        "actions": _actions(one.subject.actions),
        "law": catalog.law_name(request.regulation),
    }
    if request.status == RequestStatus.CANCELLED:
        yield _("It was cancelled before anything was sent to Adobe.")
        return
    yield _answer(one)
    yield from _work(one)
    if one.results:
        count = len(one.results)
        yield ngettext("%(count)s result can be given out.", "%(count)s results can be given out.", count) % {"count": count}


def _actions(actions: list[str]) -> str:
    labels = [str(Action(action).label).lower() if action in Action.values else action for action in actions]
    return str(get_text_list(labels, _("and")))


def _answer(one: Asked) -> str:
    request = one.request
    if request.answered_on is not None:
        answer: RequestAnswer | None = getattr(request, "answer", None)
        channel = answer.get_channel_display() if answer and answer.channel else ""
        outcome = request.get_outcome_display() if request.outcome else ""
        how = ", ".join(part for part in (outcome, channel) if part)
        words = {"day": _day(request.answered_on), "how": how}
        return _("Answered on %(day)s: %(how)s.") % words if how else _("Answered on %(day)s.") % words
    if request.status == RequestStatus.SHREDDED:
        return _("The personal data was removed; no answer is noted.")
    if request.paused_on is not None:
        return _("Not answered yet: the law's clock is paused since %(day)s.") % {"day": _day(request.paused_on)}
    return _due(request.due_on)


def _due(due_on: date | None) -> str:
    if due_on is None:
        return _("Not answered yet: the law names no last day.")
    left = (due_on - timezone.localdate()).days
    if left == 0:
        return _("Not answered yet: today is the last day.")
    words = {"day": _day(due_on), "count": abs(left)}
    if left > 0:
        return (
            ngettext(
                "Not answered yet: due on %(day)s, in %(count)s day.",
                "Not answered yet: due on %(day)s, in %(count)s days.",
                left,
            )
            % words
        )
    return (
        ngettext(
            "Not answered yet: overdue since %(day)s, %(count)s day ago.",
            "Not answered yet: overdue since %(day)s, %(count)s days ago.",
            -left,
        )
        % words
    )


def _work(one: Asked) -> Iterator[str]:
    """How far Adobe is with it."""
    if len(one.waiting) == len(one.tasks):
        yield _("Nothing was sent to Adobe yet.")
        return
    if one.waiting_for:
        yield _("Adobe is still working: %(products)s.") % {"products": get_text_list(one.waiting_for, _("and"))}
    if one.waiting:
        yield _("Not sent to Adobe yet: %(actions)s.") % {"actions": _actions([task.job.action for task in one.waiting])}
    if one.failed:
        yield _("Not done: %(actions)s.") % {"actions": _actions([task.job.action for task in one.failed])}
    if not (one.waiting or one.waiting_for or one.failed):
        yield _("Adobe is done with all of it.")


# --- Opt-outs ---


def _about_opt_out(row: OptOut) -> str:
    words = {"day": _day(row.received_on), "state": row.get_status_display()}
    if row.opt_out_of_sale:
        return _("Opted out of sale on %(day)s: %(state)s.") % words
    return _("Withdrew the opt-out of sale on %(day)s: %(state)s.") % words


def _day(value: date) -> str:
    return date_format(value, "j M Y")
