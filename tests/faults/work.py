"""An officer hands in people, record deletes and opt-outs over HTTP and confirms them, whatever becomes of the site meanwhile."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar

from django.db import transaction
from urllib3.exceptions import HTTPError

from hygiene.models import RecordDelete
from hygiene.statuses import RecordDeleteStatus
from portal.models import Organization, User
from privacy.models import EventSource, OptOut, Upload
from privacy.shipped import PRODUCTS
from privacy.statuses import EventWay, OptOutStatus, UploadStatus
from tests.faults.accounting.truth import Confirmed
from tests.faults.database import patiently
from tests.faults.field import Field
from tests.faults.schedule import Plan
from tests.hygiene_files import DATASET
from tests.site import Page, Site, last_id

T = TypeVar("T")
PATIENCE_SECONDS = 120.0
SECRET = "secret-of-a-fault-run"
IDENTITIES_OF_A_DELETE = 20
UNCONFIRMED = (*RecordDeleteStatus.values[:4], RecordDeleteStatus.DISCARDED)


class SiteIsAway(Exception):
    """The site did not do what it was asked within a long time."""


def new_organization(field: Field, number: int, officer: User, plan: Plan) -> Organization:
    """An organization of a round, known at both ends, whose events come to our webhook."""
    address = field.stack.simulator.address
    ims_org = f"FA{number:022X}@AdobeOrg"
    described = {"imsOrg": ims_org, "clientId": f"client-{number}", "clientSecret": SECRET}
    field.adobe("organizations", described)
    much = {"imsOrg": ims_org, "daily": 10_000_000, "monthly": 100_000_000}
    field.adobe("quotas", much)

    def make() -> Organization:
        organization = Organization(
            name=f"Round {number}",
            ims_org_id=ims_org,
            client_id=f"client-{number}",
            gateway_url=address,
            ims_url=address,
            product_codes=[product.code for product in PRODUCTS],
            max_people_per_call=plan.people_per_call,
            resend_deletes=plan.resends_in(number),
            calls_per_minute=12_000,
        )
        with transaction.atomic():
            organization.ensure_data_key()
            organization.client_secret = SECRET
            organization.save()
            organization.members.add(officer)
            EventSource.objects.create(organization=organization, way=EventWay.WEBHOOK)
        return organization

    organization = patiently(make)
    webhook = f"{field.web_address}/adobe-events/{organization.event_source.pk}/"
    field.adobe("events/settings", {"retry_scale": 0.02})
    field.adobe("events/registrations", {"clientId": organization.client_id, "webhookUrl": webhook})
    return organization


class Office:
    """The officer of one round. `confirmed` is the truth of the whole run, and grows."""

    def __init__(self, field: Field, organization: Organization, round_number: int, confirmed: Confirmed) -> None:
        self.field, self.organization, self.confirmed = field, organization, confirmed
        self._prefix = f"r{round_number:02}"
        self._people = self._others = 0
        self._site: Site | None = None

    # --- What is handed in ---

    def people(self, count: int) -> None:
        """One file with so many people, each to be accessed and deleted."""
        users = [self._person() for _ in range(count)]
        body = {"users": users, "include": ["analytics", "profileService"], "regulation": "gdpr"}
        location = self._handed_in(lambda site: self.upload(site, json.dumps(body).encode()))
        upload = last_id(location)

        def is_confirmed() -> bool:
            return Upload.objects.filter(pk=upload, status=UploadStatus.CONFIRMED).exists()

        self._confirm(f"/uploads/{upload}/confirm/", {"agree_to_two": "yes"}, is_confirmed)
        self.confirmed.add_people(users)

    def upload(self, site: Site, content: bytes) -> Page:
        """Send the upload form."""
        return site.upload("/uploads/new/", self._fields(), [("people.json", content)])

    def record_delete(self) -> None:
        """Some identities to be deleted from one dataset: one work order."""
        self._others += 1
        values = [f"delete.{self._prefix}.{self._others}.{number}@example.com" for number in range(IDENTITIES_OF_A_DELETE)]
        fields = {
            "scope": "named",
            "datasets": DATASET,
            "name": "Fault run",
            "description": "Of a fault run.",
            "namespace": "email",
            "identities": "\r\n".join(values),
        }
        location = self._handed_in(lambda site: site.post("/record-deletes/new/", fields | self._fields()))
        number = last_id(location)

        def is_confirmed() -> bool:
            return RecordDelete.objects.filter(number=number).exclude(status__in=UNCONFIRMED).exists()

        self._confirm(f"{location}confirm/", {"typed": str(len(values))}, is_confirmed)
        self.confirmed.add_deletes("email", values)

    def opt_out(self) -> None:
        """Two people who opt out of the sale of their data: one call."""
        self._others += 1
        values = [f"opt-out.{self._prefix}.{self._others}.{number}@example.com" for number in range(2)]
        fields = {"namespace": "Email", "identities": "\r\n".join(values)}
        location = self._handed_in(lambda site: site.post("/opt-outs/new/", fields | self._fields()))
        number = last_id(location)

        def is_confirmed() -> bool:
            return OptOut.objects.filter(number=number).exclude(status=OptOutStatus.DRAFT).exists()

        self._confirm(f"{location}confirm/", {}, is_confirmed)
        self.confirmed.add_opt_outs("email", values)

    def _person(self) -> dict[str, Any]:
        self._people += 1
        name = f"{self._prefix}-{self._people:05}"
        identity = {"namespace": "email", "value": f"{name}@example.com", "type": "standard"}
        return {"key": name, "action": ["access", "delete"], "userIDs": [identity]}

    def _fields(self) -> dict[str, str]:
        return {"organization": str(self.organization.pk), "received_on": datetime.now(UTC).date().isoformat()}

    # --- Patience ---

    def signed_in(self) -> Site:
        """The officer's browser; signs in where that has not been done."""
        if self._site is None:
            site = Site(self.field.web_address)
            if site.sign_in("officer").status != 302:
                raise SiteIsAway("sign-in")
            self._site = site
        return self._site

    def sign_out(self) -> None:
        """A restored database knows no session from after the backup."""
        self._site = None

    def _handed_in(self, ask: Callable[[Site], Page]) -> str:
        """Where the site leads to after a form, which is sent again while it fails: an unconfirmed draft does nothing."""
        return self._patiently(partial(self._led_to, ask))

    def _led_to(self, ask: Callable[[Site], Page]) -> str | None:
        page = ask(self.signed_in())
        if page.status == 302 and page.location.startswith("/sign-in/"):
            self.sign_out()
        elif page.status == 302:
            return page.location
        elif page.status in {400, 403, 404, 422}:
            raise AssertionError(f"the form is refused: {page.status}")
        return None

    def _confirm(self, path: str, fields: dict[str, str], is_confirmed: Callable[[], bool]) -> None:
        """Press the button until the row says that it was pressed: an answer may be lost, and the row not."""

        def press() -> bool | None:
            if not patiently(is_confirmed):
                self.signed_in().post(path, fields)
            return patiently(is_confirmed) or None

        self._patiently(press)

    def _patiently(self, work: Callable[[], T | None]) -> T:
        until = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < until:
            try:
                result = work()
            except (HTTPError, SiteIsAway):
                self.sign_out()
            else:
                if result is not None:
                    return result
            time.sleep(0.3)
        raise SiteIsAway
