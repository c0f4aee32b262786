"""The pages of the search box: asking, and the result under the id of a row."""

from __future__ import annotations

from typing import cast
from uuid import UUID

from django import forms
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from portal import crypto
from portal.models import User
from portal.search import finding, keeping
from portal.search.finding import Wanted

LONGEST = 2000


class SearchForm(forms.Form):
    """What is looked for, as typed: a value may begin with a blank."""

    text = forms.CharField(
        max_length=LONGEST,
        strip=False,
        error_messages={
            "required": gettext_lazy("Type what you look for."),
            "max_length": gettext_lazy("This is longer than anything that can be found. Type one identity, key, id or number."),
        },
    )

    def clean_text(self) -> str:
        """Blanks alone are nothing."""
        text = str(self.cleaned_data["text"])
        if not text.strip():
            raise forms.ValidationError(_("Type what you look for."))
        return text


@require_http_methods(["GET", "HEAD", "POST"])
def search(request: HttpRequest) -> HttpResponse:
    """The page that says what can be found; a POST looks, notes it in the trail, and leads to the result."""
    user = _user_with_finders(request)
    if request.method != "POST":
        return _page(request, user, SearchForm())
    form = SearchForm(request.POST)
    if not form.is_valid():
        return _page(request, user, form, status=422)
    wanted = Wanted(form.cleaned_data["text"])
    groups = finding.find(user, wanted)
    if hit := finding.only_number(groups):
        return redirect(hit.address)
    with transaction.atomic():
        row = keeping.keep(user, wanted)
        keeping.record(user, groups)
    return redirect("search-result", row.pk)


@require_safe
def search_result(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What is found now for a search of one's own. It is asked again: rows may have changed, or gone, since."""
    user = _user_with_finders(request)
    row = keeping.kept(user, pk)
    if row is None:
        raise Http404
    try:
        wanted = keeping.wanted_of(row)
    except crypto.CannotDecrypt as error:
        raise Http404 from error
    groups = finding.find(user, wanted)
    context = {
        "groups": groups,
        "total": sum(len(group.hits) for group in groups),
        "is_complete": all(group.is_complete for group in groups),
        "several_organizations": len({hit.organization_id for group in groups for hit in group.hits}) > 1,
        "most": finding.MOST,
        "still_coming": any(finder.still_coming(user) for finder in finding.finders_for(user)),
        "searched": True,
    }
    return _page(request, user, SearchForm({"text": wanted.typed}), context)


def _page(
    request: HttpRequest, user: User, form: SearchForm, found: dict[str, object] | None = None, *, status: int = 200
) -> HttpResponse:
    context = {"form": form, "finders": finding.finders_for(user), "longest": LONGEST}
    return render(request, "portal/search.html", context | (found or {}), status=status)


def _user_with_finders(request: HttpRequest) -> User:
    """Whoever asks. Raises PermissionDenied when they may see nothing that could be found."""
    user = cast("User", request.user)
    if not finding.finders_for(user):
        raise PermissionDenied
    return user
