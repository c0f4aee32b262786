"""Encrypted fields: what a row keeps is bound to its field and to its owner's data key."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from portal import crypto
from portal.models import AccessToken, DataKey, Organization, User
from privacy.models import DataSubject, Job, PrivacyRequest, Upload
from tests.conftest import make_organization
from tests.files import stored_upload

# Half of a surrogate pair is text too: a JSON file may hold one.
ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=()), max_size=200)
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ANY_TEXT, inner, max_size=4),
    max_leaves=20,
)


def unsaved_organization() -> Organization:
    """An organization with a data key, neither of them saved."""
    return Organization(data_key=DataKey.new("organization", uuid4()))


@given(ANY_TEXT)
def test_any_text_comes_back(value: str) -> None:
    organization = unsaved_organization()
    organization.client_secret = value
    assert organization.client_secret == value


@given(ANY_JSON.filter(lambda value: value is not None))
def test_any_json_comes_back(value: Any) -> None:
    upload = Upload(data_key=DataKey.new("upload", uuid4()))
    upload.result = value
    assert upload.result == value


@given(st.binary(max_size=3000))
def test_any_bytes_come_back(value: bytes) -> None:
    job = Job(request=PrivacyRequest(data_key=DataKey.new("request", uuid4())))
    job.raw = value
    assert job.raw == value


def test_nothing_is_kept_as_null_and_empty_is_not_nothing() -> None:
    organization = unsaved_organization()
    assert organization.client_secret is None
    organization.client_secret = ""
    assert organization.client_secret_sealed is not None
    assert organization.client_secret == ""
    organization.client_secret = None
    assert organization.client_secret_sealed is None
    assert organization.client_secret is None


def test_an_empty_list_is_not_nothing() -> None:
    upload = Upload(data_key=DataKey.new("upload", uuid4()))
    upload.result = []
    assert upload.result == []
    upload.result = None
    assert upload.result_sealed is None
    assert upload.result is None


def test_each_read_of_json_gives_a_fresh_object() -> None:
    upload = Upload(data_key=DataKey.new("upload", uuid4()))
    upload.result = {"findings": []}
    upload.result["findings"].append("lost")
    assert upload.result == {"findings": []}


def test_the_column_shows_nothing_of_the_value() -> None:
    organization = unsaved_organization()
    organization.client_secret = "p8e-hush-hush"
    assert b"hush" not in (organization.client_secret_sealed or b"")
    with pytest.raises(TypeError):
        Organization(client_secret="p8e-hush-hush")  # type: ignore[misc]  # the plain value is no column


def test_the_class_gives_the_description_of_the_field() -> None:
    assert isinstance(Organization.client_secret, crypto.SealedText)
    assert Organization.client_secret.column == "client_secret_sealed"


# --- What is bound ---


def test_what_a_sealer_gives_is_what_the_field_opens() -> None:
    key = DataKey.new("organization", uuid4())
    seal = Organization.client_secret.sealer(Organization, key)
    organization = Organization(data_key=key, client_secret_sealed=seal("s3cret"))
    assert organization.client_secret == "s3cret"
    assert seal("s3cret") != seal("s3cret")
    assert seal(None) is None


def test_a_blob_moved_to_another_field_of_the_same_row_does_not_open() -> None:
    organization = unsaved_organization()
    organization.client_secret = "hush"
    organization.hold_words_sealed = organization.client_secret_sealed
    with pytest.raises(crypto.CannotDecrypt, match=r"portal\.Organization\.hold_words_sealed"):
        _ = organization.hold_words


def test_a_blob_moved_to_another_model_under_the_same_data_key_does_not_open() -> None:
    organization = unsaved_organization()
    organization.client_secret = "hush"
    token = AccessToken(organization=organization, value_sealed=organization.client_secret_sealed)
    with pytest.raises(crypto.CannotDecrypt, match=r"portal\.AccessToken\.value_sealed"):
        _ = token.value


def test_a_blob_moved_to_a_row_of_another_owner_does_not_open() -> None:
    one, other = unsaved_organization(), unsaved_organization()
    one.client_secret = "hush"
    other.client_secret_sealed = one.client_secret_sealed
    with pytest.raises(crypto.CannotDecrypt, match=str(other.data_key_id)):
        _ = other.client_secret


def test_no_byte_of_a_column_can_be_changed() -> None:
    organization = unsaved_organization()
    organization.client_secret = "hush"
    whole = organization.client_secret_sealed or b""
    for place in range(len(whole)):
        changed = bytearray(whole)
        changed[place] ^= 0x80
        organization.client_secret_sealed = bytes(changed)
        with pytest.raises(crypto.CannotDecrypt):
            _ = organization.client_secret


def test_a_person_without_a_data_key_is_unreadable_for_good() -> None:
    subject = DataSubject(request=PrivacyRequest())
    with pytest.raises(crypto.CannotDecrypt, match="was removed"):
        subject.officer_key = "person-1"


# --- In the database ---


@pytest.mark.django_db
def test_only_the_sealed_form_reaches_the_database() -> None:
    organization = make_organization(name="Acme")
    with connection.cursor() as cursor:
        cursor.execute("SELECT client_secret_sealed FROM portal_organization")
        (stored,) = cursor.fetchone()
    assert b"simulator-secret" not in bytes(stored)
    kept = Organization.objects.get(pk=organization.pk)
    assert isinstance(kept.client_secret_sealed, bytes)
    assert kept.client_secret == "simulator-secret"


@pytest.mark.django_db
def test_a_column_that_was_not_loaded_is_loaded_when_it_is_read(organization: Organization) -> None:
    lean = Organization.objects.defer("client_secret_sealed").get(pk=organization.pk)
    assert "client_secret_sealed" in lean.get_deferred_fields()
    assert lean.client_secret == "simulator-secret"


@pytest.mark.django_db
def test_nothing_of_a_row_opens_once_its_data_key_is_destroyed(organization: Organization, officer: User) -> None:
    upload = stored_upload(organization, officer, b"{}")
    assert upload.data_key is not None
    upload.data_key.destroy()
    left = Upload.objects.get(pk=upload.pk)
    assert left.data_key is None
    assert left.file_name_sealed is not None
    with pytest.raises(crypto.CannotDecrypt, match="data key is gone"):
        _ = left.file_name
