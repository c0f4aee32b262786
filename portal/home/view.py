"""The page itself: what it is narrowed to, which the address holds, and what the apps bring for that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from portal import first_run, registry
from portal.admin.base import acting_user
from portal.context import organizations_of
from portal.home.panels import Counted, counted
from portal.models import Organization, User

PERIODS: Final = (7, 30, 90, 365)
DEFAULT_PERIOD: Final = 30


@dataclass(frozen=True)
class Narrowed:
    """Whose and which work the page is about.

    `organizations`: those that are counted; `organization` the only one that was chosen, None for all of the person's.
    `days`: so many days back, today among them (UTC). `mine`: only what is assigned to the person.
    """

    user: User
    organizations: Sequence[Organization]
    organization: Organization | None
    law: str
    days: int
    mine: bool
    now: datetime

    @classmethod
    def of(cls, request: HttpRequest) -> Narrowed:
        """As the address says; what is unknown counts as not said."""
        query, all_of_them = request.GET, organizations_of(request)
        chosen = next((one for one in all_of_them if one.ims_org_id == query.get("organization")), None)
        return cls(
            user=acting_user(request),
            organizations=[chosen] if chosen else all_of_them,
            organization=chosen,
            law=_known(query, "law", [code for code, _ in registry.law_choices()]),
            days=int(_known(query, "days", [str(days) for days in PERIODS]) or DEFAULT_PERIOD),
            mine=query.get("whose") == "mine",
            now=datetime.now(UTC),
        )

    @property
    def first_day(self) -> date:
        """The period begins with it."""
        return self.now.date() - timedelta(days=self.days - 1)

    def rows(self, url_name: str, *, mine: bool = False, **query: str | int) -> str:
        """The address of a list, narrowed as this page is. `mine`: its rows have an assignee."""
        address = reverse(url_name)
        wanted: dict[str, str | int] = dict(query)
        if self.law:
            wanted["law"] = self.law
        if self.organization:
            wanted["organization"] = self.organization.ims_org_id
        if mine and self.mine:
            wanted["assignee"] = "me"
        return f"{address}?{urlencode(wanted)}" if wanted else address


def _known(query: QueryDict, name: str, values: Sequence[str]) -> str:
    value = query.get(name, "")
    return value if value in values else ""


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What needs this person now, and how the work goes."""
    narrowed = Narrowed.of(request)
    parts = [read(narrowed) for read in registry.home_parts()] if narrowed.organizations else []
    needs = counted([need for part in parts for need in part.needs])
    context = {
        "narrowed": narrowed,
        "pressing": [one for one in needs if one.count],
        "quiet": [one for one in needs if not one.count],
        "panels": [panel for part in parts for panel in part.panels],
        "buttons": [button for part in parts for button in part.buttons],
        "whole": _whole(needs),
        "periods": [(days, _period_words(days)) for days in PERIODS],
        "laws": registry.law_choices(),
        "all_organizations": organizations_of(request),
        "first_run": first_run.steps(narrowed.user),
        "has_parts": bool(registry.home_parts()),
    }
    return render(request, "portal/home.html", context)


def _whole(needs: Sequence[Counted]) -> str:
    """What the page says first, in one sentence."""
    pressing = sum(1 for one in needs if one.count)
    if not needs:
        return ""
    if not pressing:
        return _("Nothing needs you now.")
    return ngettext("%(count)d thing needs a person.", "%(count)d things need a person.", pressing) % {"count": pressing}


def _period_words(days: int) -> str:
    if days == PERIODS[-1]:
        return _("1 year")
    return ngettext("%(count)d day", "%(count)d days", days) % {"count": days}
