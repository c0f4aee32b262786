"""Opt-outs and their calls in Django admin: to look at, of one's own organizations, and nothing of whom they name."""

from __future__ import annotations

import pytest
from django.urls import reverse

from portal.models import Organization, User
from privacy.models import ConsentCall, OptOut
from tests.admins import make_administrator, signed_in
from tests.conftest import OTHER_IMS_ORG, make_organization
from tests.opt_outs import confirmed

pytestmark = pytest.mark.django_db
PERSONAL = ("dsmith", "ajones", "443636576799758681021090721276")


def addresses(opt_out: OptOut) -> dict[str, str]:
    """The lists and the pages of both models."""
    call = opt_out.calls.get()
    return {
        "opt-outs": reverse("admin:privacy_optout_changelist"),
        "opt-out": reverse("admin:privacy_optout_change", args=[opt_out.pk]),
        "calls": reverse("admin:privacy_consentcall_changelist"),
        "call": reverse("admin:privacy_consentcall_change", args=[call.pk]),
    }


def test_an_administrator_looks_and_changes_nothing(organization: Organization, officer: User) -> None:
    opt_out = confirmed(organization, officer)
    browser = signed_in(make_administrator("administrator", organization))
    for name, address in addresses(opt_out).items():
        html = browser.get(address).content.decode()
        assert opt_out.number in html, name
        assert not any(value in html for value in PERSONAL), name
        assert 'name="_save"' not in html, name
    assert f"{opt_out.number}-1" in browser.get(addresses(opt_out)["call"]).content.decode()
    assert browser.post(addresses(opt_out)["call"], {"state": "sent"}).status_code == 403
    assert ConsentCall.objects.get().state == "queued"


def test_somebody_of_another_organization_sees_none_of_it(organization: Organization, officer: User) -> None:
    opt_out = confirmed(organization, officer)
    browser = signed_in(make_administrator("stranger", make_organization(ims_org_id=OTHER_IMS_ORG, name="Other")))
    found = addresses(opt_out)
    for name in ("opt-outs", "calls"):
        assert opt_out.number not in browser.get(found[name]).content.decode()
    for name in ("opt-out", "call"):
        assert browser.get(found[name]).status_code == 302
