"""Organizations, people, data keys, counters: what the models themselves promise."""

from __future__ import annotations

import re
import time
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.db.models import ProtectedError
from django.utils import timezone

from portal import crypto
from portal.connections import DatabaseTokens
from portal.ids import new_id
from portal.models import AccessToken, AuditSeal, Counter, DataKey, Organization, User
from tests.conftest import IMS_ORG, OTHER_IMS_ORG, make_organization

pytestmark = pytest.mark.django_db


# --- Ids ---


def test_an_id_is_a_uuid_of_version_7_with_the_time_in_front() -> None:
    before = time.time_ns() // 1_000_000
    made = new_id()
    after = time.time_ns() // 1_000_000
    assert (made.version, made.variant) == (7, "specified in RFC 4122")
    assert before <= made.int >> 80 <= after


def test_ids_are_never_alike_and_grow_with_time() -> None:
    made = {new_id() for _ in range(5000)}
    assert len(made) == 5000
    earlier = new_id()
    while time.time_ns() // 1_000_000 == earlier.int >> 80:
        pass
    assert new_id() > earlier


# --- Data keys ---


def test_a_data_key_knows_its_owner_and_its_master_key() -> None:
    owner = uuid4()
    made = DataKey.objects.make("request", owner)
    kept = DataKey.objects.get(pk=made.pk)
    assert (kept.owner_kind, kept.owner_id, kept.master_key_id) == ("request", owner, "test")
    assert crypto.box_for(kept).open("a", crypto.box_for(made).seal("a", b"x")) == b"x"
    assert str(kept) == f"request {kept.pk}"


def test_a_new_key_is_not_saved_until_its_owner_saves_it() -> None:
    DataKey.new("upload", uuid4())
    assert not DataKey.objects.exists()


def test_the_key_of_an_organization_cannot_be_destroyed_under_it(organization: Organization) -> None:
    with pytest.raises(ProtectedError):
        organization.data_key.destroy()
    assert Organization.objects.get(pk=organization.pk).client_secret == "simulator-secret"


# --- Organizations ---


def test_a_new_organization_gets_a_data_key_of_its_own() -> None:
    first = Organization.objects.create(name="A", ims_org_id=IMS_ORG, client_id="a")
    second = Organization.objects.create(name="B", ims_org_id=OTHER_IMS_ORG, client_id="b")
    assert first.data_key_id != second.data_key_id
    assert (first.data_key.owner_kind, first.data_key.owner_id) == ("organization", first.pk)
    kept = first.data_key_id
    first.save()
    assert first.data_key_id == kept


@pytest.mark.parametrize("value", ["0123456789ABCDEF01234567@AdobeOrg", "abcdefghij@AdobeOrg"])
def test_it_takes_an_ims_organization_id(value: str) -> None:
    Organization._meta.get_field("ims_org_id").clean(value, None)


@pytest.mark.parametrize(
    "value", ["", "0123456789ABCDEF01234567", "@AdobeOrg", "0123456789@adobeorg", "0123456789 @AdobeOrg", f"{IMS_ORG}\n"]
)
def test_it_refuses_what_is_no_ims_organization_id(value: str) -> None:
    with pytest.raises(ValidationError):
        Organization._meta.get_field("ims_org_id").clean(value, None)


def test_an_ims_organization_is_there_once(organization: Organization) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        make_organization(ims_org_id=organization.ims_org_id)


def test_a_person_sees_the_organizations_that_were_given(
    organization: Organization, officer: User, viewer: User, colleague: User
) -> None:
    def seen(user: User | AnonymousUser) -> set[str]:
        return set(Organization.objects.visible_to(user).values_list("name", flat=True))

    superuser = User.objects.create_superuser("root", password="correct horse battery")
    assert seen(officer) == seen(viewer) == {"Acme"}
    assert seen(colleague) == {"Other"}
    assert seen(superuser) == {"Acme", "Other"}
    assert seen(AnonymousUser()) == set()
    assert seen(User.objects.create_user("nobody")) == set()


