"""From an Organization row to a client that talks to Adobe for it; the access token is shared through the database."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from functools import cache

from django.conf import settings
from django.db import DatabaseError, transaction

from portal import crypto, pace, tally
from portal.adobe.connection_test import StepResult, test_connection
from portal.adobe.data_hygiene import DataHygiene
from portal.adobe.dataset_expirations import DatasetExpirations
from portal.adobe.errors import OrganizationBlocked
from portal.adobe.metering import Meter, Patience
from portal.adobe.privacy_service import Credentials, PrivacyService
from portal.adobe.tokens import Token
from portal.adobe.transport import Transport
from portal.models import AccessToken, Organization

logger = logging.getLogger(__name__)


class DatabaseTokens:
    """The token store of one organization: an encrypted row that every process reads."""

    def __init__(self, organization: Organization) -> None:
        """The organization is read for its data key only."""
        self._organization = organization

    def read(self) -> Token | None:
        """The stored token, or None."""
        row = AccessToken.objects.filter(organization=self._organization).first()
        if row is None:
            return None
        row.organization = self._organization
        try:
            return Token(row.value or "", row.expires_at.timestamp())
        except crypto.CannotDecrypt:
            # A new one heals that.
            return None

    def write(self, token: Token) -> None:
        """Keep a fresh token for all processes."""
        row = AccessToken(organization=self._organization)
        row.value = token.value
        row.expires_at = datetime.fromtimestamp(token.expires_at, UTC)
        AccessToken.objects.update_or_create(
            organization=self._organization,
            defaults={"value_sealed": row.value_sealed, "expires_at": row.expires_at},
        )

    def forget(self, value: str) -> None:
        """Drop this token, unless another process has replaced it already."""
        with transaction.atomic():
            current = self.read()
            if current is not None and current.value == value:
                AccessToken.objects.filter(organization=self._organization).delete()


class OrganizationMeter(Meter):
    """The rate of one organization's calls and the count of their outcomes, both in the database."""

    def __init__(self, organization: Organization) -> None:
        """The organization is read for its id and its rate."""
        self._organization = organization

    def ask(self, patience: Patience) -> None:
        """Return when the call may go. Raises Paced."""
        pace.wait(self._organization, patience)

    def note(self, route: str, outcome: str, milliseconds: int, retry_after: float | None) -> None:
        """Count the call. What the gateway asks one call to wait, all of the organization wait."""
        tally.note(self._organization.pk, route, outcome, milliseconds)
        if retry_after:
            try:
                pace.hold_back(self._organization, retry_after)
            except DatabaseError as error:
                # The call's own row waits all the same.
                logger.warning("others were not told to wait: %s", type(error).__name__)


def credentials_of(organization: Organization) -> Credentials:
    """What the client needs of the row. Raises OrganizationBlocked for a secret that does not open: a person enters it again."""
    try:
        secret = organization.client_secret or ""
    except crypto.MasterKeyMissing:
        # Nothing is wrong with the organization: this process lacks a key that another may have.
        raise
    except crypto.CannotDecrypt:
        raise OrganizationBlocked("credentials", code="cannot_decrypt") from None
    return Credentials(
        ims_org_id=organization.ims_org_id,
        client_id=organization.client_id,
        client_secret=secret,
        gateway_url=organization.gateway_url,
        ims_url=organization.ims_url,
        scopes=tuple(part.strip() for part in organization.scopes.split(",") if part.strip()),
        download_hosts=tuple(organization.download_hosts),
    )


@cache
def transport() -> Transport:
    """One connection pool a process."""
    return Transport(
        connect_seconds=settings.ADOBE_CONNECT_SECONDS,
        read_seconds=settings.ADOBE_READ_SECONDS,
        ca_file=settings.ADOBE_CA_FILE or None,
    )


def service_for(organization: Organization) -> PrivacyService:
    """The Privacy Service client of this organization."""
    meter = OrganizationMeter(organization)
    return PrivacyService(credentials_of(organization), DatabaseTokens(organization), transport(), meter=meter)


def test(organization: Organization) -> list[StepResult]:
    """Try the stored credentials at Adobe, step by step; the calls count among the organization's own."""
    return test_connection(credentials_of(organization), transport(), OrganizationMeter(organization))


def hygiene_for(organization: Organization) -> DataHygiene:
    """The client of this organization's record delete work orders and quotas, in its sandbox."""
    tokens, meter = DatabaseTokens(organization), OrganizationMeter(organization)
    return DataHygiene(credentials_of(organization), tokens, transport(), sandbox=organization.sandbox_name, meter=meter)


def expirations_for(organization: Organization, sandbox: str = "") -> DatasetExpirations:
    """The client of the dataset expirations of a sandbox, the organization's own unless another is named."""
    tokens, meter = DatabaseTokens(organization), OrganizationMeter(organization)
    chosen = sandbox or organization.sandbox_name
    return DatasetExpirations(credentials_of(organization), tokens, transport(), sandbox=chosen, meter=meter)
