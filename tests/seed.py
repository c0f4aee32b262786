"""What a stack (tests/stack.py) begins with: organizations, people and a token, in the database of this environment.

Acme points at the simulator; `officer`, `viewer` and `admin` belong to it. `colleague` is an officer of another
organization, so a stranger to Acme. Everybody's password is `tests.people.PASSWORD`.
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Group

from portal import tokens
from portal.models import Organization, Scope, User
from portal.permissions import ADMINISTRATOR, OFFICER, VIEWER
from tests.conftest import OTHER_IMS_ORG, make_organization
from tests.people import PASSWORD, make_user


def seed(address: str) -> dict[str, Any]:
    """Make them, and say what they are; `address` of Adobe. The database is migrated and empty."""
    acme = make_organization(address)
    other = make_organization(address, ims_org_id=OTHER_IMS_ORG, name="Other")
    people = {
        "officer": make_user("officer", OFFICER, acme),
        "viewer": make_user("viewer", VIEWER, acme),
        "colleague": make_user("colleague", OFFICER, other),
        "admin": _make_admin(acme),
    }
    return {
        "organization": _describe(acme),
        "other": _describe(other),
        "users": {name: user.pk for name, user in people.items()},
        "token": tokens.make(name="system", organization=acme, scopes=Scope.values, lifetime=None, user=None)[1],
        "password": PASSWORD,
    }


def _make_admin(organization: Organization) -> User:
    admin = User.objects.create_superuser("admin", password=PASSWORD)
    admin.groups.add(Group.objects.get(name=ADMINISTRATOR))
    admin.organizations.add(organization)
    return admin


def _describe(organization: Organization) -> dict[str, str]:
    return {"id": str(organization.pk), "name": organization.name, "ims_org_id": organization.ims_org_id}
