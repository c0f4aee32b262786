"""Everything that the home page shows of privacy requests, read with few queries, however many jobs there are."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext as _

from portal.home import Button, Narrowed, Panel, Part
from privacy.home import due, flow, needs


def read(narrowed: Narrowed) -> Part:
    """For whoever may look at requests."""
    if not narrowed.user.has_perm("privacy.view_privacyrequest"):
        return Part()
    standing = due.Standing.of(narrowed)
    figures = flow.Figures.of(narrowed)
    return Part(
        needs=[*needs.of_requests(narrowed, standing), *needs.of_calls(narrowed)],
        panels=[
            Panel("privacy/_home_due.html", due.panel(narrowed, standing)),
            Panel("privacy/_home_days.html", flow.days_panel(narrowed, figures)),
            Panel("privacy/_home_next.html", due.next_panel(narrowed, figures.times)),
            Panel("privacy/_home_products.html", flow.products_panel(narrowed, figures)),
        ],
        buttons=_buttons(narrowed),
    )


def _buttons(narrowed: Narrowed) -> list[Button]:
    report = Button(_("Report"), reverse("privacy:report"))
    if not narrowed.user.has_perm("privacy.add_upload"):
        return [report]
    return [Button(_("Make a request"), reverse("privacy:make")), report]
