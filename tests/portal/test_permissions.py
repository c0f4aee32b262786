"""The three groups have exactly the rights that portal/permissions.py names, and every right named there exists."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, Permission

from portal import permissions
from portal.models import Organization, User
from portal.permissions import ACTS, ADMINISTRATOR, MANAGES, OFFICER, RIGHTS, VIEWER, VIEWS
from tests.people import make_user

pytestmark = pytest.mark.django_db

# Permission codenames of one group, as text: what a person of it may do.
NOT_FOR_OFFICERS = {"change_organization", "add_user", "view_auditevent", "view_submission"}


def codenames(group: str) -> list[str]:
    """The rights of a group as the database has them."""
    return sorted(Group.objects.get(name=group).permissions.values_list("codename", flat=True))


def test_there_are_three_groups() -> None:
    assert set(Group.objects.values_list("name", flat=True)) == {VIEWER, OFFICER, ADMINISTRATOR} == set(RIGHTS)


@pytest.mark.parametrize("group", RIGHTS)
def test_a_group_has_exactly_its_rights(group: str) -> None:
    assert codenames(group) == sorted(RIGHTS[group])


@pytest.mark.parametrize("codename", sorted({*VIEWS, *ACTS, *MANAGES}))
def test_every_right_named_exists_once(codename: str) -> None:
    assert Permission.objects.filter(codename=codename).count() == 1


def test_no_right_is_named_twice_in_a_group() -> None:
    for group, rights in RIGHTS.items():
        assert len(rights) == len(set(rights)), group


def test_each_group_may_do_what_the_one_before_may() -> None:
    assert set(RIGHTS[VIEWER]) < set(RIGHTS[OFFICER]) < set(RIGHTS[ADMINISTRATOR])


def test_seeing_identities_and_downloading_results_stand_apart_from_viewing() -> None:
    assert not {"reveal_identities", "download_results"} & set(codenames(VIEWER))
    assert {"reveal_identities", "download_results"} <= set(codenames(OFFICER))


def test_no_group_may_delete_anything_or_change_evidence() -> None:
    for group in RIGHTS:
        assert [name for name in codenames(group) if name.startswith("delete_")] == []
        assert not {"change_auditevent", "add_auditevent", "change_auditseal", "change_submission"} & set(codenames(group))


def test_a_person_may_what_the_group_may(organization: Organization, officer: User, viewer: User) -> None:
    assert officer.may("privacy.confirm_upload")
    assert not viewer.may("privacy.confirm_upload")
    assert viewer.may("privacy.view_job")
    assert not any(officer.may(f"portal.{name}") for name in NOT_FOR_OFFICERS)
    administrator = make_user("administrator", ADMINISTRATOR, organization)
    assert administrator.may("portal.change_organization")


def test_somebody_who_left_may_nothing(officer: User) -> None:
    officer.is_active = False
    officer.save()
    assert not User.objects.get(pk=officer.pk).may("privacy.view_job")


def test_migrating_again_restores_a_right_and_keeps_what_was_added_by_hand() -> None:
    group = Group.objects.get(name=VIEWER)
    by_hand = Permission.objects.get(codename="add_upload")
    group.permissions.add(by_hand)
    group.permissions.remove(Permission.objects.get(codename="view_job"))
    permissions.create_groups()
    assert set(codenames(VIEWER)) == {*VIEWS, "add_upload"}
