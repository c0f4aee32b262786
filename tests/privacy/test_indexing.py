"""Digests for the search box of rows that older code has written, and of opt-outs: made in the background, once."""

from __future__ import annotations

from typing import Any

import pytest
from django.db.models import F
from django.utils import timezone

from portal import crypto
from portal.models import DataKey, Organization, User
from privacy import indexing, shredding
from privacy.models import DataSubject, IdentityDigest, OptOut, OptOutDigest, PrivacyRequest
from tests import opt_outs
from tests.conftest import Simulator
from tests.files import confirmed_request, payload
from tests.states import finish, sent_request
from tests.steps import step_is_due, work

pytestmark = pytest.mark.django_db


def users(count: int = 3) -> list[dict[str, Any]]:
    """People with one identity of Adobe's own namespaces and one of their own, the last of them without a key."""
    return [
        ({"key": f"key-{number}"} if number < count else {})
        | {
            "action": ["access"],
            "userIDs": [
                {"namespace": "email", "value": f"person{number}@acme.com", "type": "standard"},
                {"namespace": "loyalty", "value": f"card-{number}", "type": "custom"},
            ],
        }
        for number in range(1, count + 1)
    ]


def as_older_code_left_it(request: PrivacyRequest) -> None:
    """Without the columns that it does not know; the database gives one of them its value."""
    request.subjects.update(officer_key_digest=None)
    IdentityDigest.objects.filter(subject__request=request).update(value_digest=None)
    PrivacyRequest.objects.filter(pk=request.pk).update(to_index_at=timezone.now())


def digests_of(request: PrivacyRequest) -> list[Any]:
    """Every digest of its people, in order."""
    keys = request.subjects.order_by("position").values_list("officer_key_digest", flat=True)
    values = IdentityDigest.objects.filter(subject__request=request).order_by("pk").values_list("namespace", "value_digest")
    return [*map(_bytes, keys), *((namespace, _bytes(value)) for namespace, value in values)]


def _bytes(value: Any) -> bytes | None:
    return None if value is None else bytes(value)


def test_what_is_written_now_has_its_digests_at_once(organization: Organization, officer: User) -> None:
    request = confirmed_request(organization, officer, payload(users()))
    assert not step_is_due("index")
    keys, values = digests_of(request)[:3], digests_of(request)[3:]
    assert [key is None for key in keys] == [False, False, True]
    assert [(namespace, value is None) for namespace, value in values] == [("email", True), ("", False)] * 3


def test_older_rows_get_the_same_digests_as_new_ones(
    organization: Organization, officer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexing, "PEOPLE_A_BATCH", 2)
    request = confirmed_request(organization, officer, payload(users(5)))
    expected = digests_of(request)
    as_older_code_left_it(request)
    assert digests_of(request) != expected
    assert step_is_due("index")
    work("index")
    assert digests_of(request) == expected
    assert not step_is_due("index")


def test_the_database_itself_marks_rows_of_code_that_does_not_know_the_column(organization: Organization, officer: User) -> None:
    request = confirmed_request(organization, officer, payload(users()))
    assert PrivacyRequest.objects.filter(pk=request.pk, to_index_at=None).exists()
    PrivacyRequest.objects.filter(pk=request.pk).update(to_index_at=_database_default())
    assert step_is_due("index")


def _database_default() -> Any:
    return PrivacyRequest._meta.get_field("to_index_at").db_default


def test_a_removed_request_is_left_as_it_is(organization: Organization, officer: User, simulator: Simulator) -> None:
    request = sent_request(organization, officer, users())
    finish(simulator)
    shredding.shred(PrivacyRequest.objects.select_related("data_key", "upload").get(pk=request.pk), officer)
    PrivacyRequest.objects.filter(pk=request.pk).update(to_index_at=timezone.now())
    work("index")
    assert not step_is_due("index")
    assert not DataSubject.objects.exclude(officer_key_digest=None).exists()


def test_who_is_shredded_while_the_digests_are_made_stays_without(
    organization: Organization, officer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = confirmed_request(organization, officer, payload(users()))
    as_older_code_left_it(request)
    real = indexing._values_of

    def shredded_meanwhile(index: crypto.BlindIndex, subject: DataSubject) -> dict[bytes, bytes]:
        request.subjects.update(officer_key_sealed=None)
        return real(index, subject)

    monkeypatch.setattr(indexing, "_values_of", shredded_meanwhile)
    work("index")
    assert not request.subjects.exclude(officer_key_digest=None).exists()


def test_what_does_not_open_is_tried_again_later(organization: Organization, officer: User) -> None:
    broken, good = (confirmed_request(organization, officer, payload(users())) for _ in range(2))
    for request in (broken, good):
        as_older_code_left_it(request)
    key = broken.data_key
    assert key is not None
    DataKey.objects.filter(pk=key.pk).update(wrapped=b"damaged")
    crypto.forget(key.pk)
    work("index")
    assert [digest is None for digest in digests_of(good)[:2]] == [False, False]
    assert not step_is_due("index")
    again = PrivacyRequest.objects.get(pk=broken.pk).to_index_at
    assert again is not None
    PrivacyRequest.objects.filter(pk=broken.pk).update(to_index_at=F("to_index_at") - indexing.AGAIN_AFTER)
    assert step_is_due("index")


# --- Opt-outs ---


def test_a_confirmed_opt_out_gets_a_digest_for_each_identity(organization: Organization, officer: User) -> None:
    opt_outs.draft(organization, officer)
    work("index")
    assert not OptOutDigest.objects.exists()
    confirmed = opt_outs.confirmed(organization, officer)
    assert step_is_due("index")
    work("index")
    assert confirmed.digests.count() == 3
    OptOut.objects.filter(pk=confirmed.pk).update(to_index_at=timezone.now())
    work("index")
    assert confirmed.digests.count() == 3


def test_it_is_the_digest_that_a_person_with_the_identity_has(organization: Organization, officer: User) -> None:
    request = confirmed_request(organization, officer, payload(users(1)))
    opt_outs.confirmed(organization, officer, opt_outs.payload("Person1@ACME.com", ecids=()))
    work("index")
    digest = bytes(OptOutDigest.objects.get().digest)
    assert digest == bytes(IdentityDigest.objects.get(subject__request=request, namespace="email").digest)


def test_a_removed_opt_out_gets_none(organization: Organization, officer: User) -> None:
    opt_out = opt_outs.confirmed(organization, officer)
    OptOut.objects.filter(pk=opt_out.pk).update(shredded_at=timezone.now())
    work("index")
    assert not OptOutDigest.objects.exists()
    assert not step_is_due("index")
