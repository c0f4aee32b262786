"""Asking Adobe again for what failed of a request: what would be asked, and the confirmation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from portal.models import User
from privacy import catalog, codes, playbook, resubmission
from privacy.forms import chosen_access_first
from privacy.intake import NotPossible
from privacy.models import Job, PrivacyRequest, ProductResponse
from privacy.resubmission import Part
from privacy.statuses import Action, JobStatus
from privacy.views.found import get_request


@dataclass(frozen=True)
class Selection:
    """Which part of what failed: one product, one of Adobe's codes, one kind of loss (`playbook.Group.query`). Empty: all."""

    product: str
    code: str
    state: str

    @classmethod
    def of(cls, query: QueryDict) -> Selection:
        """As the address, or the hidden fields of the form, say it."""
        return cls(*(query.get(name, "").strip() for name in ("product", "code", "state")))

    def jobs(self, found: PrivacyRequest) -> QuerySet[Job] | None:
        """The jobs that it leaves, or None for no restriction."""
        jobs = Job.objects.filter(request=found)
        if self.state in playbook.OF_JOBS:
            return playbook.ended_as(self.state, jobs)
        if not self.code:
            return None
        answers = ProductResponse.objects.filter(request=found, status=JobStatus.ERROR, code=self._answered_code)
        if self.product:
            answers = answers.filter(product_code=self.product)
        return jobs.filter(pk__in=answers.order_by().values("job"))

    @property
    def _answered_code(self) -> str:
        return "" if self.code == playbook.NO_CODE else self.code

    @property
    def words(self) -> str:
        """How the page names it; empty for everything that failed."""
        parts = [catalog.product_name(self.product)] if self.product else []
        if self._answered_code:
            parts.append(_("Adobe's code %(short)s") % {"short": codes.short(self._answered_code)})
        elif self.code:
            parts.append(_("without a code of Adobe's"))
        if self.state in playbook.OF_JOBS:
            parts.append(_("jobs that ended as “%(title)s”") % {"title": _(playbook.OF_JOBS[self.state].title)})
        return ", ".join(parts)

    @property
    def products(self) -> list[str] | None:
        """The products that it leaves, or None for all."""
        return [self.product] if self.product else None

    @property
    def fields(self) -> dict[str, str]:
        """What the form sends along."""
        return {name: value for name in ("product", "code", "state") if (value := getattr(self, name))}


@dataclass(frozen=True)
class ShownPart:
    """One new request in words."""

    products: list[str]
    people: int
    jobs: int
    calls: int
    actions: list[tuple[str, int]]

    @classmethod
    def of(cls, part: Part) -> ShownPart:
        """Product names and (action, people)."""
        return cls(
            [catalog.product_name(code) for code in part.products], part.people, part.jobs, part.calls, list(_actions(part))
        )


def _actions(part: Part) -> Iterator[tuple[str, int]]:
    for action in Action:
        if count := part.people_who(action):
            yield str(action.label), count


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("privacy.resubmit_privacyrequest", raise_exception=True)
def request_resubmit(request: HttpRequest, number: str) -> HttpResponse:
    """Say who and what would be asked again; on confirmation, make the new requests."""
    found = get_request(request, number)
    selection = Selection.of(request.POST if request.method == "POST" else request.GET)
    if request.method == "POST":
        return _resubmit(request, found, selection)
    plan = resubmission.plan_of(found, jobs=selection.jobs(found), products=selection.products)
    parts = [ShownPart.of(part) for part in plan.parts]
    context: dict[str, Any] = {
        "request_row": found,
        "plan": plan,
        "parts": parts,
        "selection": selection,
        "law": catalog.law_name(found.regulation),
        "due_on": _due_on(found, plan.parts),
        "deletes": sum(part.people_who(Action.DELETE) for part in plan.parts),
        "opt_outs": sum(part.people_who(Action.OPT_OUT) for part in plan.parts),
    }
    return render(request, "privacy/request_resubmit.html", context)


def _due_on(found: PrivacyRequest, parts: tuple[Part, ...]) -> Any:
    actions = {action for part in parts for asked in part.actions.values() for action in asked}
    return catalog.earliest_due(found.regulation, actions, found.received_on)


def _resubmit(request: HttpRequest, found: PrivacyRequest, selection: Selection) -> HttpResponse:
    try:
        made = resubmission.resubmit(
            found,
            cast("User", request.user),
            jobs=selection.jobs(found),
            products=selection.products,
            access_first=chosen_access_first(request.POST),
        )
    except NotPossible as reason:
        messages.error(request, str(reason))
        return redirect("privacy:request-detail", found.number)
    if len(made) == 1:
        return redirect("privacy:request-detail", made[0].number)
    messages.success(request, _("%(made)s ask again for what failed.") % {"made": _(" and ").join(one.number for one in made)})
    return redirect("privacy:request-detail", found.number)
