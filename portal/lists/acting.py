"""Acts on many rows: those that are ticked, or all that match. What will happen is said first, with its number.

Rows that match are looked for anew when the act is carried out; should there be more or fewer than were agreed to, it is asked
again. A long act goes in parts, each by a press of its button, so that no request of a browser takes long; the parts go by
primary key, and what is done already is not done twice.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.lists.asked import Asked, read
from portal.lists.declaring import Act, Outcome, RowList, Rows, Viewer
from portal.models import User
from portal.paging import MOST_COUNTED, counted

# Names of rows that a message says; the rest is counted.
MOST_NAMED = 10
# More rows than a page has cannot be ticked.
MOST_TICKED = 500


@dataclass(frozen=True)
class Selection:
    """The rows that are meant: ticked ones, or all that match."""

    asked: Asked
    everything: bool
    ids: Sequence[uuid.UUID]

    @classmethod
    def of(cls, asked: Asked, sent: QueryDict) -> Selection:
        """As the form says it; ids that are none are left out."""
        return cls(asked, sent.get("which") == "all", list(_ids(sent.getlist("row")))[:MOST_TICKED])

    def rows(self) -> Rows:
        """Those that the person may see."""
        if self.everything:
            return self.asked.rows()
        return self.asked.row_list.rows(self.asked.viewer.user).filter(pk__in=self.ids)


def _ids(texts: Sequence[str]) -> Iterator[uuid.UUID]:
    for text in texts:
        try:
            yield uuid.UUID(text)
        except ValueError:
            continue


def act(request: HttpRequest, row_list: RowList) -> HttpResponse:
    """Ask, then carry it out, then say what was done, what could not be, and why."""
    sent = request.POST
    viewer = Viewer.of(cast("User", request.user))
    asked = Asked.of(row_list, viewer, read(sent.get("query", "")))
    wanted = row_list.act_named(sent.get("act", ""))
    if wanted is None:
        return _back(request, asked, _("Choose what to do with the rows."))
    if not viewer.may(wanted.permission):
        raise PermissionDenied
    selection = Selection.of(asked, sent)
    number = counted(selection.rows())
    if not number:
        return _back(request, asked, _("Tick at least one row first, or choose all that match. Nothing was changed."))
    form = wanted.form(viewer, sent if sent.get("confirmed") else None) if wanted.form else None
    agreed = sent.get("confirmed") == str(number)
    if not agreed or (form is not None and not form.is_valid()):
        status = 422 if form is not None and form.errors else 200
        changed = bool(sent.get("confirmed")) and not agreed
        return _ask(request, wanted, selection, number, form=form, number_changed=changed, status=status)
    return _carry_out(request, wanted, selection, number, form)


def _carry_out(request: HttpRequest, wanted: Act, selection: Selection, number: int, form: forms.Form | None) -> HttpResponse:
    """One part of it. The next one begins behind its last row."""
    after = next(_ids([request.POST.get("after", "")]), None)
    rows = selection.rows().order_by("pk")
    rows = rows.filter(pk__gt=after) if after else rows
    part = list(selection.asked.row_list.for_act(rows)[: wanted.most + 1])
    part, more = part[: wanted.most], len(part) > wanted.most
    outcome = wanted.do(part, cast("User", request.user), form.cleaned_data if form else {})
    _tell(request, wanted, outcome)
    if not more:
        return redirect(reverse(selection.asked.row_list.url_name) + selection.asked.address())
    # What was done may no longer match: the number is another one now.
    left = counted(selection.rows().filter(pk__gt=part[-1].pk))
    number = counted(selection.rows())
    return _ask(request, wanted, selection, number, form=form, after=part[-1].pk, left=left)


def _ask(
    request: HttpRequest,
    wanted: Act,
    selection: Selection,
    number: int,
    *,
    form: forms.Form | None,
    number_changed: bool = False,
    after: uuid.UUID | None = None,
    left: int | None = None,
    status: int = 200,
) -> HttpResponse:
    """The page that says what will happen."""
    row_list = selection.asked.row_list
    to_do = number if left is None else left
    at_once = min(to_do, wanted.most)
    context: dict[str, Any] = {
        "act": wanted,
        "row_list": row_list,
        "title": wanted.title,
        "explanation": wanted.explain(selection.rows() if after is None else selection.rows().filter(pk__gt=after), to_do),
        "button": wanted.confirm(at_once),
        "number": number,
        "to_do": f"{MOST_COUNTED:,}+" if to_do > MOST_COUNTED else f"{to_do:,}",
        "at_once": at_once,
        "in_parts": to_do > wanted.most,
        "number_changed": number_changed,
        "selection": selection,
        "query": selection.asked.address(),
        "after": after or "",
        "form": form,
        "names": [row_list.name_of(row) for row in row_list.for_act(selection.rows().order_by("pk"))[:MOST_NAMED]],
        "address": reverse(row_list.act_url_name),
        "back": reverse(row_list.url_name) + selection.asked.address(),
    }
    context["unnamed"] = max(number - len(context["names"]), 0)
    return render(request, "portal/list_act.html", context, status=status)


def _tell(request: HttpRequest, wanted: Act, outcome: Outcome) -> None:
    if outcome.done:
        messages.success(request, wanted.told(outcome.done))
    if outcome.unchanged:
        words = ngettext(
            "%(n)s row was so already and stayed as it is.",
            "%(n)s rows were so already and stayed as they are.",
            outcome.unchanged,
        )
        messages.info(request, words % {"n": f"{outcome.unchanged:,}"})
    reasons: dict[str, list[str]] = defaultdict(list)
    for name, why in outcome.refused:
        reasons[why].append(name)
    for why, names in reasons.items():
        named = ", ".join(names[:MOST_NAMED]) + (" …" if len(names) > MOST_NAMED else "")
        words = ngettext(
            "%(n)s row was left as it is (%(names)s): %(why)s",
            "%(n)s rows were left as they are (%(names)s): %(why)s",
            len(names),
        )
        messages.warning(request, words % {"n": f"{len(names):,}", "names": named, "why": why})


def _back(request: HttpRequest, asked: Asked, why: str) -> HttpResponse:
    messages.error(request, why)
    return redirect(reverse(asked.row_list.url_name) + asked.address())