def test_it_is_held_once_with_the_first_reason_and_resumed(organization: Organization) -> None:
    assert organization.hold("limit", "Quota of jane@example.com exceeded")
    assert not Organization.objects.get(pk=organization.pk).hold("forbidden", "other words")
    held = Organization.objects.get(pk=organization.pk)
    assert held.is_on_hold
    assert held.hold_reason == "limit"
    assert held.hold_reason_words == (
        "Adobe says a limit is reached. Resume when Adobe takes requests again. Adobe's words: Quota of jane@example.com exceeded"
    )
    assert b"jane" not in (held.hold_words_sealed or b"")
    assert not Organization.objects.not_on_hold().exists()
    held.resume()
    resumed = Organization.objects.get(pk=organization.pk)
    assert (resumed.is_on_hold, resumed.hold_reason, resumed.hold_words) == (False, "", None)
    assert Organization.objects.not_on_hold().exists()


def test_a_hold_without_words_of_adobe_says_only_ours(organization: Organization) -> None:
    organization.hold("by_hand")
    held = Organization.objects.get(pk=organization.pk)
    assert held.hold_reason_words == "An administrator put the organization on hold."
    Organization.objects.update(hold_reason="something_new")
    assert Organization.objects.get(pk=organization.pk).hold_reason_words == "something_new"


def test_resuming_writes_over_nothing_else(organization: Organization) -> None:
    organization.hold("limit")
    mine = Organization.objects.get(pk=organization.pk)
    Organization.objects.filter(pk=organization.pk).update(client_id="changed meanwhile")
    mine.resume()
    assert Organization.objects.get(pk=organization.pk).client_id == "changed meanwhile"


# --- Access tokens ---


def test_an_access_token_is_sealed_under_the_key_of_its_organization(organization: Organization) -> None:
    token = AccessToken(organization=organization, expires_at=timezone.now() + timedelta(days=1))
    token.value = "eyJ-hush"
    token.save()
    kept = AccessToken.objects.select_related("organization__data_key").get()
    assert kept.value == "eyJ-hush"
    assert b"hush" not in bytes(kept.value_sealed)
    assert str(kept) == f"token of {organization.pk}"
    read = DatabaseTokens(organization).read()
    assert read is not None
    assert read.value == "eyJ-hush"


# --- Counters ---


def test_a_counter_gives_each_number_once() -> None:
    assert [Counter.next("PR-2026") for _ in range(4)] == [1, 2, 3, 4]
    assert Counter.next("PR-2027") == 1
    assert str(Counter.objects.get(name="PR-2026")) == "PR-2026 4"


def test_a_number_that_was_rolled_back_may_leave_a_gap_and_is_never_given_twice() -> None:
    given = [Counter.next("PR-2026")]
    with transaction.atomic():
        Counter.next("PR-2026")
        transaction.set_rollback(True)
    given.append(Counter.next("PR-2026"))
    assert len(given) == len(set(given))


# --- What rows say of themselves ---


def test_no_model_of_ours_shows_a_secret_in_its_repr(organization: Organization) -> None:
    organization.client_secret = "hush-hush"
    shown = f"{organization!r} {organization} {organization.data_key!r}"
    assert not re.search("hush|wrapped|sealed", shown)


@pytest.mark.parametrize("model", [Organization, DataKey])
def test_primary_keys_are_made_by_us(model: type[models.Model]) -> None:
    assert isinstance(model().pk, UUID)


# --- Rows that are written once ---


def test_a_second_row_of_the_same_key_does_not_overwrite_the_first() -> None:
    def new_seal(count: int) -> AuditSeal:
        return AuditSeal(sequence=1, sealed_at=timezone.now(), event_count=count, merkle_root=b"r", previous_hash=b"p", hash=b"h")

    new_seal(1).save()
    with pytest.raises(IntegrityError), transaction.atomic():
        new_seal(2).save()
    assert AuditSeal.objects.get().event_count == 1
