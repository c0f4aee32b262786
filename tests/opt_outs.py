"""Making opt-outs for tests, the way the portal itself does, and asking the local Adobe which it took."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from portal.models import Organization, User
from privacy.consent import intake, reading
from privacy.models import ConsentCall, OptOut
from tests.conftest import Simulator
from tests.files import RECEIVED_ON

CONSENT = {"method": "POST", "path": "/data/core/privacy/consent"}
ECID = "443636576799758681021090721276"


def payload(*emails: str, ecids: tuple[str, ...] = (ECID,), **fields: Any) -> dict[str, Any]:
    """The body of a consent call: some e-mail addresses and one ECID, unless told otherwise."""
    entities = [{"nameSpace": "email", "values": list(emails or ("dsmith@acme.com", "ajones@acme.com"))}]
    entities += [{"nameSpace": "ECID", "values": list(ecids)}] if ecids else []
    return {"optOutOfSale": True, "entities": entities} | fields


def draft(organization: Organization, user: User, body: dict[str, Any] | None = None) -> OptOut:
    """A draft of three identities, unless `body` says otherwise."""
    checked = reading.check_payload(payload() if body is None else body, organization.ims_org_id)
    assert checked.findings == ()
    return intake.draft(checked, organization=organization, user=user, received_on=RECEIVED_ON)


def confirmed(organization: Organization, user: User, body: dict[str, Any] | None = None) -> OptOut:
    """An opt-out whose calls are queued."""
    opt_out = draft(organization, user, body)
    intake.confirm(opt_out, user)
    return again(opt_out)


def again(opt_out: OptOut) -> OptOut:
    """The opt-out as it stands in the database now."""
    found: OptOut = OptOut.objects.select_related("organization__data_key", "data_key").get(pk=opt_out.pk)
    return found


def only_call(opt_out: OptOut) -> ConsentCall:
    """Its only call, as it is now."""
    found: ConsentCall = opt_out.calls.select_related("opt_out__data_key").get()
    return found


def taken(simulator: Simulator) -> list[dict[str, Any]]:
    """Every consent call that Adobe ever accepted, in order."""
    return list(simulator.control("ledger/consents")["entries"])


def address_of(name: str, opt_out: OptOut, *more: object) -> str:
    """The address of a page about an opt-out."""
    return reverse(f"privacy:{name}", args=[opt_out.number, *more])
