"""Rotating the master key: every data key under the newest one, and nothing unreadable at any moment."""

from __future__ import annotations

from collections.abc import Iterator
from io import StringIO
from uuid import UUID, uuid4

import pytest
from django.conf import LazySettings
from django.core.management import CommandError, call_command

from portal import crypto, rotation
from portal.crypto.master import unwrap
from portal.models import AuditEvent, DataKey, Organization
from tests.conftest import make_organization
from tests.portal.master_keys import entry

OLD, NEW = entry("old"), entry("new")
BOTH = f"{NEW},{OLD}"


@pytest.fixture(autouse=True)
def before(db: None, settings: LazySettings) -> None:
    """Everything begins under the old master key."""
    settings.MASTER_KEYS = OLD


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three data keys in each transaction."""
    monkeypatch.setattr(rotation, "BATCH", 3)


def make_keys(count: int) -> list[DataKey]:
    """Saved data keys under the newest master key of the moment, by id."""
    return sorted((DataKey.objects.make("test", uuid4()) for _ in range(count)), key=lambda key: key.pk)


def plain(key_id: UUID) -> bytes:
    """The data key itself, as the database has it now."""
    row = DataKey.objects.get(pk=key_id)
    return unwrap(row.pk, row.master_key_id, bytes(row.wrapped))


def plain_keys() -> dict[UUID, bytes]:
    """Every data key itself."""
    return {pk: plain(pk) for pk in DataKey.objects.values_list("pk", flat=True)}


def rotate() -> tuple[str, str]:
    """What the command prints, and what it complains of."""
    out, complaints = StringIO(), StringIO()
    call_command("rotate_master_key", stdout=out, stderr=complaints)
    return out.getvalue(), complaints.getvalue()


@pytest.mark.usefixtures("small_batches")
def test_it_rewraps_every_data_key_and_changes_none(settings: LazySettings) -> None:
    make_keys(7)
    kept = plain_keys()
    settings.MASTER_KEYS = BOTH
    out, complaints = rotate()
    assert set(DataKey.objects.values_list("master_key_id", flat=True)) == {"new"}
    assert plain_keys() == kept
    assert "7 data keys rewrapped under master key new\n" in out
    assert complaints == ""
    settings.MASTER_KEYS = NEW
    assert plain_keys() == kept


def test_it_says_when_the_old_key_can_be_removed(settings: LazySettings) -> None:
    make_keys(2)
    settings.MASTER_KEYS = BOTH
    out, _ = rotate()
    assert "0 data keys are left under master key old, so it can be removed from MASTER_KEYS once every process" in out


def test_it_says_that_a_key_still_in_use_must_stay(settings: LazySettings) -> None:
    make_keys(1)
    settings.MASTER_KEYS = BOTH
    made_meanwhile = iter(rotation.rotate())
    next(made_meanwhile)
    # A process that was not started anew still wraps under the old key.
    settings.MASTER_KEYS = OLD
    make_keys(1)
    settings.MASTER_KEYS = BOTH
    assert rotation.left_under() == {"new": 1, "old": 1}
    spoil(DataKey.objects.get(master_key_id="old"))
    with pytest.raises(CommandError):
        rotate_into(out := StringIO())
    assert "1 data keys are left under master key old, so it must stay in MASTER_KEYS" in out.getvalue()
    assert "can be removed" not in out.getvalue()


def rotate_into(out: StringIO) -> None:
    """Run the command and keep what it prints, also when it fails."""
    call_command("rotate_master_key", stdout=out, stderr=StringIO())


def spoil(key: DataKey) -> None:
    """Change the wrapped key so that nothing opens it."""
    DataKey.objects.filter(pk=key.pk).update(wrapped=bytes(key.wrapped)[:-1] + b"?")


def test_what_is_sealed_is_readable_before_while_and_after(settings: LazySettings, small_batches: None) -> None:
    organizations = [make_organization(ims_org_id=f"{number:024}@AdobeOrg") for number in range(5)]
    digests = [crypto.blind_index_for(one).digest("identity", "email", "jane") for one in organizations]

    def readable() -> bool:
        for organization, digest in zip(organizations, digests, strict=True):
            crypto.forget(organization.data_key.pk)
            now = Organization.objects.get(pk=organization.pk)
            assert now.client_secret == "simulator-secret"
            assert crypto.blind_index_for(now).digest("identity", "email", "jane") == digest
        return True

    settings.MASTER_KEYS = BOTH
    assert readable()
    assert [readable() for _ in rotation.rotate()] == [True, True]
    assert readable()
    settings.MASTER_KEYS = NEW
    assert readable()


def test_a_second_run_finds_nothing_to_do(settings: LazySettings) -> None:
    make_keys(3)
    settings.MASTER_KEYS = BOTH
    rotate()
    wrapped = dict(DataKey.objects.values_list("pk", "wrapped"))
    out, _ = rotate()
    assert "0 data keys rewrapped under master key new" in out
    assert {pk: bytes(blob) for pk, blob in wrapped.items()} == {
        pk: bytes(blob) for pk, blob in DataKey.objects.values_list("pk", "wrapped")
    }
    assert AuditEvent.objects.count() == 1


class Killed(BaseException):
    """The process is gone."""


@pytest.mark.django_db(transaction=True)
def test_it_goes_on_where_a_killed_run_ended(
    settings: LazySettings, small_batches: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = make_keys(8)
    kept = plain_keys()
    settings.MASTER_KEYS = BOTH
    rewrap, seen = crypto.rewrap, iter(range(100))

    def killed_at_the_fifth(key_id: UUID, master_key_id: str, wrapped: bytes) -> crypto.WrappedKey:
        if next(seen) == 4:
            raise Killed
        return rewrap(key_id, master_key_id, wrapped)

    monkeypatch.setattr(crypto, "rewrap", killed_at_the_fifth)
    with pytest.raises(Killed):
        rotate()
    monkeypatch.setattr(crypto, "rewrap", rewrap)
    assert rotation.left_under() == {"new": 3, "old": 5}
    assert plain_keys() == kept
    out, _ = rotate()
    assert "5 data keys rewrapped under master key new" in out
    assert rotation.left_under() == {"new": len(keys), "old": 0}
    assert plain_keys() == kept


# --- Data keys that cannot be opened ---


def test_a_key_whose_master_key_is_missing_is_named_and_the_others_go_on(settings: LazySettings, small_batches: None) -> None:
    settings.MASTER_KEYS = entry("lost")
    lost = make_keys(4)
    settings.MASTER_KEYS = OLD
    make_keys(4)
    spoiled = make_keys(1)[0]
    spoil(spoiled)
    settings.MASTER_KEYS = BOTH
    out, complaints = StringIO(), StringIO()
    with pytest.raises(CommandError, match=r"^5 data keys could not be rewrapped") as failed:
        call_command("rotate_master_key", stdout=out, stderr=complaints)
    assert failed.value.returncode == 1
    for key in [*lost, spoiled]:
        assert complaints.getvalue().count(str(key.pk)) == 1
    assert "lost is not in MASTER_KEYS" in complaints.getvalue()
    assert rotation.left_under() == {"new": 4, "old": 1, "lost": 4}
    assert "4 data keys rewrapped under master key new" in out.getvalue()
    assert "4 data keys are left under master key lost, which is not in MASTER_KEYS: put it back" in out.getvalue()
    settings.MASTER_KEYS = f"{BOTH},{entry('lost')}"
    DataKey.objects.filter(pk=spoiled.pk).delete()
    rotate()
    assert rotation.left_under() == {"new": 8, "old": 0, "lost": 0}


# --- Changes by others meanwhile ---


@pytest.fixture
def meanwhile(settings: LazySettings, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[object]]:
    """Put callables in: they run after the rotation has read a batch and before it writes it."""
    actions: list[object] = []
    rewrap = crypto.rewrap

    def act_first(key_id: UUID, master_key_id: str, wrapped: bytes) -> crypto.WrappedKey:
        while actions:
            action = actions.pop()
            assert callable(action)
            action()
        return rewrap(key_id, master_key_id, wrapped)

    monkeypatch.setattr(crypto, "rewrap", act_first)
    yield actions
    assert actions == []


def test_a_key_destroyed_meanwhile_does_not_come_back(settings: LazySettings, meanwhile: list[object]) -> None:
    first, second = make_keys(2)
    settings.MASTER_KEYS = BOTH
    second_id = second.pk
    meanwhile.append(second.destroy)
    out, complaints = rotate()
    assert list(DataKey.objects.values_list("pk", "master_key_id")) == [(first.pk, "new")]
    assert not DataKey.objects.filter(pk=second_id).exists()
    assert "1 data keys rewrapped under master key new" in out
    assert complaints == ""


def test_it_does_not_write_over_what_somebody_else_wrote_meanwhile(settings: LazySettings, meanwhile: list[object]) -> None:
    (key,) = make_keys(1)
    settings.MASTER_KEYS = BOTH
    theirs = crypto.rewrap(key.pk, key.master_key_id, bytes(key.wrapped))
    meanwhile.append(lambda: DataKey.objects.filter(pk=key.pk).update(master_key_id=theirs.master_key_id, wrapped=theirs.wrapped))
    out, _ = rotate()
    assert bytes(DataKey.objects.get(pk=key.pk).wrapped) == theirs.wrapped
    assert "0 data keys rewrapped under master key new" in out


def test_it_does_not_write_over_a_value_under_the_same_old_key(settings: LazySettings, meanwhile: list[object]) -> None:
    (key,) = make_keys(1)
    other = crypto.rewrap(key.pk, key.master_key_id, bytes(key.wrapped))
    assert other.master_key_id == "old"
    settings.MASTER_KEYS = BOTH
    meanwhile.append(lambda: DataKey.objects.filter(pk=key.pk).update(wrapped=other.wrapped))
    rotate()
    assert bytes(DataKey.objects.get(pk=key.pk).wrapped) == other.wrapped
    assert rotation.left_under() == {"new": 0, "old": 1}


# --- The trail ---


def test_each_batch_is_audited_with_its_count(settings: LazySettings, small_batches: None) -> None:
    make_keys(4)
    settings.MASTER_KEYS = BOTH
    rotate()
    events = AuditEvent.objects.filter(action="data_keys.rewrapped").order_by("at", "id").values_list("details", flat=True)
    assert [dict(details) for details in events] == [
        {"master_key": "new", "rewrapped": 3, "unreadable": 0},
        {"master_key": "new", "rewrapped": 1, "unreadable": 0},
    ]


def test_no_key_material_is_printed(settings: LazySettings) -> None:
    make_keys(1)
    settings.MASTER_KEYS = BOTH
    out, _ = rotate()
    for secret in (OLD, NEW):
        assert secret.partition(":")[2][:8] not in out
