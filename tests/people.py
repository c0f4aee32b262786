"""Making people for tests."""

from __future__ import annotations

from django.contrib.auth.models import Group

from portal.models import Organization, User

PASSWORD = "correct horse battery"


def make_user(name: str, group: str, *organizations: Organization) -> User:
    """A person in one group, given some organizations."""
    user = User.objects.create_user(name, password=PASSWORD)
    user.groups.add(Group.objects.get(name=group))
    user.organizations.add(*organizations)
    return user
