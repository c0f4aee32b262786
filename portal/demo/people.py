"""The demo's organizations and accounts. Passwords are made once and kept beside the data, for the owner's eyes only."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from django.contrib.auth.models import Group
from django.db import transaction

from portal.demo.environment import write_once
from portal.models import NoticeMail, Organization, User
from portal.permissions import ADMINISTRATOR, OFFICER, VIEWER

# Letters and digits that cannot be taken for one another.
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


@dataclass(frozen=True)
class DemoOrganization:
    """An organization that the local Adobe knows too."""

    name: str
    ims_org_id: str
    client_id: str
    client_secret: str


@dataclass(frozen=True)
class Account:
    """Who can sign in. `words` say what for."""

    name: str
    group: str
    organization: DemoOrganization
    words: str
    is_administrator: bool = False

    @property
    def email(self) -> str:
        """An address that nobody has: `.example` is kept free of names."""
        return f"{self.name}@{self.organization.name.lower()}.example"


@dataclass(frozen=True)
class SignIn:
    """An account with the password that opens it; none when its owner has chosen another one."""

    account: Account
    password: str | None


ACME = DemoOrganization("Acme", "0123456789ABCDEF01234567@AdobeOrg", "simulator-client", "simulator-secret")
OTHER = DemoOrganization("Borealis", "89ABCDEF0123456701234567@AdobeOrg", "simulator-client-2", "simulator-secret-2")
ACCOUNTS = (
    Account("officer", OFFICER, ACME, "sends requests for Acme and downloads results"),
    Account("viewer", VIEWER, ACME, "looks at Acme's requests"),
    Account("colleague", OFFICER, OTHER, "an officer of another organization, who sees nothing of Acme"),
    Account("admin", ADMINISTRATOR, ACME, "administers organizations and people", is_administrator=True),
)
OFFICER_NAME = ACCOUNTS[0].name


def set_up(adobe_address: str, product_codes: Sequence[str], passwords_file: Path) -> list[SignIn]:
    """Make what is missing, and point the organizations at the local Adobe. What is there already stays as it is."""
    write_once(passwords_file, json.dumps({account.name: new_password() for account in ACCOUNTS}, indent=1))
    passwords: dict[str, str] = json.loads(passwords_file.read_text(encoding="utf-8"))
    with transaction.atomic():
        organizations = {each.name: _organization(each, adobe_address, product_codes) for each in (ACME, OTHER)}
        return [_sign_in(account, organizations[account.organization.name], passwords[account.name]) for account in ACCOUNTS]


def new_password() -> str:
    """Three groups of four, easy to type: 59 random bits."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(3))


def _organization(wanted: DemoOrganization, adobe_address: str, product_codes: Sequence[str]) -> Organization:
    organization = Organization.objects.filter(ims_org_id=wanted.ims_org_id).first()
    if organization is None:
        organization = Organization(
            name=wanted.name, ims_org_id=wanted.ims_org_id, client_id=wanted.client_id, product_codes=list(product_codes)
        )
        organization.ensure_data_key()
        organization.client_secret = wanted.client_secret
    organization.gateway_url = organization.ims_url = adobe_address
    organization.save()
    return organization


def _sign_in(account: Account, organization: Organization, password: str) -> SignIn:
    user = User.objects.filter(username=account.name).first()
    if user is None:
        user = User.objects.create_user(
            account.name, password=password, is_staff=account.is_administrator, is_superuser=account.is_administrator
        )
        user.groups.add(Group.objects.get(name=account.group))
        user.organizations.add(organization)
    if not user.email:
        # At once: nobody waits for the morning to see what a notice looks like.
        user.email, user.notice_mail = account.email, NoticeMail.AT_ONCE
        user.save(update_fields=["email", "notice_mail"])
    return SignIn(account, password if user.check_password(password) else None)
