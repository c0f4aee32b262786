"""How a notice reads, on the page and in an e-mail."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from portal.models import Notice, NoticeKind

TONES: dict[str, str] = {
    NoticeKind.ASSIGNED: "info",
    NoticeKind.DUE_SOON: "warning",
    NoticeKind.OVERDUE: "bad",
    NoticeKind.FAILED: "bad",
    NoticeKind.ATTENTION: "warning",
    NoticeKind.COMPLETE: "good",
    NoticeKind.RESULTS_READY: "good",
    NoticeKind.RESULTS_EXPIRING: "warning",
    NoticeKind.DATASET_EXPIRING: "warning",
    NoticeKind.REFUSED: "bad",
}
# What it means, and what to do.
ADVICE: dict[str, Any] = {
    NoticeKind.ASSIGNED: _("It is yours now."),
    NoticeKind.DUE_SOON: _("The person waits for an answer."),
    NoticeKind.OVERDUE: _("The day of the law is over, and the person was not answered."),
    NoticeKind.FAILED: _("Some of it did not go well. The page says why, and what to do."),
    NoticeKind.ATTENTION: _("It goes on when somebody has decided."),
    NoticeKind.COMPLETE: _("All of it is done at Adobe."),
    NoticeKind.RESULTS_READY: _("The results are stored and can be given to the person."),
    NoticeKind.RESULTS_EXPIRING: _("Some results could not be fetched yet, and Adobe removes them within seven days."),
    NoticeKind.DATASET_EXPIRING: _(
        "Adobe removes the whole dataset and cannot bring it back. If it is still needed, cancel the expiration."
    ),
    NoticeKind.REFUSED: _("Adobe did not take what was asked for. The page says why, and what to do."),
}


def shown(notice: Notice) -> dict[str, Any]:
    """What a template says of it."""
    tone, advice = TONES.get(notice.kind, "unknown"), ADVICE.get(notice.kind, "")
    return {"notice": notice, "name": name_of(notice), "tone": tone, "advice": advice}


def name_of(notice: Notice) -> str:
    """Its number. A word that stands before the number is kept in English, and said in the reader's language."""
    word, space, number = notice.number.partition(" ")
    return f"{gettext(word)}{space}{number}" if space else word


def subject(notices: list[Notice]) -> str:
    """The subject line of an e-mail with these: numbers and kinds, nothing personal."""
    if len(notices) == 1:
        return f"{name_of(notices[0])}: {notices[0].get_kind_display()}"
    count = len(notices)
    return ngettext("%(count)d notice of the Privacy Portal", "%(count)d notices of the Privacy Portal", count) % {"count": count}
